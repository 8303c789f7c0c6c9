"""What statements answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from muster.influxql.columns import Column, Ints
from muster.influxql.streams import Tags
from muster.influxql.tables import Table
from muster.influxql.zones import Zone


@dataclass(frozen=True, slots=True)
class ResultSeries:
    """One series of an answer.

    Shapes: `cells` are the columns but the time, which comes first if there is one; all columns
            are of one length.
    """

    name: str
    tags: Tags
    columns: tuple[str, ...]
    times: Ints | None
    cells: tuple[Column | Sequence[Any], ...]
    zone: Zone | None = None
    partial: bool = False

    @property
    def rows(self) -> int:
        """How many there are."""
        if self.times is not None:
            return len(self.times)
        return _length(self.cells[0]) if self.cells else 0

    def part(self, start: int, end: int) -> "ResultSeries":
        """So many of the rows; partial when others follow."""
        kept = slice(start, end)
        return replace(
            self,
            times=None if self.times is None else self.times[kept],
            cells=tuple(
                Column(cell.kind, cell.values[kept], cell.valid[kept])
                if isinstance(cell, Column)
                else cell[kept]
                for cell in self.cells
            ),
            partial=end < self.rows,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A remark beside an answer."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What one statement answers; `error` is why it does not."""

    statement_id: int
    series: tuple[ResultSeries, ...] = ()
    messages: tuple[Message, ...] = ()
    error: str = ""
    partial: bool = False


def cut(results: Sequence[StatementResult], rows: int) -> list[StatementResult]:
    """At most so many rows of each statement; a series that is cut says that it is partial.

    Source: InfluxDB's max-row-limit, of answers that are not chunked.
    """
    return [replace(result, series=_first_rows(result.series, rows)) for result in results]


def _first_rows(series: Sequence[ResultSeries], rows: int) -> tuple[ResultSeries, ...]:
    kept: list[ResultSeries] = []
    for each in series:
        if rows <= 0:
            break
        kept.append(each.part(0, rows) if each.rows > rows else each)
        rows -= each.rows
    return tuple(kept)


def _length(cell: Column | Sequence[Any]) -> int:
    return len(cell.values) if isinstance(cell, Column) else len(cell)


def listing(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> ResultSeries:
    """A series without times, of rows."""
    found = list(rows)
    cells = tuple([row[place] for row in found] for place in range(len(columns)))
    return ResultSeries(name, (), tuple(columns), None, cells)


def series_of(table: Table, time_name: str, zone: Zone | None) -> tuple[ResultSeries, ...]:
    """One series for each run of rows of one head."""
    if not len(table.owner):
        return ()
    starts = [0, *(np.flatnonzero(table.owner[1:] != table.owner[:-1]) + 1).tolist()]
    columns = (time_name, *table.names)
    found = []
    for start, end in pairwise((*starts, len(table.owner))):
        head = table.heads[int(table.owner[start])]
        kept = slice(start, end)
        cells = tuple(
            Column(column.kind, column.values[kept], column.valid[kept]) for column in table.columns
        )
        found.append(ResultSeries(head.name, head.tags, columns, table.times[kept], cells, zone))
    return tuple(found)
