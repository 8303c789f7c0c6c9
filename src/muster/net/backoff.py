"""How long to wait before trying again: full jitter, so that many agents never march in step.

Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
"""

from collections.abc import Callable


class Backoff:
    """Waits that grow to a limit and start over after success.

    `random` gives numbers in [0, 1). Each wait is uniform between 0 and the growing bound.
    """

    def __init__(
        self, *, random: Callable[[], float], first_s: float = 1.0, limit_s: float = 60.0
    ) -> None:
        self._random = random
        self._first_s = first_s
        self._limit_s = limit_s
        self._failures = 0

    def next_s(self, at_least_s: float = 0.0) -> float:
        """Seconds to wait after one more failure; never less than the peer asked for."""
        bound = min(self._limit_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return at_least_s + bound * self._random()

    def reset(self) -> None:
        """Success: the next wait is a short one again."""
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures
