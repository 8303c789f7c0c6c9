"""Points of databases on their way in: stamped, named, on disk, then to the head and who watches.

Beside core/intake/ingest.py, by which nodes' batches come. Somebody waits for the answer here, so
what cannot be kept is refused to them, point by point, and not cut out. A body has a layout for
each series; those that have points at the same times are kept as one, as rows of a node are.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from muster.clock import Clock
from muster.core.intake.ingest import Ingest
from muster.core.intake.recentlayouts import RecentLayouts
from muster.core.intake.stamps import stamped
from muster.core.intake.trim import StrangeDays
from muster.core.writes.widening import Widener
from muster.core.writes.writegate import WriteGates
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import STOCK
from muster.model.metric import Block
from muster.ports.forwarding import Outward
from muster.ports.journal import Journal
from muster.ports.series import Catalogue, Cohort, NoRoom, SeriesRef

log = logging.getLogger(__name__)

EPOCH = "points"
_NOBODY = NodeId("")  # whose batch is empty: the end of a queue
_OWNERS = 1_000  # whose layouts are remembered
_LAYOUTS = 1_024  # of one owner, that are remembered
_PIECE_BYTES = 4 << 20  # that go to the journal at once
_PIECE_BLOCKS = 2_000  # likewise
_TURN = 500  # blocks until others have theirs
_QUIET_S = 3_600.0  # until it is logged again that there is no room
_JUDGED_S = 60.0  # so long a layout that had no room is not looked at again


class Owner(msgspec.Struct, frozen=True):
    """Whose series points become, and the tags that the hub vouches for."""

    node: NodeId
    space: SpaceId
    stamps: tuple[tuple[str, str], ...]


class _Place(NamedTuple):
    cohort: Cohort | None
    reason: str = ""  # why there is none
    until: float = 0.0  # monotonic; then it is judged again


class _Known:
    """What is remembered of one owner."""

    def __init__(self, strange_days: int) -> None:
        self.places: RecentLayouts[_Place] = RecentLayouts(_LAYOUTS)
        self.days = StrangeDays(strange_days)
        self.widener = Widener()


class PointIngest:
    """One object for all writes; used on the event loop's thread."""

    def __init__(
        self,
        *,
        ingest: Ingest,
        catalogue: Catalogue,
        journal: Journal,
        clock: Clock,
        strange_days: int,
        keeps: Callable[[SpaceId], bool] = lambda space: True,
    ) -> None:
        self._ingest = ingest
        self._catalogue = catalogue
        self._journal = journal
        self._clock = clock
        self._strange_days = strange_days
        self._keeps = keeps
        self._owners: dict[Owner, _Known] = {}
        self._newest: dict[NodeId, int] = {}  # sequence that was given
        self._told: dict[NodeId, float] = {}  # when their full room was logged last
        self._outward: Outward | None = None
        self._heard: Callable[[NodeId], None] | None = None
        self.gates = WriteGates()  # whoever accepts for a database passes its gate

    def send_on(self, outward: Outward) -> None:
        """From here on points go there too, before they are acknowledged.

        What the disk refused goes nowhere: its writer comes again.
        """
        self._outward = outward

    def tell(self, heard: Callable[[NodeId], None]) -> None:
        """From here on `heard` is told whose points were taken; it knows nodes from stocks."""
        self._heard = heard

    async def accept(
        self, owner: Owner, blocks: Sequence[Block], *, wide: bool = False
    ) -> list[str]:
        """For each block why it is not kept; empty when it is, and on disk.

        `wide`: they are rows of many series already, which go as they come or not at all.

        Errors: Unavailable when the disk is full or the engine far behind, LimitExceeded for a
                block that is larger than any. Some blocks may be kept then; to write them again
                changes nothing.
        """
        known = self._known(owner)
        reasons = [""] * len(blocks)
        kept: list[tuple[Cohort, Block]] = []
        widened = _as_they_come(blocks) if wide else known.widener.widened(blocks)
        for number, (row, members) in enumerate(widened):
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)  # a body of a hundred thousand series takes seconds
            place = self._place(owner, known, row)
            if place.cohort is not None:
                kept.append((place.cohort, row))
                continue
            for member in members:  # not for all of them is there no room
                place = self._place(owner, known, blocks[member])
                reasons[member] = place.reason
                if place.cohort is not None:
                    kept.append((place.cohort, blocks[member]))
        if kept and self._keeps(owner.space):
            await self._store(owner.node, kept)
        if kept and self._outward is not None:
            await self._outward.keep(dict(owner.stamps), kept)
        if kept and self._heard is not None:
            self._heard(owner.node)
        return reasons

    async def _store(self, node: NodeId, kept: Sequence[tuple[Cohort, Block]]) -> None:
        landing: list[asyncio.Future[int]] = []
        try:
            landing.extend(self._submit(node, piece) for piece in _pieces(kept))
            for future in landing:
                await future
        finally:
            for future in landing:
                future.cancel()  # of no interest any more, with whatever comes of it

    def forget(self, node: NodeId) -> None:
        """Series that a node, or a stock, owns are found no more."""
        self._forget({node})
        self._catalogue.remove(node)
        self._journal.forget(node)

    def forget_tagged(self, key: str, value: str) -> None:
        """Series with a tag that the hub gave are found no more."""
        self._forget(self._catalogue.remove_tagged(key, value))

    def series_of(self, stock: str) -> list[SeriesRef]:
        """All series of a policy of a database."""
        return self._catalogue.tagged(STOCK, stock)

    def drop(self, refs: Collection[SeriesRef]) -> None:
        """Single series have no points any more; while no write is under way."""
        self._forget(self._catalogue.drop(refs))

    async def settle(self) -> None:
        """All that was submitted before has landed, also what nobody waits for any more.

        Errors: Unavailable.
        """
        await self._submit(_NOBODY, [])

    def _forget(self, nodes: Collection[NodeId]) -> None:
        self._owners = {one: known for one, known in self._owners.items() if one.node not in nodes}

    def _place(self, owner: Owner, known: _Known, block: Block) -> _Place:
        if len(known.days.fitting(block.times, self._clock.now_ns())) < block.rows:
            text = f"points of {self._strange_days} days far from today are kept, not of more"
            return _Place(None, f"{text} (ingest.strange_days)")
        place = known.places.get(block.layout)
        if place is None or (place.reason and self._clock.monotonic() >= place.until):
            place = self._judge(owner, block)
            known.places.put(block.layout, place)
        return place

    def _judge(self, owner: Owner, block: Block) -> _Place:
        layout = stamped(block.layout, dict(owner.stamps))
        try:
            return _Place(self._catalogue.cohort(owner.node, layout))
        except NoRoom as error:
            self._tell(owner, error)
            return _Place(None, str(error), self._clock.monotonic() + _JUDGED_S)

    def _tell(self, owner: Owner, error: NoRoom) -> None:
        """Once in a while: whoever writes gets InfluxDB's words, which name no offender."""
        now = self._clock.monotonic()
        if now - self._told.get(owner.node, -_QUIET_S) < _QUIET_S:
            return
        self._told = {node: at for node, at in self._told.items() if now - at < _QUIET_S}
        self._told[owner.node] = now
        told = {"owner": owner.node, "error": str(error), "most": error.offender}
        log.warning("points of new series are not kept", extra={**dict(owner.stamps), **told})

    def _submit(
        self, node: NodeId, blocks: Sequence[tuple[Cohort, Block]]
    ) -> "asyncio.Future[int]":
        newest = max(self._newest.get(node, 0), self._journal.sequence(node, EPOCH)) + 1
        source = (node, EPOCH, newest)
        future = self._journal.submit(blocks, source, partial(self._ingest.take_in, blocks))
        self._newest[node] = newest
        return future

    def _known(self, owner: Owner) -> _Known:
        known = self._owners.pop(owner, None) or _Known(self._strange_days)
        self._owners[owner] = known  # the one that was asked for last is last
        if len(self._owners) > _OWNERS:
            del self._owners[next(iter(self._owners))]
        return known


def _as_they_come(blocks: Sequence[Block]) -> list[tuple[Block, list[int]]]:
    return [(block, [place]) for place, block in enumerate(blocks)]


def _pieces(
    blocks: Sequence[tuple[Cohort, Block]],
) -> list[list[tuple[Cohort, Block]]]:
    """The blocks in parts that the journal takes."""
    pieces: list[list[tuple[Cohort, Block]]] = [[]]
    size = 0
    for cohort, block in blocks:
        if size > _PIECE_BYTES or len(pieces[-1]) >= _PIECE_BLOCKS:
            pieces.append([])
            size = 0
        pieces[-1].append((cohort, block))
        size += 8 * (len(block.times) + len(block.values))
    return pieces
