"""How much memory the head may take: of a whole for all of the hub, what the rest leaves.

The rest is what the process has beside the head, at its most within the last minutes: inserts
and answers that come again and again take theirs each time. A head that has to give way does so
slowly, because each of its blocks that leaves costs the event loop some microseconds.
"""

import os
from collections.abc import Callable

_MIB = 1 << 20
_LARGEST = 512 * _MIB
_LEAST = 16  # this part of the most is the head's, whatever else is there
_SPAN_S = 120.0  # twice so long a peak counts, at most
_STEP = 16 * _MIB  # by which it becomes less at a look


class Budget:
    """`bytes` of now. Looked at once a second."""

    def __init__(self, given: int, whole: int, own_bytes: Callable[[], int]) -> None:
        """`given`: a fixed budget; 0: of `whole`. `own_bytes`: all of the process; 0: unknown."""
        self.bytes = self._most = given or _default()
        self._is_fixed = bool(given)
        self._whole = whole
        self._own_bytes = own_bytes
        self._rest = self._rest_before = 0
        self._began: float | None = None  # the span of `_rest`

    def look(self, now: float, held: int) -> None:
        """See what is there beside the head, which holds so many bytes."""
        if self._is_fixed:
            return
        if self._began is None or now - self._began >= _SPAN_S:
            self._began, self._rest_before, self._rest = now, self._rest, 0
        self._rest = max(self._rest, self._own_bytes() - held)
        left = self._whole - max(self._rest, self._rest_before)
        fitting = min(max(left, self._most // _LEAST), self._most)
        self.bytes = max(fitting, self.bytes - _STEP)


def _default() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(_LARGEST, memory // 8)
