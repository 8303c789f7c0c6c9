"""Columns that SELECT … INTO writes, as the bodies of line protocol that would say the same.

A row becomes a point of the fields that it has. Rows of one series that have the same fields
are of one layout, so a row with gaps costs no more than the fields it has.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from muster.influxql.execution.writing import WrittenRows
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, Ints, Values, full
from muster.influxql.values.streams import Tags
from muster.model.metric import Kind, Layout, Series
from muster.wire.lineparsed import Parsed, names_time

PIECE_POINTS = 10_000  # as InfluxDB writes them: what is before a refused piece is kept

_KINDS = {
    DataType.FLOAT: Kind.FLOAT,
    DataType.INTEGER: Kind.INTEGER,
    DataType.UNSIGNED: Kind.UNSIGNED,
    DataType.BOOLEAN: Kind.BOOLEAN,
    DataType.STRING: Kind.STRING,
    DataType.TAG: Kind.STRING,
}
_OF_TYPE = {
    bool: DataType.BOOLEAN,
    int: DataType.INTEGER,
    float: DataType.FLOAT,
    str: DataType.STRING,
}
_Fields = Sequence[tuple[str, Column]]


class _Rows(NamedTuple):
    """Points of one layout. Shapes: `values` are patterns, [row, field]."""

    layout: Layout
    times: Ints
    order: Ints
    values: Values
    strings: tuple[str, ...]


def bodies(written: Sequence[WrittenRows], most: int = PIECE_POINTS) -> Iterator[Parsed]:
    """All points, at most so many in one body."""
    parts: list[WrittenRows] = []
    room = most
    for rows in written:
        start = 0
        while start < len(rows.times):
            part = _part(rows, start, start + room)
            parts.append(part)
            start += len(part.times)
            room -= len(part.times)
            if not room:
                yield _body(parts)
                parts, room = [], most
    if parts:
        yield _body(parts)


def _part(rows: WrittenRows, start: int, end: int) -> WrittenRows:
    chosen = np.arange(start, min(end, len(rows.times)))
    fields = tuple((name, column.take(chosen)) for name, column in rows.fields)
    return WrittenRows(rows.place, rows.tags, rows.times[chosen], fields)


def _body(parts: Sequence[WrittenRows]) -> Parsed:
    found: list[_Rows] = []
    keys: dict[tuple[str, Tags], int] = {}
    numbers = array("I")
    before = 0
    for part in parts:
        key = keys.setdefault((part.place.measurement, part.tags), len(keys))
        layouts = list(_layouts(part, before))
        found += layouts
        numbers.extend([key] * len(layouts))
        before += len(part.times)
    return Parsed(
        layouts=tuple(rows.layout for rows in found),
        keys=numbers,
        rows=array("I", [len(rows.times) for rows in found]),
        times=array("q", b"".join(rows.times.tobytes() for rows in found)),
        order=array("I", b"".join(rows.order.astype(np.uint32).tobytes() for rows in found)),
        values=array("q", b"".join(rows.values.tobytes() for rows in found)),
        strings=tuple(rows.strings for rows in found),
        with_time=tuple(at for at, rows in enumerate(found) if names_time(rows.layout)),
        errors=(),
        errors_total=0,
    )


def _layouts(part: WrittenRows, before: int) -> Iterator[_Rows]:
    """The rows by the fields that they have."""
    fields = _fields(part.fields)
    there = np.array([column.valid for _, column in fields]).T
    patterns, of_row = np.unique(there, axis=0, return_inverse=True)
    tags = tuple(sorted(part.tags))
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        rows = np.flatnonzero(of_row.reshape(-1) == number)
        had = [fields[at] for at in np.flatnonzero(pattern).tolist()]
        series = tuple(
            Series(part.place.measurement, tags, name, _KINDS[column.kind]) for name, column in had
        )
        texts: dict[str, int] = {}
        columns = [_patterns(column, rows, texts) for _, column in had]
        values = np.ascontiguousarray(np.array(columns, np.int64).T)
        yield _Rows(Layout(series), part.times[rows], rows + before, values, tuple(texts))


def _fields(fields: _Fields) -> _Fields:
    """Sorted by name, the later one of two, and mixed cells apart by their kinds."""
    found: list[tuple[str, Column]] = []
    for name, column in sorted(dict(fields).items()):
        found += [(name, one) for one in _of_one_kind(column)]
    return found


def _of_one_kind(column: Column) -> Iterator[Column]:
    if column.kind in _KINDS:
        yield column
        return
    types = np.array([type(cell).__name__ for cell in column.values])
    for known, kind in _OF_TYPE.items():
        held = column.valid & (types == known.__name__)
        if held.any():
            plain = np.zeros(len(column), full(kind, np.array([known()])).values.dtype)
            values = plain if kind is not DataType.STRING else plain.astype(np.object_)
            values[held] = column.values[held]
            yield Column(kind, values, held)


def _patterns(column: Column, rows: Ints, texts: dict[str, int]) -> Ints:
    values = column.values[rows]
    match _KINDS[column.kind]:
        case Kind.FLOAT:
            return values.astype(np.float64).view(np.int64)
        case Kind.UNSIGNED:
            return values.astype(np.uint64).view(np.int64)
        case Kind.STRING:
            places = [texts.setdefault(str(text), len(texts)) for text in values.tolist()]
            return np.array(places, np.int64)
        case _:
            return values.astype(np.int64)
