"""What SELECT INTO writes.

Source: InfluxDB 1.6: columns become fields, tags that are grouped by stay tags, rows without any
value or with one that is no finite number are not written, and `:MEASUREMENT` writes to the name
that the rows come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from muster.influxql.ast import DataType, Measurement
from muster.influxql.columns import Bools, Column, Ints
from muster.influxql.results import ResultSeries
from muster.influxql.source import Place
from muster.influxql.streams import Tags


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """Points of one series. Shapes: one column for each field; each row has at least one value."""

    place: Place
    tags: Tags
    times: Ints
    fields: tuple[tuple[str, Column], ...]


def written_rows(target: Measurement, series: Sequence[ResultSeries]) -> list[WrittenRows]:
    """The points of an answer, for a target whose database and policy are known."""
    return [rows for each in series if len((rows := _rows(target, each)).times)]


def written(count: int) -> ResultSeries:
    """What SELECT INTO answers."""
    times = np.zeros(1, np.int64)
    return ResultSeries("result", (), ("time", "written"), times, ([count],))


def _rows(target: Measurement, series: ResultSeries) -> WrittenRows:
    times = np.zeros(0, np.int64) if series.times is None else series.times
    columns = [cells for cells in series.cells if isinstance(cells, Column)]
    there = np.zeros(len(times), np.bool_)
    for column in columns:
        there |= column.valid
    for column in columns:
        there &= ~_is_odd(column)
    return WrittenRows(
        Place(target.database, target.retention_policy, target.name or series.name),
        tuple(tag for tag in series.tags if tag[1]),
        times[there],
        tuple(
            (name, column.take(there))
            for name, column in zip(series.columns[1:], columns, strict=True)
            if column.valid[there].any()
        ),
    )


def _is_odd(column: Column) -> Bools:
    """Where a number is none that line protocol knows."""
    if column.kind is not DataType.FLOAT:
        return np.zeros(len(column), np.bool_)
    return column.valid & ~np.isfinite(column.values)
