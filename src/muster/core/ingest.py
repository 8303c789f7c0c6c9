"""A Batch on its way in: stamped, named, on disk, then to the head and whoever watches.

What the payload claims of `host`, `node` and `space` is replaced by what the certificate
says. `accept` returns once the rows are on disk; only then may they be acknowledged. Each
sink stands behind a bounded queue and misses rows rather than holding others up.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from muster.clock import DAY_NS, SECOND_NS, Clock, span_ns
from muster.errors import InputError, LimitExceeded, MusterError
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Batch, Block, Layout, Series, Tags
from muster.ports.series import Catalogue, Cohort, Head, Journal, Sink

log = logging.getLogger(__name__)

_EPOCH = 64  # characters
_EPOCHS = 100  # of one node since the start: where each of them stands is kept for good
_LAYOUTS = 64  # of one node whose stamped form is remembered


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of ingest. Rows from the future are kept, counted and shown."""

    future: timedelta = timedelta(minutes=10)  # a row further ahead of our clock is skewed
    strange_days: int = 400  # days outside of 40 back and 1 ahead, that one node may fill
    sink_blocks: int = 1_000  # waiting for one sink


class Counts(NamedTuple):
    """What came in since the start."""

    values: int
    batches: int
    duplicates: int
    skewed_rows: int
    dropped: dict[str, int]  # sink -> blocks


class _Node:
    """What is remembered of one sending node."""

    def __init__(self, space: SpaceId, name: str) -> None:
        self.space = space
        self.name = name
        self.cohorts: dict[int, tuple[Layout, Cohort]] = {}  # by identity of the Layout
        self.skew_s = 0.0
        self.days: set[int] = set()
        self.epochs: set[str] = set()


