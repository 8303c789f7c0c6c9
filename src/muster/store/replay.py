"""Whether the engine has all rows that were acknowledged before this start.

What a hub that was killed had not yet moved from its journal is moved first, and until then
no memory holds it: an answer of head and engine would lack it.
"""

import asyncio
from collections.abc import Sequence

from muster.errors import Starting


class Replay:
    """Used on the event loop's thread."""

    def __init__(self) -> None:
        self._waiting: tuple[int, ...] = ()
        self._done = asyncio.Event()
        self._done.set()

    def expect(self, segments: Sequence[int]) -> None:
        """The journal segments that were found at the start, ascending."""
        self._waiting = tuple(segments)
        if self._waiting:
            self._done.clear()

    def stored(self, segment: int) -> None:
        """Segments up to this one are in the engine."""
        if not self._done.is_set():
            self._waiting = tuple(one for one in self._waiting if one > segment)
            if not self._waiting:
                self._done.set()

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    async def wait(self, timeout_s: float) -> None:
        """Return once all is there. Errors: Starting when that takes longer."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._done.wait()
        except TimeoutError as error:
            raise Starting(
                "the hub has just started and still moves values from its journal to the engine: "
                f"{len(self._waiting)} segments are left; ask again in a moment"
            ) from error
