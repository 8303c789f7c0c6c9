"""Offsets of a time zone for many times at once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from muster.influxql.values.columns import Ints

SECOND_NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_S = -(1 << 33) - (1 << 29)  # 1677
_LAST_S = 9_214_646_400  # 2262
_STEP_S = 7 * 86_400  # no zone has changed its mind twice within less, since 1970


class Zone:
    """A named zone; knows its changes between the first and last time it was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = ZoneInfo(name)
        self._since = np.array([_FIRST_S], np.int64)
        self._offsets = np.array([self._offset(_FIRST_S)], np.int64)
        self._span = (0, -1)

    def offsets_ns(self, times: Ints) -> Ints:
        """How far local clocks are ahead of UTC. Units: nanoseconds."""
        if not len(times):
            return np.zeros(0, np.int64)
        seconds = np.floor_divide(times, SECOND_NS)
        self._learn(int(seconds.min()), int(seconds.max()))
        places = np.searchsorted(self._since, seconds, side="right") - 1
        offsets: Ints = self._offsets[np.maximum(places, 0)] * SECOND_NS
        return offsets

    def offset_ns(self, time_ns: int) -> int:
        """The same for one time."""
        return int(self.offsets_ns(np.array([time_ns], np.int64))[0])

    def clocks(self, first_ns: int, last_ns: int) -> list[int]:
        """When clocks are changed between two times, and by how much they are ahead by then."""
        self._learn(first_ns // SECOND_NS, last_ns // SECOND_NS)
        first = int(np.searchsorted(self._since, first_ns // SECOND_NS, side="right"))
        last = int(np.searchsorted(self._since, last_ns // SECOND_NS, side="right"))
        changes = self._since[first:last].tolist()
        ahead = self._offsets[max(first - 1, 0) : max(last, 1)].tolist()
        return [seconds * SECOND_NS for seconds in (*changes, *ahead)]

    def regime(self, time_ns: int, first_ns: int, last_ns: int) -> tuple[int, int]:
        """From when to when the offset of a time holds, as far as the times from first to last go.

        The end does not belong to it.
        """
        self._learn(first_ns // SECOND_NS, last_ns // SECOND_NS)
        place = int(np.searchsorted(self._since, time_ns // SECOND_NS, side="right"))
        start = int(self._since[place - 1]) * SECOND_NS if place else first_ns
        end = int(self._since[place]) * SECOND_NS if place < len(self._since) else last_ns + 1
        return min(start, first_ns) if place <= 1 else start, end

    def _offset(self, second: int) -> int:
        second = min(max(second, _FIRST_S), _LAST_S)
        there = (_EPOCH + timedelta(seconds=second)).astimezone(self._info).utcoffset()
        return int(there.total_seconds()) if there is not None else 0

    def _learn(self, first: int, last: int) -> None:
        known_first, known_last = self._span
        if known_first <= first and last <= known_last:
            return
        if known_first <= known_last:
            first, last = min(first, known_first), max(last, known_last)
        first, last = max(first, _FIRST_S), min(last, _LAST_S)
        since, offsets = [first], [self._offset(first)]
        for point in range(first, last + _STEP_S, _STEP_S):
            if self._offset(point) != offsets[-1]:
                since.append(self._change(point - _STEP_S, point))
                offsets.append(self._offset(point))
        self._since, self._offsets = np.array(since, np.int64), np.array(offsets, np.int64)
        self._span = (first, last)

    def _change(self, before: int, after: int) -> int:
        """The first second at which the offset of `after` holds."""
        old = self._offset(before)
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset(middle) == old:
                before = middle
            else:
                after = middle
        return after
