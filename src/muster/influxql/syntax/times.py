"""Times and time zones in queries.

A string compared with `time` is a date, a date with a time of day, or RFC 3339.
Units: nanoseconds since 1970 in UTC.
Source: Go's time package, by which InfluxDB reads them: hours may have one digit, fractions any
number of digits, of which nine count; a local time that a change of clocks leaves out or repeats
is taken by the offset that holds when clocks in UTC show it, corrected once by what that leads to.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from muster.influxql.errors import InfluxqlError, shortened

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_SECOND_NS = 1_000_000_000
_NANO_DIGITS = 9
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_MOST_NAME_CHARS = 100
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:([ T])([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_LOOKS_LIKE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|.+)")


def looks_like_time(text: str) -> bool:
    """Whether a string beside `time` is meant as one, right or wrong."""
    return bool(_LOOKS_LIKE_TIME.match(text))


def parse_time(text: str, zone: tzinfo | None = None) -> int:
    """Nanoseconds of a time in text; without an offset of its own it is of the zone, or UTC.

    Errors: InfluxqlError for another shape, no such day, and years that 64 bits do not hold.
    """
    match = _TIME.fullmatch(text)
    if not match or (match[4] == "T") != bool(match[9]):
        raise InfluxqlError("invalid timestamp string")
    hour, minute, second = (int(part or 0) for part in match.group(5, 6, 7))
    try:
        local = datetime(int(match[1]), int(match[2]), int(match[3]), hour, minute, second)  # noqa: DTZ001 - its zone comes next
    except ValueError as error:
        raise InfluxqlError("invalid timestamp string") from error
    as_utc = (local.replace(tzinfo=UTC) - _EPOCH) // _SECOND
    offset = _offset(match[9]) if match[9] else _local_offset(as_utc, zone)
    nanoseconds = int((match[8] or "").ljust(_NANO_DIGITS, "0")[:_NANO_DIGITS])
    time_ns = (as_utc - offset) * _SECOND_NS + nanoseconds
    if not _LEAST <= time_ns <= _MOST:
        raise InfluxqlError("invalid timestamp string")
    return time_ns


def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA data base. Errors: InfluxqlError when there is none by that name."""
    try:
        if len(name) > _MOST_NAME_CHARS:
            raise ValueError(name)
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise InfluxqlError(f"unable to find time zone {shortened(name)}") from error


def _offset(text: str) -> int:
    """Seconds east of `+hh:mm`."""
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 24 or minutes >= 60:
        raise InfluxqlError("invalid timestamp string")
    seconds = hours * 3600 + minutes * 60
    return -seconds if text[0] == "-" else seconds


def _local_offset(local_s: int, zone: tzinfo | None) -> int:
    if zone is None:
        return 0
    return _offset_at(local_s - _offset_at(local_s, zone), zone)


def _offset_at(time_s: int, zone: tzinfo) -> int:
    """Seconds east at an instant."""
    try:
        offset = (_EPOCH + timedelta(seconds=time_s)).astimezone(zone).utcoffset()
    except OverflowError:
        return 0
    return offset // _SECOND if offset else 0
