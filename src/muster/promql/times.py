"""Times and durations as parameters of the API give them. Units: milliseconds."""

import re
from datetime import UTC, datetime
from math import isfinite, modf

from muster.promql.durations import parse_duration
from muster.promql.errors import PromqlError
from muster.promql.literals import rounded
from muster.promql.numbers import parse_float
from muster.promql.strings import quote

MIN_MS, MAX_MS = -(1 << 62) // 1_000_000, (1 << 62) // 1_000_000
"""What is taken for the beginning and the end of all time."""

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,30}))?(Z|([+-])(\d\d):(\d\d))"
)
_MOST_NS = float(1 << 63)
_NS = 1_000_000_000
_EDGES = {"-292273086-05-16T16:47:06Z": MIN_MS, "292277025-08-18T07:12:54.999999999Z": MAX_MS}


def parse_time(text: str) -> int:
    """Seconds, or RFC 3339. Errors: PromqlError."""
    value = parse_float(text)
    if value is not None and isfinite(value):
        fraction, seconds = modf(value)
        milliseconds = int(seconds) * 1_000 + rounded(fraction * 1_000)
        return min(max(milliseconds, MIN_MS), MAX_MS)
    if found := _RFC3339.fullmatch(text):
        try:
            return _of_calendar(found)
        except ValueError:
            pass
    if text in _EDGES:
        return _EDGES[text]
    raise PromqlError(f"cannot parse {quote(text)} to a valid timestamp")


def _of_calendar(found: re.Match[str]) -> int:
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    offset_s = 0
    if sign := found[9]:
        offset_s = (int(found[10]) * 3_600 + int(found[11]) * 60) * (-1 if sign == "-" else 1)
    fraction_ms = int((found[7] or "0").ljust(3, "0")[:3])
    return (int(moment.timestamp()) - offset_s) * 1_000 + fraction_ms


def parse_step(text: str) -> int:
    """Seconds, or a duration, in nanoseconds. Errors: PromqlError."""
    value = parse_float(text)
    if value is not None:
        span = value * _NS
        if span > _MOST_NS or span < -_MOST_NS:
            text = f"cannot parse {quote(text)} to a valid duration. It overflows int64"
            raise PromqlError(text)
        return int(span) if isfinite(span) else 0
    try:
        return parse_duration(text) * 1_000_000
    except PromqlError as error:
        raise PromqlError(f"cannot parse {quote(text)} to a valid duration") from error
