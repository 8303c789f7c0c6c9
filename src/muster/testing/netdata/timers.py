"""What an agent will do later on one connection: all of it is dropped when the connection ends."""

import asyncio
from collections.abc import Callable


class Timers:
    """Calls that are due later. Made within a running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: set[asyncio.TimerHandle] = set()
        self._closed = False

    def later(self, after_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call something so long from now, or at once for 0. What comes back forgets it."""
        if self._closed:
            return _nothing
        if after_s <= 0:
            call()
            return _nothing

        def due() -> None:
            self._due.discard(handle)
            call()

        def forget() -> None:
            handle.cancel()
            self._due.discard(handle)

        handle = self._loop.call_later(after_s, due)
        self._due.add(handle)
        return forget

    def close(self) -> None:
        """Nothing is due any more."""
        self._closed = True
        for handle in self._due:
            handle.cancel()
        self._due.clear()


def _nothing() -> None:
    """Nothing to forget."""
