"""What statements answer."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, overload

import msgspec
import numpy as np
from msgspec.structs import replace

from muster.influxql.answers.tables import Table
from muster.influxql.values.columns import Column, Ints
from muster.influxql.values.streams import Tags
from muster.influxql.values.zones import Zone


class ResultSeries(msgspec.Struct, frozen=True):
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


class Message(msgspec.Struct, frozen=True):
    """A remark beside an answer."""

    level: str
    text: str


class Parts(Enum):
    """What an answer is cut into that is asked for in chunks."""

    ROWS = 1  # of one series, and a part says that others follow
    SERIES = 2
    WHOLE = 3


class StatementResult(msgspec.Struct, frozen=True):
    """What one statement answers; `error` is why it does not."""

    statement_id: int
    series: Sequence[ResultSeries] = ()
    messages: tuple[Message, ...] = ()
    error: str = ""
    partial: bool = False
    parts: Parts = Parts.ROWS


def cut(results: Sequence[StatementResult], rows: int) -> list[StatementResult]:
    """At most so many rows of each statement; a series that is cut says that it is partial.

    Source: InfluxDB's max-row-limit, of answers that are not chunked.
    """
    return [replace(result, series=_first_rows(result.series, rows)) for result in results]


def _first_rows(series: Sequence[ResultSeries], rows: int) -> Sequence[ResultSeries]:
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


class SeriesOfTable(Sequence[ResultSeries]):
    """A series for each run of rows of one head, made when it is asked for.

    What writes answers takes the table as it is. Shapes: at least one row.
    """

    def __init__(self, table: Table, time_name: str, zone: Zone | None) -> None:
        self.table = table
        self.columns = (time_name, *table.names)
        self.zone = zone
        self.cells = table.rows * len(self.columns)  # all values, times included
        self._starts: list[int] | None = None
        self._every: tuple[ResultSeries, ...] | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def __bool__(self) -> bool:
        return True  # there is a row

    @overload
    def __getitem__(self, place: int) -> ResultSeries: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ResultSeries]: ...
    def __getitem__(self, place: int | slice) -> ResultSeries | Sequence[ResultSeries]:
        if self._every is None:
            self._every = tuple(map(self._made, range(len(self))))
        return self._every[place]

    def __eq__(self, other: object) -> bool:
        return tuple(self) == (tuple(other) if isinstance(other, SeriesOfTable) else other)

    __hash__ = None  # type: ignore[assignment]  # as what can change has none

    @property
    def starts(self) -> list[int]:
        """The first row of each."""
        if self._starts is None:
            owner = self.table.owner
            self._starts = [0, *(np.flatnonzero(owner[1:] != owner[:-1]) + 1).tolist()]
        return self._starts

    def _made(self, place: int) -> ResultSeries:
        table, starts = self.table, self.starts
        kept = slice(starts[place], starts[place + 1] if place + 1 < len(starts) else None)
        head = table.heads[int(table.owner[starts[place]])]
        cells = tuple(
            Column(column.kind, column.values[kept], column.valid[kept]) for column in table.columns
        )
        return ResultSeries(head.name, head.tags, self.columns, table.times[kept], cells, self.zone)


def series_of(table: Table, time_name: str, zone: Zone | None) -> Sequence[ResultSeries]:
    """One series for each run of rows of one head."""
    return SeriesOfTable(table, time_name, zone) if table.rows else ()


def cells_of(series: Sequence[ResultSeries]) -> int:
    """Values of an answer, times included."""
    if type(series) is SeriesOfTable:  # a tuple is asked in fewer steps than by isinstance
        return series.cells
    return sum(each.rows * len(each.columns) for each in series)


def checked(result: StatementResult, most: int) -> StatementResult:
    """The same, or where it has more values why it is not given."""
    cells = cells_of(result.series)
    if cells <= most:
        return result
    text = f"the answer would have {cells} values, at most {most} are given: choose a shorter range"
    return StatementResult(result.statement_id, error=f"{text}, larger windows or LIMIT")
