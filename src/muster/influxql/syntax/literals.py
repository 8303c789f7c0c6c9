"""What two literals under an operator are.

Source: InfluxQL's own reduction, kind of operand by kind of operand.
"""

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from math import fmod
from typing import Any
from zoneinfo import ZoneInfo

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    BooleanLiteral,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    StringLiteral,
    UnsignedLiteral,
)
from muster.influxql.syntax.times import looks_like_time, parse_time
from muster.influxql.syntax.tokens import Token

_DAY_NS = 86_400_000_000_000
_COMPARISONS: dict[Token, Callable[[Any, Any], bool]] = {
    Token.EQ: operator.eq,
    Token.NEQ: operator.ne,
    Token.LT: operator.lt,
    Token.LTE: operator.le,
    Token.GT: operator.gt,
    Token.GTE: operator.ge,
}
_SUMS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.ADD: operator.add,
    Token.SUB: operator.sub,
    Token.MUL: operator.mul,
}
_BITS: dict[Token, Callable[[Any, Any], Any]] = {
    Token.BITWISE_AND: operator.and_,
    Token.BITWISE_OR: operator.or_,
    Token.BITWISE_XOR: operator.xor,
}
_TRUTHS = {**_BITS, Token.AND: operator.and_, Token.OR: operator.or_}


class TimeLiteral(Expr, frozen=True):
    """A time; it may lie outside of what points can have."""

    val_ns: int


LITERALS = (
    BooleanLiteral
    | DurationLiteral
    | IntegerLiteral
    | NumberLiteral
    | StringLiteral
    | TimeLiteral
    | UnsignedLiteral
)


def literal_time(text: StringLiteral, zone: ZoneInfo | None) -> TimeLiteral:
    """The time that a string says, also one that points cannot have. Errors: InfluxqlError."""
    try:
        return TimeLiteral(parse_time(text.val, zone))
    except InfluxqlError:
        if not looks_like_time(text.val):
            raise
    try:
        year, month, day = (int(part) for part in text.val[:10].split("-"))
        apart: timedelta = datetime(year, month, day) - datetime(2000, month, day)  # noqa: DTZ001 - days alone
    except ValueError:
        raise InfluxqlError("invalid timestamp string") from None
    return TimeLiteral(parse_time("2000" + text.val[4:], zone) + apart.days * _DAY_NS)


def plain_value(argument: Expr) -> Any:  # noqa: ANN401 - a literal's value
    return getattr(argument, "val", None)


def combine_literals(
    op: Token, left: Expr, right: Expr, zone: ZoneInfo | None = None
) -> Expr | None:
    """What they are together; None when nothing can be said."""
    match left, right:
        case BooleanLiteral(), BooleanLiteral():
            return _boolean(op, left.val, right.val)
        case (
            (NumberLiteral() | IntegerLiteral() | UnsignedLiteral()),
            (NumberLiteral() | IntegerLiteral() | UnsignedLiteral()),
        ):
            return _number(op, left, right)
        case StringLiteral(), StringLiteral():
            return _string(op, left, right, zone)
        case _:
            return _temporal(op, left, right, zone)


def _boolean(op: Token, left: bool, right: bool) -> Expr | None:
    if op in _TRUTHS:
        return BooleanLiteral(_TRUTHS[op](left, right))
    if op in (Token.EQ, Token.NEQ):
        return BooleanLiteral(_COMPARISONS[op](left, right))
    return None


def _number(op: Token, left: Expr, right: Expr) -> Expr | None:
    a, b = plain_value(left), plain_value(right)
    if isinstance(left, NumberLiteral) or isinstance(right, NumberLiteral):
        return _float(op, float(a), float(b))
    if isinstance(left, UnsignedLiteral) or isinstance(right, UnsignedLiteral):
        return _unsigned(op, a, b)
    return _integer(op, a, b)


def _float(op: Token, a: float, b: float) -> Expr | None:
    if op in _COMPARISONS:
        return BooleanLiteral(_COMPARISONS[op](a, b))
    if op in _SUMS:
        return NumberLiteral(_SUMS[op](a, b))
    if op is Token.DIV:
        return NumberLiteral(a / b if b else 0.0)
    if op is Token.MOD:
        return NumberLiteral(fmod(a, b) if b else float("nan"))
    return None


def _integer(op: Token, a: int, b: int) -> Expr | None:
    if op in _COMPARISONS:
        return BooleanLiteral(_COMPARISONS[op](a, b))
    if op in _SUMS or op in _BITS:
        return IntegerLiteral(_signed((_SUMS.get(op) or _BITS[op])(a, b)))
    if op is Token.DIV:
        return NumberLiteral(a / b if b else 0.0)
    if op is Token.MOD:
        return IntegerLiteral(_remainder(a, b))
    return None


