"""Fields put together as points."""

import numpy as np
import pytest

from muster.core.influxql.pointcolumns import aligned, column_of, finite, is_odd
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full


def part(kind, *points):
    times = np.array([time for time, _ in points], np.int64)
    return times, full(kind, np.array([value for _, value in points]))


def test_of_equal_times_the_last_part_counts():
    times, column = column_of(
        [part(DataType.FLOAT, (1, 1.0), (3, 3.0)), part(DataType.INTEGER, (1, 9), (2, 2))],
        DataType.FLOAT,
    )
    assert times.tolist() == [1, 2, 3]
    assert column.cells() == [9.0, 2.0, 3.0]


def test_what_cannot_be_cast_is_left_out():
    times, column = column_of([part(DataType.BOOLEAN, (1, True))], DataType.FLOAT)
    assert not len(times)
    assert column.kind is DataType.FLOAT


def test_only_numbers_are_kept_of_floats():
    times, values = finite(np.array([1, 2, 3]), np.array([0.5, np.nan, np.inf]), DataType.FLOAT)
    assert (times.tolist(), values.tolist()) == ([1], [0.5])


def test_fields_stand_side_by_side_at_all_times_of_any():
    times, (first, second) = aligned(
        [part(DataType.FLOAT, (1, 1.0), (2, 2.0)), part(DataType.INTEGER, (2, 5), (4, 6))]
    )
    assert times.tolist() == [1, 2, 4]
    assert first.cells() == [1.0, 2.0, None]
    assert second.cells() == [None, 5, 6]


@pytest.mark.parametrize("size", [3, 6_000])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_is_found(size, odd):
    values = np.full(size, 1e308)  # whose sum is none either

    assert not is_odd(values)
    values[size // 2] = odd
    assert is_odd(values)
    assert not is_odd(np.arange(size))
