"""When a Netdata agent tries again: its arithmetic, with the slip of units it has.

Source: specification 4.5
"""

from collections.abc import Callable

STABLE_PUBACKS = 3
_DEFAULT_BASE = 2


class Backoff:
    """Delays of one agent. `random` gives numbers from 0 up to 1."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._attempt = 0
        self._base, self._min_s, self._max_s = _DEFAULT_BASE, 0, 3600
        self._told_s: float | None = None

    def learn(self, base: int, min_s: int, max_s: int) -> None:
        """What the hub's env said."""
        self._base, self._min_s, self._max_s = base, min_s, max_s

    def override(self, seconds: float) -> None:
        """The hub named the next delay itself: once, and all begins anew."""
        self._told_s, self._attempt = seconds, 0

    def stable(self) -> None:
        """Enough was acknowledged on this connection."""
        self._attempt = 0

    def next_s(self) -> float:
        """How long to wait before the next attempt, seconds."""
        if self._told_s is not None:
            told, self._told_s = self._told_s, None
            return told
        attempt, self._attempt = self._attempt, self._attempt + 1
        if attempt == 0:
            return 0.0
        delay = float(self._base ** min(attempt - 1, 64))
        delay += self._random() * max(1.0, delay / 2)
        if delay < self._min_s:
            return self._min_s / 1000  # compared as seconds, taken as milliseconds
        if delay > self._max_s:
            return self._max_s / 1000
        return delay
