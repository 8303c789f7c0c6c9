"""Two literals under an operator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    BooleanLiteral,
    DurationLiteral,
    IntegerLiteral,
    NumberLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
)
from muster.influxql.syntax.literals import TimeLiteral, combine_literals, literal_time, plain_value
from muster.influxql.syntax.tokens import Token

LONG = st.integers(-(1 << 63), (1 << 63) - 1)
DAY = StringLiteral("1970-01-02")
DAY_NS = 86_400_000_000_000


@given(LONG, LONG, st.sampled_from([Token.ADD, Token.SUB, Token.MUL]))
def test_integers_stay_within_64_bits(left, right, op):
    found = combine_literals(op, IntegerLiteral(left), IntegerLiteral(right))

    assert -(1 << 63) <= found.val < 1 << 63


@pytest.mark.parametrize(
    ("op", "left", "right", "found"),
    [
        (Token.DIV, UnsignedLiteral(7), IntegerLiteral(2), UnsignedLiteral(3)),
        (Token.ADD, UnsignedLiteral((1 << 64) - 1), IntegerLiteral(1), UnsignedLiteral(0)),
        (Token.MOD, NumberLiteral(-5.5), IntegerLiteral(2), NumberLiteral(-1.5)),
        (Token.ADD, StringLiteral("a"), StringLiteral("b"), StringLiteral("ab")),
        (Token.SUB, DAY, DAY, DurationLiteral(0)),
        (Token.ADD, DurationLiteral(5), DAY, TimeLiteral(DAY_NS + 5)),
        (Token.ADD, IntegerLiteral(5), DurationLiteral(3), TimeLiteral(8)),
        (Token.SUB, TimeLiteral(9), IntegerLiteral(4), TimeLiteral(5)),
        (Token.GT, TimeLiteral(9), DAY, BooleanLiteral(False)),
        (Token.MUL, DurationLiteral(5), IntegerLiteral(3), DurationLiteral(15)),
        (Token.DIV, DurationLiteral(5), IntegerLiteral(0), DurationLiteral(0)),
        (Token.BITWISE_XOR, BooleanLiteral(True), BooleanLiteral(True), BooleanLiteral(False)),
    ],
)
def test_what_goes_together_is_worked_out(op, left, right, found):
    assert combine_literals(op, left, right) == found


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (StringLiteral("x"), IntegerLiteral(1)),
        (BooleanLiteral(True), IntegerLiteral(1)),
        (VarRef("v"), IntegerLiteral(1)),
        (StringLiteral("x"), DurationLiteral(1)),
        (DurationLiteral(1), StringLiteral("x")),
    ],
)
def test_of_what_does_not_nothing_is_said(left, right):
    assert combine_literals(Token.MUL, left, right) is None


def test_a_string_that_is_no_time_is_refused():
    with pytest.raises(InfluxqlError, match="invalid timestamp string"):
        literal_time(StringLiteral("2020-13-01"), None)
    with pytest.raises(InfluxqlError, match="invalid timestamp string"):
        literal_time(StringLiteral("x"), None)


def test_literals_have_plain_values():
    assert plain_value(IntegerLiteral(3)) == 3
    assert plain_value(DurationLiteral(3)) is None
