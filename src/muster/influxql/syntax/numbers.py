"""Numbers as InfluxQL writes them: never with an exponent."""

from decimal import Decimal
from math import isfinite

from muster.influxql.errors import InfluxqlError

_MOST_DIGITS = 20  # of 64 bits
_MOST_FLOAT_DIGITS = 10_000


def format_plain(value: float) -> str:
    """The shortest decimal that is this float, `2` for 2.0."""
    if not isfinite(value):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_whole(digits: str, least: int, most: int) -> int | None:
    """An integer in a range of at most 64 bits, or None."""
    if len(digits.lstrip("-0")) > _MOST_DIGITS:
        return None
    value = int(digits)
    return value if least <= value <= most else None


def parse_float(text: str) -> float:
    """A float in decimal. Errors: InfluxqlError when it is too large for one."""
    if len(text) > _MOST_FLOAT_DIGITS or not isfinite(value := float(text)):
        raise InfluxqlError("unable to parse number")
    return value
