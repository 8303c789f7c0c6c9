"""Functions that make one value of a group: count, sum, mean, median, mode, spread, stddev.

Source: InfluxDB 1.6; ties of `mode` and the two passes of `stddev` as there.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from muster.influxql.functions.gosort import moves_equal, sorted_rows
from muster.influxql.functions.segments import (
    Reduced,
    Segments,
    by_value,
    each_group,
    numbers_of,
)
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Ints, Values, full

_FEW_SIZES = 16


def count(segments: Segments) -> Reduced:
    """How many values."""
    return each_group(segments, full(DataType.INTEGER, segments.counts))


def total(segments: Segments) -> Reduced:
    """`sum`; integers wrap."""
    column = numbers_of("sum", segments)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.add.reduceat(column.values, segments.starts)
    return each_group(segments, full(column.kind, sums))


def mean(segments: Segments) -> Reduced:
    """The sum, which for integers wraps, by the number of points."""
    column = numbers_of("mean", segments)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.add.reduceat(column.values, segments.starts)
        return each_group(segments, full(DataType.FLOAT, sums / segments.points.astype(np.float64)))


def median(segments: Segments) -> Reduced:
    """The value in the middle, or the mean of the two there."""
    column = numbers_of("median", segments)
    low, high = _middles(column.values, segments)
    even = segments.counts % 2 == 0
    with np.errstate(over="ignore"):
        half = low.astype(np.float64) + (high - low).astype(np.float64) / 2
    return each_group(segments, full(DataType.FLOAT, np.where(even, half, high.astype(np.float64))))


def _middles(values: Values, segments: Segments) -> tuple[Values, Values]:
    """Of the sorted values of each group that in the middle, and the one before it."""
    starts, counts = segments.starts, segments.counts
    sizes = np.unique(counts).tolist()
    if len(sizes) > _FEW_SIZES:
        values = values[by_value(segments)]
        middle = starts + counts // 2
        return values[np.maximum(middle - 1, starts)], values[middle]
    low, high = np.empty(len(starts), values.dtype), np.empty(len(starts), values.dtype)
    for size in sizes:  # groups of one size are sorted at once, and no further than needed
        groups = np.flatnonzero(counts == size)
        some = values[starts[groups][:, np.newaxis] + np.arange(size)]
        middle, before = size // 2, max(size // 2 - 1, 0)
        some.partition((before, middle), axis=1)
        low[groups], high[groups] = some[:, before], some[:, middle]
    return low, high


def spread(segments: Segments) -> Reduced:
    """The largest less the smallest."""
    column = numbers_of("spread", segments)
    most = np.maximum.reduceat(column.values, segments.starts)
    least = np.minimum.reduceat(column.values, segments.starts)
    with np.errstate(over="ignore"):
        return each_group(segments, full(column.kind, most - least))


def stddev(segments: Segments) -> Reduced:
    """Of a sample; not a number for one value. What is none is passed over."""
    column = numbers_of("stddev", segments)
    values = column.values.astype(np.float64)
    known = ~np.isnan(values)
    counts = np.add.reduceat(known.astype(np.int64), segments.starts)
    with np.errstate(all="ignore"):
        means = np.add.reduceat(np.where(known, values, 0.0), segments.starts) / counts
        away = np.where(known, values - np.repeat(means, segments.counts), 0.0)
        squares = np.add.reduceat(away**2, segments.starts)
        deviation = np.where(counts > 1, np.sqrt(squares / (counts - 1)), np.nan)
    return each_group(segments, full(DataType.FLOAT, deviation))


def mode(segments: Segments) -> Reduced:
    """The most frequent value."""
    column = segments.column
    if column.kind is DataType.BOOLEAN:
        truths = np.add.reduceat(column.values.astype(np.int64), segments.starts)
        return each_group(segments, full(column.kind, truths >= segments.counts - truths))
    order = by_value(segments)
    values = column.values[order]
    for group in np.flatnonzero(moves_equal(segments.counts)).tolist():
        start, end = int(segments.starts[group]), int(segments.ends[group])
        if _is_tied(values[start:end]):
            keys = np.empty(end - start, np.int64)
            part = values[start:end]
            keys[order[start:end] - start] = np.cumsum(np.append(False, part[1:] != part[:-1]))
            order[start:end] = start + np.array(sorted_rows(keys.tolist()), np.int64)
    times = segments.times[order]
    picks = [
        _mode_row(values, times, int(start), int(end))
        for start, end in zip(segments.starts, segments.ends, strict=True)
    ]
    return each_group(segments, full(column.kind, values[np.array(picks, np.int64)]))


def _is_tied(values: Values) -> bool:
    """Whether several of these, in order, are as frequent as any, and more than once."""
    firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    lengths = np.diff(firsts, append=len(values))
    most = lengths.max()
    return bool(most > 1 and np.count_nonzero(lengths == most) > 1)


def _mode_row(values: Values, times: Ints, start: int, end: int) -> int:
    """Of values in order, a row of the most frequent: of several, as InfluxDB goes through them."""
    part = values[start:end]
    firsts = np.concatenate(([0], np.flatnonzero(part[1:] != part[:-1]) + 1, [end - start]))
    best, frequency, completed = start, 1, int(times[start])
    for number, (first, after) in enumerate(pairwise(firsts)):
        length = int(after - first)
        if length < frequency or (number and length == 1):
            continue
        began = int(times[start + first])
        if number and length == frequency and began > completed:
            continue
        best, frequency, completed = start + int(first), length, int(times[start + after - 1])
    return best


AGGREGATES: dict[str, Callable[[Segments], Reduced]] = {
    "count": count,
    "sum": total,
    "mean": mean,
    "median": median,
    "spread": spread,
    "stddev": stddev,
    "mode": mode,
}
