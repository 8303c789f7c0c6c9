"""When a segment of the journal is old enough for its rows to go to the engine.

What the engine takes of memory for an insert grows with its rows. So where many come, they go in
thirds of the time: at 100,000 values a second some 60 MB in place of 180.
"""

import math
from datetime import timedelta

from muster.clock import Clock

MANY_BYTES = 2 << 20  # of rows before they are packed: some 250,000 values
_SOONER = 3


class SegmentAge:
    """Of the open segment. All calls come from the journal's own thread."""

    def __init__(self, clock: Clock, most: timedelta) -> None:
        self._clock = clock
        self._most_s = most.total_seconds()
        self._begun: float | None = None
        self._bytes = 0

    def came(self, at: float, size: int) -> None:
        """Rows of so many bytes are in it; `at` is monotonic."""
        self._begun = at if self._begun is None else self._begun
        self._bytes += size

    def ended(self) -> None:
        """The next segment is empty."""
        self._begun, self._bytes = None, 0

    @property
    def left_s(self) -> float:
        """Until it is over; infinite without rows."""
        if self._begun is None:
            return math.inf
        most_s = self._most_s / _SOONER if self._bytes >= MANY_BYTES else self._most_s
        return self._begun + most_s - self._clock.monotonic()
