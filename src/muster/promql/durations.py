"""Durations as Prometheus reads and writes them: `1h30m`. Units: milliseconds."""

import re

from muster.promql.errors import PromqlError
from muster.promql.strings import quote

_SHAPE = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?"
    r"(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_UNITS = (365 * _DAY, 7 * _DAY, _DAY, _HOUR, _MINUTE, _SECOND, 1)
# largest first; what is not exact in a unit is only written in smaller ones
_WRITTEN = (
    ("y", 365 * _DAY, True),
    ("w", 7 * _DAY, True),
    ("d", _DAY, False),
    ("h", _HOUR, False),
    ("m", _MINUTE, False),
    ("s", _SECOND, False),
    ("ms", 1, False),
)
_MOST = ((1 << 63) - 1) // 1_000_000
_MOST_CHARS = 200


def parse_duration(text: str) -> int:
    """Errors: PromqlError for another shape, and for more than 292 years."""
    if text == "0":
        return 0
    if not text:
        raise PromqlError("empty duration string")
    found = _SHAPE.fullmatch(text) if len(text) <= _MOST_CHARS else None
    if found is None:
        raise PromqlError(f"not a valid duration string: {quote(text)}")
    total = sum(
        int(digits) * unit for digits, unit in zip(found.groups(), _UNITS, strict=True) if digits
    )
    if total > _MOST:
        raise PromqlError("duration out of range")
    return total


def format_duration(duration_ms: int) -> str:
    """As it is written in a query."""
    if not duration_ms:
        return "0s"
    parts = []
    rest = duration_ms
    for unit, size, exact in _WRITTEN:
        if exact and rest % size:
            continue
        if count := rest // size:
            parts.append(f"{count}{unit}")
            rest -= count * size
    return "".join(parts)
