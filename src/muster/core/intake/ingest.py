"""A Batch on its way in: stamped, named, on disk, then to the head and whoever watches.

What the payload claims of `host`, `node` and `space` is replaced by what the certificate
says. `accept` returns once the rows are on disk; only then may they be acknowledged. What can
never be kept (series or days beyond what a node may have) is cut out, counted and told: the
rest of its batch is kept, and the node goes on. Of a space that keeps nothing the journal
gets the sequence alone, so that the batch is acknowledged and not sent again. Each sink stands
behind a bounded queue and misses rows rather than holding others up. What is sent on to others
is kept for them first: it must not be acknowledged before.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from muster.clock import SECOND_NS, Clock, span_ns
from muster.core.intake.batchchecks import Epochs, check_bounds, check_shapes, is_whole
from muster.core.intake.recentlayouts import RecentLayouts
from muster.core.intake.sinkqueue import SinkQueue
from muster.core.intake.stamps import stamped, stamps_of
from muster.core.intake.trim import Refusals, Refused, StrangeDays, cut_columns, cut_rows
from muster.errors import LimitExceeded, MusterError
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Batch, Block, Layout
from muster.ports.forwarding import Outward
from muster.ports.head import Head
from muster.ports.journal import Journal, Sink
from muster.ports.series import Catalogue, Cohort, NoRoom

log = logging.getLogger(__name__)

_JUDGED_S = 60.0  # so long a layout that had no room is not looked at again
_QUIET_S = 3_600.0  # without a refusal, until the next one is logged
_NOWHERE = 0  # the segment of rows that are not on disk and never will be: all are past it


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of ingest. Rows from the future are kept, counted and shown."""

    # rows further ahead of the hub's clock are kept, and counted as skewed
    future: timedelta = timedelta(minutes=10)
    # different days, over 40 back or 1 ahead, that one node's rows may lie in
    strange_days: int = 400
    # blocks that may wait for one reader of what comes in; more are missed by it
    sink_blocks: int = 1_000
    # new series that one node may begin within an hour; 0: any number
    new_series_per_hour: int = 25_000


class Counts(NamedTuple):
    """What came in since the start."""

    values: int
    batches: int
    duplicates: int
    skewed_rows: int
    refused: int  # values that can never be kept
    dropped: dict[str, int]  # sink -> blocks


class _Place(NamedTuple):
    """Where rows of a layout go. `columns`: those that do, when it is not all of them."""

    cohort: Cohort | None  # None: no column can be kept
    columns: Sequence[int] | None = None
    reason: str = ""
    until: float = 0.0  # monotonic; then it is judged again


class _Node:
    """What is remembered of one sending node."""

    __slots__ = ("days", "epochs", "handed", "name", "places", "skew_s", "space")

    def __init__(self, space: SpaceId, name: str, strange_days: int) -> None:
        self.space = space
        self.name = name
        self.places: RecentLayouts[_Place] = RecentLayouts()
        self.skew_s = 0.0
        self.days = StrangeDays(strange_days)
        self.epochs = Epochs()
        self.handed = ("", 0)  # epoch and sequence of the newest batch that was sent on


