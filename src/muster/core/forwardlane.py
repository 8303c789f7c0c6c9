"""One way out: what waits in its queue is sent, the oldest first, until the peer has it.

A peer that is away, or says that it cannot now, is asked again after a wait that grows, each
time a random part of it, so that many hubs do not march in step. What it will never take is
counted and passed over. Of several destinations each gets the next chunk, and when one does not
take it, the one after it is asked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from muster.clock import Clock
from muster.errors import MusterError
from muster.ports.forwarding import Chunk, Form, Outcome, Queue, QueueState, Sender, Verdict

log = logging.getLogger(__name__)

_CHUNK_BYTES = 2 << 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_MOST_RETRY_S = 600.0  # that a peer can ask for
_QUIET_FAILURES = 10  # a peer that stays away is logged again after so many


class LaneTitle(msgspec.Struct, frozen=True, kw_only=True):
    """What a way out is, for people."""

    name: str  # of the setting, or of the subscription
    kind: str  # forward or subscription
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
    failing: bool  # it did not take what it was sent last


class LaneView(msgspec.Struct, frozen=True, kw_only=True):
    """A way out: what waits, and what became of the rest."""

    id: str
    title: LaneTitle
    format: Form
    queue: QueueState
    destinations: list[DestinationView]


class _Destination:
    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.sent_points = 0
        self.sent_ns = 0
        self.error = ""
        self.error_ns = 0
        self.failures = 0

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
        self._most_bytes = _CHUNK_BYTES
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
        chunk = await self.queue.peek(self._most_bytes)
        if chunk is None:
            return None
        outcome = await self._offer(chunk)
        match outcome.verdict:
            case Verdict.TAKEN:
                await self._done(chunk, 0)
            case Verdict.REFUSED:
                await self._refused(chunk, outcome)
            case Verdict.TOO_LARGE:
                await self._too_large(chunk, outcome)
            case Verdict.LATER:
                return self._backoff(outcome.retry_after_s)
        return 0.0

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
        now_ns = self._clock.now_ns()
        if outcome.verdict is Verdict.TAKEN:
            if one.failures:
                log.info("points are taken again", extra={"destination": one.sender.where})
            one.sent_points += chunk.points
            one.sent_ns, one.failures = now_ns, 0
            return
        if one.failures % _QUIET_FAILURES == 0:
            log.warning(
                "points were not taken",
                extra={
                    "destination": one.sender.where,
                    "points": chunk.points,
                    "error": outcome.text,
                },
            )
        one.error, one.error_ns = outcome.text, now_ns
        one.failures += 1

    async def _refused(self, chunk: Chunk, outcome: Outcome) -> None:
        refused = chunk.points if outcome.refused < 0 else min(outcome.refused, chunk.points)
        await self._done(chunk, refused)

    async def _too_large(self, chunk: Chunk, outcome: Outcome) -> None:
        """Send less at once; a packet that is too large alone is passed over."""
        if len(chunk.bodies) == 1:
            await self._refused(chunk, outcome)
        else:
            self._most_bytes = sum(map(len, chunk.bodies)) // 2

    async def _done(self, chunk: Chunk, refused: int) -> None:
        self._failures = 0
        await self.queue.done(chunk, refused=refused)

    def _backoff(self, at_least_s: float) -> float:
        bound = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return min(at_least_s, _MOST_RETRY_S) + bound * self._random()
