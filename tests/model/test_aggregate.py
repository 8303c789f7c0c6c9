"""The definitions of the query functions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.aggregate import (
    Partial,
    aggregate,
    answer_kind,
    finish,
    merge,
    partial_of,
    percentile,
    rate_gap_ns,
    rates,
    require_function,
)
from muster.model.metric import Kind
from muster.model.query import Function

S = SECOND_NS
STEP = 10 * S


def at_seconds(*values):
    return [(second * S, value) for second, value in enumerate(values)]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (Function.MEAN, 2.0),
        (Function.MIN, 1),
        (Function.MAX, 3),
        (Function.SUM, 6),
        (Function.COUNT, 3),
        (Function.FIRST, 2),
        (Function.LAST, 3),
        (Function.PERCENTILE, 3),
    ],
)
def test_each_function_makes_one_value_of_a_bucket(function, expected):
    values = aggregate(at_seconds(2, 1, 3), Kind.INTEGER, function, STEP)

    assert values == {0: expected}
    assert type(values[0]) is (float if function is Function.MEAN else int)


def test_raw_values_stay_as_they_are():
    assert aggregate(at_seconds(2, 1), Kind.INTEGER, Function.RAW, STEP) == {0: 2, S: 1}


def test_the_rate_is_the_increase_per_second_between_neighbours():
    assert rates([(0, 10), (2 * S, 30), (3 * S, 31)], S, STEP) == {2 * S: 10.0, 3 * S: 1.0}


def test_a_bucket_with_one_value_has_a_rate_from_the_value_before_it():
    assert rates([(9 * S, 100), (10 * S, 150)], STEP, STEP) == {STEP: 50.0}


def test_a_fall_is_a_reset_counted_from_zero():
    assert rates(at_seconds(100, 7), S, STEP) == {S: 7.0}


def test_there_is_no_rate_across_a_gap_longer_than_five_minutes_and_the_step():
    assert rates([(0, 1), (301 * S, 9)], S, rate_gap_ns(S)) == {}
    assert rates([(0, 1), (300 * S, 301)], S, rate_gap_ns(S)) == {300 * S: 1.0}
    assert aggregate([(0, 1), (400 * S, 401)], Kind.INTEGER, Function.RATE, 600 * S) == {0: 1.0}


def test_a_pair_with_nan_has_no_rate():
    assert rates(at_seconds(1.0, math.nan, 3.0, 4.0), S, STEP) == {3 * S: 1.0}


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (7, 7), (50, 50), (50.5, 51), (99, 99), (100, 100)]
)
def test_a_percentile_is_the_nearest_rank(percent, expected):
    assert percentile(range(1, 101), percent) == expected


def test_a_percentile_outside_of_0_to_100_is_refused():
    with pytest.raises(InputError, match="101"):
        percentile([1], 101)


def test_nan_counts_poisons_sums_and_is_no_extreme():
    partial = partial_of(at_seconds(math.nan, 1.0, 5.0))

    assert (partial.count, partial.low, partial.high) == (3, 1.0, 5.0)
    assert math.isnan(partial.total)


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-9, 9)


@given(st.lists(numbers, min_size=2, max_size=12), st.data())
def test_merging_two_sides_is_the_same_as_one_side(values, data):
    samples = at_seconds(*values)
    cut = data.draw(st.integers(1, len(samples) - 1))
    sides = [partial_of(samples[:cut]), partial_of(samples[cut:])]

    for one, other in (sides, sides[::-1]):
        merged, whole = merge(one, other), partial_of(samples)
        same = Partial(merged.count, whole.total, *(getattr(merged, name) for name in PARTS))
        assert same == whole
        assert merged.total == pytest.approx(whole.total)


PARTS = ("low", "high", "first", "first_ns", "last", "last_ns")


def test_sums_of_integers_are_integers():
    partial = partial_of(at_seconds(1, 2))

    assert finish(partial, Function.SUM, Kind.INTEGER) == 3
    assert isinstance(finish(partial, Function.SUM, Kind.UNSIGNED), int)


def test_a_percentile_cannot_be_made_of_partial_buckets():
    with pytest.raises(InputError, match="percentile"):
        finish(partial_of(at_seconds(1)), Function.PERCENTILE, Kind.FLOAT)


@pytest.mark.parametrize("function", [Function.MEAN, Function.MAX, Function.RATE])
def test_text_has_no_numbers_to_reckon_with(function):
    with pytest.raises(InputError, match="'uptime' is text"):
        require_function(function, Kind.STRING, "uptime")


def test_text_can_be_counted_and_picked():
    samples = at_seconds("a", "b")

    assert aggregate(samples, Kind.STRING, Function.LAST, STEP) == {0: "b"}
    assert aggregate(samples, Kind.STRING, Function.COUNT, STEP) == {0: 2}


def test_true_and_false_have_a_mean_but_no_rate():
    assert aggregate(at_seconds(True, False), Kind.BOOLEAN, Function.MEAN, STEP) == {0: 0.5}
    with pytest.raises(InputError, match="counter"):
        require_function(Function.RATE, Kind.BOOLEAN, "ok")


def test_the_kind_of_an_answer_follows_from_function_and_series():
    assert answer_kind(Function.MEAN, Kind.INTEGER) is Kind.FLOAT
    assert answer_kind(Function.COUNT, Kind.STRING) is Kind.INTEGER
    assert answer_kind(Function.SUM, Kind.BOOLEAN) is Kind.INTEGER
    assert answer_kind(Function.MAX, Kind.UNSIGNED) is Kind.UNSIGNED
