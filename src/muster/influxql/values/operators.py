"""Operators between columns.

Source: InfluxQL: integers wrap, division by zero is 0, what cannot be compared is not equal and
not unequal, and what cannot be calculated is a gap. A gap beside a boolean counts as false.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from muster.influxql.syntax.ast import DataType
from muster.influxql.syntax.regex import Pattern
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import NUMERIC, TEXTS, Bools, Column, Values, cast, empty, full

_COMPARISONS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.EQ: operator.eq,
    Token.NEQ: operator.ne,
    Token.LT: operator.lt,
    Token.LTE: operator.le,
    Token.GT: operator.gt,
    Token.GTE: operator.ge,
}
_SUMS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.ADD: np.add,
    Token.SUB: np.subtract,
    Token.MUL: np.multiply,
}
_BITS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.BITWISE_AND: np.bitwise_and,
    Token.BITWISE_OR: np.bitwise_or,
    Token.BITWISE_XOR: np.bitwise_xor,
}
_TRUTHS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.AND: np.logical_and,
    Token.OR: np.logical_or,
    Token.BITWISE_AND: np.logical_and,
    Token.BITWISE_OR: np.logical_or,
    Token.BITWISE_XOR: np.logical_xor,
    Token.EQ: np.equal,
    Token.NEQ: np.not_equal,
}
_PATTERNS = (Token.EQREGEX, Token.NEQREGEX)


class Matcher(NamedTuple):
    """A pattern as an operand."""

    pattern: Pattern


def binary(
    op: Token,
    left: Column | Matcher,
    right: Column | Matcher,
    rows: int,
    whole_division: bool,
    of_points: bool = False,
) -> Column:
    """Both sides under an operator; `whole_division` is how conditions divide integers.

    Gaps `of_points` are not compared with booleans as if they were false, as others are.
    """
    if isinstance(left, Matcher):
        return _incomparable(op, rows)
    if isinstance(right, Matcher):
        return _matched(op, left, right.pattern, rows)
    if left.kind is DataType.BOOLEAN or right.kind is DataType.BOOLEAN:
        return _boolean(op, left, right, rows, of_points)
    if left.kind in NUMERIC and right.kind in NUMERIC:
        with np.errstate(all="ignore"):
            return _numeric(op, left, right, whole_division)
    if left.kind in TEXTS and right.kind in TEXTS and op in (Token.EQ, Token.NEQ):
        both = left.valid & right.valid
        return full(DataType.BOOLEAN, both & _COMPARISONS[op](left.values, right.values))
    return _incomparable(op, rows)


def _incomparable(op: Token, rows: int) -> Column:
    """Comparisons of what cannot be compared are false, all else is nothing."""
    if op in _COMPARISONS:
        return full(DataType.BOOLEAN, np.zeros(rows, np.bool_))
    return empty(DataType.BOOLEAN if op in (Token.AND, Token.OR) else DataType.UNKNOWN, rows)


def _matched(op: Token, left: Column, pattern: Pattern, rows: int) -> Column:
    if left.kind not in TEXTS or op not in _PATTERNS:
        return _incomparable(op, rows)
    known: dict[str, bool] = {}
    found = np.zeros(rows, np.bool_)
    for row in np.flatnonzero(left.valid).tolist():
        text = left.values[row]
        if text not in known:
            known[text] = pattern.found_in(text)
        found[row] = known[text]
    if op is Token.NEQREGEX:
        found = ~found
    return Column(DataType.BOOLEAN, found & left.valid, left.valid)


def _boolean(op: Token, left: Column, right: Column, rows: int, of_points: bool) -> Column:
    """One side at least is of booleans; a gap beside one is false, unless it is of points."""
    if op not in _TRUTHS:
        return _incomparable(op, rows)
    sides = []
    for side in (left, right):
        is_truth = side.kind is DataType.BOOLEAN
        sides.append(
            side if is_truth else Column(DataType.BOOLEAN, np.zeros(rows, np.bool_), side.valid)
        )
    first, second = sides
    fits = np.ones(rows, np.bool_)
    for side in (left, right):
        if side.kind is not DataType.BOOLEAN:
            fits &= ~side.valid  # a value of another kind makes it false
    values = _TRUTHS[op](first.values & first.valid, second.values & second.valid) & fits
    strict = of_points and op in _COMPARISONS
    valid = first.valid & second.valid if strict else first.valid | second.valid
    if op in _COMPARISONS:
        return full(DataType.BOOLEAN, values & valid)
    # Only with a boolean on the left is anything but a comparison false instead of nothing.
    if left.kind is not DataType.BOOLEAN:
        valid &= ~left.valid
    return Column(DataType.BOOLEAN, values & valid, valid)


def _numeric(op: Token, left: Column, right: Column, whole_division: bool) -> Column:
    kind = _common(left.kind, right.kind)
    both = left.valid & right.valid
    if op in _COMPARISONS:
        return full(DataType.BOOLEAN, both & _compared(op, left, right, kind))
    a, b = cast(left, kind).values, cast(right, kind).values
    if op in _SUMS:
        return Column(kind, _SUMS[op](a, b), both)
    if op in _BITS and kind is not DataType.FLOAT:
        return Column(kind, _BITS[op](a, b), both)
    if op is Token.DIV:
        return _quotient(a, b, both, kind, whole_division)
    if op is Token.MOD:
        return Column(kind, _remainder(a, b, kind), both)
    return empty(DataType.UNKNOWN, len(a))


def _common(left: DataType, right: DataType) -> DataType:
    for kind in (DataType.FLOAT, DataType.UNSIGNED):
        if kind in (left, right):
            return kind
    return DataType.INTEGER


def _compared(op: Token, left: Column, right: Column, kind: DataType) -> Bools:
    """Negative integers are below all unsigned ones, but equal to the one of the same bits."""
    a, b = cast(left, kind).values, cast(right, kind).values
    found: Bools = _COMPARISONS[op](a, b)
    if kind is not DataType.UNSIGNED or op in (Token.EQ, Token.NEQ):
        return found
    below = op in (Token.LT, Token.LTE)
    if left.kind is DataType.INTEGER:
        found = np.where(left.values < 0, below, found)
    if right.kind is DataType.INTEGER:
        found = np.where(right.values < 0, not below, found)
    return found


def _quotient(a: Values, b: Values, valid: Bools, kind: DataType, whole: bool) -> Column:
    zero = b == 0
    divisor = np.where(zero, b.dtype.type(1), b)
    if kind is DataType.UNSIGNED or (whole and kind is DataType.INTEGER):
        quotient = a // divisor
        if kind is DataType.INTEGER:
            quotient += ((a % divisor != 0) & ((a < 0) != (divisor < 0))).astype(a.dtype)
        return Column(kind, np.where(zero, b.dtype.type(0), quotient), valid)
    floats = a.astype(np.float64) / divisor.astype(np.float64)
    return Column(DataType.FLOAT, np.where(zero, 0.0, floats), valid)


def _remainder(a: Values, b: Values, kind: DataType) -> Values:
    if kind is DataType.FLOAT:
        return np.fmod(a, b)
    zero = b == 0
    return np.where(zero, b.dtype.type(0), np.fmod(a, np.where(zero, b.dtype.type(1), b)))
