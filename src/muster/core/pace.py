"""How fast somebody may go: an allowance that refills with time."""

from muster.clock import Clock

_BURST_S = 10.0


class Pace:
    """An allowance that refills with time. Spending more than is there costs a wait."""

    __slots__ = ("_at", "_clock", "_left", "_rate")

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._rate = per_second
        self._left = per_second * _BURST_S
        self._at = clock.monotonic()

    def has(self, count: int) -> bool:
        """Whether at least `count` is left, without what time has brought since it was spent."""
        return self._left >= count

    def spend(self, count: int) -> float:
        """Take `count`; how long to wait before taking more, in seconds."""
        now = self._clock.monotonic()
        left, most = self._left + (now - self._at) * self._rate, self._rate * _BURST_S
        self._left = left = (most if left > most else left) - count
        self._at = now
        return 0.0 if left >= 0 else -left / self._rate
