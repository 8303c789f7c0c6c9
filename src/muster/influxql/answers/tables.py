"""Rows of an answer: the columns of several calls side by side.

Source: InfluxDB 1.6: rows with the same series and time become one; what a call has no row for is
a gap, the number of fill(number), or with fill(previous) what the column had before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from muster.influxql.answers.fill import Fill
from muster.influxql.syntax.ast import DataType, Expr, FillOption, Node
from muster.influxql.values.columns import (
    NUMERIC,
    Bools,
    Column,
    Ints,
    Values,
    dtype,
    empty,
    every_row,
    full,
)
from muster.influxql.values.evaluation import evaluate
from muster.influxql.values.streams import Head, Stream, place_in_run, ranks, run_numbers, unite


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in order. Shapes: one column for each selected field, without the time."""

    heads: Sequence[Head]
    owner: Ints
    times: Ints
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.owner)

    def take(self, rows: Ints | Bools) -> "Table":
        """These rows."""
        return Table(
            self.heads,
            self.owner[rows],
            self.times[rows],
            self.names,
            tuple(column.take(rows) for column in self.columns),
        )


class WindowTable(Table):
    """Rows of heads that each have all of some windows: what follows of that is made when asked.

    Shapes: `windows` are the start of the first, their length and how many; columns are head by
            head.
    """

    __slots__ = ("windows",)
    windows: tuple[int, int, int]

    def __init__(
        self,
        heads: Sequence[Head],
        windows: tuple[int, int, int],
        names: tuple[str, ...],
        columns: tuple[Column, ...],
    ) -> None:
        given = object.__setattr__  # it is frozen
        given(self, "heads", heads)
        given(self, "windows", windows)
        given(self, "names", names)
        given(self, "columns", columns)

    @property
    def rows(self) -> int:
        return len(self.heads) * self.windows[2]

    @property
    def owner(self) -> Ints:
        return np.repeat(np.arange(len(self.heads), dtype=np.int64), self.windows[2])

    @property
    def times(self) -> Ints:
        first, length, count = self.windows
        return np.tile(first + length * np.arange(count, dtype=np.int64), len(self.heads))


class NewestTable(Table):
    """One row of each head, all of one time, whose numbers came as bytes: likewise.

    Shapes: `patterns` are numbers of 64 bits of the kinds, kind by kind, of each head by head.
    """

    __slots__ = ("kinds", "patterns", "time_ns")
    time_ns: int
    patterns: bytes
    kinds: tuple[DataType, ...]

    def __init__(
        self,
        heads: Sequence[Head],
        time_ns: int,
        patterns: bytes,
        names: tuple[str, ...],
        kinds: tuple[DataType, ...],
    ) -> None:
        given = object.__setattr__  # it is frozen
        given(self, "heads", heads)
        given(self, "time_ns", time_ns)
        given(self, "patterns", patterns)
        given(self, "names", names)
        given(self, "kinds", kinds)

    @property
    def rows(self) -> int:
        return len(self.heads)

    @property
    def owner(self) -> Ints:
        return every_row(len(self.heads))

    @property
    def times(self) -> Ints:
        return np.full(len(self.heads), self.time_ns, np.int64)

    @property
    def columns(self) -> tuple[Column, ...]:
        rows, held = len(self.heads), self.patterns
        return tuple(
            full(kind, np.frombuffer(held, dtype(kind), rows, 8 * rows * place))
            for place, kind in enumerate(self.kinds)
        )


class MatrixTable(Table):
    """Rows of one head, whose numbers came as one matrix: likewise.

    Shapes: `matrix` is [column, row], all of one kind.
    """

    __slots__ = ("kind", "matrix")
    matrix: Values
    kind: DataType

    def __init__(
        self,
        heads: Sequence[Head],
        times: Ints,
        matrix: Values,
        names: tuple[str, ...],
        kind: DataType,
    ) -> None:
        given = object.__setattr__  # it is frozen
        given(self, "heads", heads)
        given(self, "times", times)
        given(self, "matrix", matrix)
        given(self, "names", names)
        given(self, "kind", kind)

    @property
    def rows(self) -> int:
        return len(self.times)

    @property
    def owner(self) -> Ints:
        return np.zeros(len(self.times), np.int64)

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(full(self.kind, cells) for cells in self.matrix)


class Scanned(NamedTuple):
    """A stream and what its cells are the values of: the call, then the variables beside it."""

    stream: Stream
    keys: tuple[Node | None, ...]
    kinds: tuple[DataType, ...]


def empty_table(names: Sequence[str]) -> Table:
    """No rows."""
    none = np.zeros(0, np.int64)
    columns = tuple(empty(DataType.UNKNOWN, 0) for _ in names)
    return Table([], none, none, tuple(names), columns)


def table(
    scanned: Sequence[Scanned],
    exprs: Sequence[Expr],
    names: Sequence[str],
    fill: Fill,
    ascending: bool,
) -> Table:
    """The expressions of the streams' values, row by row."""
    heads, owner, times, places = _rows([each.stream for each in scanned], ascending)
    columns: dict[Node, Column] = {}
    for each, place in zip(scanned, places, strict=True):
        cells = (each.stream.value, *each.stream.aux)
        for key, kind, column in zip(each.keys, each.kinds, cells, strict=False):
            if key is not None:
                spread = _spread(column, place)
                columns[key] = _with_defaults(spread, kind, fill, owner)
    return Table(heads, owner, times, tuple(names), tuple(_cells(exprs, columns, len(times))))


