"""What a link takes in: which frames, how they become batches, how fast and how many at once.

Frames of one chain follow each other without a gap; a key frame may begin anywhere, because
a spool that overflowed has lost its oldest batches. After "later" nothing is taken until the
agent begins again: with the key frame at or before the first batch that is missing, or, once
the fence is passed, with any key frame. The fence is a Beat sent right behind "later": when
its time comes back, everything the agent had under way before it read "later" is through.
Without it a key frame from the middle of what was under way would look like a loss.
"""

import asyncio
import logging

from muster.clock import Clock
from muster.core.intake.recentlayouts import RecentLayouts
from muster.core.pace import Pace
from muster.errors import ProtocolError
from muster.model.metric import Batch, Block
from muster.wire.columns import ColumnDecoder
from muster.wire.limits import Limits
from muster.wire.sharednames import SharedNames

log = logging.getLogger(__name__)

# What a frame costs beside its values, as so many of them.
_DEFINED = 8  # a series, a tag or a column of a layout that has to be interned
_BLOCK = 16
_PLAIN_BYTES = 8  # of a frame's content that are a value, if it holds fewer


class Room:
    """Values of all links that are decoded and not on disk yet."""

    def __init__(self, values: int) -> None:
        self._most = values
        self.values = 0

    def is_full_with(self, values: int) -> bool:
        return self.values + values > self._most


class Waiting:
    """Batches between the reader of a link and the disk: bounded, and taken all at once.

    One batch always fits, so that no link waits for another: where `room` is full, each link
    holds one, beside those that are on their way to the disk.
    """

    __slots__ = (
        *("_emptied", "_filled", "_held", "_most_batches", "_most_values", "_over", "_room"),
        *("_under_way", "_values"),
    )

    def __init__(self, batches: int, values: int, room: Room) -> None:
        self._most_batches = batches
        self._most_values = values
        self._room = room
        self._under_way = 0  # values taken and not yet done with
        self._over = False
        self._held: list[tuple[int, Batch]] = []
        self._values = 0
        # Of ten thousand links nearly all wait here: a bare future, for an Event takes a kilobyte.
        self._filled: asyncio.Future[None] | None = None
        self._emptied: asyncio.Event | None = None  # while somebody waits for it

    async def put(self, generation: int, batch: Batch, values: int) -> None:
        """Hand on a batch of so many values; waits while there are too many."""
        while self._held and self._is_full_with(values):
            self._emptied = self._emptied or asyncio.Event()
            await self._emptied.wait()
        if self._over:
            return
        self._held.append((generation, batch))
        self._values += values
        self._room.values += values
        if self._filled is not None and not self._filled.done():
            self._filled.set_result(None)

    def _is_full_with(self, values: int) -> bool:
        return (
            len(self._held) >= self._most_batches
            or self._values + values > self._most_values
            or self._room.is_full_with(values)
        )

    async def take(self) -> list[tuple[int, Batch]]:
        """All that wait, at least one, with their generations. What was taken before is done."""
        self._settle()
        if not self._held:
            self._filled = asyncio.get_running_loop().create_future()
            await self._filled
            self._filled = None
        held, self._held = self._held, []
        self._under_way, self._values = self._values, 0
        if self._emptied is not None:
            self._emptied.set()
            self._emptied = None
        return held

    def _settle(self) -> None:
        self._room.values -= self._under_way
        self._under_way = 0

    def drop(self) -> None:
        """Nothing is taken any more: the link is over."""
        self._over = True
        self._settle()
        self._room.values -= self._values
        self._held, self._values = [], 0


class Intake:
    """The order of one link's frames, and their decoder."""

    __slots__ = (
        *("_decoder", "_epoch", "_expected", "_fence_ns", "_seen", "_taken"),
        *("generation", "pace", "refusing"),
    )

    def __init__(
        self,
        clock: Clock,
        values_per_second: float,
        limits: Limits,
        names: SharedNames | None = None,
    ) -> None:
        self.pace = Pace(clock, values_per_second)
        self.refusing = False
        self.generation = 0  # of what is handed on: one more with every refusal
        self._decoder = ColumnDecoder(limits, names=names)
        self._seen: RecentLayouts[bool] = RecentLayouts()  # as ingest remembers them
        self._epoch = ""
        self._taken = 0  # newest sequence handed on or known to be on disk
        self._expected = 0  # next frame of the chain; 0: only a key frame
        self._fence_ns = 0  # 0: passed

    def begin(self, epoch: str, acked: int) -> None:
        """Start a link whose spool is known up to `acked`."""
        self._epoch = epoch
        self._taken = acked

    def refuse(self, acked: int, fence_ns: int) -> None:
        """Take nothing until the agent begins again behind `acked`."""
        self.refusing = True
        self.generation += 1
        self._taken = acked
        self._expected = 0
        self._fence_ns = fence_ns

    def pass_fence(self, echo_ns: int) -> None:
        """A Beat came back with this time of ours."""
        if self._fence_ns and echo_ns >= self._fence_ns:
            self._fence_ns = 0

    def wants(self, sequence: int, *, key: bool) -> bool:
        """Whether a frame is to be decoded. Errors: ProtocolError for one out of order."""
        if self.refusing:
            begins_again = key and (sequence <= self._taken + 1 or not self._fence_ns)
            if not begins_again:
                return False
            self.refusing = False
        elif not key and sequence != self._expected:
            raise ProtocolError(
                f"batch {sequence} where {self._expected} was due: begin with a key frame"
                if self._expected
                else f"batch {sequence} without a key frame before it"
            )
        self._expected = sequence + 1
        return True

    def decode(self, body: bytes, *, key: bool) -> tuple[Block, ...]:
        """The blocks of a wanted frame. Errors: ProtocolError."""
        return self._decoder.decode(body, key=key)

    def cost(self, plain_bytes: int, blocks: tuple[Block, ...]) -> int:
        """What the frame decoded last takes, as a number of values; so long it was unpacked."""
        columns, values = self._decoder.defined, 0
        for block in blocks:
            values += block.values_total
            if self._seen.get(block.layout) is None:
                self._seen.put(block.layout, True)
                columns += len(block.layout.series)
        content = max(values, plain_bytes // _PLAIN_BYTES)
        return content + columns * _DEFINED + len(blocks) * _BLOCK

    def batch(self, generation: int, sequence: int, blocks: tuple[Block, ...]) -> Batch | None:
        """The batch to store; None when it is on its way, on disk or was refused meanwhile."""
        if generation != self.generation or sequence <= self._taken:
            return None
        if sequence > self._taken + 1:
            lost = sequence - self._taken - 1
            log.warning("batches missing before a key frame", extra={"batches": lost})
        self._taken = sequence
        return Batch(self._epoch, sequence, blocks)
