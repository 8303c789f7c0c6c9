"""Arguments of calls."""

import pytest

from muster.influxql.checking.argumentchecks import Facts
from muster.influxql.checking.callchecks import check_call
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_expression


def facts(**known):
    return Facts(**{"windowed": False, "inherited": False, "limit": 0, **known})


def check(text, found=None, wildcards=True):
    found = found or facts()
    check_call(parse_expression(text), found, wildcards, lambda call: None)
    return found


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nofunc(v)", r"undefined function nofunc\(\)"),
        ("mean()", "invalid number of arguments for mean, expected 1, got 0"),
        ("mean('x')", r"expected field argument in mean\(\)"),
        ("mean(max(v))", r"expected field argument in mean\(\)"),
        ("percentile(v, 'x')", r"expected float argument in percentile\(\)"),
        ("sample(v, 0)", "sample window must be greater than 1, got 0"),
        ("sample(v, 1.5)", r"expected integer argument in sample\(\)"),
        ("derivative(v, 'a')", r"must be a duration, got \*influxql.StringLiteral"),
        ("derivative(v, -1s)", "duration argument must be positive, got -1s"),
        ("derivative(max(v))", "derivative aggregate requires a GROUP BY interval"),
        ("difference(v, 1)", "invalid number of arguments for difference, expected 1, got 2"),
        ("moving_average(v, 1)", "moving_average window must be greater than 1, got 1"),
        ("moving_average(v, 'a')", r"must be an integer, got \*influxql.StringLiteral"),
        ("integral(v, 1)", "second argument must be a duration"),
        ("exponential_moving_average(v, 0)", "period must be greater than or equal to 1"),
        ("exponential_moving_average(v, 1, -2)", "hold period must be greater than or equal to 0"),
        ("relative_strength_index(v, 1, 1, 'x')", "warmup type must be one of: 'exponential'"),
        ("holt_winters(v, 1, 1)", "must use aggregate function with holt_winters"),
        ("holt_winters(max(v), 0, 1)", "second arg to holt_winters must be greater than 0"),
        ("top(v)", "invalid number of arguments for top, expected at least 2, got 1"),
        ("top(v, 0)", r"limit \(0\) in top function must be at least 1"),
        ("top(v, 'x')", r"expected integer as last argument in top\(\), found 'x'"),
        ("bottom(max(v), 1)", r"expected first argument to be a field in bottom\(\)"),
        ("top(v, 'x', 1)", r"only fields or tags are allowed in top\(\), found 'x'"),
        ("distinct()", "distinct function requires at least one argument"),
        ("distinct(v, w)", "distinct function can only have one argument"),
    ],
)
def test_wrong_arguments_are_refused(text, error):
    with pytest.raises(InfluxqlError, match=error):
        check(text)


def test_within_windows_a_function_needs_a_call():
    with pytest.raises(InfluxqlError, match="aggregate function required inside the call"):
        check("difference(v)", facts(windowed=True))
    check("difference(v)", facts(windowed=True, inherited=True))
    check("difference(max(v))", facts(windowed=True))


def test_a_pattern_is_no_operand():
    with pytest.raises(InfluxqlError, match=r"unsupported expression with wildcard: mean\(\)"):
        check("mean(*)", wildcards=False)


def test_selectors_and_aggregates_are_told_apart():
    assert check("max(v)").only_selectors
    assert not check("mean(v)").only_selectors
    assert check("count(distinct(v))").has_distinct is False
    assert check("distinct(v)").has_distinct


def test_top_may_not_give_more_than_the_limit():
    with pytest.raises(InfluxqlError, match="can not be larger than the LIMIT"):
        check("top(v, 3)", facts(limit=2))
