"""Vectors over steps."""

import numpy as np
import pytest

from muster.promql.columns import Vector, compact, constant, nothing, renamed
from muster.promql.errors import ExecutionError

A, B = (("a", "1"),), (("b", "2"),)


def vector(labels, rows):
    values = np.array([[0.0 if cell is None else cell for cell in row] for row in rows])
    there = np.array([[cell is not None for cell in row] for row in rows])
    return Vector(labels, values, there)


def test_series_that_are_nowhere_are_left_out():
    assert compact(vector([A, B], [[None, None], [1.0, None]])).labels == [B]
    assert nothing(3).values.shape == (0, 3)
    assert constant(np.array([1.0])).labels == [()]


def test_series_that_become_alike_are_one_where_no_step_has_two():
    found = renamed(vector([A, B], [[1.0, None], [None, 2.0]]), [A, A])

    assert (found.labels, found.values.tolist()) == ([A], [[1.0, 2.0]])


def test_two_at_one_step_are_refused():
    with pytest.raises(ExecutionError, match="same labelset"):
        renamed(vector([A, B], [[1.0, 1.0], [None, 2.0]]), [A, A])
    with pytest.raises(ExecutionError, match="same labelset"):
        renamed(vector([A, B], [[1.0, None], [None, 2.0]]), [A, A], strict=True)
