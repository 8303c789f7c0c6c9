"""Instant vectors."""

import numpy as np

from muster.promql.packing import columns_of
from muster.promql.selecting import newest
from muster.promql.source import STALE, Samples


def chosen(times, values, moments, lookback_ms=100):
    samples = Samples((), np.array(times, np.int64), np.array(values, np.float64))
    found = newest(columns_of([samples]), np.array(moments), lookback_ms)
    return [
        value if there else None
        for value, there in zip(found.vector.values[0].tolist(), found.vector.there[0], strict=True)
    ]


def test_the_newest_sample_counts_as_long_as_it_is_not_too_old():
    assert chosen([0, 50], [1, 2], [-1, 0, 49, 50, 150, 151]) == [None, 1, 1, 2, 2, None]


def test_a_mark_ends_a_series():
    mark = np.array([STALE], np.uint64).view(np.float64)[0]

    assert chosen([0, 50, 80], [1, mark, 3], [40, 60, 80]) == [1, None, 3]


def test_a_series_without_samples_is_nowhere():
    assert chosen([], [], [1]) == [None]
