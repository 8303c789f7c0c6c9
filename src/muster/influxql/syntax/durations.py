"""Durations as InfluxQL writes them (`1h30m`) and as its answers do (`168h0m0s`).

Units: nanoseconds, 64 bit signed.
"""

import re

from muster.influxql.errors import InfluxqlError

MICROSECOND_NS = 1_000
MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
WEEK_NS = 7 * DAY_NS

_UNITS_NS = {
    "w": WEEK_NS,
    "d": DAY_NS,
    "h": HOUR_NS,
    "m": MINUTE_NS,
    "s": SECOND_NS,
    "ms": MILLISECOND_NS,
    "u": MICROSECOND_NS,
    "µ": MICROSECOND_NS,
    "ns": 1,
}
_SHAPE = re.compile(r"-?(?:[0-9]+(?:ms|ns|[wdhmsuµ]))+")
_PART = re.compile(r"([0-9]+)(ms|ns|[wdhmsuµ])")
_MOST = (1 << 63) - 1
_MOST_DIGITS = 19


def parse_duration(text: str) -> int:
    """Nanoseconds of `1h30m`, also with a sign before it.

    Errors: InfluxqlError for another shape, and for more than 292 years.
    """
    if not _SHAPE.fullmatch(text):
        raise InfluxqlError("invalid duration")
    parts = _PART.findall(text)
    total = 0
    for digits, unit in parts:
        if len(digits.lstrip("0")) > _MOST_DIGITS or int(digits) > _MOST:
            raise InfluxqlError("invalid duration")
        total += int(digits) * _UNITS_NS[unit]
    if total > _MOST:
        digits, unit = parts[-1]
        raise InfluxqlError(
            f"overflowed duration {int(digits)}{unit}: choose a smaller duration or INF"
        )
    return -total if text.startswith("-") else total


def format_duration(duration_ns: int) -> str:
    """The largest unit that leaves no rest: `90m`, `1w`."""
    if not duration_ns:
        return "0s"
    for unit, unit_ns in _UNITS_NS.items():
        if duration_ns % unit_ns == 0:
            return f"{'-' if duration_ns < 0 else ''}{abs(duration_ns) // unit_ns}{unit}"
    return f"{duration_ns}ns"


def spell_duration(duration_ns: int) -> str:
    """As answers show it, and Go prints it: `168h0m0s`, `1m30.5s`, `0s`, `1.5ms`."""
    sign, rest = ("-", -duration_ns) if duration_ns < 0 else ("", duration_ns)
    if not rest:
        return "0s"
    if rest < SECOND_NS:
        for unit, unit_ns in (("ms", MILLISECOND_NS), ("µs", MICROSECOND_NS), ("ns", 1)):
            if rest >= unit_ns:
                return f"{sign}{_decimal(rest, unit_ns)}{unit}"
    minutes, seconds_ns = divmod(rest, MINUTE_NS)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(seconds_ns, SECOND_NS)}s"
    if hours:
        text = f"{hours}h{minutes}m{text}"
    elif minutes:
        text = f"{minutes}m{text}"
    return sign + text


def _decimal(value: int, unit: int) -> str:
    """`value / unit` exactly, where `unit` is a power of ten."""
    whole, fraction = divmod(value, unit)
    digits = str(fraction).rjust(len(str(unit)) - 1, "0").rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)
