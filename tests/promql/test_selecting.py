"""Instant vectors, by both twins."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.promql.packing import columns_of, no_columns
from muster.promql.selecting import newest, plain_newest
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


MARK = float(np.array([STALE], np.uint64).view(np.float64)[0])
POINTS = st.lists(st.tuples(st.integers(1, 90), st.sampled_from([MARK, 0.5, np.nan])), max_size=6)


@given(st.lists(POINTS, max_size=4), st.lists(st.integers(-50, 500), min_size=1).map(sorted))
def test_both_twins_select_the_same(series, moments):
    columns = columns_of([sampled(points) for points in series]) if series else no_columns()
    (vector, times), (plain, plain_times) = (
        select(columns, np.array(moments), 100) for select in (newest, plain_newest)
    )
    there = vector.there

    assert np.array_equal(there, plain.there)
    assert np.array_equal(vector.values[there], plain.values[there], equal_nan=True)
    assert np.array_equal(times[there], plain_times[there])


def sampled(points):
    times = np.cumsum(np.array([distance for distance, _ in points], np.int64))
    return Samples((), times, np.array([value for _, value in points], np.float64))
