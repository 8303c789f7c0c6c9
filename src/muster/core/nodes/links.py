"""Who is connected: the newest link of each node, and what to say of those that have none.

One identity has one link. A newer one ends the older: that is how a renewed certificate
takes over, and how two holders of one identity show. Ages are measured by monotonic time,
so that a wall clock that jumps makes nobody stale.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.changes import GONE, NodeChange
from muster.core.nodes.deadlines import Deadlines
from muster.errors import MusterError, Unavailable
from muster.model.ids import NodeId
from muster.model.inventory import Link, Node, NodeState, Told
from muster.ports.session import Session

log = logging.getLogger(__name__)

SHUTDOWN = "shutdown"  # code of the goodbye of a hub that stops
SUPERSEDED_RETRY_S = 60.0  # two holders of one identity shall not take turns every second
_WRITES_S = 120.0  # how long writes by another wire may be apart
_CLOSE_S = 5.0
_CLOSE_ALL_S = 6.0  # a hub that is told to stop has ten seconds; who was not told just comes back
# On the machine, by dialect: what makes an agent connect, and what tells why it does not.
_STEPS = {
    "muster": ("muster agent run", "muster doctor"),
    "netdata": ("netdatacli aclk-state", "netdatacli aclk-state"),
}
_BACK_PER_S = 300  # links that a hub opens in a second beside its other work, rather less


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a node counts as live, stale or offline."""

    late: timedelta = timedelta(seconds=15)  # a node without values for so long is stale
    gone: timedelta = timedelta(seconds=60)  # a node without a link for so long is offline
    ask: timedelta = timedelta(seconds=10)  # how long a node has to answer a question over its link
    write_seen: timedelta = timedelta(seconds=10)  # how often "last seen" goes to disk


class _Ended(msgspec.Struct, frozen=True):
    """The last link of a node that has none now."""

    link: Link
    at: float
    told: Told | None = None  # the state that holds from then on; None: it is judged by its age


