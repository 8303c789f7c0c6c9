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
    known = place = np.zeros(0, np.int64)
    for row, samples in enumerate(series):
        if not len(samples.times):
            continue
        if known is not samples.times and not np.array_equal(known, samples.times):
            known = samples.times
            place = np.searchsorted(known, moments, side="right") - 1
        times[row] = known[place]  # the last one where there is none: it is too new
        values[row] = samples.values[place]
        there[row] = (place >= 0) & (times[row] >= moments - lookback_ms)
    there &= ~is_stale(values)
    return Selected(Vector([each.labels for each in series], values, there), times)
