"""Times in conditions."""

import pytest

from muster.influxql.checking.conditions import TimeRange, split_condition
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import walk
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.values.reduction import Context

NOW = Context(now_ns=1_000)


def split(text):
    return split_condition(parse_expression(text), NOW)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("time > 5", TimeRange(6, None)),
        ("5 <= time", TimeRange(5, None)),
        ("time < now()", TimeRange(None, 999)),
        ("time = 7", TimeRange(7, 7)),
        ("time >= 1 AND TIME <= 9 AND time >= 3", TimeRange(3, 9)),
        ("time >= '1970-01-01T00:00:01Z'", TimeRange(1_000_000_000, None)),
        ("time > 1.5", TimeRange(2, None)),
        ("time > 2s", TimeRange(2_000_000_001, None)),
    ],
)
def test_conditions_on_time_are_a_range(text, found):
    assert split(text) == (None, found)


def test_or_narrows_the_range_like_and():
    assert split("time > 5 OR time < 3").range == TimeRange(6, 2)


def test_the_rest_stays_without_the_times():
    found = split("(v > 1 AND time > 5) AND host = 'a'")

    assert found.expr == parse_expression("(v > 1) AND host = 'a'")
    assert found.range == TimeRange(6, None)


def test_a_condition_that_always_holds_is_none():
    assert split("1 = 1").expr is None
    assert split_condition(None, NOW).expr is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("b", "invalid condition expression: b"),
        ("v = 1 AND b", "invalid condition expression: b"),
        ("time != 5", "invalid time comparison operator: !="),
        ("time > 'x'", r"invalid operation: time and \*influxql.StringLiteral are not compatible"),
        ("time > v", r"invalid operation: time and \*influxql.VarRef are not compatible"),
        ("time < '1677-09-21T00:12:43.145224194Z'", "time 1677-09-21T00:12:43Z underflows"),
        ("time > '3000-01-01'", "time 3000-01-01T00:00:00Z overflows time literal"),
        ("time > '2020-02-30'", "invalid timestamp string"),
    ],
)
def test_what_is_no_condition_is_refused(text, error):
    with pytest.raises(InfluxqlError, match=error):
        split(text)


def test_a_long_chain_is_no_deep_one():
    chain = " OR ".join(f"v = {number}" for number in range(2_000))

    assert sum(1 for _ in walk(split(chain).expr)) == 3 * 2_000 + 1_999