class _Watcher:
    """A sink and its queue."""

    def __init__(self, sink: Sink, size: int) -> None:
        self.sink = sink
        self.queue: asyncio.Queue[tuple[Cohort, Block]] = asyncio.Queue(size)
        self.dropped = 0

    def offer(self, cohort: Cohort, block: Block) -> None:
        if self.queue.full():
            self.dropped += 1
        else:
            self.queue.put_nowait((cohort, block))

    async def run(self) -> None:
        while True:
            cohort, block = await self.queue.get()
            try:
                await self.sink.take(cohort, block)
            except Exception:
                # One broken watcher must not take the hub with it.
                self.dropped += 1
                log.exception("sink failed", extra={"sink": self.sink.name})


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
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._head = head
        self._clock = clock
        self._settings = settings
        self._watchers = [_Watcher(sink, settings.sink_blocks) for sink in sinks]
        self._nodes: dict[NodeId, _Node] = {}
        self._values = 0
        self._batches = 0
        self._duplicates = 0
        self._skewed_rows = 0

    async def run(self) -> None:
        """Serve the sinks until cancelled."""
        async with asyncio.TaskGroup() as group:
            for watcher in self._watchers:
                group.create_task(watcher.run())

    def acked(self, node: NodeId, epoch: str) -> int:
        """The newest sequence of a node's epoch on disk; 0 for none."""
        return self._journal.sequence(node, epoch)

    async def accept(self, identity: Identity, name: str, batch: Batch) -> int:
        """Take a batch in; the sequence that may be acknowledged, once it is on disk.

        Errors: LimitExceeded when the node has too many series or the batch is too large;
                InputError when the batch contradicts itself; Unavailable when the disk is
                full or the engine far behind. Nothing of the batch is kept then.
        """
        return await self.accept_all(identity, name, [batch])

    async def accept_all(self, identity: Identity, name: str, batches: Sequence[Batch]) -> int:
        """Take a node's batches in as `accept` does one, with one wait for all of them.

        Errors: as `accept`, of the first that is not taken; what came before it is kept, and
                `acked` tells.
        """
        waiting: list[asyncio.Future[int]] = []
        refusal: MusterError | None = None
        try:
            for batch in batches:
                future = self._submit(identity, name, batch)
                if future is not None:
                    waiting.append(future)
        except MusterError as error:
            refusal = error
        try:
            for future in waiting:
                await future
        finally:
            for future in waiting:
                future.cancel()  # of no interest any more, with whatever comes of it
        if refusal is not None:
            raise refusal
        return self.acked(identity.node, batches[-1].epoch)

    def _submit(self, identity: Identity, name: str, batch: Batch) -> "asyncio.Future[int] | None":
        """Send a batch on its way to the disk; None when it is there already."""
        _check_bounds(identity.node, batch)
        node = self._node(identity, name)
        if batch.sequence <= self.acked(identity.node, batch.epoch):
            self._duplicates += 1
            return None
        _check_epoch(identity.node, node, batch.epoch)
        self._check(identity.node, node, batch)
        blocks = [(self._cohort(identity, node, block.layout), block) for block in batch.blocks]
        return self._journal.submit(
            blocks,
            (identity.node, batch.epoch, batch.sequence),
            partial(self._landed, blocks),
        )

    def forget(self, node: NodeId) -> None:
        """A node was removed: its series are found no more."""
        self._nodes.pop(node, None)
        self._catalogue.remove(node)
        self._journal.forget(node)

    def skew_s(self, node: NodeId) -> float:
        """How far a node's newest rows were ahead of the hub's clock; 0 within the limit."""
        known = self._nodes.get(node)
        return known.skew_s if known is not None else 0.0

    def counts(self) -> Counts:
        dropped = {watcher.sink.name: watcher.dropped for watcher in self._watchers}
        return Counts(self._values, self._batches, self._duplicates, self._skewed_rows, dropped)

    def _landed(self, blocks: Sequence[tuple[Cohort, Block]], segment: int) -> None:
        """The rows are on disk."""
        self._batches += 1
        for cohort, block in blocks:
            present = block.present
            self._values += len(block.values) if present is None else present.count(1)
            self._head.append(cohort, block, segment)
            for watcher in self._watchers:
                watcher.offer(cohort, block)

    def _node(self, identity: Identity, name: str) -> _Node:
        node = self._nodes.get(identity.node)
        if node is None or node.name != name or node.space != identity.space:
            node = self._nodes[identity.node] = _Node(identity.space, name)
        return node

    def _check(self, node_id: NodeId, node: _Node, batch: Batch) -> None:
        now, future_ns = self._clock.now_ns(), span_ns(self._settings.future)
        node.skew_s = 0.0
        for block in batch.blocks:
            cells = block.rows * len(block.layout.series)
            if len(block.values) != cells or len(block.present or b"") not in (0, cells):
                raise InputError(
                    f"batch {batch.sequence} of node {node_id}: a block of {block.rows} rows and "
                    f"{len(block.layout.series)} series holds {len(block.values)} values"
                )
            if not block.rows:
                continue
            newest, oldest = max(block.times), min(block.times)
            if newest > now + future_ns:
                self._skewed_rows += block.rows
                node.skew_s = max(node.skew_s, (newest - now) / SECOND_NS)
            if newest > now + DAY_NS or oldest < now - 40 * DAY_NS:
                self._check_days(node_id, node, block)

    def _check_days(self, node_id: NodeId, node: _Node, block: Block) -> None:
        """Every day is a partition of the engine: a wild clock must not make thousands."""
        node.days |= {time_ns // DAY_NS for time_ns in block.times}
        if len(node.days) > self._settings.strange_days:
            raise LimitExceeded(
                f"node {node_id} sent rows of {len(node.days)} days far from today; set its clock"
            )

    def _cohort(self, identity: Identity, node: _Node, layout: Layout) -> Cohort:
        known = node.cohorts.get(id(layout))
        if known is not None:  # the entry holds the Layout, so its id can't be another's
            return known[1]
        stamps = {"host": node.name, "node": identity.node, "space": identity.space}
        cohort = self._catalogue.cohort(identity.node, stamped(layout, stamps))
        if len(node.cohorts) >= _LAYOUTS:
            del node.cohorts[next(iter(node.cohorts))]
        node.cohorts[id(layout)] = (layout, cohort)
        return cohort


def _check_epoch(node_id: NodeId, node: _Node, epoch: str) -> None:
    """A spool begins a new epoch when it is lost: seldom. Errors: LimitExceeded."""
    if epoch not in node.epochs and len(node.epochs) >= _EPOCHS:
        raise LimitExceeded(f"node {node_id} began {_EPOCHS} epochs since the hub started")
    node.epochs.add(epoch)


def _check_bounds(node: NodeId, batch: Batch) -> None:
    if not (0 < batch.sequence < 1 << 63 and 0 < len(batch.epoch) <= _EPOCH):
        raise InputError(
            f"not a batch of node {node}: epoch {batch.epoch[:99]!r}, sequence {batch.sequence}"
        )


def stamped(layout: Layout, stamps: Mapping[str, str]) -> Layout:
    """The same series under tags that the hub vouches for."""
    stamp = tuple(stamps.items())
    seen: dict[Tags, Tags] = {}
    last: Tags | None = None
    tags: Tags = ()
    series = []
    for one in layout.series:
        if one.tags is not last:  # neighbours mostly share theirs
            last = one.tags
            if last not in seen:
                kept = [pair for pair in last if pair[0] not in stamps]
                seen[last] = tuple(sorted([*kept, *stamp]))
            tags = seen[last]
        series.append(Series(one.measurement, tags, one.field, one.kind))
    return Layout(tuple(series))
