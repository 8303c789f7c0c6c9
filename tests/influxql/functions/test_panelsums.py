"""Cells of series and windows out of matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.functions.panelsums import (
    FUNCTIONS,
    Cells,
    cells_of,
    cells_of_groups,
    joined,
    pure_whole_cells,
    whole_cells,
)
from muster.influxql.source import Matrix

WINDOWS = (0, 10, 3)
TIMES = np.array([1, 5, 12, 28, 29])
FOUR = np.array([[1.0, 3, 5, 8, 2], [2, 2, 2, 2, 2], [0, -1, 4, 4, 0.5], [9, 9, 9, 9, 9]])


def made(name, matrices=(), span=(0, 2), kind=np.float64):
    found = cells_of(name, matrices or [Matrix(np.arange(4), TIMES, FOUR)], span, WINDOWS, kind)
    return None if found is None else found.values.tolist()


@pytest.mark.parametrize(
    ("name", "first", "third"),
    [
        ("count", [2, 1, 2], [2, 1, 2]),
        ("sum", [4, 5, 10], [-1, 4, 4.5]),
        ("mean", [4, 5, 10], [-1, 4, 4.5]),
        ("min", [1, 5, 2], [-1, 4, 0.5]),
        ("max", [3, 5, 8], [0, 4, 4]),
        ("first", [1, 5, 8], [0, 4, 4]),
        ("last", [3, 5, 2], [-1, 4, 0.5]),
        ("median", [2, 5, 5], [-0.5, 4, 2.25]),
    ],
)
def test_each_function_has_a_cell_for_each_series_and_window(name, first, third):
    assert made(name)[0] == first
    assert made(name, span=(2, 4))[0] == third


def test_series_that_lie_apart_and_windows_without_points():
    apart = [
        Matrix(np.array([1]), np.array([25]), np.array([[7]])),
        Matrix(np.array([0, 5]), np.array([3, 4]), np.array([[1, 2], [5, 5]])),
    ]
    found = cells_of("sum", apart, (0, 3), WINDOWS, np.int64)

    assert found.values.tolist() == [[3, 0, 0], [0, 0, 7], [0, 0, 0]]
    assert found.counts.tolist() == [[2, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_a_window_that_lies_in_two_matrices_is_not_put_together():
    twice = [Matrix(np.array([0]), np.array([at]), np.array([[1.0]])) for at in (1, 2)]

    assert made("max", twice, (0, 1)) is None


def test_integers_wrap():
    most = np.array([[(1 << 63) - 1, 1]])
    found = cells_of("sum", [Matrix(np.array([0]), np.array([1, 2]), most)], (0, 1), WINDOWS, int)

    assert found.values[0, 0] == -(1 << 63)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("sum", float, [[3.0, 2.0], [4.0, 0.0]]),
        ("mean", float, [[1.0, 2.0], [4.0, None]]),
        ("count", int, [[3, 2], [4, 0]]),
        ("min", float, [[1.0, 2.0], [4.0, None]]),
        ("max", int, [[2, 2], [4, None]]),
        ("min", np.uint64, [[1, 2], [4, None]]),
    ],
)
def test_series_of_a_group_are_one(name, kind, found):
    counts = np.array([[2, 0], [1, 1], [1, 0]])
    values = counts if name == "count" else np.array([[1, 0], [2, 2], [4, 0]], kind)
    if name == "count":
        found = [[3, 1], [1, 0]]
    if name == "mean":
        found = [[1.0, 2.0], [4.0, None]]
    if name == "sum":
        found = [[3.0, 2.0], [4.0, 0.0]]
    cells = joined(name, Cells(values, counts), np.array([0, 2]))
    there = cells.counts > 0

    for row, column in zip(*np.nonzero(there), strict=True):
        assert cells.values[row, column] == found[row][column]
    assert cells.counts.tolist() == [[3, 1], [1, 0]]


@pytest.mark.parametrize("name", ["first", "last", "median"])
def test_of_groups_of_several_series_points_have_to_be_looked_at(name):
    cells = Cells(np.zeros((2, 1)), np.ones((2, 1), int))

    assert joined(name, cells, np.array([0])) is None
    assert joined(name, cells, None).values is cells.values


_NUMBERS = {
    np.float64: st.floats(-1e9, 1e9).map(lambda number: number + 0.0),  # without the sign of zeros
    np.int64: st.integers(-(1 << 63), (1 << 63) - 1),
    np.uint64: st.integers(0, (1 << 64) - 1),
}


@st.composite
def points(draw):
    kind = draw(st.sampled_from(list(_NUMBERS)))
    times = np.array(sorted(draw(st.sets(st.integers(0, 59), min_size=1, max_size=30))), np.int64)
    series = draw(st.integers(1, 4))
    size = series * len(times)
    numbers = draw(st.lists(_NUMBERS[kind], min_size=size, max_size=size))
    begins = sorted({0, *draw(st.sets(st.integers(0, series - 1)))})
    starts = draw(st.sampled_from((None, np.array(begins, np.int64))))
    length = draw(st.sampled_from((1, 7, 60)))
    return np.array(numbers, kind).reshape(series, -1), times, starts, (0, length, 60 // length + 1)


@given(points(), st.sampled_from(sorted(FUNCTIONS)))
def test_both_twins_give_the_same_cells(given_points, name):
    values, times, starts, windows = given_points
    starts = None if name in ("first", "last", "median") else starts

    found, counts = whole_cells(name, values, times, starts, windows)
    pure, pure_counts = pure_whole_cells(name, values, times, starts, windows)

    there = counts > 0
    assert np.array_equal(counts, np.broadcast_to(pure_counts, counts.shape))
    assert found.dtype == pure.dtype
    assert found[there].tolist() == np.broadcast_to(pure, found.shape)[there].tolist()


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
@pytest.mark.parametrize("length", [9, 90])
def test_floats_are_added_in_the_order_of_time(made_whole, length):
    numbers = np.array([[1e16, 1.0, 1.0, -1e16, 1.0, 0.1, 0.2, 0.3, 7.0]])
    total = 0.0
    for number in numbers[0].tolist():
        total += number

    found, _ = made_whole("sum", numbers, np.arange(9), None, (0, length, 90 // length))

    assert found[0, 0] == total


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_values_of_other_times_are_refused(made_whole):
    with pytest.raises(ValueError, match="other times"):
        made_whole("sum", np.zeros((2, 3)), np.arange(2), None, WINDOWS)


def test_groups_of_one_matrix_and_of_several_are_the_same():
    starts = np.array([0, 2])
    one = [Matrix(np.arange(4), TIMES, FOUR)]
    several = [Matrix(np.array([at]), TIMES, FOUR[at : at + 1]) for at in range(4)]

    whole, parts = (
        cells_of_groups("mean", each, (0, 4), starts, WINDOWS, np.float64)
        for each in (one, several)
    )

    assert whole.values.tolist() == parts.values.tolist()
    assert whole.counts.tolist() == parts.counts.tolist()
    assert cells_of_groups("last", one, (0, 4), starts, WINDOWS, np.float64) is None


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_a_median_of_several_series_is_refused(made_whole):
    with pytest.raises(ValueError, match=r"median|no "):
        made_whole("median", FOUR, TIMES, np.array([0, 2]), WINDOWS)


@pytest.mark.parametrize("made_whole", [whole_cells, pure_whole_cells])
def test_a_median_lies_between_the_two_in_the_middle(made_whole):
    far = np.array([[-(1 << 63), (1 << 63) - 1]])  # whose distance wraps

    found, counts = made_whole("median", far, np.arange(2), None, (0, 10, 2))

    assert found.tolist()[0][0] == -float(1 << 63) - 0.5
    assert counts.tolist() == [[2, 0]]
