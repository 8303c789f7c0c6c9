"""A link's batches, from the frame to the disk, and what the agent is told of them.

Frames are decoded in order, and so slow that one link takes no more than its share. Batches are
stored in order and acknowledged when they are on disk. A disk that is full is said as Later:
the agent tries again. What can never be kept is left out of its batch by core.intake.ingest; the
Ack tells how much, and why, so that the agent goes on with the next.

Source: docs/formats/link.md, "Course"
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from muster.errors import LimitExceeded, Unavailable
from muster.faces.native.intake import Intake, Waiting
from muster.faces.native.linkbeats import LinkBeats, say_nothing
from muster.faces.native.linkcontext import LinkContext
from muster.model.identity import Identity
from muster.model.metric import Batch
from muster.wire.messages import Ack, Later, Message, Push
from muster.wire.packing import plain_size

log = logging.getLogger(__name__)

_LIMITED_S = 30.0  # until a node that is over a limit may try again
_WARNED_S = 120.0  # so long a node is shown as one of which something was not kept


class LinkBatches:
    """`take` for each Push, `run` beside it."""

    __slots__ = (
        *("_ack_sent", "_acked", "_beats", "_clock", "_hub", "_identity", "_intake", "_node"),
        *("_over", "_refused_told", "_say", "_waiting", "heard", "hindrance", "unsent"),
    )

    def __init__(
        self,
        hub: LinkContext,
        identity: Identity,
        say: Callable[[Message], Awaitable[None]],
        beats: LinkBeats,
    ) -> None:
        self._hub = hub
        self._clock = hub.clock
        self._node = identity.node
        self._identity = identity
        self._say = say
        self._beats = beats
        self._intake = Intake(
            hub.clock, hub.settings.values_per_second, hub.limits, hub.series_names
        )
        self._waiting = Waiting(hub.settings.batches_waiting, hub.settings.values_waiting, hub.room)
        self._acked = self._ack_sent = 0
        self._refused_told = 0
        self._over = False
        self.heard = hub.clock.monotonic()
        self.hindrance = ""
        self.unsent = 0

    def begin(self, epoch: str) -> int:
        """The newest sequence of the agent's spool that is on disk."""
        self._acked = self._ack_sent = self._hub.ingest.acked(self._node, epoch)
        self._refused_told = self._hub.ingest.refused(self._node).values
        self._intake.begin(epoch, self._acked)
        return self._acked

    def end(self) -> None:
        """Nothing more is stored or said."""
        self._over = True
        self._say = say_nothing  # a link that ended is in no cycle: nobody has to look for it

    @property
    def warning(self) -> str:
        """Why part of what came lately could not be kept; empty when all was."""
        refused = self._hub.ingest.refused(self._node)
        is_recent = refused.values and self._clock.monotonic() - refused.at <= _WARNED_S
        return refused.reason if is_recent else ""

    def pass_fence(self, echo_ns: int) -> None:
        """See Intake."""
        self._intake.pass_fence(echo_ns)

    async def take(self, push: Push, received: float) -> None:
        """Decode a frame and hand its batch on. Errors: ProtocolError."""
        if not self.hindrance:  # what the hub cannot take counts as not heard
            self.heard = received
        self.unsent = push.unsent
        if not self._intake.wants(push.sequence, key=push.key):
            return
        generation = self._intake.generation
        plain_bytes = plain_size(push.body)
        if plain_bytes < self._hub.settings.thread_bytes:
            blocks = self._intake.decode(push.body, key=push.key)
        else:
            blocks = await asyncio.to_thread(self._intake.decode, push.body, key=push.key)
        if wait_s := self._intake.pace.spend(self._intake.cost(plain_bytes, blocks)):
            await asyncio.sleep(wait_s)
        batch = self._intake.batch(generation, push.sequence, blocks)
        if batch is not None:
            await self._waiting.put(generation, batch, batch.values_total)

    async def run(self) -> None:
        """Store what waits, until cancelled."""
        try:
            while True:
                waiting = await self._waiting.take()
                batches = [batch for generation, batch in waiting if self._counts(generation)]
                if batches:
                    await self._store(batches)
        finally:
            self._waiting.drop()

    async def _store(self, batches: Sequence[Batch]) -> None:
        name, epoch = self._hub.name_of(self._node), batches[0].epoch
        try:
            acked = await self._hub.ingest.accept_all(self._identity, name, batches)
        except (Unavailable, LimitExceeded) as error:
            self._acked = max(self._acked, self._hub.ingest.acked(self._node, epoch))
            await self._put_off(error)
            return
        if self.hindrance:
            log.info("batches are taken again", extra={"node": self._node})
            self.hindrance = ""
        self._acked = max(self._acked, acked)
        await self._acknowledge()

    def _counts(self, generation: int) -> bool:
        return generation == self._intake.generation and not self._over

    async def _acknowledge(self) -> None:
        if self._acked <= self._ack_sent:
            return
        self._ack_sent = self._acked
        refused = self._hub.ingest.refused(self._node)
        news = max(0, refused.values - self._refused_told)
        self._refused_told = refused.values
        reason = refused.reason if news else ""
        await self._say(Ack(sequence=self._acked, refused=news, reason=reason))

    async def _put_off(self, error: Unavailable | LimitExceeded) -> None:
        """Take nothing until the agent begins again; the Beat behind Later is the fence."""
        if not self.hindrance:
            log.warning("batches are put off", extra={"node": self._node, "error": str(error)})
        self.hindrance = str(error)
        fence_ns = self._beats.next_ns()
        self._intake.refuse(self._acked, fence_ns)
        self._ack_sent = self._acked
        wait_s = max(1.0, error.retry_after_s or _LIMITED_S)
        await self._say(Later(acked=self._acked, retry_after_s=wait_s, reason=str(error)))
        await self._beats.say(fence_ns)
