"""What a vector selector gives: at each step the newest sample that is not too old."""

from typing import NamedTuple

import numpy as np

from muster.promql.columns import Vector
from muster.promql.packing import is_stale
from muster.promql.source import I64, Columns


class Selected(NamedTuple):
    """`times` are of the samples, [series, step]."""

    vector: Vector
    times: I64


def newest(columns: Columns, moments: I64, lookback_ms: int) -> Selected:
    """Units: milliseconds; `moments` are of the steps, moved by offsets."""
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
    values = columns.values[columns.value_from[:, None] + places[owners]]
    held = there[owners] & ~is_stale(values)
    return Selected(Vector(columns.labels, values, held), times[owners])
