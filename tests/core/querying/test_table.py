"""Buckets laid over each other say what the plain definitions say, in whatever order."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.querying.aggregate import WHOLE, buckets_of
from muster.core.querying.frames import Axis, regular_axis
from muster.core.querying.table import PARTS, Table
from muster.model.aggregate import aggregate
from muster.model.metric import Kind, pattern_of
from muster.model.query import Function
from muster.ports.series import Grid

VALUES = {
    Kind.FLOAT: st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, 0.0]),
    Kind.INTEGER: st.integers(-(1 << 63), (1 << 63) - 1),
    Kind.UNSIGNED: st.integers(0, (1 << 64) - 1),
    Kind.BOOLEAN: st.booleans(),
}


@st.composite
def lines(draw):
    """(kind, times, one list of values per series)."""
    kind = draw(st.sampled_from(list(VALUES)))
    times = draw(st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True).map(sorted))
    one = st.lists(VALUES[kind], min_size=len(times), max_size=len(times))
    return kind, times, draw(st.lists(one, min_size=1, max_size=3))


def buckets(kind, times, columns, step):
    patterns = [[pattern_of(value, kind) for value in column] for column in columns]
    grid = Grid(np.arange(len(columns)), np.array(times), np.array(patterns))
    return buckets_of(grid, kind, step)


def axis_of(step):
    return Axis(0, WHOLE, 1) if step == WHOLE else regular_axis(0, 61, step)


def same(column, axis, wanted):
    got = {
        start: value
        for start, value in zip(axis.times.tolist(), column, strict=True)
        if value is not None
    }
    assert got.keys() == wanted.keys()
    for start, value in wanted.items():
        assert type(got[start]) is type(value)
        assert got[start] == pytest.approx(value, nan_ok=True, rel=1e-9, abs=1e-6)


@given(
    lines(),
    st.lists(st.integers(0, 60), max_size=2),
    st.sampled_from([1, 7, 30, WHOLE]),
    st.sampled_from(list(PARTS)),
    st.randoms(use_true_random=False),
)
def test_parts_in_any_order_make_the_buckets_of_the_definitions(made, cuts, step, function, chance):
    kind, times, columns = made
    edges = [0, *sorted(sum(time < cut for time in times) for cut in cuts), len(times)]
    parts = [
        buckets(kind, times[first:last], [column[first:last] for column in columns], step)
        for first, last in pairwise(edges)
        if first < last
    ]
    chance.shuffle(parts)
    axis = axis_of(step)
    table = Table(function, kind, len(columns), axis)
    for part in parts:
        table.add(part)

    for column, got in zip(columns, table.columns(), strict=True):
        samples = list(zip(times, column, strict=True))
        same(got, axis, aggregate(samples, kind, function, step))


def test_strings_have_a_first_a_last_and_a_count():
    grid = Grid(np.array([1]), np.array([1, 2, 9]), np.array([[0, 1, 0]]))

    def of(function):
        table = Table(function, Kind.STRING, 2, regular_axis(0, 15, 5))
        table.add(buckets_of(grid, Kind.STRING, 5))
        return table.columns(["a", "b"])

    assert of(Function.FIRST) == [[None] * 3, ["a", "a", None]]
    assert of(Function.LAST) == [[None] * 3, ["b", "a", None]]
    assert of(Function.COUNT) == [[None] * 3, [2, 1, None]]


@pytest.mark.parametrize("function", list(PARTS))
def test_a_table_without_parts_is_empty(function):
    assert Table(function, Kind.FLOAT, 2, regular_axis(0, 2, 1)).columns() == [[None, None]] * 2
    assert Table(function, Kind.STRING, 1, Axis(0, WHOLE, 1)).columns() == [[None]]


def test_the_columns_of_some_series_are_not_mixed_up():
    table = Table(Function.SUM, Kind.INTEGER, 3, regular_axis(10, 30, 10))
    table.add(buckets(Kind.INTEGER, [10, 25], [[1, 2], [3, 4], [5, 6]], 10))

    assert table.columns() == [[1, 2], [3, 4], [5, 6]]
