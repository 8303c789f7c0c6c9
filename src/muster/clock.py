"""Where time comes from. Nothing else in the project reads a clock.

Wall time stamps data and certificates; monotonic time measures waits and leases, so that
a wall clock that jumps ends no link and starves no timer.
"""

import time
from datetime import timedelta
from typing import Protocol

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS


def span_ns(span: timedelta) -> int:
    """A span of time in nanoseconds, exactly."""
    return span // timedelta(microseconds=1) * 1_000


class Clock(Protocol):
    def now_ns(self) -> int:
        """Wall time, nanoseconds UTC since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now_ns: int = 1_800_000_000 * SECOND_NS) -> None:
        self._now_ns = now_ns
        self._monotonic = 0.0

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now_ns += round(seconds * SECOND_NS)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, as an operator or NTP does."""
        self._now_ns += round(seconds * SECOND_NS)
