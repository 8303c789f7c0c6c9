"""Functions that pick rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.functions.segments import Segments
from muster.influxql.functions.selectors import (
    SELECTORS,
    bottom,
    distinct,
    percentile,
    sample,
    top,
)
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full, texts

INTEGERS = st.lists(st.integers(-5, 5), min_size=1, max_size=20)


def segments(values, times=None, kind=DataType.INTEGER):
    column = texts(values) if kind is DataType.STRING else full(kind, np.array(values))
    times = np.arange(len(values)) if times is None else np.array(times)
    return Segments(np.array([0]), times, column)


def rows(reduced):
    return list(zip(reduced.times.tolist(), reduced.value.cells(), strict=True))


@given(INTEGERS)
def test_extremes_are_the_earliest_of_equal_values(values):
    least, most = min(values), max(values)

    assert rows(SELECTORS["min"](segments(values))) == [(values.index(least), least)]
    assert rows(SELECTORS["max"](segments(values))) == [(values.index(most), most)]


@given(INTEGERS, st.integers(1, 5))
def test_top_and_bottom_are_in_the_order_of_time(values, limit):
    pairs = list(enumerate(values))

    largest = sorted(sorted(pairs, key=lambda p: (-p[1], p[0]))[:limit])
    smallest = sorted(sorted(pairs, key=lambda p: (p[1], p[0]))[:limit])

    assert rows(top(segments(values), limit)) == largest
    assert rows(bottom(segments(values), limit)) == smallest


@given(INTEGERS)
def test_distinct_values_are_in_the_order_in_which_they_first_occur(values):
    assert distinct(segments(values)).value.cells() == list(dict.fromkeys(values))


def test_at_equal_times_first_and_last_are_the_larger_value():
    both = segments([1, 3, 2], times=[7, 7, 7])

    assert SELECTORS["first"](both).value.cells() == [3]
    assert SELECTORS["last"](both).value.cells() == [3]


def test_of_booleans_at_equal_times_false_is_first_and_true_is_last():
    both = segments([True, False], times=[7, 7], kind=DataType.BOOLEAN)

    assert SELECTORS["first"](both).value.cells() == [False]
    assert SELECTORS["last"](both).value.cells() == [True]


def test_a_rank_outside_of_the_values_picks_nothing():
    assert rows(percentile(segments([5, 1]), 50)) == [(1, 1)]
    assert rows(percentile(segments([5, 1]), 0)) == []
    assert rows(percentile(segments([5, 1]), 200)) == []


def test_the_smallest_integer_is_the_smallest():
    assert rows(SELECTORS["max"](segments([-(1 << 63), 0]))) == [(1, 0)]


def test_samples_are_rows_in_order_and_no_more_than_there_are():
    assert rows(sample(segments([4, 5]), 9)) == [(0, 4), (1, 5)]
    assert len(rows(sample(segments(list(range(50))), 3))) == 3


def test_texts_have_a_first_and_no_largest():
    assert SELECTORS["first"](segments(["b", "a"], kind=DataType.STRING)).value.cells() == ["b"]
    with pytest.raises(InfluxqlError, match="unsupported max iterator type"):
        SELECTORS["max"](segments(["a"], kind=DataType.STRING))
