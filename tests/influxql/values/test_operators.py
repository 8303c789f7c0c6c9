"""Operators between columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.syntax.ast import DataType
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import full, texts
from muster.influxql.values.operators import Matcher, binary

LONG = st.integers(-(1 << 63), (1 << 63) - 1)


def one(kind, value):
    dtypes = {DataType.INTEGER: np.int64, DataType.UNSIGNED: np.uint64}
    return full(kind, np.array([value], dtypes.get(kind)))


def result(op, left, right, whole=False):
    return binary(op, left, right, 1, whole).cells()[0]


def wrapped(value):
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@given(LONG, LONG)
def test_integers_are_calculated_as_64_bits_do(left, right):
    a, b = one(DataType.INTEGER, left), one(DataType.INTEGER, right)

    assert result(Token.ADD, a, b) == wrapped(left + right)
    assert result(Token.MUL, a, b) == wrapped(left * right)
    assert result(Token.BITWISE_XOR, a, b) == left ^ right
    assert result(Token.LT, a, b) == (left < right)


@given(LONG, LONG.filter(bool))
def test_whole_division_is_towards_zero(left, right):
    a, b = one(DataType.INTEGER, left), one(DataType.INTEGER, right)
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)

    assert result(Token.DIV, a, b, whole=True) == wrapped(quotient)
    assert result(Token.MOD, a, b) == left - quotient * right


@given(LONG, st.integers(0, (1 << 64) - 1))
def test_negative_integers_are_below_unsigned_ones(signed, unsigned):
    a, b = one(DataType.INTEGER, signed), one(DataType.UNSIGNED, unsigned)

    assert result(Token.LT, a, b) == (signed < unsigned)
    assert result(Token.GTE, b, a) == (unsigned >= signed)


def test_patterns_match_texts_alone():
    pattern = Matcher(compile_pattern("^a"))

    assert result(Token.EQREGEX, texts(["ab"]), pattern) is True
    assert result(Token.NEQREGEX, texts(["ab"]), pattern) is False
    assert result(Token.EQREGEX, one(DataType.INTEGER, 1), pattern) is None
    assert result(Token.EQ, pattern, texts(["a"])) is False


def test_booleans_know_no_numbers():
    true = one(DataType.BOOLEAN, True)

    assert result(Token.EQ, true, one(DataType.INTEGER, 1)) is False
    assert result(Token.AND, true, one(DataType.INTEGER, 1)) is False
    assert result(Token.ADD, true, true) is None
