"""Functions that pick rows of a group: first, last, min, max, percentile, top and others.

Source: InfluxDB 1.6: of equal values the earliest, of equal times the larger value.
"""

from collections.abc import Callable

import numpy as np

from muster.influxql.functions.gosort import moves_equal, sorted_rows
from muster.influxql.functions.segments import (
    Reduced,
    Segments,
    by_value,
    codes,
    picked,
    unsupported,
)
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import NUMERIC, Bools, Ints, Values


def first(segments: Segments) -> Reduced:
    """The earliest value."""
    sign = 1 if segments.column.kind is DataType.BOOLEAN else -1
    return _least(segments, segments.times, lambda: sign * _ranks(segments))


def last(segments: Segments) -> Reduced:
    """The latest value."""
    return _least(segments, -segments.times, lambda: -_ranks(segments))


def least(segments: Segments) -> Reduced:
    """`min`."""
    return _least(segments, _order("min", segments), lambda: segments.times)


def most(segments: Segments) -> Reduced:
    """`max`."""
    return _least(segments, _descending(_order("max", segments)), lambda: segments.times)


def percentile(segments: Segments, percent: float, *, rows_matter: bool = True) -> Reduced:
    """The value at the nearest rank; none where the rank is outside.

    Which of equal values it is counts where their times or other fields are shown.
    """
    if segments.column.kind not in NUMERIC:
        raise unsupported("percentile", segments.column)
    counts = segments.counts
    place = np.floor(counts * percent / 100.0 + 0.5).astype(np.int64) - 1
    group = np.flatnonzero((place >= 0) & (place < counts)).astype(np.int64)
    order = by_value(segments)
    chosen = segments.starts[group] + place[group]
    rows = order[chosen]
    if rows_matter:
        for number in _tied(segments, order, group, chosen):
            start, end = segments.starts[group[number]], segments.ends[group[number]]
            found = sorted_rows(segments.column.values[start:end].tolist())
            rows[number] = start + found[chosen[number] - start]
    return picked(segments, group, rows)


def _tied(segments: Segments, order: Ints, group: Ints, chosen: Ints) -> list[int]:
    """Which of the chosen places are among equal values that Go's sort leaves out of order."""
    values, counts = segments.column.values[order], segments.counts[group]
    starts = segments.starts[group]
    before = values[np.maximum(chosen - 1, starts)] == values[chosen]
    after = values[np.minimum(chosen + 1, starts + counts - 1)] == values[chosen]
    is_tied = (before & (chosen > starts)) | (after & (chosen < starts + counts - 1))
    found: list[int] = np.flatnonzero(is_tied & moves_equal(counts)).tolist()
    return found


def top(segments: Segments, limit: int) -> Reduced:
    """The largest so many; of equal ones the earlier."""
    if segments.column.kind not in NUMERIC:
        raise unsupported("top", segments.column)
    return _extremes(segments, _descending(segments.column.values), limit)


def bottom(segments: Segments, limit: int) -> Reduced:
    """The smallest so many; of equal ones the earlier."""
    if segments.column.kind not in NUMERIC:
        raise unsupported("bottom", segments.column)
    return _extremes(segments, segments.column.values, limit)


def sample(segments: Segments, size: int) -> Reduced:
    """So many at random; of the same points always the same."""
    random = np.random.default_rng(abs(int(segments.times.sum())))
    chosen = [
        start + row
        for start, count in zip(segments.starts.tolist(), segments.counts.tolist(), strict=True)
        for row in np.sort(random.choice(count, min(size, count), replace=False)).tolist()
    ]
    rows = np.array(chosen, np.int64)
    return picked(segments, segments.groups[rows], rows)


def distinct(segments: Segments) -> Reduced:
    """Each value once, where the stream has it first; in the order of time."""
    place, group = codes(segments), segments.groups
    order = np.lexsort((np.arange(len(place)), place, group))
    new = _changes(group[order], place[order])
    rows = order[new]
    rows = rows[np.lexsort((place[rows], segments.times[rows], group[rows]))].astype(np.int64)
    return picked(segments, group[rows], rows)


def _extremes(segments: Segments, order: Values, limit: int) -> Reduced:
    group = segments.groups
    sorted_rows = np.lexsort((segments.times, order, group))  # stable: what is equal stays
    place = np.arange(len(group)) - segments.starts[group]
    rows = sorted_rows[place < limit]
    best_first = np.lexsort((rows, order[rows], segments.times[rows], group[rows]))
    rows = rows[best_first].astype(np.int64)
    return picked(segments, group[rows], rows)


def _least(segments: Segments, order: Values, second: Callable[[], Values]) -> Reduced:
    """Of each group the row that is least by `order`, then by `second`, then in the stream."""
    every = np.arange(len(segments.starts), dtype=np.int64)
    if len(every) == len(order):
        return picked(segments, every, every)
    order = _comparable(segments, order)
    tied = order == np.repeat(np.minimum.reduceat(order, segments.starts), segments.counts)
    rows = np.flatnonzero(tied)
    if len(rows) == len(every):
        return picked(segments, every, rows.astype(np.int64))
    group = segments.groups[rows]
    sorted_rows = np.lexsort((rows, second()[rows], group))
    firsts = sorted_rows[_changes(group[sorted_rows])]
    return picked(segments, group[firsts], rows[firsts].astype(np.int64))


def _comparable(segments: Segments, order: Values) -> Values:
    """What is not a number stays where a group begins with it, and is passed over elsewhere."""
    if order.dtype.kind != "f":
        return order
    odd = np.isnan(order)
    if not odd.any():
        return order
    comparable = np.where(odd, np.inf, order)
    comparable[segments.starts[odd[segments.starts]]] = -np.inf
    return comparable


def _changes(*keys: Values) -> Bools:
    change = np.zeros(len(keys[0]), np.bool_)
    change[:1] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return change


def _order(function: str, segments: Segments) -> Values:
    column = segments.column
    if column.kind is DataType.BOOLEAN:
        return column.values.astype(np.int8)
    if column.kind not in NUMERIC:
        raise unsupported(function, column)
    return column.values


def _descending(values: Values) -> Values:
    """Values in the opposite order; integers by their complement, which has no overflow."""
    return ~values if values.dtype.kind in "iu" else -values


def _ranks(segments: Segments) -> Ints:
    if segments.column.values.dtype == np.object_:
        return codes(segments)
    values = segments.column.values
    if values.dtype == np.bool_:
        return values.astype(np.int64)
    return codes(segments)


SELECTORS: dict[str, Callable[[Segments], Reduced]] = {
    "first": first,
    "last": last,
    "min": least,
    "max": most,
}
