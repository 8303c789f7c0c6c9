"""Kinds of arguments."""

import pytest

from muster.influxql.checking.argumentchecks import (
    Facts,
    check_extreme,
    check_indicator,
    check_unit,
    wrong_count,
)
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_expression


def test_a_hold_of_minus_one_is_the_indicators_own():
    check_indicator(parse_expression("relative_strength_index(v, 2, -1)"), 4, ("simple",))
    with pytest.raises(InfluxqlError, match="hold period must be greater than or equal to 1"):
        check_indicator(parse_expression("triple_exponential_derivative(v, 2, 0)"), 4, ())


def test_a_unit_may_be_left_out():
    check_unit(parse_expression("derivative(v)"))
    check_unit(parse_expression("derivative(v, 1s)"))
    with pytest.raises(InfluxqlError, match="expected at least 1 but no more than 2, got 3"):
        check_unit(parse_expression("derivative(v, 1s, 1s)"))


def test_only_one_of_top_and_bottom_may_stand_in_a_statement():
    facts = Facts(windowed=False, inherited=False, limit=0)

    check_extreme(parse_expression("top(v, host, 2)"), facts)

    assert facts.extremes == "top"
    assert facts.has_plain_fields
    with pytest.raises(InfluxqlError, match=r"selector function top\(\) cannot be combined"):
        check_extreme(parse_expression("bottom(v, 1)"), facts)


def test_a_wrong_count_says_what_came():
    error = wrong_count(parse_expression("mean(a, b)"), "expected 1")

    assert str(error) == "invalid number of arguments for mean, expected 1, got 2"
