"""The nodes that Netdata agents speak for just now, each a ports.session.Session.

One node may be spoken for by several agents at once: by its own, and by parents it streams to.
Each is a way to it, with what that agent says of it. The best way answers for the node:

- live: some agent says that it is measured
- stale: none does, but one can be asked about its past
- offline: no agent that is connected can say anything
- pending (what Netdata calls unseen): it was claimed, and no agent has ever spoken for it

A child goes with its parent's link. An agent that was just started says of itself that it is
not measured before it says that it is; for so long it counts as live, because it is there.

Source: docs/faces/netdata.md, "States"
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from muster.clock import Clock
from muster.core.nodes.links import Links
from muster.errors import InputError, Unavailable
from muster.faces.netdata.queries import Queries
from muster.log import Secret
from muster.model.clone import CloneHolder
from muster.model.ids import NodeId
from muster.model.inventory import Link, NodeState, Told

DIALECT = "netdata"
WARM_UP_S = 20.0  # an agent that starts says "not measured" for up to 16 s

NameOf = Callable[[NodeId], str]


class Speaker(Protocol):
    """An agent's link, as far as nodes are concerned that it speaks for."""

    @property
    def node(self) -> NodeId:
        """The agent's own."""
        ...

    @property
    def claim_id(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def since_ns(self) -> int: ...
    @property
    def last_seen_ns(self) -> int: ...
    @property
    def heard(self) -> float:
        """Monotonic time at which anything last came."""
        ...

    @property
    def age_s(self) -> float: ...
    @property
    def warning(self) -> str: ...
    @property
    def queries(self) -> Queries | None: ...
    @property
    def held_by(self) -> CloneHolder: ...
    async def is_alive(self) -> bool: ...
    async def leave(self, code: str, text: str, retry_after_s: float) -> None:
        """Tell the agent to go, and close."""
        ...


class Way:
    """What one agent says of one node."""

    __slots__ = ("hops", "is_live", "is_queryable", "speaker")

    def __init__(self, speaker: Speaker, hops: int, *, is_live: bool, is_queryable: bool) -> None:
        self.speaker = speaker
        self.hops = hops
        self.is_live = is_live
        self.is_queryable = is_queryable

    @property
    def counts_as_live(self) -> bool:
        if self.hops or not self.is_queryable:
            return self.is_live
        return self.is_live or self.speaker.age_s < WARM_UP_S

    @property
    def rank(self) -> tuple[bool, bool, int]:
        return self.counts_as_live, self.is_queryable, -self.hops


class NodeSession:
    """One node with at least one way to it. Made and ended by Sessions."""

    __slots__ = ("_clock", "_name_of", "_sessions", "_told", "_told_by", "node", "ways")

    def __init__(self, node: NodeId, sessions: "Sessions", clock: Clock, name_of: NameOf) -> None:
        self.node = node
        self.ways: list[Way] = []
        self._sessions = sessions
        self._clock = clock
        self._name_of = name_of
        self._told: Told | None = None
        self._told_by: Way | None = None

    @property
    def best(self) -> Way:
        """The way that answers for the node."""
        ways = self.ways
        return ways[0] if len(ways) == 1 else max(ways, key=lambda way: way.rank)

    @property
    def link(self) -> Link:
        """See ports.session.Session."""
        way = self.best
        return Link(
            dialect=DIALECT,
            address=way.speaker.address,
            tls="TLS",
            since_ns=way.speaker.since_ns,
            last_seen_ns=self.last_seen_ns,
            warning=way.speaker.warning,
            via=way.speaker.node if way.hops else "",
            state_since_ns=self.told.since_ns,
        )

    @property
    def told(self) -> Told:
        """See ports.session.Session."""
        return self._told or self._judge()

    @property
    def last_seen_ns(self) -> int:
        """See ports.session.Session. Of a node that is not measured: when that was said."""
        told = self.told
        return self.best.speaker.last_seen_ns if told.state is NodeState.LIVE else told.since_ns

    @property
    def warning(self) -> str:
        """See ports.session.Session."""
        return self.best.speaker.warning

    @property
    def heard(self) -> float:
        """See ports.session.Session."""
        return self.best.speaker.heard

    @property
    def hindrance(self) -> str:
        """See ports.session.Session."""
        return ""

    @property
    def held_by(self) -> CloneHolder:
        """See ports.session.Session. A child is nobody's identity."""
        way = self.best
        return CloneHolder() if way.hops else way.speaker.held_by

    async def is_alive(self) -> bool:
        """See ports.session.Session."""
        return await self.best.speaker.is_alive()

    async def fork(self, token: Secret, text: str) -> None:
        """See ports.session.Session."""
        raise Unavailable(
            "a Netdata agent cannot be told to fork: on the copy stop it, remove cloud.d and"
            " registry/netdata.public.unique.id of its library folder, and claim it anew"
        )

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """See ports.session.Session. Netdata agents are asked by faces/netdata/queries.py."""
        raise InputError(f"a Netdata agent knows no such question: {method[:40]!r}")

    async def end(self, code: str, text: str, retry_after_s: float = 0.0) -> None:
        """See ports.session.Session. The parent of a child stays connected."""
        own = [way.speaker for way in self.ways if not way.hops]
        for speaker in own:
            await speaker.leave(code, text, retry_after_s)
        self._sessions.drop(self.node, text)

    def refresh(self) -> bool:
        """Judge anew; whether the state is another, or by another way."""
        before, by = self._told, self._told_by
        now, self._told_by = self._judge(), self.best
        if before is not None and (before.state, before.cause) == (now.state, now.cause):
            return self._told_by is not by
        self._told = now
        return True

    def _judge(self) -> Told:
        state, cause = _state_of(self.best, self._name_of)
        return Told(state, cause, self._clock.now_ns())


class Sessions:
    """All NodeSessions. Runs on the event loop's thread."""

    def __init__(self, links: Links, clock: Clock, name_of: NameOf) -> None:
        self._links = links
        self._clock = clock
        self._name_of = name_of
        self._open: dict[NodeId, NodeSession] = {}

    def of(self, node: NodeId) -> NodeSession | None:
        return self._open.get(node)

    def nodes(self) -> list[NodeId]:
        """Those that some agent speaks for now."""
        return list(self._open)

    async def report(
        self, node: NodeId, speaker: Speaker, hops: int, *, is_live: bool, is_queryable: bool
    ) -> NodeSession | None:
        """An agent says how a node is. None when it has no more to do with it, or may not.

        A node with a link of its own by another wire is left to it, unless the agent is its own.
        """
        session = self._open.get(node)
        if not (is_live or is_queryable) and hops:
            if session is not None:
                self._remove(session, [speaker], f"{self._name_of(speaker.node)} has forgotten it")
            return None
        if session is None:
            if hops and self._links.session_of(node) is not None:
                return None
            session = NodeSession(node, self, self._clock, self._name_of)
            session.ways.append(Way(speaker, hops, is_live=is_live, is_queryable=is_queryable))
            session.refresh()
            self._open[node] = session
            await self._links.register(node, session)
            return session
        way = next((each for each in session.ways if each.speaker is speaker), None)
        if way is None:
            way = Way(speaker, hops, is_live=is_live, is_queryable=is_queryable)
            session.ways.append(way)
        way.hops, way.is_live, way.is_queryable = hops, is_live, is_queryable
        self._tell(session)
        return session

    def look_at(self, node: NodeId) -> None:
        """Notice that time has passed."""
        if (session := self._open.get(node)) is not None:
            self._tell(session)

    def leave(self, speaker: Speaker, nodes: Iterable[NodeId], reason: str) -> None:
        """An agent's link is over: it speaks for nobody any more."""
        for node in nodes:
            if (session := self._open.get(node)) is not None:
                self._remove(session, [speaker], self._why_gone(node, speaker, reason))

    def drop(self, node: NodeId, reason: str) -> None:
        """Let nobody speak for a node any more, for now."""
        if (session := self._open.get(node)) is not None:
            self._remove(session, [way.speaker for way in session.ways], reason)

    def _why_gone(self, node: NodeId, speaker: Speaker, reason: str) -> str:
        if node == speaker.node:
            return reason
        return f"the link of its parent {self._name_of(speaker.node)} has ended ({reason})"

    def _remove(self, session: NodeSession, speakers: list[Speaker], reason: str) -> None:
        left = [way for way in session.ways if way.speaker not in speakers]
        if left:
            if len(left) != len(session.ways):
                session.ways = left
                self._tell(session)
            return
        told = Told(NodeState.OFFLINE, reason, self._clock.now_ns())
        del self._open[session.node]
        self._links.unregister(session.node, session, reason, told)

    def _tell(self, session: NodeSession) -> None:
        if session.refresh():
            self._links.told_anew(session.node)


def _state_of(way: Way, name_of: NameOf) -> tuple[NodeState, str]:
    if way.counts_as_live:
        return NodeState.LIVE, ""
    if not way.hops and not way.is_queryable:
        return NodeState.STALE, "its agent is connected and has not said yet that it can be asked"
    if not way.hops:
        return NodeState.STALE, "its agent is connected and says that it measures nothing"
    parent = name_of(way.speaker.node)
    return NodeState.STALE, f"it sends its parent {parent} nothing, which keeps its past"
