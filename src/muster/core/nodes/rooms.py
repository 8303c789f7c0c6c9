"""Rooms: made, given rules, renamed and removed, as far as somebody may."""

import asyncio
import uuid
from collections.abc import Iterable

import msgspec

from muster.clock import Clock
from muster.core.access import require, require_object
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.names import check_name, is_id
from muster.core.nodes.roster import ALL_NODES, Roster, is_all_nodes
from muster.core.nodes.rules import check_rule
from muster.core.nodes.spaces import check_lifetime
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Node, Room, RoomRule
from muster.ports.records import NodeRecords

MAX_ROOMS = 1_000  # per space
_TOLD_AT_ONCE = 200


class Rooms:
    """The rooms of a hub."""

    def __init__(
        self, *, records: NodeRecords, roster: Roster, clock: Clock, changes: Changes
    ) -> None:
        self._records = records
        self._roster = roster
        self._clock = clock
        self._changes = changes

    def preview(self, actor: Actor | None, space: SpaceId, rule: RoomRule) -> list[Node]:
        """The nodes of a space that a rule would take in. Errors: NotFound, Denied, InputError."""
        require_object(actor, Action.ROOM_EDIT, space, "space")
        return self._roster.fitting(check_rule(rule), self._records.nodes(space))

    async def create(
        self,
        actor: Actor | None,
        space: SpaceId,
        name: str,
        *,
        rule: RoomRule | None = None,
        agent_lifetime_s: int = 0,
    ) -> Room:
        """Errors: NotFound for another's space; Denied; InputError; Conflict for a taken name."""
        actor = require_object(actor, Action.ROOM_EDIT, space, "space")
        if all(known.id != space for known in self._records.spaces()):
            raise NotFound("no such space")
        if len(self._records.rooms(space)) >= MAX_ROOMS:
            raise LimitExceeded(f"a space has up to {MAX_ROOMS} rooms")
        room = Room(
            id=RoomId(str(uuid.uuid4())),
            space=space,
            name=_check_room_name(name),
            rule=check_rule(rule) if rule else None,
            agent_lifetime_s=check_lifetime(agent_lifetime_s),
        )
        event = self._event(actor, "room.create", room)
        await asyncio.to_thread(self._records.create_room, room, event)
        await self._tell(self._roster.members(room.id))
        return room

    async def edit(
        self,
        actor: Actor | None,
        id: str,
        *,
        name: str | None = None,
        rule: RoomRule | msgspec.UnsetType | None = msgspec.UNSET,
        agent_lifetime_s: int | None = None,
    ) -> Room:
        """Change what is given; a rule of None takes the rule away.

        Errors: NotFound, Denied, InputError; Conflict for a taken name.
        """
        room, actor = self._find(actor, id)
        changed = room
        if name is not None:
            changed = msgspec.structs.replace(changed, name=_check_room_name(name))
        if rule is not msgspec.UNSET:
            changed = msgspec.structs.replace(changed, rule=check_rule(rule) if rule else None)
        if agent_lifetime_s is not None:
            lifetime_s = check_lifetime(agent_lifetime_s)
            changed = msgspec.structs.replace(changed, agent_lifetime_s=lifetime_s)
        if changed == room:
            return room
        before = self._roster.members(room.id)
        is_renamed = changed.name != room.name
        only_renamed = msgspec.structs.replace(room, name=changed.name) == changed
        action = "room.rename" if only_renamed else "room.edit"
        event = self._event(actor, action, changed)
        await asyncio.to_thread(self._records.update_room, changed, event)
        after = self._roster.members(room.id)
        await self._tell(before | after if is_renamed else before ^ after)
        return changed

    async def remove(self, actor: Actor | None, id: str) -> None:
        """Its nodes stay. Errors: NotFound, Denied."""
        room, actor = self._find(actor, id)
        members = self._roster.members(room.id)
        event = self._event(actor, "room.remove", room)
        await asyncio.to_thread(self._records.remove_room, room.id, event)
        await self._tell(members)

    def _find(self, actor: Actor | None, id: str) -> tuple[Room, Actor]:
        room = self._roster.rooms().get(RoomId(id)) if is_id(id) else None
        if room is None:
            actor = require(actor, Action.ROOM_EDIT)
            if any(id == space.id for space in self._records.spaces()):
                require_object(actor, Action.ROOM_EDIT, SpaceId(id), "room")
                raise Conflict(f"{ALL_NODES!r} is the space itself and always there")
            raise NotFound("no such room")
        actor = require_object(actor, Action.ROOM_EDIT, room.space, "room", rooms=(room.id,))
        return room, actor

    async def _tell(self, nodes: Iterable[NodeId]) -> None:
        """A rule may take in thousands: others get their turn in between."""
        for place, node in enumerate(nodes):
            self._changes.tell(node, NodeChange.EDITED)
            if place % _TOLD_AT_ONCE == _TOLD_AT_ONCE - 1:
                await asyncio.sleep(0)

    def _event(self, actor: Actor, action: str, room: Room) -> AuditEvent:
        return make_event(self._clock, actor, action, room.id, detail=room.name, space=room.space)


def _check_room_name(name: str) -> str:
    if is_all_nodes(name, SpaceId("")):
        raise InputError(f"{ALL_NODES!r} is always there; give the room another name")
    return check_name(name, "room")
