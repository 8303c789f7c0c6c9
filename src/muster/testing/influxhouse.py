"""A hub's databases, complete and in memory: what is written can be looked at at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

from muster.core.influxql.databasestatements import DatabaseStatements
from muster.core.intake.ingest import Ingest, Settings
from muster.core.writes.pointingest import PointIngest
from muster.core.writes.pointwrites import PointWrites
from muster.core.writes.stocks import HIDDEN, Stocks, StoredPoints, shown_tags
from muster.errors import LimitExceeded, Unavailable
from muster.model.ids import NodeId
from muster.model.influx import STOCK, Database
from muster.model.metric import Block, Kind, Layout, Value, value_of
from muster.ports.head import Head
from muster.ports.influx import Points
from muster.ports.series import Cohort, NoRoom
from muster.store.records.database import MEMORY
from muster.testing.cohorts import MemoryCatalogue
from muster.testing.house import House
from muster.wire.lineparsed import LineLimits

Cells = dict[tuple[str, tuple[tuple[str, str], ...], str, int], Value]


class MemoryJournal:
    """See ports.journal.Journal, as far as ingest uses it. `full` refuses all."""

    def __init__(self) -> None:
        self.full = False
        self.most_blocks = 1_000_000
        self.sources: list[tuple[NodeId, str, int]] = []
        self._newest: dict[tuple[NodeId, str], int] = {}

    def submit(
        self,
        blocks: Sequence[tuple[Cohort, Block]],
        source: tuple[NodeId, str, int],
        landed: Callable[[int], None],
    ) -> "asyncio.Future[int]":
        if self.full:
            raise Unavailable("the disk is full", 3.0)
        if len(blocks) > self.most_blocks:
            raise LimitExceeded("the batch is too large", too_large=True)
        self.sources.append(source)
        node, epoch, sequence = source
        self._newest[node, epoch] = sequence
        landed(1)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.set_result(1)
        return future

    def sequence(self, node: NodeId, epoch: str) -> int:
        return self._newest.get((node, epoch), 0)

    def forget(self, node: NodeId) -> None:
        self._newest = {key: at for key, at in self._newest.items() if key[0] != node}


class MemoryHead:
    """Keeps all that is appended."""

    def __init__(self) -> None:
        self.rows: list[tuple[Cohort, Block]] = []

    def append(self, cohort: Cohort, block: Block, segment: int) -> None:
        self.rows.append((cohort, block))

    def forget(self, node: NodeId) -> None:
        self.rows = [row for row in self.rows if row[0].node != node]


class RoomyCatalogue(MemoryCatalogue):
    """Takes `room` series."""

    def __init__(self) -> None:
        super().__init__()
        self.room = 1_000_000

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        if self.series_total + len(layout.series) > self.room:
            raise NoRoom(f"a node may have {self.room} series", ())
        return super().cohort(node, layout)


class InfluxHouse(House):
    """A House whose databases take points."""

    def __init__(self, *, path: Path = MEMORY, limits: LineLimits | None = None) -> None:
        super().__init__(path=path)
        self.statements = DatabaseStatements(
            databases=self.databases, users=self.influx_users, kinds=self.field_kinds
        )
        self.writes = PointWrites(
            databases=self.databases,
            kinds=self.field_kinds,
            stocks=self.stocks,
            ingest=self.point_ingest,
            clock=self.clock,
            limits=limits or LineLimits(),
        )

    def make_points(self) -> Points:
        self.catalogue, self.journal, self.head = RoomyCatalogue(), MemoryJournal(), MemoryHead()
        self.ingest = Ingest(
            catalogue=self.catalogue,
            journal=self.journal,
            head=cast(Head, self.head),  # ingest only appends
            clock=self.clock,
            settings=Settings(),
        )
        self.point_ingest = PointIngest(
            ingest=self.ingest,
            catalogue=self.catalogue,
            journal=self.journal,
            clock=self.clock,
            strange_days=Settings().strange_days,
        )
        self.stocks = Stocks(records=self.records.influx_stocks)
        return StoredPoints(
            stocks=self.stocks,
            ingest=self.point_ingest,
            forget=self.head.forget,
            remove_span=self._remove_span,
        )

    async def _remove_span(
        self, database: Database, policy: str, start_ns: int, end_ns: int
    ) -> None:
        """By time whole shards alone go here; for the rest there is InfluxStore."""
        stock = self.stocks.find(database, policy)
        self.head.rows = [
            (cohort, block)
            for cohort, block in self.head.rows
            if stock is None
            or (STOCK, stock.id) not in cohort.layout.series[0].tags
            or not all(start_ns <= time_ns < end_ns for time_ns in block.times)
        ]

    def stored(self, **hidden: str) -> Cells:
        """What is stored, as it was written; of series with these tags of the hub."""
        cells: Cells = {}
        for cohort, block in self.head.rows:
            for (place, time_ns), value in _cells(block):
                series = cohort.layout.series[place]
                named = dict(series.tags)
                if all(named.get(key) == wanted for key, wanted in hidden.items()):
                    key = series.measurement, shown_tags(series.tags), series.field, time_ns
                    cells[key] = value
        return cells

    def stamps(self) -> set[tuple[tuple[str, str], ...]]:
        """The tags of the hub on what is stored."""
        return {
            tuple(pair for pair in series.tags if pair[0] in HIDDEN)
            for cohort, _ in self.head.rows
            for series in cohort.layout.series
        }


def _cells(block: Block) -> Iterator[tuple[tuple[int, int], Value]]:
    width = len(block.layout.series)
    for cell, pattern in enumerate(block.values):
        row, column = divmod(cell, width)
        if block.present is None or block.present[cell]:
            kind = Kind(block.layout.series[column].kind)
            yield (column, block.times[row]), value_of(pattern, kind, block.strings)
