"""Copies chosen contexts of Netdata nodes into the hub's store, where a space wants that.

A copy is a batch like an agent's. Its sequence is the newest second it holds, so the journal
itself knows how far a node is copied, over restarts and crashes, and no second is stored
twice. After a gap the agent is asked for what was missed, piece by piece, oldest first. What
was measured while nothing was to be kept is never fetched. A context that cannot be had
three times in a row is left out of a piece: the others do not wait for it.

Source: docs/guide/netdata.md, "Keeping values"
"""

import logging
from array import array
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from muster.clock import DAY_NS, SECOND_NS, Clock
from muster.core.intake.ingest import Ingest
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.spaces import Spaces
from muster.errors import MusterError, NotFound
from muster.faces.netdata.charts import ask_numbers
from muster.faces.netdata.chartwords import ChartData, Wanted
from muster.faces.netdata.keepnames import name_of
from muster.faces.netdata.queries import Queries
from muster.faces.netdata.reach import Reach, ReachOf
from muster.faces.netdata.turns import Turns
from muster.faces.netdata.units import are_shares
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import NetdataKeep, Node
from muster.model.metric import Batch, Block, Kind, Layout, Series, pattern_of
from muster.wire.netdata.messages import ContextUpdated

log = logging.getLogger(__name__)

EPOCH = "netdata-keep"
BACKFILL_S = 7 * DAY_NS // SECOND_NS  # a longer gap stays one
CONTEXTS_MAX = 300  # of one node
_EVERY_S = 5.0  # at most so often a node is asked, however fine the step
_IDLE_S = 300.0  # for nodes of spaces that keep nothing, unless that changes
_LATE_S = 5  # agents have a second whole only some time after it
_SETTLED_S = 60  # what an agent has not got by then it never will
_ROWS = 120  # in one piece
_PIECES = 8  # of one node, before the others have their turn
_AT_ONCE = 4  # nodes
_TRIES = 3


class _Piece(NamedTuple):
    """Seconds after `begin_s`, up to `end_s`."""

    node: Node
    reach: Reach
    queries: Queries
    step_s: int
    begin_s: int
    end_s: int


class _Trouble:
    """Which contexts of a node could not be had, and how often in a row."""

    def __init__(self) -> None:
        self.begin_s = 0
        self.tries: dict[str, int] = {}

    def begin(self, begin_s: int) -> None:
        if begin_s != self.begin_s:
            self.begin_s, self.tries = begin_s, {}


