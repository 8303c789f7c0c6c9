"""How many connections a listener holds, in total and from one network; how many shake hands.

Counted from the moment of accepting, before any TLS byte, so that silent handshakes count.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from muster.model.address import is_own_machine, network_of


class Admission:
    """Counts connections; `refused` is how many were turned away.

    An unlimited address may take every place: everybody comes from a reverse proxy's.
    """

    def __init__(
        self,
        total: int,
        per_network: int,
        is_unlimited: Callable[[str], bool] = is_own_machine,
    ) -> None:
        self._total = total
        self._per = per_network
        self._is_unlimited = is_unlimited
        self._open: Counter[str] = Counter()
        self.held = 0
        self.refused = 0

    def enter(self, address: str) -> bool:
        """Take a place. False when there is none; then `leave` must not be called."""
        place = network_of(address)
        is_over = self._open[place] >= self._per and not self._is_unlimited(address)
        if self.held >= self._total or is_over:
            self.refused += 1
            return False
        self._open[place] += 1
        self.held += 1
        return True

    def leave(self, address: str) -> None:
        place = network_of(address)
        self.held -= 1
        self._open[place] -= 1
        if not self._open[place]:
            del self._open[place]


class Handshakes:
    """TLS handshakes under way, at so many of which a listener accepts nobody else.

    A handshake costs milliseconds. Were ten thousand begun at once, each would end when all
    do, and that is later than any peer waits; so the others wait in the kernel's queue, and
    come in one after the other. Who keeps us waiting does not count: not who is silent, nor
    who takes longer than the work does.
    """

    def __init__(self, most: int, *, silent_s: float = 0.1, slow_s: float = 1.0) -> None:
        self._most = most
        self._silent_s = silent_s
        self._slow_s = slow_s
        self._room = asyncio.Event()
        self._room.set()
        self.under_way = 0

    @property
    def is_full(self) -> bool:
        return self.under_way >= self._most

    async def wait(self) -> None:
        """Until there is room for one more."""
        await self._room.wait()

    def begin(self) -> "Handshake":
        self.under_way += 1
        if self.is_full:
            self._room.clear()
        return Handshake(self._end, self._silent_s, self._slow_s)

    def _end(self) -> None:
        self.under_way -= 1
        if not self.is_full:
            self._room.set()


class Handshake:
    """One of them. `end` it, once or more."""

    def __init__(self, ended: Callable[[], None], silent_s: float, slow_s: float) -> None:
        self._ended: Callable[[], None] | None = ended
        self._later_s = slow_s - silent_s
        self._timer = asyncio.get_running_loop().call_later(silent_s, self._look)
        self._is_heard = False

    def hear(self) -> None:
        """A byte of the peer has come."""
        self._is_heard = True

    def end(self) -> None:
        self._timer.cancel()
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _look(self) -> None:
        if self._is_heard:
            self._timer = asyncio.get_running_loop().call_later(self._later_s, self.end)
        else:
            self.end()
