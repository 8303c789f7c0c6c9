"""Points of the same series for one range of times after the other, as memory has them."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from muster.core.influxql.pointlines import Placed
from muster.core.influxql.statementplans import FEW_WINDOWS
from muster.core.querying.pointreader import MOST_OF_HEAD, PointReader, numbers_of
from muster.influxql.source import Matrix
from muster.model.influx import MAX_NS


class KeptReads:
    """Implements muster.influxql.execution.kept.Reads; used on the event loop's thread.

    `slots` are those of fields and series, `reach` a range, half open, before which there are other
    shards and behind which there is nothing, `most` how many cells are read and made at once.
    """

    def __init__(
        self, reader: PointReader, placed: Placed, slots: int, reach: tuple[int, int], most: int
    ) -> None:
        self._reader, self._head = reader, reader.head
        self._refs = placed.refs
        self._places = placed.places.tolist()
        self._slots = slots
        self._start_ns, self._end_ns = reach[0], min(reach[1], MAX_NS)
        self._most = min(most, MOST_OF_HEAD)
        kinds = {ref.series.kind for ref in placed.refs}
        self._numbers = numbers_of(kinds.pop()) if len(kinds) == 1 else None
        self._every = np.arange(slots)

    def matrix(self, start_ns: int, end_ns: int, windows: int) -> Matrix | None:
        refs, kind = self._refs, self._numbers
        if kind is None or len(refs) != self._slots or windows > FEW_WINDOWS:
            return None
        if start_ns < self._start_ns:  # a window before the first, for what looks back
            return None
        end_ns = end_ns + 1 if end_ns < self._end_ns else self._end_ns
        most = self._most - len(refs) * windows
        found = self._head.matrix(refs, (start_ns, end_ns), most, kind)
        if found is None:
            return None
        times, values, is_odd = found
        return None if is_odd or not len(times) else Matrix(self._every, times, values)

    def newest(self, start_ns: int, end_ns: int) -> tuple[int, bytes] | None:
        refs = self._refs
        found = self._head.newest_cells(refs) if len(refs) == self._slots else None
        if found is None:
            return None
        time_ns = found[0]
        is_within = start_ns <= time_ns <= end_ns and self._start_ns <= time_ns < self._end_ns
        return found if is_within else None

    def latest(self, start_ns: int, end_ns: int) -> Sequence[tuple[int, Any] | None] | None:
        start_ns = max(start_ns, self._start_ns)
        end_ns = min(min(end_ns, MAX_NS - 1) + 1, self._end_ns)
        found = self._reader.latest_of_head(self._refs, start_ns, end_ns)
        for point in found:
            if point is None or (isinstance(point[1], float) and not isfinite(point[1])):
                return None
        if len(found) == self._slots:
            return found
        newest: list[tuple[int, Any] | None] = [None] * self._slots
        for at, point in zip(self._places, found, strict=True):
            newest[at] = point
        return newest
