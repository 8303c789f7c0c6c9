"""Cells of series and windows out of matrices."""

import numpy as np
import pytest

from muster.influxql.functions.panelsums import Cells, cells_of, joined
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
