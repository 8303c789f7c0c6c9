"""Spaces, rooms and nodes: seen and changed by people, as far as each may.

Reads are point queries and short lists and run where they are called; what writes waits
for the disk in a thread. Where a node's data comes from is asked of `LinkStates`.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from muster.clock import Clock
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.names import check_name, check_text, is_id, tidy_facts
from muster.errors import InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.identity import Credential
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Facts, Link, Node, NodeState, Room, Space
from muster.ports.records import NodeRecords

MAX_ROOMS = 1_000  # per space
MAX_NODE_ROOMS = 100  # per node
MAX_REASON = 200


class LinkStates(Protocol):
    """What is known of nodes' links just now. core.links.Links is one."""

    def state_of(self, node: Node) -> tuple[NodeState, str]:
        """The state, and in words why it is not live."""
        ...

    def link_of(self, node: Node) -> Link: ...

    async def ask(self, node: NodeId, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Put a live question to a node. Errors: Unavailable, InputError."""
        ...


class Inventory:
    """The nodes of a hub, their rooms and spaces."""

    def __init__(
        self, *, records: NodeRecords, clock: Clock, changes: Changes | None = None
    ) -> None:
        self._records = records
        self._clock = clock
        self._changes = changes or Changes()

    def spaces(self) -> list[Space]:
        """All of the hub's. Nobody's access is asked."""
        return self._records.spaces()

    def space(self, id: SpaceId) -> Space:
        """Errors: NotFound."""
        for space in self._records.spaces():
            if space.id == id:
                return space
        raise NotFound("no such space")

    def ensure_space(self, name: str) -> Space:
        """The hub's first space, made on first start. Blocks; for the composition root."""
        if known := self._records.spaces():
            return known[0]
        space = Space(SpaceId(str(uuid.uuid4())), check_name(name, "space"))
        actor = Actor(name="hub", operator=True)
        event = make_event(
            self._clock, actor, "space.create", space.id, detail=name, space=space.id
        )
        self._records.create_space(space, event)
        return space

    def find(self, id: NodeId) -> Node | None:
        """A node, for the hub's own use: nobody's access is asked."""
        return self._records.node(id)

    def nodes(self, actor: Actor | None) -> list[Node]:
        """Those the actor may look at, by name. Errors: Unauthenticated, Denied."""
        actor = require(actor, Action.NODE_READ)
        spaces = spaces_of(actor, Action.NODE_READ)
        if spaces is not None and len(spaces) == 1:
            return self._records.nodes(next(iter(spaces)))
        known = self._records.nodes()
        return [node for node in known if spaces is None or node.space in spaces]

    def node(self, actor: Actor | None, id: str, action: Action = Action.NODE_READ) -> Node:
        """One node. Errors: NotFound when there is none the actor could know of; Denied."""
        node = self._records.node(NodeId(id)) if is_id(id) else None
        if node is None:
            require(actor, Action.NODE_READ)
            raise NotFound("no such node")
        require_object(actor, action, node.space, "node")
        return node

    def current_credentials(self) -> dict[NodeId, Credential]:
        """Per node the credential that stands for it. Nobody's access is asked."""
        return self._records.current_credentials()

    def credentials_of(self, id: NodeId) -> list[Credential]:
        """All that are kept of a node, newest first. Nobody's access is asked."""
        return self._records.credentials(id)

    def all_rooms(self) -> list[Room]:
        """Nobody's access is asked."""
        return self._records.rooms()

    async def edit(
        self,
        actor: Actor | None,
        id: str,
        *,
        name: str | None = None,
        rooms: Sequence[str] | None = None,
    ) -> Node:
        """Rename a node or move it between rooms (ids of its own space).

        Errors: NotFound, Denied, InputError; Conflict when the name is taken.
        """
        node = self.node(actor, id, Action.NODE_EDIT)
        actor = require(actor, Action.NODE_EDIT, node.space)
        changed = node
        if name is not None and name != node.name:
            check_name(name, "node name")
            changed = msgspec.structs.replace(changed, name=name, renamed_from="")
        if rooms is not None:
            changed = msgspec.structs.replace(changed, rooms=self._rooms_of(node.space, rooms))
        if changed != node:
            event = self._event(actor, "node.edit", node.id, node.space, changed.name)
            await asyncio.to_thread(self._records.update_node, changed, event)
            self._changes.tell(node.id, NodeChange.EDITED)
        return changed

    async def revoke(self, actor: Actor | None, id: str, reason: str) -> None:
        """Refuse a node for good: its link is cut, its certificates and renewals are refused.

        Errors: NotFound, Denied, InputError.
        """
        node = self.node(actor, id, Action.NODE_REMOVE)
        actor = require(actor, Action.NODE_REMOVE, node.space)
        check_text(reason, MAX_REASON, "reason")
        event = self._event(actor, "node.revoke", node.id, node.space, reason)
        revoke = self._records.revoke_node
        await asyncio.to_thread(revoke, node.id, self._clock.now_ns(), reason, event)
        self._changes.tell(node.id, NodeChange.REVOKED)

    async def remove(self, actor: Actor | None, id: str) -> None:
        """Forget a node and its certificates; its id never comes back. Errors: NotFound, Denied."""
        node = self.node(actor, id, Action.NODE_REMOVE)
        actor = require(actor, Action.NODE_REMOVE, node.space)
        event = self._event(actor, "node.remove", node.id, node.space, node.name)
        await asyncio.to_thread(self._records.remove_node, node.id, self._clock.now_ns(), event)
        self._changes.tell(node.id, NodeChange.REMOVED)

    def touch(self, seen: Mapping[NodeId, int]) -> None:
        """Write when nodes were last seen. Blocks: called from a thread, in batches."""
        self._records.touch(seen)

    async def update_facts(self, id: NodeId, facts: Facts) -> None:
        """Keep what a node says of itself, when it is news."""
        facts = tidy_facts(facts)
        node = self._records.node(id)
        if node is None or node.facts == facts:
            return
        await asyncio.to_thread(self._records.update_facts, id, facts)
        self._changes.tell(id, NodeChange.EDITED)

    def rooms(self, actor: Actor | None) -> list[Room]:
        """Those of the spaces the actor may look at, by name."""
        actor = require(actor, Action.NODE_READ)
        spaces = spaces_of(actor, Action.NODE_READ)
        return [room for room in self._records.rooms() if spaces is None or room.space in spaces]

    async def create_room(self, actor: Actor | None, space: SpaceId, name: str) -> Room:
        """Errors: NotFound for another's space; Denied; InputError; Conflict for a taken name."""
        actor = require_object(actor, Action.ROOM_EDIT, space, "space")
        self.space(space)
        if len(self._records.rooms(space)) >= MAX_ROOMS:
            raise LimitExceeded(f"a space has up to {MAX_ROOMS} rooms")
        room = Room(RoomId(str(uuid.uuid4())), space, check_name(name, "room"))
        event = self._event(actor, "room.create", room.id, space, name)
        await asyncio.to_thread(self._records.create_room, room, event)
        return room

    async def rename_room(self, actor: Actor | None, id: str, name: str) -> Room:
        """Errors: NotFound, Denied, InputError; Conflict for a taken name."""
        room, actor = self._room(actor, id)
        check_name(name, "room")
        event = self._event(actor, "room.rename", room.id, room.space, name)
        renamed = msgspec.structs.replace(room, name=name)
        await asyncio.to_thread(self._records.update_room, renamed, event)
        self._tell_of(room)
        return renamed

    async def remove_room(self, actor: Actor | None, id: str) -> None:
        """Its nodes stay. Errors: NotFound, Denied."""
        room, actor = self._room(actor, id)
        members = [node for node in self._records.nodes(room.space) if room.id in node.rooms]
        event = self._event(actor, "room.remove", room.id, room.space, room.name)
        await asyncio.to_thread(self._records.remove_room, room.id, event)
        for node in members:
            self._changes.tell(node.id, NodeChange.EDITED)

    def _room(self, actor: Actor | None, id: str) -> tuple[Room, Actor]:
        room = self._records.room(RoomId(id)) if is_id(id) else None
        if room is None:
            require(actor, Action.ROOM_EDIT)
            raise NotFound("no such room")
        return room, require_object(actor, Action.ROOM_EDIT, room.space, "room")

    def _tell_of(self, room: Room) -> None:
        for node in self._records.nodes(room.space):
            if room.id in node.rooms:
                self._changes.tell(node.id, NodeChange.EDITED)

    def _rooms_of(self, space: SpaceId, rooms: Sequence[str]) -> tuple[RoomId, ...]:
        if len(rooms) > MAX_NODE_ROOMS:
            raise InputError(f"a node is in up to {MAX_NODE_ROOMS} rooms, not {len(rooms)}")
        known = {room.id for room in self._records.rooms(space)}
        for room in rooms:
            if room not in known:
                raise NotFound("no such room")
        return tuple(sorted(RoomId(room) for room in set(rooms)))

    def _event(
        self, actor: Actor, action: str, object: str, space: SpaceId, detail: str
    ) -> AuditEvent:
        return make_event(self._clock, actor, action, object, detail=detail, space=space)
