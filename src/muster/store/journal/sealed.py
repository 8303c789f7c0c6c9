"""Segments that are over and wait for the engine, the oldest first. Used by any thread."""

import threading
from collections import deque

from muster.store.journal.tail import SegmentFile


class SealedSegments:
    """Added by the commit thread, taken and released by the writer."""

    def __init__(self) -> None:
        self._segments: deque[SegmentFile] = deque()
        self._changed = threading.Condition()
        self._hurry = False
        self.bytes = 0

    def add(self, segment: SegmentFile) -> None:
        """One more is over."""
        with self._changed:
            self._segments.append(segment)
            self.bytes += segment.end
            self._changed.notify_all()

    def oldest(self, timeout_s: float) -> SegmentFile | None:
        """None when there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._segments or self._hurry, timeout_s)
            return self._segments[0] if self._segments else None

    def hurry(self) -> None:
        """Let `oldest` wait no more."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()

    def release(self, number: int) -> SegmentFile:
        """The oldest, whose rows are in the engine. Errors: RuntimeError when it is another."""
        with self._changed:
            segment = self._segments.popleft()
            self.bytes -= segment.end
            self._changed.notify_all()
        if segment.number != number:
            raise RuntimeError(f"segment {segment.number} is stored before {number}")
        return segment

    def drain(self, timeout_s: float) -> bool:
        """Whether all there are now are released in time."""
        with self._changed:
            newest = self._segments[-1].number if self._segments else 0
            return self._changed.wait_for(
                lambda: not self._segments or self._segments[0].number > newest, timeout_s
            )
