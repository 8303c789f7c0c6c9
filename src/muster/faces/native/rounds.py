"""When the next heartbeat of each link is due: one timer for all of them.

Ten thousand timers, each with a coroutine that waits for it, are some megabytes, and a second
of heartbeats sets a thousand.
"""

import asyncio
import heapq
from itertools import count

_SLOT_S = 0.05  # those that are due within it have their turn together


class Rounds:
    """Used on one event loop's thread, from its start on."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # of the timer

    def turn(self, wait_s: float) -> "asyncio.Future[None]":
        """What to await: it comes after that time, or a little later."""
        loop = asyncio.get_running_loop()
        due = (loop.time() + wait_s) // _SLOT_S * _SLOT_S + _SLOT_S
        turn = loop.create_future()
        heapq.heappush(self._waiting, (due, next(self._numbers), turn))
        self._set(loop)
        return turn

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._waiting[0][0]
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = loop.call_at(due, self._go_on)

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        now = max(loop.time(), self._due)
        while self._waiting and self._waiting[0][0] <= now:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():  # who waited may have gone
                turn.set_result(None)
        if self._waiting:
            self._set(loop)