def _cells(exprs: Sequence[Expr], columns: Mapping[Node, Column], rows: int) -> list[Column]:
    return [evaluate(expr, columns, rows) for expr in exprs]


def _spread(column: Column, place: Ints | None) -> Column:
    """The column over all rows; `place` is the row of the stream, -1 for none."""
    if place is None:
        return column
    if not len(column):
        return empty(column.kind, len(place))
    there = place >= 0
    at = np.maximum(place, 0)
    return Column(column.kind, column.values[at], column.valid[at] & there)


def _with_defaults(column: Column, kind: DataType, fill: Fill, owner: Ints) -> Column:
    if column.is_full:
        return column
    if fill.option is FillOption.PREVIOUS:
        run = run_numbers(owner)
        row = np.arange(len(run))
        latest = np.maximum.accumulate(np.where(column.valid, row, -1))
        known = (latest >= 0) & (run[np.maximum(latest, 0)] == run)
        at = np.where(known, np.maximum(latest, 0), row)
        return Column(column.kind, column.values[at], known)
    if fill.option is not FillOption.NUMBER or fill.value is None:
        return column
    values = column.values.copy()
    if kind in NUMERIC and column.kind in NUMERIC:
        values[~column.valid] = np.array([fill.value]).astype(dtype(kind))[0]
        return Column(column.kind, values, np.ones(len(values), np.bool_))
    mixed = np.empty(len(values), np.object_)
    mixed[:] = values.tolist()
    mixed[~column.valid] = fill.value
    return Column(DataType.UNKNOWN, mixed, np.ones(len(values), np.bool_))


def _rows(
    streams: Sequence[Stream], ascending: bool
) -> tuple[Sequence[Head], Ints, Ints, list[Ints | None]]:
    """All rows, and for each stream which of its rows they are; None for all of them in order."""
    first = streams[0]
    if len(streams) == 1:
        return first.heads, first.owner, first.times, [None]
    heads, numbers = unite([head for stream in streams for head in stream.heads])
    sizes = np.cumsum([0] + [len(stream.heads) for stream in streams])
    owners = [
        numbers[stream.owner + size] if len(stream) else stream.owner
        for stream, size in zip(streams, sizes, strict=False)
    ]
    times = [stream.times for stream in streams]
    same = all(
        len(owner) == len(owners[0])
        and bool((owner == owners[0]).all())
        and bool((time == times[0]).all())
        for owner, time in zip(owners, times, strict=True)
    )
    if same:
        return heads, owners[0], times[0], [None] * len(streams)
    rank = ranks(heads)
    keys = [
        (rank[owner] if ascending else -rank[owner], time if ascending else -time)
        for owner, time in zip(owners, times, strict=True)
    ]
    merged = _sorted_union(keys) if all(_is_sorted(*key) for key in keys) else _walk(keys)
    owner, time = _of_rows(merged, owners, times)
    return heads, owner, time, list(merged)


def _is_sorted(rank: Ints, time: Ints) -> bool:
    later = rank[1:] > rank[:-1]
    same = (rank[1:] == rank[:-1]) & (time[1:] >= time[:-1])
    return bool((later | same).all())


def _sorted_union(keys: Sequence[tuple[Ints, Ints]]) -> list[Ints]:
    """Rows with equal keys together, the first of one stream with the first of the others."""
    rank = np.concatenate([rank for rank, _ in keys])
    time = np.concatenate([time for _, time in keys])
    turn = np.concatenate([place_in_run(run_numbers(*key)) for key in keys])
    order = np.lexsort((turn, time, rank))
    run = run_numbers(rank[order], time[order], turn[order])
    row = np.empty(len(run), np.int64)
    row[order] = run
    merged = []
    start = 0
    for key in keys:
        place = np.full(int(run[-1]) + 1 if len(run) else 0, -1, np.int64)
        count = len(key[0])
        place[row[start : start + count]] = np.arange(count)
        merged.append(place)
        start += count
    return merged


def _walk(keys: Sequence[tuple[Ints, Ints]]) -> list[Ints]:
    """The same for streams that are in another order: at each step the least of what is next."""
    pending = [list(zip(rank.tolist(), time.tolist(), strict=True)) for rank, time in keys]
    at = [0] * len(keys)
    rows: list[list[int]] = [[] for _ in keys]
    while True:
        nexts = [each[place] for each, place in zip(pending, at, strict=True) if place < len(each)]
        if not nexts:
            return [np.array(places, np.int64) for places in rows]
        least = min(nexts)
        for number, each in enumerate(pending):
            fits = at[number] < len(each) and each[at[number]] == least
            rows[number].append(at[number] if fits else -1)
            at[number] += fits


def _of_rows(
    merged: Sequence[Ints], owners: Sequence[Ints], times: Sequence[Ints]
) -> tuple[Ints, Ints]:
    owner = np.zeros(len(merged[0]), np.int64)
    time = np.zeros(len(merged[0]), np.int64)
    for place, of, at in zip(merged, owners, times, strict=True):
        there = place >= 0
        owner[there], time[there] = of[place[there]], at[place[there]]
    return owner, time
