"""Windows of GROUP BY time, as InfluxDB cuts them: also where clocks are changed."""

from typing import NamedTuple

import numpy as np

from muster.influxql.errors import InfluxqlError
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS, Ints
from muster.influxql.values.zones import Zone

_PLAIN_NS = 1 << 62  # as far from the ends of time that nothing overflows


class Interval(NamedTuple):
    """How windows follow each other. Units: nanoseconds; a duration of 0 means one window."""

    duration_ns: int = 0
    offset_ns: int = 0


class Windows(NamedTuple):
    """The range of a query and how it is cut. The end belongs to the range."""

    start_ns: int
    end_ns: int
    interval: Interval
    zone: Zone | None
    ascending: bool
    limit: int  # of windows, for one series

    def starts(self, times: Ints) -> Ints:
        """The start of the window of each time."""
        duration, offset = self.interval
        if not duration:
            return np.full(len(times), self.start_ns, np.int64)
        moved = _moved(times, offset)
        ahead = self._offsets(moved)
        into = np.mod(moved + ahead, duration)
        start = np.where(MIN_TIME_NS + into >= moved, MIN_TIME_NS, moved - into)
        if self.zone is not None:
            change = ahead - self.zone.offsets_ns(start)
            start = np.where(np.abs(change) < duration, start + change, start)
        whole = np.maximum(start, MIN_TIME_NS - min(offset, 0)) + offset
        return np.where(start == MIN_TIME_NS, start, whole)

    def bounds(self, times: Ints) -> tuple[Ints, Ints]:
        """Start of each time's window, and its end, which does not belong to it."""
        duration, offset = self.interval
        if not duration:
            return self.starts(times), np.full(len(times), self.end_ns + 1, np.int64)
        moved = _moved(times, offset)
        ahead = self._offsets(moved)
        rest = duration - np.mod(moved + ahead, duration)
        end = np.where(MAX_TIME_NS - rest <= moved, MAX_TIME_NS, moved + rest)
        if self.zone is not None:
            there = self.zone.offsets_ns(end)
            change = ahead - there
            # An hour that is skipped belongs to the next window only if it lies at its start.
            fits = (change > 0) | (self.zone.offsets_ns(end + change) == there)
            end = np.where((np.abs(change) < duration) & fits, end + change, end)
        whole = np.minimum(end, MAX_TIME_NS - max(offset, 0)) + offset
        return self.starts(times), np.where(end == MAX_TIME_NS, end, whole)

    def start_of(self, time_ns: int) -> int:
        """The same for one time."""
        duration, offset = self.interval
        if duration and self.zone is None and abs(time_ns) + duration < _PLAIN_NS:
            moved = time_ns - offset
            return moved - moved % duration + offset
        return int(self.starts(np.array([time_ns], np.int64))[0])

    def grid(self, first: int, last: int) -> Ints:
        """The windows that a series shows, from first to last, in the order of the query.

        Errors: InfluxqlError when they are more than the limit.
        """
        step = self.interval.duration_ns if self.ascending else -self.interval.duration_ns
        count = (last - first) // step + 1
        if self.limit and count > self.limit:
            raise InfluxqlError(f"max-select-buckets limit exceeded: ({count}/{self.limit})")
        if count <= 0:
            return np.zeros(0, np.int64)
        if self.zone is None:
            return first + step * np.arange(count, dtype=np.int64)
        return self._local_grid(first, last, step)

    def _local_grid(self, first: int, last: int, step: int) -> Ints:
        """Steps of the same length, moved when clocks are changed by less than a step."""
        zone = self.zone
        if zone is None:
            return np.zeros(0, np.int64)
        least, most = min(first, last) - abs(step), max(first, last) + abs(step)
        parts = []
        time, seen = first, first  # the offset is the one that was last seen
        while time <= last if self.ascending else time >= last:
            start, end = zone.regime(seen, least, most)
            steps = (end - time) // step if self.ascending else (start + 1 - time) // step
            steps = min(max(steps, 0), (last - time) // step)
            parts.append(time + step * np.arange(steps + 1, dtype=np.int64))
            time += step * (steps + 1)
            before, seen = seen, time - 1
            change = zone.offset_ns(before) - zone.offset_ns(seen)
            if change and abs(change) < abs(step):
                time += change
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _offsets(self, times: Ints) -> Ints:
        if self.zone is None:
            return np.zeros(len(times), np.int64)
        return self.zone.offsets_ns(times)


def _moved(times: Ints, offset: int) -> Ints:
    """Times before the offset; those at the ends of all time stay there."""
    inside = np.clip(times, MIN_TIME_NS + max(offset, 0), MAX_TIME_NS + min(offset, 0))
    return inside - offset
