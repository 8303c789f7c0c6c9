"""Columns on one time axis."""

import numpy as np
import pytest

from muster.core.querying.aggregate import Cells
from muster.core.querying.frames import columns_of, grid_of, regular_axis, shared_axis
from muster.errors import LimitExceeded


def cells(*rows):
    keys, times, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Cells(np.array(keys, np.int64), np.array(times, np.int64), np.array(values, object))


def test_a_series_without_a_value_at_a_time_has_none_there():
    parts = [cells((1, 10, "a"), (1, 30, "b"), (0, 20, "c"))]

    axis = shared_axis(parts)

    assert axis.tolist() == [10, 20, 30]
    assert columns_of(parts, axis, 3, 100) == [
        [None, "c", None],
        ["a", None, "b"],
        [None, None, None],
    ]


def test_an_axis_of_steps_begins_with_the_bucket_of_the_start():
    assert regular_axis(15, 31, 10).times.tolist() == [10, 20, 30]
    assert regular_axis(10, 30, 10).times.tolist() == [10, 20]


def test_no_cells_make_empty_columns():
    assert columns_of([cells()], shared_axis([]), 2, 9) == [[], []]


def test_a_table_that_is_too_large_is_refused():
    with pytest.raises(LimitExceeded, match="4 values, at most 3"):
        columns_of([], np.array([1, 2]), 2, 3)


def test_a_grid_is_times_that_are_equally_far_apart():
    assert grid_of(np.array([5, 8, 11])) == (5, 3, 3)
    assert grid_of(np.array([5, 8, 12])) is None
    assert grid_of(np.array([5])) is None
