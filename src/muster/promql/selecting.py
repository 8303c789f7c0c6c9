"""What a vector selector gives: at each step the newest sample that is not too old."""

from typing import NamedTuple

import numpy as np

from muster.promql import sweeps
from muster.promql.columns import Vector
from muster.promql.packing import is_stale
from muster.promql.source import I64, Columns


class Selected(NamedTuple):
    """`times` are of the samples, [series, step]; of what is not there, any."""

    vector: Vector
    times: I64


def newest(columns: Columns, moments: I64, lookback_ms: int) -> Selected:
    """Units: milliseconds; `moments` are of the steps, moved by offsets."""
    if not sweeps.COMPILED:
        return plain_newest(columns, moments, lookback_ms)
    values, there, times = sweeps.newest(columns, moments, lookback_ms)
    return Selected(Vector(columns.labels, values, there), times)


def plain_newest(columns: Columns, moments: I64, lookback_ms: int) -> Selected:
    """As `newest`."""
    shape = (len(columns.counts), len(moments))
    places, times = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    there = np.zeros(shape, np.bool_)
    for group in range(shape[0]):
        known = columns.times_of(group)
        if not len(known):
            continue
        place = np.searchsorted(known, moments, side="right") - 1
        times[group] = known[place]  # the last one where there is none: it is too new
        places[group] = np.maximum(place, 0)
        there[group] = (place >= 0) & (times[group] >= moments - lookback_ms)
    owners = columns.group
    if not len(columns.values):
        values = np.zeros((len(owners), len(moments)))
        return Selected(Vector(columns.labels, values, there[owners]), times[owners])
    at = columns.value_from[:, None] + places[owners]
    values = columns.values[np.minimum(at, len(columns.values) - 1)]  # of an empty one, any
    held = there[owners] & ~is_stale(values)
    return Selected(Vector(columns.labels, values, held), times[owners])
