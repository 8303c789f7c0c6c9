"""What an agent says of the nodes it speaks for, and what that means for core.

Delivery is at most once, so nothing here relies on an order: a node that is not known yet is
passed over, counted, and told again after the next SendNodeInstances. An agent may speak for
its own node and for members of its space alone. Node ids are the hub's; an agent that comes
from another hub still has its old ones, and is given ours.

Source: docs/faces/netdata.md, "Nodes"
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from muster.core.pace import Pace
from muster.errors import MusterError
from muster.faces.netdata.around import Around, Said
from muster.faces.netdata.facts import capabilities_of, facts_of
from muster.faces.netdata.session import Speaker
from muster.faces.netdata.streams import Streams
from muster.model.ids import NodeId, is_uuid
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim
from muster.wire.netdata.messages import (
    FROM_AGENT,
    AlarmLogEntry,
    AlarmSnapshot,
    ContextsSnapshot,
    ContextsUpdated,
    CreateNodeInstance,
    CreateNodeInstanceResult,
    ProvideAlarmConfiguration,
    UpdateNodeCollectors,
    UpdateNodeInfo,
    UpdateNodeInstanceConnection,
)
from muster.wire.netdata.protobuf import decode

log = logging.getLogger(__name__)

THREAD_BYTES = 65_536  # messages from this size on are decoded in a thread
_MAX_ALIASES = 2_000
_MAX_COLLECTORS = 1_000


class Memo:
    """What the hub remembers of one link while it is open."""

    __slots__ = ("aliases", "is_full", "nodes", "renamed", "streams", "writes")

    def __init__(self, writes: Pace) -> None:
        self.writes = writes
        self.nodes: set[NodeId] = set()  # that the agent has reported
        self.aliases: dict[str, NodeId] = {}  # ids of another hub, to ours
        self.renamed: set[NodeId] = set()  # of which the agent does not use our id yet
        self.streams = Streams()
        self.is_full = False  # it has more children than it may have


class AgentsLink(Speaker, Protocol):
    """A Speaker that can be told something."""

    @property
    def claim(self) -> KeyClaim: ...
    @property
    def session_id(self) -> int: ...
    @property
    def memo(self) -> Memo: ...
    def say(self, message: msgspec.Struct) -> None:
        """Send one of wire.netdata.messages.TO_AGENT, without waiting."""
        ...


class Nodes:
    """Takes the messages of all links. Errors: ProtobufError for one that cannot be read."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._takes: dict[type, Callable[..., Awaitable[None]]] = {
            CreateNodeInstance: self._create,
            UpdateNodeInstanceConnection: self._report,
            UpdateNodeInfo: self._describe,
            UpdateNodeCollectors: self._collectors,
            ContextsSnapshot: self._contexts_snapshot,
            ContextsUpdated: self._contexts_updated,
            AlarmLogEntry: self._alarm,
            AlarmSnapshot: self._alarms,
            ProvideAlarmConfiguration: self._configuration,
        }

    async def take(self, link: AgentsLink, name: str, payload: bytes) -> None:
        """One message, by the name of its topic."""
        kind = FROM_AGENT.get(name)
        if kind is None or kind not in self._takes:
            return  # a topic that carries nothing any more
        if len(payload) >= THREAD_BYTES:
            message = await asyncio.to_thread(decode, kind, payload)
        else:
            message = decode(kind, payload)
        await self._takes[kind](link, message)

    async def _create(self, link: AgentsLink, message: CreateNodeInstance) -> None:
        """A host has no node id yet: give it one."""
        if message.hops <= 0 and message.machine_guid.lower() != link.claim.machine:
            self._ignore(link, "an agent of another machine than was claimed")
            return
        await _wait(link)
        name, hops = message.hostname, max(message.hops, 0)
        if (node := await self._member(link, message.machine_guid, name, hops)) is not None:
            link.say(CreateNodeInstanceResult(node_id=node.id, machine_guid=message.machine_guid))

    async def _member(
        self, link: AgentsLink, machine: str, hostname: str, hops: int
    ) -> Node | None:
        if hops and self._is_full(link):
            return None
        try:
            return await self._around.claims.member(link.claim, machine.lower(), hostname, hops)
        except MusterError as error:
            self._ignore(link, str(error))
            return None

    async def _report(self, link: AgentsLink, message: UpdateNodeInstanceConnection) -> None:
        """Whether a node is measured, and whether it can be asked about."""
        if 0 < message.session_id < link.session_id:
            return  # of a session that is over
        node, hops = self._reported(link, message), max(message.hops, 0)
        if node is None or not self._may_come(node):
            self._ignore(link, "a node that the agent does not speak for")
            return
        if node not in {link.node, *link.memo.nodes} and self._is_full(link):
            return
        if node not in link.memo.nodes and self._around.sessions.of(node) is None:
            link.memo.streams.doubt(node, self._around.away_s(node))
        link.memo.nodes.add(node)
        (link.memo.renamed.discard if message.node_id == node else link.memo.renamed.add)(node)
        session = await self._around.sessions.report(
            node, link, hops, is_live=message.liveness, is_queryable=message.queryable
        )
        if session is None:
            link.memo.nodes.discard(node)
            link.memo.renamed.discard(node)
            link.memo.streams.stop(node)
            return
        if enabled := capabilities_of(message.capabilities):
            said = self._around.said.get(node)
            said.capabilities = enabled
            self._around.said.put(node, said)
        self.begin_streams(link)

    def begin_streams(self, link: AgentsLink) -> None:
        """Ask for contexts and alerts of the nodes for which this link is now the best one."""
        memo = link.memo
        for node in memo.streams.missing(memo.nodes - memo.renamed):
            if self._counts(link, node):
                memo.streams.start(self._around, link, node)

    def _counts(self, link: AgentsLink, node: NodeId) -> bool:
        """Whether what this link says of a node counts: it is the best way to it."""
        session = self._around.sessions.of(node)
        return session is not None and session.best.speaker is link

    def _is_full(self, link: AgentsLink) -> bool:
        is_full = len(link.memo.nodes - {link.node}) >= self._around.settings.children
        if is_full:
            link.memo.is_full = True
            self._ignore(link, "more children than an agent may have")
        return is_full

    def _reported(self, link: AgentsLink, message: UpdateNodeInstanceConnection) -> NodeId | None:
        if message.hops > 0:
            node = self._known(link, message.node_id)
            return None if node == link.node else node
        if message.node_id != link.node:
            self._rename(link, message.node_id, link.node, link.claim.machine)
        return link.node

    def _rename(self, link: AgentsLink, theirs: str, ours: NodeId, machine: str) -> None:
        """The agent has an id of another hub: it shall use ours from now on."""
        if len(link.memo.aliases) < _MAX_ALIASES:
            link.memo.aliases[theirs[:64]] = ours
        link.say(CreateNodeInstanceResult(node_id=ours, machine_guid=machine))

    def _known(self, link: AgentsLink, node_id: str) -> NodeId | None:
        """The node of the agent's space that an id stands for."""
        if node_id == link.node or node_id in link.memo.nodes:
            return NodeId(node_id)  # without a look into the records
        if (ours := link.memo.aliases.get(node_id)) is not None:
            return ours
        member = self._around.claims.members.of(NodeId(node_id)) if is_uuid(node_id) else None
        if member is None or member.space != link.claim.space:
            return None
        return member.node

    def _may_come(self, node: NodeId) -> bool:
        known = self._around.inventory.find(node)
        return known is not None and not known.revoked_ns

    async def _describe(self, link: AgentsLink, message: UpdateNodeInfo) -> None:
        """What a host is."""
        await _wait(link)
        node = await self._described(link, message)
        if node is None or message.data is None:
            self._ignore(link, "information of an unknown node")
            return
        said = self._around.said.get(node)
        said.info = msgspec.structs.replace(message, node_id=node)
        if not said.capabilities:
            both = (message.node_info, message.node_instance_info)
            said.capabilities = capabilities_of(
                each for some in both if some for each in some.capabilities
            )
        self._around.said.put(node, said)
        address = link.address if node == link.node else ""
        await self._around.inventory.update_facts(node, facts_of(message.data), address)

    async def _described(self, link: AgentsLink, message: UpdateNodeInfo) -> NodeId | None:
        if not message.child:
            return link.node
        if (node := self._known(link, message.node_id)) is not None:
            return node if self._may_describe(link, node) else None
        machine, name = message.machine_guid, message.data.name if message.data else ""
        found = await self._member(link, machine, name, 1)
        if found is not None:
            self._rename(link, message.node_id, found.id, machine)
        return found.id if found else None

    def _may_describe(self, link: AgentsLink, node: NodeId) -> bool:
        """Of a child that nobody reports just now: its parent by the records."""
        if self._around.sessions.of(node) is not None:
            return self._counts(link, node)
        member = self._around.claims.members.of(node)
        return member is not None and member.via == link.node and self._may_come(node)

    async def _collectors(self, link: AgentsLink, message: UpdateNodeCollectors) -> None:
        if (node := self._spoken_for(link, message.node_id)) is not None:
            said: Said = self._around.said.get(node)
            said.collectors = message.collectors[:_MAX_COLLECTORS]
            self._around.said.put(node, said)

    async def _contexts_snapshot(self, link: AgentsLink, message: ContextsSnapshot) -> None:
        if (node := self._spoken_for(link, message.node_id)) is not None:
            self._around.contexts.take_snapshot(node, message)

    async def _contexts_updated(self, link: AgentsLink, message: ContextsUpdated) -> None:
        node = self._spoken_for(link, message.node_id)
        if node is not None and not self._around.contexts.take_updates(node, message):
            link.memo.streams.ask_contexts_again(self._around, link, node)

    async def _alarm(self, link: AgentsLink, message: AlarmLogEntry) -> None:
        if (node := self._spoken_for(link, message.node_id)) is not None:
            self._around.alerts.take_entry(node, message)
            link.memo.streams.ask_configurations(self._around, link, (message,))

    async def _alarms(self, link: AgentsLink, message: AlarmSnapshot) -> None:
        if (node := self._spoken_for(link, message.node_id)) is not None:
            self._around.alerts.take_snapshot(node, message)
            link.memo.streams.ask_configurations(self._around, link, message.alarms)

    async def _configuration(self, link: AgentsLink, message: ProvideAlarmConfiguration) -> None:
        """Taken when this agent was asked for it: it will be shown with others' alerts, too."""
        if link.memo.streams.was_asked(message.config_hash) and message.config is not None:
            self._around.alerts.keep_configuration(
                link.claim.space, message.config_hash, message.config
            )

    def _spoken_for(self, link: AgentsLink, node_id: str) -> NodeId | None:
        """A node that this link has reported."""
        node = link.memo.aliases.get(node_id) or NodeId(node_id)
        if node in link.memo.nodes and self._counts(link, node):
            return node
        self._ignore(link, "a node that the agent has not reported, or another one speaks for")
        return None

    def _ignore(self, link: AgentsLink, why: str) -> None:
        self._around.counts.ignored += 1
        log.debug("message of an agent passed over", extra={"node": link.node, "why": why})


async def _wait(link: AgentsLink) -> None:
    """Before what goes to disk at once, so that no agent keeps others from it."""
    if wait_s := link.memo.writes.spend(1):
        await asyncio.sleep(wait_s)
