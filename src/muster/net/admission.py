"""How many connections a listener holds, in total and from one network, and lets in at once.

Counted from the moment of accepting, before any TLS byte, so that silent handshakes count.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from muster.model.address import is_own_machine, network_of

_LATE_S = 0.02  # a loop that looks so much later than it meant to has more to do than it can


class Admission:
    """Counts connections; `refused` were turned away, `left` had given up before their turn.

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
        self.refused = self.left = 0

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
    """Peers that are on their way in, at so many of which a listener accepts nobody else.

    From the first byte of TLS until a peer is where it wants to be: to let one in costs
    milliseconds. Were ten thousand begun at once, each would be in when all are, and that is
    later than any peer waits; so the others wait in the kernel's queue, where that costs
    nothing, and come in one after the other.

    Who keeps us waiting does not count: not who is silent, nor who takes longer than the work
    does. Where we are late ourselves, it is not the peer that is slow: then it counts on, or a
    busy hub would take in more the less it gets done.
    """

    def __init__(self, most: int, *, silent_s: float = 0.1, slow_s: float = 3.0) -> None:
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
        self._silent_s = silent_s
        self._slow_s = slow_s
        self._is_heard = False
        self._timer: asyncio.TimerHandle | None = None
        self._look_in(silent_s)

    def hear(self) -> None:
        """A byte of the peer has come."""
        self._is_heard = True

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # whoever is in holds on to this
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _look_in(self, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._is_last_look = self._is_heard
        self._due = loop.time() + wait_s
        self._timer = loop.call_later(wait_s, self._look)

    def _look(self) -> None:
        is_late = asyncio.get_running_loop().time() - self._due > _LATE_S
        if is_late:  # what the peer said may lie there unread
            self._look_in(self._slow_s if self._is_heard else self._silent_s)
        elif self._is_heard and not self._is_last_look:
            self._look_in(self._slow_s - self._silent_s)
        else:
            self.end()
