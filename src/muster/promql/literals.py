"""Numbers and durations of a query."""

import re
from math import floor

from muster.promql.cursor import Cursor
from muster.promql.durations import parse_duration
from muster.promql.errors import PromqlError
from muster.promql.numbers import float_fault, parse_float
from muster.promql.strings import quote
from muster.promql.tokens import Token

_HEX = re.compile(r"0[xX][0-9a-fA-F]+")
_OCTAL = re.compile(r"0[0-7]+")
_MOST = (1 << 63) - 1
_MOST_DIGITS = 400


def duration(cursor: Cursor) -> int:
    """Milliseconds, more than none."""
    token = cursor.take()
    try:
        duration_ms = parse_duration(token.text)
    except PromqlError as error:
        raise cursor.refused(token.position, str(error)) from error
    if not duration_ms:
        raise cursor.refused(token.position, "duration must be greater than 0")
    return duration_ms


def number(cursor: Cursor, token: Token) -> float:
    """What a token of a number stands for: decimal, hexadecimal, or octal after a 0."""
    text = token.text
    for shape, base in ((_HEX, 16), (_OCTAL, 8)):
        if shape.fullmatch(text) and len(text) <= _MOST_DIGITS and int(text, base) <= _MOST:
            return float(int(text, base))
    value = parse_float(text)
    if value is None:
        why = f"strconv.ParseFloat: parsing {quote(text)}: {float_fault(text)}"
        raise cursor.refused(token.position, f"error parsing number: {why}")
    return value


def rounded(value: float) -> int:
    """The nearest whole number; halves go away from 0."""
    return floor(value + 0.5) if value >= 0 else -floor(-value + 0.5)