class Links:
    """The connected sessions. All calls run on the event loop's thread.

    `state_of` and `link_of` only look, and may be called on any. `touch` writes when nodes were
    last seen; it blocks and is run in a thread.
    """

    def __init__(
        self,
        clock: Clock,
        settings: LinkSettings,
        touch: Callable[[Mapping[NodeId, int]], None],
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._touch = touch
        self._open: dict[NodeId, Session] = {}
        self._ended: dict[NodeId, _Ended] = {}
        self._wrote: dict[NodeId, float] = {}  # of those with a link
        self._unwritten: dict[NodeId, int] = {}
        self._written: dict[NodeId, int] = {}
        self._states: dict[NodeId, NodeState] = {}
        self._deadlines = Deadlines()  # of those whose state changes if nothing is heard
        self._often: set[NodeId] = set()  # whose state may change at any moment
        self._watchers: list[Callable[[NodeId], None]] = []
        self._cuts: asyncio.Queue[tuple[NodeId, NodeChange]] = asyncio.Queue()
        self._late_s = settings.late.total_seconds()
        self._gone_s = settings.gone.total_seconds()
        self._started = clock.monotonic()

    def __len__(self) -> int:
        return len(self._open)

    async def register(self, node: NodeId, session: Session) -> None:
        """Make a session the node's link. An older one has ended when this returns."""
        older = self._open.get(node)
        self._open[node] = session
        self._ended.pop(node, None)
        if older is not None:
            log.info("link superseded", extra={"node": node, "address": session.link.address})
            await _end(
                older,
                "superseded",
                f"this node has connected again from {session.link.address}",
                SUPERSEDED_RETRY_S,
            )
        self._look_at(node)

    def wrote(self, node: NodeId) -> None:
        """Values came that a node's certificate stands for, by another wire than its link.

        Telegraf writes every ten seconds or minute, beside an agent that sends none itself.
        """
        if node in self._open:
            self._wrote[node] = self._clock.monotonic()

    def _silent_s(self, node: NodeId, session: Session, now: float) -> float:
        silent = now - session.heard
        wrote = self._wrote.get(node)
        return silent if wrote is None else min(silent, max(0.0, now - wrote - _WRITES_S))

    def session_of(self, node: NodeId) -> Session | None:
        """The open link of a node."""
        return self._open.get(node)

    def unregister(
        self, node: NodeId, session: Session, reason: str, told: Told | None = None
    ) -> None:
        """Take a session out, unless a newer one has its place.

        `told` is the node's state from now on, where its age shall not decide.
        """
        if self._open.get(node) is not session:
            return
        del self._open[node]
        self._wrote.pop(node, None)
        link = msgspec.structs.replace(session.link, ended=reason or "closed by the agent")
        if told is not None:
            link = msgspec.structs.replace(link, state_since_ns=told.since_ns)
        self._ended[node] = _Ended(link, self._clock.monotonic(), told)
        self._unwritten[node] = link.last_seen_ns
        self._look_at(node)

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes: a node that may no longer connect is cut off by `run`."""
        if change is NodeChange.REVOKED or change in GONE:
            self._cuts.put_nowait((node, change))

    async def _cut_off(self) -> None:
        """Each cut by itself: a node that takes no goodbye keeps no other one linked."""
        async with asyncio.TaskGroup() as jobs:
            while True:
                jobs.create_task(self._cut_one(*await self._cuts.get()))

    async def _cut_one(self, node: NodeId, change: NodeChange) -> None:
        await self.cut(node, change.value, f"this node was {change.value} at the hub")
        if change in GONE:
            for table in (self._ended, self._unwritten, self._written, self._states):
                table.pop(node, None)
            self._look_again(node)

    def link_of(self, node: Node) -> Link:
        """The link as it is, or as it was when it ended."""
        if session := self._open.get(node.id):
            return session.link
        if ended := self._ended.get(node.id):
            return ended.link
        return Link(dialect=node.dialect, last_seen_ns=node.last_seen_ns)

    def last_seen_ns(self, node: Node) -> int:
        """When it was last heard of, by its link or by the records."""
        if session := self._open.get(node.id):
            return max(node.last_seen_ns, session.last_seen_ns)
        if ended := self._ended.get(node.id):
            return max(node.last_seen_ns, ended.link.last_seen_ns)
        return node.last_seen_ns

    def state_of(self, node: Node) -> tuple[NodeState, str]:
        """The state, its cause and the next step; a live node has one only if all is not well."""
        if node.revoked_ns:
            reason = f": {node.revoked_reason}" if node.revoked_reason else ""
            return NodeState.REVOKED, f"Revoked {self._when(node.revoked_ns)}{reason}."
        known = self._connection_state(node.id)
        if known is not None:
            return known
        begin, look = _STEPS.get(node.dialect, _STEPS["muster"])
        if not node.last_seen_ns:
            text = f"Claimed {self._when(node.created_ns)}, never connected."
            return NodeState.PENDING, f"{text} On the machine: {begin}"
        age = self._clock.monotonic() - self._started
        if age <= self._gone_s:
            text = f"The hub started {_ago(age)} ago; the agent has not come back yet."
            return NodeState.STALE, text
        text = f"No contact since {self._when(node.last_seen_ns)}."
        return NodeState.OFFLINE, f"{text} On the machine: {look}"

    def _connection_state(self, node: NodeId) -> tuple[NodeState, str] | None:
        """By what this run of the hub has seen; None when it has seen nothing."""
        now = self._clock.monotonic()
        if session := self._open.get(node):
            if (told := session.told) is not None:
                return self._as_told(told)
            return _by_values(session, self._silent_s(node, session, now), self._late_s)
        if (ended := self._ended.get(node)) is None:
            return None
        if ended.told is not None:
            return self._as_told(ended.told)
        reason = ended.link.ended
        if now - ended.at <= self._gone_s:
            return NodeState.STALE, f"Link lost {_ago(now - ended.at)} ago: {reason}."
        text = f"No contact since {self._when(ended.link.last_seen_ns)}: {reason}."
        return NodeState.OFFLINE, f"{text} On the machine: muster doctor"

    def _as_told(self, told: Told) -> tuple[NodeState, str]:
        if not told.cause:
            return told.state, ""
        return told.state, f"Since {self._when(told.since_ns)}: {told.cause}."

    def _when(self, time_ns: int) -> str:
        moment = datetime.fromtimestamp(time_ns / SECOND_NS, UTC)
        today = datetime.fromtimestamp(self._clock.now_ns() / SECOND_NS, UTC).date()
        if moment.date() == today:
            return f"{moment:%H:%M} UTC"
        return f"{moment.day} {moment:%b %Y %H:%M} UTC"

    async def ask(self, node: NodeId, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Put a live question to a node.

        Errors: Unavailable when it is not connected or does not answer in time; InputError
                with the node's own words.
        """
        session = self._open.get(node)
        if session is None:
            raise Unavailable("the node is not connected", retry_after_s=10)
        try:
            async with asyncio.timeout(self._settings.ask.total_seconds()):
                return await session.ask(method, arguments)
        except TimeoutError as error:
            seconds = self._settings.ask.total_seconds()
            raise Unavailable(f"the node gave no answer within {seconds:g} s") from error

    async def cut(self, node: NodeId, code: str, text: str) -> bool:
        """End a node's link at once; whether it had one."""
        session = self._open.get(node)
        if session is None:
            return False
        await _end(session, code, text)
        return True

    async def close_all(self, text: str, retry_after_s: float) -> None:
        """Say Goodbye to everyone, as the hub stops.

        To all in one turn of the loop, and nobody's answer is waited for: a hub that is told to
        stop has ten seconds, for ten thousand as well. Each is asked to stay away a little
        longer than the one before, so that they come back one after the other.
        """

        async def end(place: int, session: Session) -> None:
            await _end(session, SHUTDOWN, text, retry_after_s + place // _BACK_PER_S)

        sessions = list(self._open.values())
        try:
            async with asyncio.timeout(_CLOSE_ALL_S):
                await asyncio.gather(*(end(*each) for each in enumerate(sessions)))
        except TimeoutError:
            log.warning("no time to say goodbye to all", extra={"links": len(self._open)})

    def watch(self, changed: Callable[[NodeId], None]) -> None:
        """Be told of every node whose link or state changes. `changed` is quick and silent."""
        self._watchers.append(changed)

    def look(self) -> None:
        """Notice states that change because time passes.

        Of ten thousand nodes nearly none does in a second: looked at are those that have not
        been heard for long, and causes are not put into words.
        """
        now = self._clock.monotonic()
        for node in (*self._often, *self._deadlines.due(now)):
            if self._states.get(node) is not self._state_now(node, now):
                self._look_at(node)
            else:
                self._look_again(node)

    def _state_now(self, node: NodeId, now: float) -> NodeState | None:
        """As `_connection_state`, without words."""
        if session := self._open.get(node):
            if (told := session.told) is not None:
                return told.state
            is_live = self._silent_s(node, session, now) <= self._late_s
            return NodeState.LIVE if is_live else NodeState.STALE
        if (ended := self._ended.get(node)) is None:
            return self._states.get(node)
        if ended.told is not None:
            return ended.told.state
        return NodeState.STALE if now - ended.at <= self._gone_s else NodeState.OFFLINE

    def _look_again(self, node: NodeId) -> None:
        """Say when a node's state may change by itself."""
        self._often.discard(node)
        self._deadlines.drop(node)
        if session := self._open.get(node):
            if session.told is not None or self._states.get(node) is not NodeState.LIVE:
                self._often.add(node)
                return
            at = session.heard
            if (wrote := self._wrote.get(node)) is not None:
                at = max(at, wrote + _WRITES_S)
            self._deadlines.put(node, at + self._late_s)
            return
        ended = self._ended.get(node)
        if ended and ended.told is None and self._states.get(node) is NodeState.STALE:
            self._deadlines.put(node, ended.at + self._gone_s)

    def told_anew(self, node: NodeId) -> None:
        """A session's `told` has changed: tell the watchers now, not at the next look."""
        self._look_at(node)

    def _look_at(self, node: NodeId) -> None:
        known = self._connection_state(node)
        if known is None:
            return
        self._states[node] = known[0]
        self._look_again(node)
        for changed in self._watchers:
            changed(node)

    async def write_seen(self) -> None:
        """Write when nodes were last seen. What cannot be written waits for the next time."""
        seen, self._unwritten = self._unwritten, {}
        for node, session in self._open.items():
            if (time_ns := session.last_seen_ns) > self._written.get(node, 0):
                seen[node] = time_ns
        if not seen:
            return
        try:
            await asyncio.to_thread(self._touch, seen)
        except MusterError as error:
            log.warning("last-seen times not written", extra={"error": str(error)})
            self._unwritten = seen | self._unwritten
        else:
            self._written |= seen

    async def run(self) -> None:
        """Keep states and "last seen" up to date and cut off who was revoked, until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self._cut_off())
            jobs.create_task(self._tick())

    async def _tick(self) -> None:
        due = self._clock.monotonic()
        while True:
            await asyncio.sleep(1)
            self.look()
            if self._clock.monotonic() >= due:
                due = self._clock.monotonic() + self._settings.write_seen.total_seconds()
                await self.write_seen()


async def _end(session: Session, code: str, text: str, retry_after_s: float = 0.0) -> None:
    """End a session; one that does not end in time is left to its own time-outs."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await session.end(code, text, retry_after_s)
    except TimeoutError:
        log.warning("a link did not end in time", extra={"address": session.link.address})


def _by_values(session: Session, silent_s: float, late_s: float) -> tuple[NodeState, str]:
    if silent_s <= late_s:
        warning = session.warning
        return NodeState.LIVE, f"Not all is kept: {warning}." if warning else ""
    if session.hindrance:
        return NodeState.STALE, f"The hub takes no values: {session.hindrance}."
    text = f"Connected, but no values for {_ago(silent_s)}; due every second."
    return NodeState.STALE, f"{text} On the machine: muster agent status"


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{max(0, round(seconds))} s"
    return f"{round(seconds / 60)} min"
