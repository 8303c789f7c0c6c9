"""One way out: what waits in its queue is sent, the oldest first, until the peer has it.

A peer that is away, or says that it cannot now, is asked again after a wait that grows, each
time a random part of it, so that many hubs do not march in step. What it will never take is
counted and passed over. Of several destinations each gets the next chunk, and when one does not
take it, the one after it is asked.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from muster.clock import Clock
from muster.errors import MusterError
from muster.ports.forwarding import (
    Chunk,
    Form,
    Load,
    Outcome,
    Packet,
    Queue,
    QueueState,
    Sender,
    Verdict,
)

log = logging.getLogger(__name__)

_LOAD_BYTES = 2 << 20
GATHER_S = 0.2
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_MOST_RETRY_S = 600.0  # that a peer can ask for
_QUIET = 10  # what goes wrong again and again is logged once in so many times


class LaneTitle(msgspec.Struct, frozen=True, kw_only=True):
    """What a way out is, for people."""

    name: str  # of the setting, or of the subscription
    kind: str  # forward, subscription, or leftover of a forward that settings name no more
    space: str = ""  # of a subscription, as are those below
    database: str = ""
    policy: str = ""
    mode: str = ""


class DestinationView(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes with one destination, since the hub's start."""

    url: str  # without what is secret
    sent_points: int
    sent_ns: int  # when it took something last; 0: never
    error: str  # why it did not, the last time
    error_ns: int
    failing: bool  # it is away, or says that it cannot now


class LaneView(msgspec.Struct, frozen=True, kw_only=True):
    """A way out: what waits, and what became of the rest."""

    id: str
    title: LaneTitle
    format: Form | None  # None: of a leftover, which is sent to nobody
    queue: QueueState
    destinations: list[DestinationView]


class _Destination:
    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.sent_points = 0
        self.sent_ns = 0
        self.error = ""
        self.error_ns = 0
        self.failures = 0  # in a row
        self.refusals = 0

    def view(self) -> DestinationView:
        return DestinationView(
            url=self.sender.where,
            sent_points=self.sent_points,
            sent_ns=self.sent_ns,
            error=self.error,
            error_ns=self.error_ns,
            failing=self.failures > 0,
        )


class Lane:
    """`wake` when something was kept; `run` beside it. `random` gives numbers in [0, 1)."""

    def __init__(
        self,
        *,
        title: LaneTitle,
        form: Form,
        queue: Queue,
        senders: Sequence[Sender],
        clock: Clock,
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.title = title
        self.form = form
        self.queue = queue
        self._destinations = [_Destination(sender) for sender in senders]
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._next = 0
        self._failures = 0
        self._load: Load | None = None  # of which `_left` is not sent yet
        self._left: deque[Chunk] = deque()
        self._refused = 0  # points of it
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something waits."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._news.clear()
            try:
                wait_s = await self.step()
            except MusterError as error:  # the disk; what waits goes on waiting
                log.warning(
                    "a queue cannot be read",
                    extra={"queue": self.queue.name, "error": str(error)},
                )
                wait_s = self._backoff(0.0)
            except Exception:
                # A fault of one way out must not end the others.
                log.exception("sending on failed", extra={"queue": self.queue.name})
                wait_s = self._backoff(0.0)
            if wait_s is None:
                await self._news.wait()
            elif wait_s:
                await self._sleep(wait_s)

    async def step(self) -> float | None:
        """Send one chunk; how long to wait then. None: until there is something.

        Errors: Unavailable when the disk refuses.
        """
        if self._load is None:
            self._load = await self.queue.peek(_LOAD_BYTES)
            if self._load is None:
                return None
            self._left = self._chunks(self._load.packets)
        outcome = await self._offer(self._left[0])
        match outcome.verdict:
            case Verdict.LATER:
                return self._backoff(outcome.retry_after_s)
            case Verdict.TOO_LARGE if len(self._left[0].packets) > 1:
                self._halve()
            case Verdict.TOO_LARGE | Verdict.REFUSED:
                points = self._left.popleft().points
                self._refused += points if outcome.refused < 0 else min(outcome.refused, points)
            case Verdict.TAKEN:
                self._left.popleft()
        self._failures = 0
        return 0.0 if self._left else await self._finish(self._load)

    def view(self) -> LaneView:
        return LaneView(
            id=self.queue.name,
            title=self.title,
            format=self.form,
            queue=self.queue.state,
            destinations=[each.view() for each in self._destinations],
        )

    async def _offer(self, chunk: Chunk) -> Outcome:
        """Ask one destination after the other, until one has something to say to it."""
        outcome = Outcome(Verdict.LATER, "nobody to send to")
        count = len(self._destinations)
        for turn in range(count):
            one = self._destinations[(self._next + turn) % count]
            outcome = await one.sender.send(chunk)
            self._note(one, chunk, outcome)
            if outcome.verdict is not Verdict.LATER:
                self._next = (self._next + turn + 1) % count
                break
        return outcome

    def _note(self, one: _Destination, chunk: Chunk, outcome: Outcome) -> None:
        now_ns, is_away = self._clock.now_ns(), outcome.verdict is Verdict.LATER
        if one.failures and not is_away:
            log.info("points are taken again", extra={"destination": one.sender.where})
            one.failures = 0
        if outcome.verdict is Verdict.TAKEN:
            one.sent_points += chunk.points
            one.sent_ns = now_ns
            return
        if outcome.verdict is Verdict.TOO_LARGE and len(chunk.packets) > 1:
            return
        if (one.failures if is_away else one.refusals) % _QUIET == 0:
            log.warning(
                "points were not taken",
                extra={
                    "destination": one.sender.where,
                    "points": chunk.points,
                    "error": outcome.text,
                },
            )
        one.error, one.error_ns = outcome.text, now_ns
        one.failures += is_away
        one.refusals += not is_away

    def _chunks(self, packets: Sequence[Packet]) -> deque[Chunk]:
        """What goes together: packets of one way, which differ by their policy or do not."""
        by_way: dict[tuple[str, str], list[Packet]] = {}
        for packet in packets:
            by_way.setdefault(self._destinations[0].sender.way_of(packet), []).append(packet)
        return deque(Chunk(*way, tuple(found)) for way, found in by_way.items())

    def _halve(self) -> None:
        """Send less at once."""
        chunk = self._left.popleft()
        middle = len(chunk.packets) // 2
        for packets in (chunk.packets[middle:], chunk.packets[:middle]):
            self._left.appendleft(Chunk(chunk.database, chunk.policy, packets))

    async def _finish(self, load: Load) -> float:
        """All of a load is over. After a small one others may gather before they are sent."""
        refused, self._refused, self._load = self._refused, 0, None
        await self.queue.done(load, refused=refused)
        size = sum(len(packet.body) for packet in load.packets)
        return GATHER_S if size < _LOAD_BYTES // 4 else 0.0

    def _backoff(self, at_least_s: float) -> float:
        bound = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return min(at_least_s, _MOST_RETRY_S) + bound * self._random()
