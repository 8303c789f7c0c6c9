"""What browsers see change: the hub's one tick a second and the sessions that hear it.

Everything that is the same for several browsers is made once per tick, and only when
somebody listens. A session that is slow skips ticks; nobody waits for it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from muster.clock import Clock
from muster.core.access import spaces_of
from muster.core.changes import GONE, NodeChange
from muster.core.live.livesession import LiveSession, LiveSettings, LiveSocket
from muster.core.live.sparks import Sparks
from muster.core.live.summaries import Numbers, Summaries
from muster.core.live.watches import Watches
from muster.core.querying.query import Queries
from muster.errors import LimitExceeded
from muster.model.access import Action, Actor, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node, NodeState
from muster.model.metric import Block
from muster.ports.approvals import Queue
from muster.ports.series import Cohort

PIECE = 1_000  # nodes of a table that are told at once


class Nodes(Protocol):
    """core.nodes.inventory.Inventory, as far as it is needed here."""

    def nodes(self, actor: Actor | None) -> list[Node]: ...
    def find(self, id: NodeId) -> Node | None: ...
    def scope(self, actor: Actor | None, action: Action = Action.NODE_READ) -> Scope: ...


class States(Protocol):
    """core.nodes.links.Links, as far as it is needed here."""

    def state_of(self, node: Node) -> tuple[NodeState, str]: ...
    def last_seen_ns(self, node: Node) -> int: ...


Views = Callable[[Sequence[Node], Actor | None], Sequence[msgspec.Struct]]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A node in a row of the table: percent, bytes per second, None when unknown."""

    id: NodeId
    state: NodeState
    cause: str
    last_seen_ns: int
    cpu: float | None
    memory: float | None
    disk: float | None
    disk_path: str | None
    rx: float | None
    tx: float | None


