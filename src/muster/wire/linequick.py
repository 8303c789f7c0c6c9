"""The quick way of the pure twin: lines of known series, without backslashes and quotes.

It takes what the careful way (wire/linescan.py) would take, with the same result, and says no to
all else: it never decides that a line is malformed.
"""

from __future__ import annotations

import re

from muster.wire.lineparsed import KEY_BYTES, LATEST_NS, LineLimits
from muster.wire.linescan import Field, LineFault, ScannedPoint, plain_value

_PLAIN = re.compile(rb'([^\\ \n]+) +([^\\ "\n\t\0][^\\ "\n]*)(?: +(-?[0-9]{1,19}))? *')

Tags = tuple[tuple[bytes, bytes], ...]


class QuickScanner:
    """Knows keys as they were written."""

    def __init__(self, limits: LineLimits) -> None:
        self._limits = limits
        self._known: dict[bytes, tuple[bytes, bytes, Tags]] = {}

    def scan(self, line: bytes, precision_ns: int, *, uint_support: bool) -> ScannedPoint | None:
        """The point of a line, or None when it has to be read with care."""
        found = _PLAIN.fullmatch(line)
        known = self._known.get(found[1]) if found else None
        if not found or not known:
            return None
        key, measurement, tags = known
        fields = self._fields(found[2], KEY_BYTES - 4 - len(key), uint_support=uint_support)
        time_ns = None if found[3] is None else int(found[3]) * precision_ns
        if fields is None or (time_ns is not None and not -LATEST_NS <= time_ns <= LATEST_NS):
            return None
        return ScannedPoint(key, measurement, tags, fields, time_ns)

    def learn(self, line: bytes, point: ScannedPoint) -> None:
        """A line that was read with care: its key will be known as it is written there."""
        written = line[: len(point.key)]  # sorting changes no length
        if b"\\" in written or written in self._known:
            return
        if len(self._known) >= self._limits.remembered:
            self._known.clear()
        self._known[written] = point.key, point.measurement, point.tags

    def _fields(
        self, text: bytes, name_bytes: int, *, uint_support: bool
    ) -> dict[bytes, Field] | None:
        fields: dict[bytes, Field] = {}
        parts = text.split(b",")
        for part in parts:
            name, _, value = part.partition(b"=")
            if not name or not value or len(name) > name_bytes:
                return None
            try:
                fields[name] = plain_value(value, uint_support=uint_support)
            except LineFault:
                return None
        return fields if len(parts) <= self._limits.fields else None