class Keeper:
    """Copies, as long as `run` runs. `connected`: nodes that somebody speaks for now.

    `is_ready` says whether the journal is open.
    """

    def __init__(
        self,
        *,
        hub: str,
        spaces: Spaces,
        inventory: Inventory,
        ingest: Ingest,
        connected: Callable[[], Iterable[NodeId]],
        reach_of: ReachOf,
        clock: Clock,
        is_ready: Callable[[], bool],
    ) -> None:
        self._is_ready = is_ready
        self._hub = hub
        self._spaces = spaces
        self._inventory = inventory
        self._ingest = ingest
        self._connected = connected
        self._reach_of = reach_of
        self._clock = clock
        self._keeps: dict[SpaceId, NetdataKeep] = {}
        self._due: dict[NodeId, float] = {}
        self._turns = Turns(
            due=self.due,
            serve=self._copy,
            at_once=_AT_ONCE,
            failed="copying failed",
        )
        self._trouble: dict[NodeId, _Trouble] = {}
        self.left_out = 0  # contexts of pieces, since the hub's start

    async def run(self) -> None:
        """Copy until cancelled."""
        await self._turns.run()

    def due(self) -> list[NodeId]:
        """Nodes whose turn it is, of spaces that keep something."""
        now = self._clock.monotonic()
        if not self._is_ready():
            return []  # the journal is not read yet, which knows how far each node is
        keeps = self._spaces.netdata_keeps()
        if keeps != self._keeps:
            self._keeps = keeps
            self._due.clear()  # whoever waits may have something to do now
        connected = set(self._connected()) if keeps else set()
        for gone in self._due.keys() - connected:
            del self._due[gone]
            self._trouble.pop(gone, None)
        return [
            node
            for node in connected
            if node not in self._turns.busy and self._due.get(node, 0.0) <= now
        ]

    async def _copy(self, id: NodeId) -> None:
        try:
            await self.copy(id)
        except MusterError as error:  # a full disk: the hub shows that as its own state
            log.debug("not copied", extra={"node": id, "error": str(error)})

    async def copy(self, id: NodeId) -> None:
        """Copy what is due of a node, or as much of it as is one turn's.

        Errors: Unavailable and LimitExceeded of core.intake.ingest, as for an agent's batch.
        """
        node, reach = self._inventory.find(id), self._reach_of(id)
        keep = self._spaces.netdata_keep(node.space) if node is not None else NetdataKeep()
        pause_s = max(_EVERY_S, keep.step_s) if keep.contexts else _IDLE_S
        self._due[id] = self._clock.monotonic() + pause_s
        if node is not None and reach is not None and keep.contexts:
            for _ in range(_PIECES):
                piece = self._next(node, reach, keep)
                if piece is None or not await self._copy_piece(piece, keep):
                    break
            else:
                self._due[id] = 0.0  # there is more: as soon as the others had their turn

    def _next(self, node: Node, reach: Reach, keep: NetdataKeep) -> _Piece | None:
        """The oldest piece that is missing; None too while nobody can be asked."""
        if (queries := reach.queries) is None:
            return None
        now_s, step_s = self._clock.now_ns() // SECOND_NS, keep.step_s
        acked = self._ingest.acked(node.id, EPOCH)
        begin_s = max(acked, keep.since_s, now_s - BACKFILL_S) // step_s * step_s
        end_s = min((now_s - _LATE_S) // step_s * step_s, begin_s + _ROWS * step_s)
        if end_s <= begin_s:
            return None
        return _Piece(node, reach, queries, step_s, begin_s, end_s)

    async def _copy_piece(self, piece: _Piece, keep: NetdataKeep) -> bool:
        """Whether there may be a next one."""
        trouble = self._trouble.setdefault(piece.node.id, _Trouble())
        trouble.begin(piece.begin_s)
        newest_s, blocks = 0, []
        acked_s = self._ingest.acked(piece.node.id, EPOCH)
        after_s = max(acked_s, keep.since_s, piece.begin_s)
        for context in chosen(piece.reach.contexts(), keep.contexts, piece.begin_s):
            if trouble.tries.get(context.id, 0) >= _TRIES:
                continue
            try:
                data = await ask_numbers(piece.reach, _wanted(piece, context))
            except NotFound:
                continue  # it is not collected any more, and its past is forgotten
            except MusterError as error:
                return self._note(piece, trouble, context.id, error)
            block = block_of(context.id, data, after_s, piece.end_s)
            if block is not None:
                blocks.append(block)
                newest_s = max(newest_s, block.times[-1] // SECOND_NS)
        now_s = self._clock.now_ns() // SECOND_NS
        if piece.end_s < now_s - _SETTLED_S:
            newest_s = piece.end_s
        if newest_s <= after_s:
            return False
        identity = Identity(self._hub, piece.node.space, piece.node.id)
        batch = Batch(EPOCH, newest_s, tuple(blocks))
        await self._ingest.accept(identity, piece.node.name, batch)
        return newest_s == piece.end_s

    def _note(self, piece: _Piece, trouble: _Trouble, context: str, error: MusterError) -> bool:
        """A context could not be had: the piece is tried again, some day without it."""
        reach = self._reach_of(piece.node.id)
        if reach is None or reach.queries is not piece.queries:
            return False  # the link has ended, which is not the context's fault
        tries = trouble.tries[context] = trouble.tries.get(context, 0) + 1
        if tries == _TRIES:
            self.left_out += 1
            log.warning(
                "a context is left out of a copy",
                extra={"node": piece.node.id, "context": context, "error": str(error)},
            )
        return False


def chosen(
    contexts: Iterable[ContextUpdated], patterns: Iterable[str], begin_s: int
) -> list[ContextUpdated]:
    """Contexts that a pattern fits and that had values after a second, by id; not too many."""
    fitting = [
        each
        for each in contexts
        if (each.last_entry == 0 or each.last_entry > begin_s)
        and any(fnmatchcase(each.id, pattern) for pattern in patterns)
    ]
    return sorted(fitting, key=lambda each: each.id)[:CONTEXTS_MAX]


def _wanted(piece: _Piece, context: ContextUpdated) -> Wanted:
    return Wanted(
        context=context.id,
        after=piece.begin_s,
        before=piece.end_s,
        points=(piece.end_s - piece.begin_s) // piece.step_s,
        is_share=are_shares(context.units),
        by_instance=True,
    )


def block_of(context: str, data: ChartData, after_s: int, end_s: int) -> Block | None:
    """Rows after one second and up to another, without those at the end that hold nothing.

    Of two labels that come to the same series the first counts.
    """
    columns: dict[Series, list[float | None]] = {}
    for label, values in zip(data.labels, data.values, strict=True):
        series, scale = name_of(context, label)
        columns.setdefault(series, [value and value * scale for value in values])
    rows = [row for row, at in enumerate(data.times) if after_s < at <= end_s]
    while rows and all(column[rows[-1]] is None for column in columns.values()):
        rows.pop()
    if not rows:
        return None
    cells = [column[row] for row in rows for column in columns.values()]
    present = bytes(cell is not None for cell in cells)
    return Block(
        layout=Layout(tuple(columns)),
        times=array("q", (data.times[row] * SECOND_NS for row in rows)),
        values=array("q", (_pattern(cell) for cell in cells)),
        present=None if all(present) else present,
    )


def _pattern(cell: float | None) -> int:
    return 0 if cell is None else pattern_of(float(cell), Kind.FLOAT)
