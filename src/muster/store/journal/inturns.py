"""Calls for many on the event loop, in their order: some milliseconds of them in each turn.

One commit can hold batches of thousands of links, and each takes a while to be handed on: all in
one turn, nobody else would be heard for a second.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from muster.clock import Clock

_TURN_S = 0.005
_MOST = 256  # in one turn, whatever the clock says

Item = TypeVar("Item")
Taken = TypeVar("Taken", contravariant=True)


class Takes(Protocol[Taken]):
    """What is done with each. It never fails."""

    def __call__(self, item: Taken, /) -> None: ...


class InTurns(Generic[Item]):
    """Used on the event loop's thread."""

    def __init__(self, take: Takes[Item], clock: Clock) -> None:
        self._take = take
        self._clock = clock
        self._waiting: deque[Item] = deque()
        self._is_going_on = False

    def add(self, items: Iterable[Item]) -> None:
        """Take these after all that were added before: the first at once, if none waits."""
        self._waiting.extend(items)
        if not self._is_going_on:
            self._go_on()

    def _go_on(self) -> None:
        began = self._clock.monotonic()
        for _ in range(min(_MOST, len(self._waiting))):
            self._take(self._waiting.popleft())
            if self._clock.monotonic() - began >= _TURN_S:
                break
        self._is_going_on = bool(self._waiting)
        if self._is_going_on:
            asyncio.get_running_loop().call_soon(self._go_on)
