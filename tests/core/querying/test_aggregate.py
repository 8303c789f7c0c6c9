"""The array functions say what the plain definitions say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.querying.aggregate import (
    WHOLE,
    buckets_of,
    percentiles_of,
    rates_of,
    raw_of,
    taken,
    values_of,
)
from muster.model.aggregate import aggregate, rates
from muster.model.metric import Kind, pattern_of
from muster.model.query import Function
from muster.ports.series import Grid

VALUES = {
    Kind.FLOAT: st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, 0.0]),
    Kind.INTEGER: st.integers(-(1 << 40), 1 << 40),
    Kind.UNSIGNED: st.integers(0, (1 << 64) - 1),
    Kind.BOOLEAN: st.booleans(),
}


@st.composite
def lines(draw, kinds=tuple(VALUES)):
    """(kind, times, one list of values per series)."""
    kind = draw(st.sampled_from(kinds))
    times = draw(st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True).map(sorted))
    one = st.lists(VALUES[kind], min_size=len(times), max_size=len(times))
    return kind, times, draw(st.lists(one, min_size=1, max_size=3))


def grid_of(kind, times, columns):
    patterns = [[pattern_of(value, kind) for value in column] for column in columns]
    return Grid(np.arange(len(columns)), np.array(times), np.array(patterns))


def by_key(cells, number):
    found = [{} for _ in range(number)]
    columns = (column.tolist() for column in cells)
    for key, time, value in zip(*columns, strict=True):
        found[key][time] = value
    return found


def same(got, wanted):
    assert got.keys() == wanted.keys()
    for time, value in wanted.items():
        assert type(got[time]) is type(value)
        assert got[time] == pytest.approx(value, nan_ok=True, rel=1e-9, abs=1e-6)


@given(lines(), st.sampled_from([0.0, 1.0, 33.3, 50.0, 95.0, 100.0]), st.sampled_from([7, WHOLE]))
def test_percentiles_are_those_of_the_definitions(made, percent, step):
    kind, times, columns = made

    got = by_key(percentiles_of(grid_of(*made), kind, step, percent), len(columns))

    for column, cells in zip(columns, got, strict=True):
        samples = list(zip(times, column, strict=True))
        same(cells, aggregate(samples, kind, Function.PERCENTILE, step, percent))


def rated(grid, kind, step, start, gap):
    return rates_of([buckets_of(grid, kind, step)], kind, start, gap)


@given(lines(kinds=(Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED)), st.sampled_from([1, 7, WHOLE]))
def test_rates_are_those_of_the_definitions(made, step):
    kind, times, columns = made

    gap = max(30, min(step, 100))  # never less than a bucket is long
    got = by_key(rated(grid_of(*made), kind, step, 0, gap), len(columns))

    for column, cells in zip(columns, got, strict=True):
        same(cells, rates(list(zip(times, column, strict=True)), step, gap))


@given(lines(kinds=(Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED)), st.integers(0, 100))
def test_rates_are_the_same_of_whatever_buckets_they_are_made(made, cut):
    kind, times, columns = made
    at = sum(time < cut for time in times)
    halves = [
        grid_of(kind, times[some], [column[some] for column in columns])
        for some in (slice(at, None), slice(at))
        if times[some]
    ]

    parts = [buckets_of(half, kind, 7) for half in halves]
    got = by_key(rates_of(parts, kind, 0, 30), len(columns))

    for column, cells in zip(columns, got, strict=True):
        same(cells, rates(list(zip(times, column, strict=True)), 7, 30))


def test_a_rate_leaves_out_pairs_across_a_long_gap():
    second = 10**9
    grid = grid_of(Kind.INTEGER, [0, second, 500 * second], [[1, 3, 9]])

    got = rated(grid, Kind.INTEGER, second, 0, 300 * second)

    assert (got.time.tolist(), got.values.tolist()) == ([second], [2.0])


def test_rows_before_the_start_only_serve_as_the_value_before():
    grid = grid_of(Kind.INTEGER, [10, 20, 30], [[1, 3, 9]])

    got = rated(grid, Kind.INTEGER, 10, 25, 99)

    assert got.time.tolist() == [30]


def test_one_value_has_no_rate():
    got = rated(grid_of(Kind.INTEGER, [10], [[1]]), Kind.INTEGER, 10, 0, 99)

    assert got.values.tolist() == []


def test_an_increase_of_unsigned_counters_is_exact_beyond_two_to_the_63():
    second = 10**9
    grid = grid_of(Kind.UNSIGNED, [0, second], [[(1 << 63) - 1, (1 << 63) + 1]])

    assert rated(grid, Kind.UNSIGNED, second, 0, second).values.tolist() == [2.0]


def test_raw_values_come_back_as_their_kind():
    assert values_of(np.array([-1]), Kind.UNSIGNED).tolist() == [(1 << 64) - 1]
    assert values_of(np.array([0, 1]), Kind.BOOLEAN).tolist() == [False, True]
    assert values_of(np.array([1, 0]), Kind.STRING, ["a", "b"]).tolist() == ["b", "a"]
    raw = raw_of(grid_of(Kind.INTEGER, [1, 2], [[5, 6], [7, 8]]), Kind.INTEGER, ())
    assert [each.values.tolist() for each in raw] == [[5, 6], [7, 8]]
    assert [each.time.tolist() for each in raw] == [[1, 2]] * 2
    assert [each.key.tolist() for each in raw] == [[0, 0], [1, 1]]


def test_some_of_the_buckets_can_be_taken():
    buckets = buckets_of(grid_of(Kind.INTEGER, [1, 20], [[5, 6]]), Kind.INTEGER, 10)

    assert taken(buckets, np.array([False, True])).start.tolist() == [20]