class _Kept:
    """What of a batch goes on, and what was cut out."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Cohort, Block]] = []
        self.refused = 0
        self.reason = ""

    def refuse(self, values: int, reason: str) -> None:
        self.refused += values
        self.reason = reason


class Ingest:
    """One object for all links; used on the event loop's thread."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        journal: Journal,
        head: Head,
        clock: Clock,
        sinks: Sequence[Sink] = (),
        settings: Settings,
        keeps: Callable[[SpaceId], bool] = lambda space: True,
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._head = head
        self._clock = clock
        self._settings = settings
        self._future_ns = span_ns(settings.future)
        self._keeps = keeps
        self._queues = [SinkQueue(sink, settings.sink_blocks) for sink in sinks]
        self._nodes: dict[NodeId, _Node] = {}
        self._values = self._batches = 0
        self._duplicates = 0
        self._skewed_rows = 0
        self._refusals = Refusals()
        self._outward: Outward | None = None

    def send_on(self, outward: Outward) -> None:
        """From here on rows go there too."""
        self._outward = outward

    async def run(self) -> None:
        """Serve the sinks until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in self._queues:
                group.create_task(queue.run())

    def acked(self, node: NodeId, epoch: str) -> int:
        """The newest sequence of a node's epoch on disk; 0 for none."""
        return self._journal.sequence(node, epoch)

    async def accept(self, identity: Identity, name: str, batch: Batch) -> int:
        """Take a batch in; the sequence that may be acknowledged, once it is on disk.

        What can never be kept is left out: `refused` tells how much and why.
        Errors: InputError when the batch contradicts itself; LimitExceeded when the node
                begins epochs too fast, Unavailable when the disk is full or the engine far
                behind: trying later helps. Nothing of the batch is kept then.
        """
        return await self.accept_all(identity, name, [batch])

    async def accept_all(self, identity: Identity, name: str, batches: Sequence[Batch]) -> int:
        """Take a node's batches in as `accept` does one, with one wait for all of them.

        Errors: as `accept`, of the first that is not taken; what came before it is kept, and
                `acked` tells.
        """
        if self._outward is not None:
            await self._hand_out(self._outward, identity, name, batches)
        waiting: list[tuple[Batch, asyncio.Future[int]]] = []
        refusal: MusterError | None = None
        try:
            for batch in batches:
                future = self._submit(identity, name, batch)
                if future is not None:
                    waiting.append((batch, future))
        except MusterError as error:
            refusal = error
        try:
            for batch, future in waiting:
                await self._landing(identity.node, batch, future)
        finally:
            for _, future in waiting:
                future.cancel()  # of no interest any more, with whatever comes of it
        if refusal is not None:
            raise refusal
        return self.acked(identity.node, batches[-1].epoch)

    async def _hand_out(
        self, outward: Outward, identity: Identity, name: str, batches: Sequence[Batch]
    ) -> None:
        """Keep what is new of some batches for whom it is sent on to.

        One that contradicts itself ends it: it is refused when it is to be stored.
        """
        stamps = stamps_of(identity, name)
        if not outward.wants(stamps):
            return
        kept = _Kept()  # what is refused is counted when it is stored
        node, handed = self._node(identity, name), ("", 0)
        for batch in batches:
            if batch.epoch == node.handed[0] and batch.sequence <= node.handed[1]:
                continue  # it was put off, and comes again
            if batch.sequence <= self.acked(identity.node, batch.epoch):
                continue
            if not all(map(is_whole, batch.blocks)):
                break
            for block in batch.blocks:
                self._keep(identity, node, block, kept)
            handed = batch.epoch, batch.sequence
        if kept.blocks:
            await outward.keep(stamps, kept.blocks)
            node.handed = handed

    def _submit(self, identity: Identity, name: str, batch: Batch) -> "asyncio.Future[int] | None":
        """Send a batch on its way to the disk; None when it is there already."""
        check_bounds(identity.node, batch)
        node = self._node(identity, name)
        if batch.sequence <= self.acked(identity.node, batch.epoch):
            self._duplicates += 1
            return None
        node.epochs.note(identity.node, batch.epoch, self._clock.monotonic())
        check_shapes(identity.node, batch)
        self._note_skew(node, batch)
        kept = _Kept()
        for block in batch.blocks:
            self._keep(identity, node, block, kept)
        source = (identity.node, batch.epoch, batch.sequence)
        if not self._keeps(identity.space):
            return self._journal.submit([], source, lambda _: self._landed(source, kept, _NOWHERE))
        try:
            return self._journal.submit(kept.blocks, source, partial(self._landed, source, kept))
        except LimitExceeded as error:  # it is larger than any that the journal takes
            lost = _Kept()
            lost.refuse(batch.values_total, str(error))
            return self._journal.submit([], source, partial(self._landed, source, lost))

    async def _landing(self, node: NodeId, batch: Batch, future: "asyncio.Future[int]") -> None:
        """Wait for a batch; one that the journal finds too large is left out."""
        try:
            await future
        except LimitExceeded as error:
            if batch.sequence > self.acked(node, batch.epoch):
                source = (node, batch.epoch, batch.sequence)
                await self._journal.submit([], source, lambda segment: None)
            lost = _Kept()
            lost.refuse(batch.values_total, str(error))
            self._note_refused(node, lost)

    def _keep(self, identity: Identity, node: _Node, block: Block, kept: _Kept) -> None:
        """What of a block can be kept goes to `kept`."""
        rows = node.days.fitting(block.times, self._clock.now_ns())
        if len(rows) < block.rows:
            fitting = cut_rows(block, rows)
            kept.refuse(
                block.values_total - fitting.values_total,
                f"rows of node {identity.node} are not kept: a node may have rows of"
                f" {self._settings.strange_days} days far from today (ingest.strange_days);"
                " set its clock",
            )
            block = fitting
        if not block.rows:
            return
        place = self._place(identity, node, block.layout)
        values = block.values_total if place.columns is not None else 0
        if place.cohort is not None:
            if place.columns is not None:
                block = cut_columns(block, place.columns, place.cohort.layout)
                values -= block.values_total
            kept.blocks.append((place.cohort, block))
        if values:
            kept.refuse(values, place.reason)

    def refused(self, node: NodeId) -> Refused:
        """What of a node could never be kept, since the hub's start."""
        return self._refusals.of(node)

    def forget(self, node: NodeId) -> None:
        """A node was removed: its series are found no more."""
        self._nodes.pop(node, None)
        self._refusals.forget(node)
        self._catalogue.remove(node)
        self._journal.forget(node)

    def skew_s(self, node: NodeId) -> float:
        """How far a node's newest rows were ahead of the hub's clock; 0 within the limit."""
        known = self._nodes.get(node)
        return known.skew_s if known is not None else 0.0

    def counts(self) -> Counts:
        dropped = {queue.sink.name: queue.dropped for queue in self._queues}
        sums = (self._values, self._batches, self._duplicates, self._skewed_rows)
        return Counts(*sums, self._refusals.values, dropped)

    def _landed(self, source: tuple[NodeId, str, int], kept: _Kept, segment: int) -> None:
        """The rows are on disk."""
        self.take_in(kept.blocks, segment)
        if kept.refused and source[0] in self._nodes:  # else it was removed meanwhile
            self._note_refused(source[0], kept)

    def take_in(self, blocks: Sequence[tuple[Cohort, Block]], segment: int) -> None:
        """A batch is on disk: its rows can be asked for from here on."""
        self._batches += 1
        for cohort, block in blocks:
            self._values += block.values_total
            self._head.append(cohort, block, segment)
            for queue in self._queues:
                queue.offer(cohort, block)

    def _note_refused(self, node: NodeId, kept: _Kept) -> None:
        now, before = self._clock.monotonic(), self._refusals.of(node)
        if not before.values or now - before.at > _QUIET_S:
            log.warning(
                "values are not kept, now or later",
                extra={"node": node, "values": kept.refused, "error": kept.reason},
            )
        self._refusals.note(node, kept.refused, kept.reason, now)

    def _node(self, identity: Identity, name: str) -> _Node:
        node = self._nodes.get(identity.node)
        if node is None or node.name != name or node.space != identity.space:
            node = self._nodes[identity.node] = _Node(
                identity.space, name, self._settings.strange_days
            )
        return node

    def _note_skew(self, node: _Node, batch: Batch) -> None:
        now, future_ns = self._clock.now_ns(), self._future_ns
        node.skew_s = 0.0
        for block in batch.blocks:
            newest = max(block.times, default=0)
            if newest > now + future_ns:
                self._skewed_rows += block.rows
                node.skew_s = max(node.skew_s, (newest - now) / SECOND_NS)

    def _place(self, identity: Identity, node: _Node, layout: Layout) -> _Place:
        known = node.places.get(layout)
        if known is None or (known.columns is not None and self._clock.monotonic() >= known.until):
            known = self._judge(identity.node, stamped(layout, stamps_of(identity, node.name)))
            node.places.put(layout, known)
        return known

    def _judge(self, node: NodeId, layout: Layout) -> _Place:
        """The cohort of a stamped layout, or of as much of it as there is room for."""
        try:
            return _Place(self._catalogue.cohort(node, layout))
        except NoRoom as error:
            columns, reason = error.columns, str(error)
        fitting = Layout(tuple(layout.series[column] for column in columns))
        cohort = self._catalogue.cohort(node, fitting) if columns else None
        return _Place(cohort, columns, reason, self._clock.monotonic() + _JUDGED_S)
