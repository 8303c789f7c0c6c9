"""Operators between numbers."""

import numpy as np
import pytest

from muster.promql.operators import combined, drops_name


@pytest.mark.parametrize(
    ("operator", "value"),
    [("+", 9), ("-", 5), ("*", 14), ("/", 3.5), ("%", 1), ("^", 49), ("atan2", np.arctan2(7, 2))],
)
def test_two_numbers_make_one(operator, value):
    values, kept = combined(operator, np.array([7.0]), np.array([2.0]))

    assert (values.tolist(), kept.tolist()) == ([value], [True])


def test_a_comparison_keeps_the_left_side_where_it_holds():
    values, kept = combined(">", np.array([7.0, 1.0]), np.array([2.0]))

    assert (values.tolist(), kept.tolist()) == ([7, 1], [True, False])


def test_powers_of_minus_infinity_are_gos():
    values, _ = combined("^", np.array([[-np.inf], [4.0]]), np.array([[0.5]]))

    assert values.ravel().tolist() == [np.inf, 2]


def test_arithmetic_makes_another_metric():
    assert drops_name("%")
    assert not drops_name("atan2")
