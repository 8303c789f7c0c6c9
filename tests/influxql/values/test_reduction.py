"""What expressions say by themselves."""

import pytest

from muster.influxql.syntax.ast import (
    BooleanLiteral,
    DurationLiteral,
    IntegerLiteral,
    NumberLiteral,
    StringLiteral,
)
from muster.influxql.syntax.literals import TimeLiteral, literal_time
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.values.reduction import Context, reduce

SECOND_NS = 1_000_000_000
NOW = Context(now_ns=100 * SECOND_NS, functions=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 + 2 * 3", IntegerLiteral(7)),
        ("7 / 2", NumberLiteral(3.5)),
        ("1 / 0", NumberLiteral(0.0)),
        ("-7 % 3", IntegerLiteral(-1)),
        ("5 % 0", IntegerLiteral(0)),
        ("6 & 3", IntegerLiteral(2)),
        ("1.5 > 1", BooleanLiteral(True)),
        ("true AND false", BooleanLiteral(False)),
        ("'a' = 'a'", BooleanLiteral(True)),
        ("2h / 2", DurationLiteral(3_600 * SECOND_NS)),
        ("now() - 40s", TimeLiteral(60 * SECOND_NS)),
        ("'1970-01-01T00:00:05Z' + 2s", TimeLiteral(7 * SECOND_NS)),
        ("'1970-01-01' = '1970-01-01T00:00:00Z'", BooleanLiteral(True)),
        ("1m - 10s > 40s", BooleanLiteral(True)),
        ("pow(2, 3)", NumberLiteral(8.0)),
        ("9223372036854775807 + 1", IntegerLiteral(-(1 << 63))),
        ("18446744073709551615 > -1", BooleanLiteral(True)),
        ("18446744073709551615 = -1", BooleanLiteral(True)),
    ],
)
def test_literals_are_worked_out(text, found):
    assert reduce(parse_expression(text), NOW) == found


def test_what_depends_on_points_stays():
    assert reduce(parse_expression("v + 1 - 1"), NOW) == parse_expression("v + 1 - 1")
    assert reduce(parse_expression("(v > 1 AND true)"), NOW) == parse_expression("v > 1")


def test_times_that_no_point_can_have_are_known():
    far = literal_time(StringLiteral("9999-02-28T00:00:00Z"), None)

    assert far.val_ns > 1 << 63


def test_a_long_chain_is_no_deep_one():
    chain = " + ".join(["1"] * 4_000)

    assert reduce(parse_expression(chain), NOW) == IntegerLiteral(4_000)
