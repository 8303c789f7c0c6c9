"""Functions along the points of a series."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.functions.segments import Segments
from muster.influxql.functions.transformations import (
    cumulative_sum,
    derivative,
    difference,
    elapsed,
    moving_average,
)
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full


def segments(values, times=None, starts=(0,), kind=DataType.INTEGER):
    times = np.arange(len(values)) if times is None else np.array(times)
    return Segments(np.array(starts), times, full(kind, np.array(values)))


def test_differences_do_not_go_from_one_series_to_the_next():
    found = difference(segments([1, 4, 10, 20], starts=(0, 2)), non_negative=False)

    assert found.rows.tolist() == [1, 3]
    assert found.value.cells() == [3, 10]


def test_negative_differences_can_be_left_out():
    assert difference(segments([5, 1, 3]), non_negative=True).value.cells() == [2]


def test_what_is_no_number_is_no_fall():
    points = segments([1.0, np.nan, 2.0, 1.0], kind=DataType.FLOAT)

    assert len(derivative(points, 1, True, True).rows) == 2


def test_unsigned_values_that_fall_have_a_negative_rate():
    falling = segments(np.array([5, 3], np.uint64), kind=DataType.UNSIGNED)

    assert derivative(falling, 1, False, True).value.cells() == [-2.0]


def test_a_rate_is_by_the_unit_and_skips_points_at_one_time():
    found = derivative(segments([0, 9, 4], times=[0, 0, 2]), 1, False, True)

    assert found.rows.tolist() == [2]
    assert found.value.cells() == [2.0]


def test_elapsed_time_counts_points_at_one_time_and_cuts_off():
    found = elapsed(segments([0, 0, 0], times=[0, 0, 25]), 10)

    assert found.value.cells() == [0, 2]


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=90), st.integers(2, 80))
def test_averages_and_sums_are_what_python_says(values, size):
    sums = cumulative_sum(segments(values)).value.cells()
    averages = moving_average(segments(values), size).value.cells()

    assert sums == [sum(values[: end + 1]) for end in range(len(values))]
    assert averages == [
        sum(values[end - size : end]) / size for end in range(size, len(values) + 1)
    ]


def test_averages_are_rounded_as_influxdb_goes_along():
    values = segments([1e300, 1.0, 2.0, 4.0], kind=DataType.FLOAT)

    assert moving_average(values, 2).value.cells() == [5e299, 1.0, 2.5]
