"""What was begun and waits for its answer: used once, for minutes, by who began it.

In memory alone and of bounded number: what is lost with a restart is begun again.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

from muster.clock import Clock

T = TypeVar("T")
MAX_PENDING = 10_000  # past it the oldest is forgotten


class Pending(Generic[T]):
    """Values by key, each bound to a holder (hash of a cookie, id of a session)."""

    def __init__(self, *, clock: Clock, lifetime_s: float, most: int = MAX_PENDING) -> None:
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._most = most
        self._waiting: OrderedDict[str, tuple[str, float, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: str, holder: str, value: T) -> None:
        """Let a value wait; one under the same key is replaced."""
        self._waiting.pop(key, None)
        self._waiting[key] = (holder, self._clock.monotonic() + self._lifetime_s, value)
        while len(self._waiting) > self._most:
            self._waiting.popitem(last=False)

    def take(self, key: str, holder: str) -> T | None:
        """The value, once; None when there is none, it is too late, or it is another's."""
        found = self._waiting.get(key)
        if found is None or found[0] != holder:
            return None
        del self._waiting[key]
        _, end, value = found
        return value if self._clock.monotonic() < end else None
