"""One Netdata agent's link: MQTT over a WebSocket, from CONNECT to the end.

Steps:
 1. CONNECT within some seconds; its password was given for the answer to a challenge, and is
    good once
 2. the claim still opens a link: its node is neither revoked nor removed, its key the newest
 3. a copy of an agent that still answers is turned away; else an older link of the node ends
 4. CONNACK; the node has this link now, its claim is looked at once more; the next may come in
 5. "reachable": the agent is asked for its nodes, and twice again, because one that has just
    started says of itself at first that it measures nothing
 6. messages go to nodes.py, answers to queries.py
 7. the end: a farewell, silence, or the connection's; all nodes go that were reached by it
What an agent sends wrongly ends its own link, is counted, and harms nobody else.
All links together, and what comes of time: link.py

Source: docs/faces/netdata.md, "Link"
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from muster.core.pace import Pace
from muster.errors import LimitExceeded, MusterError, ProtocolError, Unavailable, cause_of
from muster.faces.netdata.around import Around
from muster.faces.netdata.farewell import farewell, reason_of
from muster.faces.netdata.holder import second_of
from muster.faces.netdata.nodes import Memo, Nodes
from muster.faces.netdata.outbox import Outbox
from muster.faces.netdata.queries import Queries
from muster.faces.netdata.replies import Replies
from muster.model.address import is_own_machine
from muster.model.clone import CloneHolder, holder_at
from muster.model.ids import NodeId
from muster.model.keyclaim import KeyClaim
from muster.net.http import Request, Socket
from muster.wire.netdata.broker import Broker, Connected, Disconnected, Event, Published, State
from muster.wire.netdata.messages import SendNodeInstances, UpdateAgentConnection
from muster.wire.netdata.mqttfields import MqttError
from muster.wire.netdata.protobuf import decode
from muster.wire.netdata.topics import CONNECTION, HTTP

log = logging.getLogger(__name__)

ASK_AGAIN_S = (5.0, 10.0)  # after "reachable": SendNodeInstances once more
_ALIVE_S = 3.0  # for an agent to show that it is there
_SEND_S = 1.0  # for what is said last


class Register(Protocol):
    """link.NetdataLinks: which node has which link."""

    def link_of(self, node: NodeId) -> "AgentLink | None": ...
    def enter(self, link: "AgentLink") -> None: ...
    def depart(self, link: "AgentLink") -> None: ...


class AgentLink:
    """One connection of an agent; a session.Speaker and a queries.Outlet once it is open."""

    __slots__ = (
        *("_answer", "_around", "_asks_due", "_broker", "_claim", "_ending", "_gone", "_is_over"),
        *("_nodes", "_outbox", "_pace", "_register", "_settle", "_socket", "_started", "address"),
        *("heard", "held_by", "last_seen_ns", "memo", "queries", "reason", "session_id"),
        "since_ns",
    )

    def __init__(
        self, around: Around, nodes: Nodes, register: Register, request: Request, socket: Socket
    ) -> None:
        self._around = around
        self._nodes = nodes
        self._register = register
        self._settle = request.settle
        self._socket = socket
        self._broker = Broker(max_packet_bytes=around.settings.packet_bytes)
        self._outbox = Outbox(self._broker, socket, around.settings.backlog)
        self._pace = Pace(around.clock, around.settings.messages_per_second)
        self._claim: KeyClaim | None = None
        self._ending = False  # the agent was told to go
        self._is_over = False
        self._gone: asyncio.Event | None = None  # of who waits for the end
        self._answer: asyncio.Event | None = None  # of who waits for a sign of life
        self._asks_due: tuple[float, ...] = ()
        self._started = around.clock.monotonic()
        self.address = request.address
        self.memo = Memo(Pace(around.clock, around.settings.writes_per_second))
        self.queries: Queries | None = None
        self.held_by = CloneHolder()
        self.session_id = 0
        self.since_ns = self.last_seen_ns = around.clock.now_ns()
        self.heard = self._started
        self.reason = ""  # why it ended

    @property
    def claim(self) -> KeyClaim:
        """See nodes.AgentsLink."""
        if self._claim is None:
            raise TypeError("nobody has connected by this link")
        return self._claim

    @property
    def is_open(self) -> bool:
        return self._claim is not None

    @property
    def node(self) -> NodeId:
        """See session.Speaker."""
        return self.claim.node

    @property
    def claim_id(self) -> str:
        """See session.Speaker."""
        return self.claim.id

    @property
    def age_s(self) -> float:
        """See session.Speaker."""
        return self._around.clock.monotonic() - self._started

    @property
    def warning(self) -> str:
        """See session.Speaker."""
        around, node = self._around, self.node
        if around.contexts.is_cut(node):
            return f"a node may have {around.settings.contexts} contexts"
        if around.alerts.is_cut(node):
            return f"a node may have {around.settings.alerts} alerts"
        if self.memo.is_full:
            return f"an agent may speak for {around.settings.children} children"
        return ""

    async def run(self) -> None:
        """Steps 1 to 7."""
        try:
            async with asyncio.TaskGroup() as jobs:
                self._outbox.jobs = jobs
                try:
                    await self._read()
                finally:
                    self._outbox.jobs = None
        except BaseExceptionGroup as group:
            await self._fail(cause_of(group))
        finally:
            self._end()
            if self._gone is not None:
                self._gone.set()

    async def _read(self) -> None:
        async for data in self._socket:
            if isinstance(data, str):
                raise ProtocolError("a text frame on a link of binary ones")
            self.hear()
            events = self._broker.receive(data)
            await self._take_all(events)
            await self._outbox.flush_after(events)
            if self._is_over or self._broker.state is State.CLOSED:
                break
        self._end()  # now: what still waits to be sent may wait long

    def hear(self) -> None:
        """See replies.Hears."""
        self.heard = self._around.clock.monotonic()
        self.last_seen_ns = self._around.clock.now_ns()
        if self._answer is not None:
            self._answer.set()

    @property
    def takes_replies(self) -> bool:
        """See replies.Hears."""
        return self.is_open and not (self._ending or self._is_over)

    async def _take_all(self, events: list[Event]) -> None:
        for event in events:
            if wait_s := self._pace.spend(1):
                await asyncio.sleep(wait_s)
            match event:
                case Connected():
                    await self._connect(event)
                case Published(name=name, topic=topic, payload=payload):
                    await self._published(name, topic, payload)
                case Disconnected(with_will=with_will):
                    self.reason = self.reason or (
                        "the connection was lost" if with_will else "the agent said goodbye"
                    )
                case _:
                    pass  # subscribed, acknowledged

    async def _connect(self, asked: Connected) -> None:
        """1 to 4. Errors: those of what refuses, after the agent was told."""
        try:
            claim = await self._admit(asked)
        except MusterError as error:
            self._broker.refuse(reason_of(error))
            self._around.counts.refused += 1
            raise
        # 4
        self._claim = claim
        self._around.counts.opened += 1
        self._register.enter(self)
        events = self._broker.accept()
        if self._broker.topics is None:
            raise TypeError("a client has connected and has no topics")
        self.queries = Queries(
            topics=self._broker.topics,
            outlet=self,
            clock=self._around.clock,
            settings=self._around.queries,
            is_near=is_own_machine(self.address),
        )
        replies = Replies(self, self._broker, self._outbox, self._pace, self.queries)
        self._socket.look_first(replies.look)
        self.memo.streams.doubt(claim.node, self._around.away_s(claim.node))
        await self._around.sessions.report(claim.node, self, 0, is_live=False, is_queryable=False)
        self._around.claims.key_of(claim.id)  # a node revoked just now was not here to be cut off
        self._settle()
        await self._take_all(events)

    async def _admit(self, asked: Connected) -> KeyClaim:
        # 1
        claim = self._around.passwords.verify(asked.client_id, asked.user, asked.password)
        if asked.will is not None:
            self.session_id = decode(UpdateAgentConnection, asked.will.payload).session_id
        # 2
        claim = self._around.claims.key_of(claim.id)
        await self._around.claims.opened(claim)
        # 3
        self.held_by = holder_at(claim.id, self.address, self._around.clock.now_ns())
        while (older := self._register.link_of(claim.node)) is not None and older is not self:
            if older.claim_id == claim.id:
                self.held_by = second_of(self.held_by, older.held_by)
                await self._around.holders.meet(claim.node, self.held_by)
            await older.leave("superseded", f"this agent has connected again from {self.address}")
        return claim

    async def _published(self, name: str, topic: str, payload: bytes) -> None:
        """6: what it is, its topic tells."""
        if name == CONNECTION:
            await self._connection(decode(UpdateAgentConnection, payload))
        elif self._ending:
            pass
        elif name == HTTP:
            if self.queries is not None:
                self.queries.take_reply(topic.rpartition("/")[2], payload)
        else:
            await self._nodes.take(self, name, payload)

    async def _connection(self, message: UpdateAgentConnection) -> None:
        """5, or a farewell. After a claim anew the farewell may name either claim."""
        if 0 < message.session_id < self.session_id:
            return  # of a session that is over
        if not message.reachable:
            self.reason = self.reason or "the agent said goodbye"
            self._around.sessions.leave(self, {self.node, *self.memo.nodes}, self.reason)
            return
        if message.claim_id != self.claim.id:
            raise ProtocolError(f"not the claim of this link: {message.claim_id[:64]!r}")
        if self._ending:
            return
        self.session_id = message.session_id
        await self._around.sessions.report(self.node, self, 0, is_live=False, is_queryable=True)
        now = self._around.clock.monotonic()
        self._asks_due = tuple(now + each for each in ASK_AGAIN_S)
        self._ask_nodes()

    def look(self) -> None:
        """Notice that time has passed; called every second or so."""
        now, settings = self._around.clock.monotonic(), self._around.settings
        if not self.is_open:
            if now - self._started > settings.connect.total_seconds():
                self.drop("the agent did not say in time who it is")
            return
        if now - self.heard > settings.silence.total_seconds():
            self.drop(f"no word from the agent for {now - self.heard:.0f} s")
        elif self._asks_due and now >= self._asks_due[0]:
            self._asks_due = self._asks_due[1:]
            self._ask_nodes()
        self._around.sessions.look_at(self.node)
        self._nodes.begin_streams(self)

    def compare_alerts(self) -> None:
        """Let the agent notice by itself that changes of alerts were lost."""
        self.memo.streams.compare_alerts(self._around, self)

    def _ask_nodes(self) -> None:
        self.say(SendNodeInstances(claim_id=self.claim.id, space_id=self.claim.space))

    def say(self, message: msgspec.Struct) -> None:
        """See nodes.AgentsLink. Who takes too little is cut off."""
        try:
            self._send(lambda: self._broker.send_command(message, qos=1))
        except LimitExceeded as error:
            self.drop(str(error))
        except (MqttError, Unavailable):
            log.debug("a link that is over is told nothing more", extra={"address": self.address})

    def send_request(self, payload: bytes) -> None:
        """See queries.Outlet."""
        self._send(lambda: self._broker.send_query(payload))

    def send_command(self, message: msgspec.Struct) -> None:
        """See queries.Outlet."""
        self.say(message)

    async def is_alive(self) -> bool:
        """See session.Speaker: an agent acknowledges what it is asked, whatever it makes of it."""
        if self._is_over:
            return False
        self._answer = self._answer or asyncio.Event()
        self._answer.clear()
        self._ask_nodes()
        try:
            async with asyncio.timeout(_ALIVE_S):
                await self._answer.wait()
        except TimeoutError:
            return False
        return not self._is_over

    async def leave(self, code: str, text: str, retry_after_s: float = 0.0) -> None:
        """See session.Speaker. An agent that does not go by itself is closed on."""
        self._ending = True
        self.reason = self.reason or text
        if not self._is_over and code != "superseded":
            self.say(farewell(code, text, retry_after_s, self._around.clock.now_ns()))
            await self._wait_gone(self._around.settings.farewell.total_seconds())
        self._end()
        if code != "shutdown":  # then the listener closes all that are left
            await self._socket.close(1000, code)

    def drop(self, reason: str) -> None:
        """End the link from this side, without a word and without waiting."""
        self.reason = self.reason or reason
        jobs = self._outbox.jobs
        if jobs is not None and not self._is_over:
            jobs.create_task(self._socket.close(1008, reason))
        self._end()

    async def _wait_gone(self, seconds: float) -> None:
        self._gone = self._gone or asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            log.debug("an agent did not go by itself", extra={"address": self.address})

    def _end(self) -> None:
        """7, once."""
        if self._is_over:
            return
        self._is_over = True
        self._settle()
        self.reason = self.reason or "the connection was lost"
        if self.queries is not None:
            self.queries.link_ended(self.reason)
        if self._claim is not None:
            self._around.sessions.leave(self, {self.node, *self.memo.nodes}, self.reason)
        self._register.depart(self)

    async def _fail(self, error: BaseException) -> None:
        """What came of it when it did not end by itself."""
        if isinstance(error, ConnectionError):
            self.reason = self.reason or f"the connection was lost ({error})"
            return
        if not isinstance(error, MusterError):
            raise error
        self.reason = self.reason or str(error)
        if self.is_open:
            self._around.counts.broken += 1
        log.info(
            "link of a Netdata agent refused" if not self.is_open else "link of an agent broken",
            extra={"address": self.address, "code": error.code, "error": str(error)},
        )
        self._end()
        try:
            async with asyncio.timeout(_SEND_S):
                await self._outbox.flush()
        except (TimeoutError, ConnectionError):
            log.debug("the reason could not be told", extra={"address": self.address})
        await self._socket.close(1008, str(error))

    def _send(self, publish: Callable[[], int]) -> None:
        """Errors: Unavailable, LimitExceeded, MqttError; nothing was sent."""
        if self._is_over:
            raise Unavailable("the link has ended", retry_after_s=10)
        self._outbox.publish(publish)
