"""Probes of spaces: made and changed by admins, and which of them an agent is to run.

An agent is given its probes by its link (faces); what they may reach is for the agent to say.
Here is decided who may give them: an admin of the whole space, for nodes of that space alone.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from muster.clock import Clock
from muster.core.access import require_object
from muster.core.audit import make_event
from muster.core.changes import NodeChange
from muster.core.names import is_id
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.roster import is_all_nodes
from muster.errors import InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.ids import NodeId, ProbeId, RoomId, SpaceId
from muster.model.inventory import OWN_DIALECT, Node
from muster.model.probe import MAX_BYTES, MAX_PROBES, Probe, StoredProbe, check
from muster.ports.probes import ProbeRecords
from muster.ports.records import AuditRecords, NodeRecords

MAX_PLACES = 100  # nodes, and as many rooms, of one probe


class Asks(Protocol):
    """core.nodes.links.Links, as far as probes need it."""

    async def ask(self, node: NodeId, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Errors: Unavailable, InputError."""
        ...


class Runner(msgspec.Struct, frozen=True, kw_only=True):
    """A node that runs a probe, and why it does not yet; empty: it does."""

    node: NodeId
    name: str
    fault: str = ""


class Probes:
    """The probes of a hub. Runs on the event loop's thread."""

    def __init__(
        self,
        *,
        records: ProbeRecords,
        nodes: NodeRecords,
        audit: AuditRecords,
        inventory: Inventory,
        links: Asks,
        own_node: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._records = records
        self._nodes_of = nodes.nodes
        self._audit = audit
        self._inventory = inventory
        self._links = links
        self._own_node = own_node
        self._clock = clock
        self._all: list[StoredProbe] | None = None
        self._changing = asyncio.Lock()  # limits count what there is, edits what they replace
        self._told: dict[NodeId, tuple[tuple[Probe, ...], str]] = {}  # what each has, or why not
        self.version = 0  # counts what may change which probes a node runs

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes: a node may have come into another room."""
        if change is not NodeChange.EDITED:
            self._told.pop(node, None)
        if self._known():
            self.version += 1

    def of_space(self, actor: Actor | None, space: str) -> list[StoredProbe]:
        """Of a space, as they were made. Errors: NotFound, Denied."""
        self._require(actor, space, Action.NODE_READ)
        return [each for each in self._known() if each.space == space]

    async def add(
        self,
        actor: Actor | None,
        space: str,
        probe: Probe,
        *,
        nodes: Sequence[str] = (),
        rooms: Sequence[str] = (),
    ) -> StoredProbe:
        """Without nodes and rooms the hub's own agent runs it.

        Errors: NotFound, Denied, InputError, LimitExceeded.
        """
        actor = self._require(actor, space, Action.SPACE_MANAGE)
        stored = StoredProbe(
            id=ProbeId(str(uuid.uuid4())),
            space=SpaceId(space),
            probe=check(probe),
            nodes=self._nodes(SpaceId(space), nodes),
            rooms=self._rooms(SpaceId(space), rooms),
            created_ns=self._clock.now_ns(),
        )
        self._check_places(stored)
        event = self._event(actor, "probe.add", stored)
        async with self._changing:
            self._check_room(stored)
            await asyncio.to_thread(self._records.add, stored, event)
            self._forget()
        return stored

    async def edit(
        self,
        actor: Actor | None,
        space: str,
        id: str,
        *,
        probe: Probe | None = None,
        nodes: Sequence[str] | None = None,
        rooms: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> StoredProbe:
        """Change what is given. Errors: as of `add`."""
        async with self._changing:
            known, actor = self._find(actor, space, id)
            changes: dict[str, Any] = {}
            if probe is not None:
                changes["probe"] = check(probe)
            if nodes is not None:
                changes["nodes"] = self._nodes(known.space, nodes)
            if rooms is not None:
                changes["rooms"] = self._rooms(known.space, rooms)
            if enabled is not None:
                changes["enabled"] = enabled
            changed = msgspec.structs.replace(known, **changes)
            if changed == known:
                return known
            self._check_places(changed)
            self._check_room(changed)
            event = self._event(actor, "probe.edit", changed)
            await asyncio.to_thread(self._records.update, changed, event)
            self._forget()
            return changed

    async def remove(self, actor: Actor | None, space: str, id: str) -> None:
        """What it measured stays. Errors: NotFound, Denied."""
        async with self._changing:
            known, actor = self._find(actor, space, id)
            event = self._event(actor, "probe.remove", known)
            await asyncio.to_thread(self._records.remove, known.id, event)
            self._forget()

    async def test(
        self, actor: Actor | None, space: str, probe: Probe, node: str = ""
    ) -> tuple[Runner, Any]:
        """Carry a probe out once, on a node or on the hub's own agent; nothing is kept.

        Errors: NotFound, Denied, InputError with the agent's words; Unavailable when the node
                is not connected or gives no answer in time.
        """
        actor = self._require(actor, space, Action.SPACE_MANAGE)
        chosen = self._nodes(SpaceId(space), [node] if node else [])
        where = chosen[0] if chosen else self._own(SpaceId(space))
        event = make_event(
            self._clock, actor, "probe.test", where, detail=check(probe).target, space=space
        )
        found = self._inventory.find(where)
        await asyncio.to_thread(self._audit.add, event)
        told = await self._links.ask(where, "probe", {"probe": msgspec.to_builtins(probe)})
        return Runner(node=where, name=found.name if found else ""), told

    def given_to(self, node: NodeId) -> tuple[Probe, ...]:
        """What a node is to run, each once."""
        known = self._inventory.find(node)
        if known is None or known.revoked_ns:
            return ()
        rooms = {*self._inventory.rooms_of(known), RoomId(known.space)}
        found = (each.probe for each in self._known() if self._runs(each, known, rooms))
        return tuple(dict.fromkeys(found))

    def runners(self, stored: StoredProbe) -> list[Runner]:
        """The nodes that a probe falls to, by name."""
        if not stored.enabled:
            return []
        return [
            Runner(node=node.id, name=node.name, fault=self._fault(node, stored.probe))
            for node in self._nodes_of(stored.space)
            if not node.revoked_ns
            and self._runs(stored, node, {*self._inventory.rooms_of(node), RoomId(node.space)})
        ]

    def note(self, node: NodeId, probes: tuple[Probe, ...], fault: str) -> None:
        """What a node was given, and what it said of that; empty: it runs them."""
        self._told[node] = probes, fault

    def _fault(self, node: Node, probe: Probe) -> str:
        if node.dialect != OWN_DIALECT:
            return "its agent is not Muster's, and runs no probes"
        probes, fault = self._told.get(node.id, ((), ""))
        return fault or ("" if probe in probes else "not told yet")

    def _runs(self, stored: StoredProbe, node: Node, rooms: set[RoomId]) -> bool:
        if not stored.enabled or stored.space != node.space:
            return False
        if not stored.nodes and not stored.rooms:
            return node.id == self._own_node()
        return node.id in stored.nodes or not rooms.isdisjoint(stored.rooms)

    def _known(self) -> list[StoredProbe]:
        if self._all is None:
            self._all = self._records.probes()
        return self._all

    def _forget(self) -> None:
        self._all = None
        self.version += 1

    def _require(self, actor: Actor | None, space: str, action: Action) -> Actor:
        actor = require_object(actor, action, SpaceId(space), "space")
        self._inventory.space(SpaceId(space))
        return actor

    def _find(self, actor: Actor | None, space: str, id: str) -> tuple[StoredProbe, Actor]:
        actor = self._require(actor, space, Action.SPACE_MANAGE)
        for known in self._known():
            if known.id == id and known.space == space:
                return known, actor
        raise NotFound("no such probe")

    def _nodes(self, space: SpaceId, nodes: Sequence[str]) -> tuple[NodeId, ...]:
        if len(nodes) > MAX_PLACES:
            raise InputError(f"a probe names up to {MAX_PLACES} nodes; put them into a room")
        for id in nodes:
            node = self._inventory.find(NodeId(id)) if is_id(id) else None
            if node is None or node.space != space:
                raise NotFound("no such node")
        return tuple(NodeId(id) for id in dict.fromkeys(nodes))

    def _rooms(self, space: SpaceId, rooms: Sequence[str]) -> tuple[RoomId, ...]:
        whole = (RoomId(space),) if any(is_all_nodes(each, space) for each in rooms) else ()
        return (*whole, *self._inventory.roster.chosen(space, rooms))

    def _own(self, space: SpaceId) -> NodeId:
        node = self._inventory.find(NodeId(self._own_node()))
        if node is None or node.space != space:
            raise InputError("the hub's own agent is not in this space: name nodes or rooms")
        return node.id

    def _check_places(self, stored: StoredProbe) -> None:
        if not stored.nodes and not stored.rooms:
            self._own(stored.space)

    def _check_room(self, stored: StoredProbe) -> None:
        """Whether all probes of the space still fit into one question to an agent."""
        others = [
            each.probe
            for each in self._known()
            if each.space == stored.space and each.id != stored.id
        ]
        if len(others) >= MAX_PROBES:
            raise LimitExceeded(f"a space has up to {MAX_PROBES} probes")
        if len(msgspec.json.encode([*others, stored.probe])) > MAX_BYTES:
            raise LimitExceeded(f"the probes of a space have up to {MAX_BYTES} bytes as JSON")

    def _event(self, actor: Actor, action: str, stored: StoredProbe) -> AuditEvent:
        return make_event(
            self._clock, actor, action, stored.id, detail=stored.probe.target, space=stored.space
        )
