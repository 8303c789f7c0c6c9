"""Functions that go along the points of a series: derivative, difference, elapsed, sums, averages.

Each takes the points of one series after the other and gives values at the times of some of them.
Source: InfluxDB 1.6.
"""

from typing import NamedTuple

import numpy as np

from muster.influxql.functions.segments import Segments, numbers_of
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Bools, Column, Ints, Values, full


class Along(NamedTuple):
    """Values at the times of these rows of the segments."""

    rows: Ints
    value: Column


def derivative(segments: Segments, unit_ns: int, non_negative: bool, ascending: bool) -> Along:
    """Change by time."""
    column = numbers_of("derivative", segments)
    rows, before = _steps(segments)
    with np.errstate(over="ignore"):
        change = _differences(column, rows, before)
    elapsed = (segments.times[rows] - segments.times[before]).astype(np.float64)
    if not ascending:
        elapsed = -elapsed
    with np.errstate(all="ignore"):
        rate = change / (elapsed / float(unit_ns))
    kept = ~(change < 0) if non_negative else np.ones(len(rows), np.bool_)
    return Along(rows[kept], full(DataType.FLOAT, rate[kept]))


def difference(segments: Segments, non_negative: bool) -> Along:
    """Change; integers wrap."""
    column = numbers_of("difference", segments)
    rows, before = _steps(segments)
    with np.errstate(over="ignore"):
        change = column.values[rows] - column.values[before]
    kept = np.ones(len(rows), np.bool_)
    if non_negative:
        unsigned = column.kind is DataType.UNSIGNED
        kept = column.values[rows] >= column.values[before] if unsigned else ~(change < 0)
    return Along(rows[kept], full(column.kind, change[kept]))


def elapsed(segments: Segments, unit_ns: int) -> Along:
    """Time since the point before, in whole units; points at one time count.

    Of points that are gone through backwards it is negative.
    """
    rows = np.flatnonzero(~_first_rows(segments)).astype(np.int64)
    passed = segments.times[rows] - segments.times[rows - 1]
    units = np.sign(passed) * (np.abs(passed) // unit_ns)
    return Along(rows, full(DataType.INTEGER, units.astype(np.int64)))


def cumulative_sum(segments: Segments) -> Along:
    """The sum so far."""
    column = numbers_of("cumulative sum", segments)
    sums = np.empty_like(column.values)
    with np.errstate(over="ignore", invalid="ignore"):
        for start, end in zip(segments.starts, segments.ends, strict=True):
            sums[start:end] = np.add.accumulate(column.values[start:end])
    return Along(np.arange(len(sums), dtype=np.int64), full(column.kind, sums))


def moving_average(segments: Segments, size: int) -> Along:
    """The mean of so many points up to each one that has as many."""
    column = numbers_of("moving average", segments)
    rows, means = [], []
    for start, end in zip(segments.starts.tolist(), segments.ends.tolist(), strict=True):
        if end - start < size:
            continue
        rows.append(np.arange(start + size - 1, end, dtype=np.int64))
        with np.errstate(over="ignore", invalid="ignore"):
            means.append(_sliding_sums(column.values[start:end], size) / float(size))
    if not rows:
        return Along(np.zeros(0, np.int64), full(DataType.FLOAT, np.zeros(0)))
    return Along(np.concatenate(rows), full(DataType.FLOAT, np.concatenate(means)))


def _first_rows(segments: Segments) -> Bools:
    first = np.zeros(len(segments.times), np.bool_)
    first[segments.starts] = True
    return first


def _steps(segments: Segments) -> tuple[Ints, Ints]:
    """Rows and those before them, leaving out rows at the time of the row before."""
    first = _first_rows(segments)
    moves = first.copy()
    moves[1:] |= segments.times[1:] != segments.times[:-1]
    kept = np.flatnonzero(moves).astype(np.int64)
    follows = ~first[kept]
    rows = kept[follows]
    before = kept[np.flatnonzero(follows) - 1]
    return rows, before


def _differences(column: Column, rows: Ints, before: Ints) -> Values:
    now, then = column.values[rows], column.values[before]
    if column.kind is DataType.UNSIGNED:
        return np.where(now > then, (now - then).astype(float), -(then - now).astype(float))
    return (now - then).astype(np.float64)


def _sliding_sums(values: Values, size: int) -> Values:
    """Sums as InfluxDB rounds them: the oldest value is taken off, then the new one is added."""
    steps = np.empty(2 * len(values) - size, values.dtype)
    steps[:size] = values[:size]
    steps[size::2] = -values[: len(values) - size]
    steps[size + 1 :: 2] = values[size:]
    sums: Values = np.add.accumulate(steps)[size - 1 :: 2]
    return sums
