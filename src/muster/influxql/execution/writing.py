"""What SELECT INTO writes.

Source: InfluxDB 1.6: columns become fields, tags that are grouped by stay tags, rows without any
value or with one that is infinite are not written, and `:MEASUREMENT` writes to the name
that the rows come from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from muster.influxql.answers.results import ResultSeries
from muster.influxql.source import Place
from muster.influxql.syntax.ast import DataType, Measurement, VarRef
from muster.influxql.values.columns import Bools, Column, Ints
from muster.influxql.values.streams import Tags

NO_EXTRAS: Mapping[int, VarRef] = {}


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """Points of one series. Shapes: one column for each field; each row has at least one value."""

    place: Place
    tags: Tags
    times: Ints
    fields: tuple[tuple[str, Column], ...]


def written_rows(
    target: Measurement,
    series: Sequence[ResultSeries],
    extras: Mapping[int, VarRef] = NO_EXTRAS,
) -> list[WrittenRows]:
    """The points of an answer, for a target whose database and policy are known.

    `extras` are the columns that top() and bottom() add, by their place behind the time: tags
    among them become tags, fields are not written.
    """
    found = [rows for each in series for rows in _rows(target, each, extras)]
    return [rows for rows in found if len(rows.times)]


def written(count: int) -> ResultSeries:
    """What SELECT INTO answers."""
    times = np.zeros(1, np.int64)
    return ResultSeries("result", (), ("time", "written"), times, ([count],))


def _rows(
    target: Measurement, series: ResultSeries, extras: Mapping[int, VarRef]
) -> Iterator[WrittenRows]:
    times = np.zeros(0, np.int64) if series.times is None else series.times
    every = [_known(cells) for cells in series.cells if isinstance(cells, Column)]
    named = list(zip(series.columns[1:], every, strict=True))
    fields = [pair for place, pair in enumerate(named) if place not in extras]
    there = np.zeros(len(times), np.bool_)
    for _, column in fields:
        there |= column.valid
    for _, column in fields:
        there &= ~_is_endless(column)
    kept = tuple(tag for tag in series.tags if tag[1])
    by_tags = [named[place] for place, ref in extras.items() if ref.type is DataType.TAG]
    place = Place(target.database, target.retention_policy, target.name or series.name)
    for tags, rows in _grouped(by_tags, np.flatnonzero(there)):
        yield WrittenRows(
            place,
            tuple(sorted({**dict(kept), **tags}.items())),
            times[rows],
            tuple((name, column.take(rows)) for name, column in fields if column.valid[rows].any()),
        )


def _grouped(
    columns: Sequence[tuple[str, Column]], rows: Ints
) -> Iterator[tuple[dict[str, str], Ints]]:
    """Rows that have the same values of these columns, with the values."""
    if not columns:
        yield {}, rows
        return
    found: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for row in rows.tolist():
        tags = ((name, str(column.values[row])) for name, column in columns if column.valid[row])
        found.setdefault(tuple(tag for tag in tags if tag[1]), []).append(row)
    for tags_found, some in found.items():
        yield dict(tags_found), np.array(some, np.int64)


def _known(column: Column) -> Column:
    """What is not a number is a gap."""
    if column.kind is not DataType.FLOAT:
        return column
    return Column(column.kind, column.values, column.valid & ~np.isnan(column.values))


def _is_endless(column: Column) -> Bools:
    """Where a number is none that line protocol knows."""
    if column.kind is not DataType.FLOAT:
        return np.zeros(len(column), np.bool_)
    return column.valid & np.isinf(column.values)