class Live:
    """The sessions of all browsers. `run` ticks; `serve` is one browser's session.

    It is a ports.journal.Sink, and a watcher of core.changes and core.nodes.links.
    `views` makes what a browser of an actor is told of nodes that changed, `pulse` the hub's
    own state, `queues` tells how many wait for an admin in each space.
    """

    name = "live"

    def __init__(
        self,
        *,
        queries: Queries,
        summaries: Summaries,
        inventory: Nodes,
        links: States,
        views: Views,
        pulse: Callable[[], object],
        queues: Callable[[], Mapping[SpaceId, Queue]] = dict,
        clock: Clock,
        settings: LiveSettings | None = None,
    ) -> None:
        self.queries = queries
        self.watches = Watches(queries=queries, clock=clock)
        self.settings = settings or LiveSettings()
        self.clock = clock
        self.skipped = 0  # ticks that slow sessions missed
        self.sparks = Sparks(summaries=summaries, clock=clock)
        self._summaries = summaries
        self._inventory = inventory
        self._links = links
        self._views = views
        self._pulse = pulse
        self._queues = queues
        self._nodes: dict[NodeId, Node] | None = None
        self._sessions: set[LiveSession] = set()
        self._of_user: Counter[str] = Counter()
        self._orders: dict[Scope, list[Node]] = {}
        self._pieces: dict[tuple[Scope, int], bytes] = {}
        self._moved: dict[NodeId, None] = {}  # nodes that changed and are not in `_news` yet
        self._news: list[NodeId] = []
        self.turn = 0  # of the piece that pages are told
        self._pulse_now = b""
        self._queues_now: Mapping[SpaceId, Queue] | None = None
        self._view_now: dict[NodeId, bytes] = {}

    async def run(self) -> None:
        """Tick once a second, until cancelled."""
        while True:
            await asyncio.sleep(1)
            self.tick()

    def tick(self) -> None:
        """A new moment: wake every session."""
        self.watches.begin_tick()
        self.sparks.record()
        self.turn += 1
        self._pieces.clear()
        self._news = list(self._moved)[:PIECE]
        for node in self._news:
            del self._moved[node]
        self._pulse_now = b""
        self._queues_now = None
        for session in self._sessions:
            session.tick()

    async def serve(
        self, actor: Actor, socket: LiveSocket, still: Callable[[], Awaitable[Actor | None]]
    ) -> None:
        """Talk to one browser until it leaves or its sign-in ends; `still` says who it is.

        Errors: LimitExceeded when too many are there.
        """
        if len(self._sessions) >= self.settings.clients:
            raise LimitExceeded(f"{len(self._sessions)} live pages are open already")
        if self._of_user[actor.name] >= self.settings.clients_per_user:
            many = self._of_user[actor.name]
            raise LimitExceeded(f"{actor.name!r} has {many} live pages open already; close some")
        session = LiveSession(self, actor, socket, still)
        self._sessions.add(session)
        self._of_user[actor.name] += 1
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            self._of_user[actor.name] -= 1
            if not self._of_user[actor.name]:
                del self._of_user[actor.name]

    def __len__(self) -> int:
        return len(self._sessions)

    async def take(self, cohort: Cohort, block: Block) -> None:
        """A sink of core.intake.ingest."""
        self._summaries.take(cohort, block)
        self.watches.note(cohort, block)

    def put(self, node: Node, numbers: Numbers) -> None:
        """Numbers of a node that sends none by itself, and was asked for them."""
        if self._inventory.find(node.id) is not None:  # it may have gone meanwhile
            self._summaries.put(node.id, node.space, numbers)

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        self._orders.clear()
        before = self._known().get(node)
        if change in GONE:
            self._known().pop(node, None)
            self._moved.pop(node, None)
            self._summaries.forget(node)
            self.sparks.forget(node)
            self.watches.forget(node)
            now = None
        else:
            now = self._inventory.find(node)
            if now is not None:
                self._known()[node] = now
        if (either := now or before) is not None:
            self._tell(either)

    def state_changed(self, node: NodeId) -> None:
        """Watcher of core.nodes.links."""
        if (known := self._known().get(node)) is not None:
            self._tell(known)

    def _tell(self, node: Node) -> None:
        self._view_now.pop(node.id, None)
        self._moved[node.id] = None
        for session in self._sessions:
            session.node_changed(node.id, node.space)

    def scope_of(self, actor: Actor) -> Scope:
        """What an actor may look at just now."""
        return self._inventory.scope(actor, Action.NODE_READ)

    def pieces(self, scope: Scope) -> int:
        """How many pieces the table of all nodes that a scope holds comes in; at least one."""
        return max(1, -(-len(self._order(scope)) // PIECE))

    def table(self, scope: Scope, piece: int = 0) -> bytes:
        """Summaries of a piece of a scope's nodes, made once per tick.

        Beside them those whose state changed since the tick before, from any piece.
        """
        known = self._pieces.get((scope, piece))
        if known is None:
            order = self._order(scope)
            nodes = order[piece * PIECE : (piece + 1) * PIECE]
            if len(order) > PIECE:
                nodes = list({node.id: node for node in (*nodes, *self._changed(scope))}.values())
            rows = [self._summary(node) for node in nodes]
            told: Mapping[str, object] = {"t": self.watches.now_ns, "nodes": rows}
            known = self._pieces[scope, piece] = msgspec.json.encode(told)
        return known

    def _order(self, scope: Scope) -> list[Node]:
        """The nodes of a scope; the same list until one changes."""
        order = self._orders.get(scope)
        if order is None:
            if len(self._orders) >= self.settings.clients:
                self._orders.clear()
            nodes = self._known().values()
            order = self._orders[scope] = [n for n in nodes if scope.holds(n.space, n.id)]
        return order

    def _changed(self, scope: Scope) -> list[Node]:
        known = self._known()
        nodes = [known[id] for id in self._news if id in known]
        return [node for node in nodes if scope.holds(node.space, node.id)]

    def pulse(self) -> bytes:
        """The hub's own state, made once per tick."""
        if not self._pulse_now:
            self._pulse_now = msgspec.json.encode({"hub": self._pulse()})
        return self._pulse_now

    def queue(self, actor: Actor) -> Queue:
        """Who waits in the spaces where an actor decides; counted once per tick."""
        if self._queues_now is None:
            self._queues_now = self._queues()
        spaces = spaces_of(actor, Action.APPROVAL_DECIDE)
        mine = [q for space, q in self._queues_now.items() if spaces is None or space in spaces]
        return Queue(sum(q.waiting for q in mine), max((q.newest_ns for q in mine), default=0))

    def changes(self, nodes: Sequence[NodeId], actor: Actor) -> list[bytes]:
        """Messages of nodes that changed or went, made once for all who see whole spaces."""
        known = self._known()
        made = {} if actor.room_roles else self._view_now
        wanted = [known[node] for node in nodes if node in known and node not in made]
        for node, view in zip(wanted, self._views(wanted, actor) if wanted else (), strict=True):
            made[node.id] = msgspec.json.encode({"node": view})
        return [
            made[node] if node in known else msgspec.json.encode({"gone": node}) for node in nodes
        ]

    def _summary(self, node: Node) -> Summary:
        state, cause = self._links.state_of(node)
        numbers = self._summaries.numbers(node.id)
        if state in (NodeState.OFFLINE, NodeState.REVOKED, NodeState.PENDING):
            numbers = Numbers()
        return Summary(
            id=node.id,
            state=state,
            cause=cause,
            last_seen_ns=self._links.last_seen_ns(node),
            cpu=numbers.cpu,
            memory=numbers.memory,
            disk=numbers.disk,
            disk_path=numbers.disk_path,
            rx=numbers.rx,
            tx=numbers.tx,
        )

    def _known(self) -> dict[NodeId, Node]:
        if self._nodes is None:
            everybody = Actor(name="hub", operator=True)
            self._nodes = {node.id: node for node in self._inventory.nodes(everybody)}
        return self._nodes
