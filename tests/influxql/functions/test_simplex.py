"""A minimum without derivatives."""

import pytest

from muster.influxql.functions.simplex import minimize


def test_the_bottom_of_a_bowl_is_found():
    least, point = minimize(lambda p: (p[0] - 3) ** 2 + (p[1] + 1) ** 2, [0.0, 0.0], 1e-9)

    assert least == pytest.approx(0, abs=1e-6)
    assert point == pytest.approx([3, -1], abs=1e-3)


def test_what_has_no_value_ends():
    least, _ = minimize(lambda p: float("inf"), [0.0], 1e-9)

    assert least == float("inf")
