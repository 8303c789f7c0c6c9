"""Counts attempts per key over a sliding window, in bounded memory, by monotonic time."""

import math
import threading
from collections import OrderedDict

from muster.clock import Clock

MAX_KEYS = 10_000  # past it the key longest untouched is forgotten


class Throttle:
    """Allows `limit` attempts per key and `window_s`: a bucket that refills evenly.

    Any thread may call.
    """

    def __init__(self, *, clock: Clock, limit: int, window_s: float) -> None:
        """A `limit` of 0, which settings may have, allows none."""
        self._clock = clock
        self._limit = max(0, limit)
        self._rate = max(self._limit, 1) / window_s
        self._lock = threading.Lock()
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()  # attempts, when

    def take(self, key: str) -> float:
        """Count an attempt. 0.0 when it is allowed, else seconds until one will be."""
        with self._lock:
            spent = self._now_spent(key) + 1
            if spent > self._limit:
                return math.ceil((spent - self._limit) / self._rate)
            self._keep(key, spent)
            return 0.0

    def is_spent(self, key: str) -> bool:
        """Whether an attempt would not be allowed now; none is counted."""
        with self._lock:
            return self._now_spent(key) + 1 > self._limit

    def give_back(self, key: str) -> None:
        """Undo one attempt, which turned out to be honest."""
        with self._lock:
            self._keep(key, max(0.0, self._now_spent(key) - 1))

    def _now_spent(self, key: str) -> float:
        spent, when = self._spent.get(key, (0.0, 0.0))
        return max(0.0, spent - (self._clock.monotonic() - when) * self._rate)

    def _keep(self, key: str, spent: float) -> None:
        self._spent[key] = (spent, self._clock.monotonic())
        self._spent.move_to_end(key)
        while len(self._spent) > MAX_KEYS:
            self._spent.popitem(last=False)
