"""What a vector selector gives: at each step the newest sample that is not too old."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.promql.columns import Vector
from muster.promql.source import I64, Samples
from muster.promql.windows import is_stale


class Selected(NamedTuple):
    """`times` are of the samples, [series, step]."""

    vector: Vector
    times: I64


def newest(series: Sequence[Samples], moments: I64, lookback_ms: int) -> Selected:
    """Units: milliseconds; `moments` are of the steps, moved by offsets."""
    shape = (len(series), len(moments))
    values, times = np.zeros(shape), np.zeros(shape, np.int64)
    there = np.zeros(shape, np.bool_)
    for row, samples in enumerate(series):
        if not len(samples.times):
            continue
        place = np.searchsorted(samples.times, moments, side="right") - 1
        known = place >= 0
        place = np.maximum(place, 0)
        times[row] = samples.times[place]
        values[row] = samples.values[place]
        there[row] = known & (times[row] >= moments - lookback_ms)
    there &= ~is_stale(values)
    return Selected(Vector([each.labels for each in series], values, there), times)
