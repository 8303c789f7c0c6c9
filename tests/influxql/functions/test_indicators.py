"""Technical indicators."""

import numpy as np
import pytest

from muster.influxql.functions.indicators import along, indicator
from muster.influxql.functions.segments import Segments
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full

NAMES = [
    "exponential_moving_average",
    "double_exponential_moving_average",
    "triple_exponential_moving_average",
    "relative_strength_index",
    "triple_exponential_derivative",
    "kaufmans_efficiency_ratio",
    "kaufmans_adaptive_moving_average",
    "chande_momentum_oscillator",
]


def values(name, numbers, period=2, warmup=None, hold=None):
    segments = Segments(
        np.array([0]), np.arange(len(numbers)), full(DataType.FLOAT, np.array(numbers, float))
    )
    return along(name, segments, indicator(name, period, warmup), hold).value.cells()


def test_an_exponential_average_goes_part_of_the_way():
    found = values("exponential_moving_average", [1, 2, 3], hold=0)

    assert found == pytest.approx([1, 1 + 2 / 3, 1 + 2 / 3 + (3 - 5 / 3) * 2 / 3])


def test_a_simple_warmup_is_the_mean():
    assert values("exponential_moving_average", [1, 3], warmup="simple") == [2.0]


@pytest.mark.parametrize("name", NAMES)
def test_values_at_the_start_are_not_shown(name):
    numbers = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0]

    assert 0 < len(values(name, numbers)) < len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_breaks_none_of_them(name):
    assert len(values(name, [3.0] * 8)) <= 8


def test_only_rises_have_full_strength():
    assert values("relative_strength_index", [1, 2, 3, 4]) == [100.0, 100.0]
    assert values("chande_momentum_oscillator", [1, 2, 3, 4])[-1] == 100.0


def test_a_straight_way_is_fully_efficient():
    assert values("kaufmans_efficiency_ratio", [1, 2, 3, 4])[-1] == 1.0


def test_doubled_averages_follow_a_line():
    line = [float(n) for n in range(60)]

    assert values("double_exponential_moving_average", line, 3)[-1] == pytest.approx(59, abs=1e-3)
    assert values("triple_exponential_moving_average", line, 3)[-1] == pytest.approx(59, abs=1e-3)
