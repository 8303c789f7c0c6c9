"""Where Go's sort leaves values that are equal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.functions.gosort import MOST_ROWS, moves_equal, sorted_rows

# As InfluxDB 1.6.7 sorts these, told by the times that `percentile` shows: keys, and the rows then.
GO = [
    (
        [1] * 13,
        "0 1 2 3 4 5 6 7 8 9 10 11 12",
    ),
    (
        [2, 1] * 7,
        "9 7 13 3 11 5 1 6 10 0 8 4 12 2",
    ),
    (
        [at * 7 % 3 for at in range(20)],
        "9 18 15 3 12 0 6 10 7 4 13 16 1 19 8 5 11 14 2 17",
    ),
    (
        [19 - at // 2 for at in range(40)],
        "39 38 37 36 34 35 32 33 31 30 29 28 27 26 25 24 22 23 20 21 19 18 17 16 15 14 12 "
        "13 11 10 9 8 7 6 5 4 3 2 0 1",
    ),
    (
        [at * 31 % 11 for at in range(60)],
        "55 0 33 22 44 11 38 16 27 5 49 32 10 54 21 43 48 4 15 59 37 26 9 20 53 31 42 25 "
        "47 36 58 3 14 30 41 8 52 19 46 13 2 24 57 35 7 51 40 29 18 12 45 56 23 34 1 50 "
        "17 28 39 6",
    ),
]


@pytest.mark.parametrize(("keys", "rows"), GO)
def test_equal_values_are_where_go_puts_them(keys, rows):
    assert sorted_rows(keys) == [int(row) for row in rows.split()]


@given(st.lists(st.integers(0, 9), max_size=300) | st.lists(st.integers(), max_size=300))
def test_all_rows_are_there_once_and_in_order(keys):
    rows = sorted_rows(keys)

    assert sorted(rows) == list(range(len(keys)))
    assert [keys[row] for row in rows] == sorted(keys)


@given(st.lists(st.integers(0, 3), max_size=12))
def test_of_few_values_equal_ones_stay_in_order(keys):
    assert sorted_rows(keys) == sorted(range(len(keys)), key=keys.__getitem__)
    assert not moves_equal(np.array([len(keys)])).any()


def test_patterns_that_make_quicksort_slow_are_sorted_too():
    organ = [min(at, 2_000 - at) for at in range(2_000)]
    for keys in (organ, organ[::-1], sorted(organ), sorted(organ)[::-1], [0] * 2_000):
        assert [keys[row] for row in sorted_rows(keys)] == sorted(keys)


def test_of_very_many_values_equal_ones_stay_in_order():
    assert moves_equal(np.array([13, MOST_ROWS, MOST_ROWS + 1])).tolist() == [True, True, False]