def _unsigned(op: Token, a: int, b: int) -> Expr | None:
    if op in _COMPARISONS and op not in (Token.EQ, Token.NEQ):
        return BooleanLiteral(_COMPARISONS[op](a, b))
    mask = (1 << 64) - 1
    a, b = a & mask, b & mask
    if op in _COMPARISONS:
        return BooleanLiteral(_COMPARISONS[op](a, b))
    if op in _SUMS:
        return UnsignedLiteral(_SUMS[op](a, b) & mask)
    if op is Token.DIV:
        return UnsignedLiteral(a // b if b else 0)
    if op is Token.MOD:
        return UnsignedLiteral(a % b if b else 0)
    return None


def _string(
    op: Token, left: StringLiteral, right: StringLiteral, zone: ZoneInfo | None
) -> Expr | None:
    if op is Token.ADD:
        return StringLiteral(left.val + right.val)
    if op in (Token.EQ, Token.NEQ):
        if looks_like_time(left.val) and looks_like_time(right.val):
            times = _time(left, zone), _time(right, zone)
            if times[0] and times[1]:
                return _time_left(op, times[0], times[1], zone)
        return BooleanLiteral(_COMPARISONS[op](left.val, right.val))
    time = _time(left, zone)
    return _time_left(op, time, right, zone) if time else None


def _temporal(op: Token, left: Expr, right: Expr, zone: ZoneInfo | None) -> Expr | None:
    match left:
        case DurationLiteral():
            return _duration_left(op, left.val_ns, right, zone)
        case TimeLiteral():
            return _time_left(op, left, right, zone)
        case IntegerLiteral() if isinstance(right, DurationLiteral):
            return _time_left(op, TimeLiteral(left.val), right, zone)
        case IntegerLiteral() if isinstance(right, TimeLiteral | StringLiteral):
            return _duration_left(op, left.val, right, zone)
        case StringLiteral() if isinstance(right, DurationLiteral | TimeLiteral | IntegerLiteral):
            time = _time(left, zone)
            return _time_left(op, time, right, zone) if time else None
        case _:
            return None


def _duration_left(op: Token, left_ns: int, right: Expr, zone: ZoneInfo | None) -> Expr | None:
    match right:
        case DurationLiteral():
            if op in _COMPARISONS:
                return BooleanLiteral(_COMPARISONS[op](left_ns, right.val_ns))
            if op in (Token.ADD, Token.SUB):
                return DurationLiteral(_signed(_SUMS[op](left_ns, right.val_ns)))
        case NumberLiteral() | IntegerLiteral():
            factor = int(right.val)
            if op is Token.MUL:
                return DurationLiteral(_signed(left_ns * factor))
            if op is Token.DIV:
                return DurationLiteral(_quotient(left_ns, factor))
        case TimeLiteral():
            if op is Token.ADD:
                return TimeLiteral(right.val_ns + left_ns)
        case StringLiteral():
            time = _time(right, zone)
            return _duration_left(op, left_ns, time, zone) if time else None
        case _:
            pass
    return None


def _time_left(op: Token, left: TimeLiteral, right: Expr, zone: ZoneInfo | None) -> Expr | None:
    match right:
        case DurationLiteral() if op in (Token.ADD, Token.SUB):
            return TimeLiteral(_SUMS[op](left.val_ns, right.val_ns))
        case IntegerLiteral() if op in (Token.ADD, Token.SUB):
            return TimeLiteral(_SUMS[op](left.val_ns, right.val))
        case TimeLiteral() if op in _COMPARISONS:
            return BooleanLiteral(_COMPARISONS[op](left.val_ns, right.val_ns))
        case TimeLiteral() if op is Token.SUB:
            return DurationLiteral(_signed(left.val_ns - right.val_ns))
        case StringLiteral():
            time = _time(right, zone)
            return _time_left(op, left, time, zone) if time else None
        case _:
            return None


def _time(text: StringLiteral, zone: ZoneInfo | None) -> TimeLiteral | None:
    try:
        return literal_time(text, zone)
    except InfluxqlError:
        return None


def _signed(value: int) -> int:
    """A whole number as 64 bits hold it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _quotient(dividend: int, divisor: int) -> int:
    if not divisor:
        return 0
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _remainder(dividend: int, divisor: int) -> int:
    return dividend - _quotient(dividend, divisor) * divisor if divisor else 0
