"""Spaces: made, renamed, set and removed, as far as somebody may."""

import asyncio
import uuid

import msgspec

from muster.clock import Clock
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.names import check_name, is_id
from muster.core.roster import Roster
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.ids import SpaceId
from muster.model.inventory import Space, SpaceSettings
from muster.ports.records import NodeRecords

MAX_SPACES = 1_000
LIFETIME_MIN_S = 3600
LIFETIME_MAX_S = 90 * 86_400


class Spaces:
    """The spaces of a hub."""

    def __init__(self, *, records: NodeRecords, roster: Roster, clock: Clock) -> None:
        self._records = records
        self._roster = roster
        self._clock = clock
        self._passing: frozenset[SpaceId] | None = None  # spaces that keep nothing

    def keeps(self, space: SpaceId) -> bool:
        """Whether values of a space's nodes are stored; asked of every batch."""
        if self._passing is None:
            known = self._records.spaces()
            self._passing = frozenset(each.id for each in known if not each.settings.store)
        return space not in self._passing

    def spaces(self, actor: Actor | None) -> list[Space]:
        """Those the actor has a role in, or in a room of; the hub's own first, then by name."""
        actor = require(actor, Action.NODE_READ)
        whole = spaces_of(actor, Action.NODE_READ)
        if whole is None:
            return self._records.spaces()
        rooms = self._roster.rooms()
        seen = whole | {rooms[id].space for id in actor.room_roles if id in rooms}
        return [space for space in self._records.spaces() if space.id in seen]

    def space(self, actor: Actor | None, id: str, action: Action = Action.NODE_READ) -> Space:
        """One of them. Errors: NotFound, Denied."""
        for space in self.spaces(actor):
            if space.id == id and is_id(id):
                if action is not Action.NODE_READ:
                    require_object(actor, action, space.id, "space", name=space.name)
                return space
        raise NotFound("no such space")

    async def create(self, actor: Actor | None, name: str) -> Space:
        """Make a space; who makes it is its admin.

        Errors: Denied for who is no admin of the hub's own space; InputError; Conflict for a
                taken name.
        """
        actor = require(actor, Action.SPACE_MANAGE)
        if not actor.reaches_hub:
            raise Denied("spaces are made by admins of the hub's own space; ask one of them")
        if len(self._records.spaces()) >= MAX_SPACES:
            raise LimitExceeded(f"a hub has up to {MAX_SPACES} spaces")
        space = Space(SpaceId(str(uuid.uuid4())), check_name(name, "space"))
        event = self._event(actor, "space.create", space)
        admin = "" if actor.operator else actor.name
        await asyncio.to_thread(self._records.create_space, space, event, admin=admin)
        return space

    async def edit(
        self,
        actor: Actor | None,
        id: str,
        *,
        name: str | None = None,
        settings: SpaceSettings | None = None,
    ) -> Space:
        """Change what is given. Errors: NotFound, Denied, InputError; Conflict for a taken name."""
        space = self.space(actor, id, Action.SPACE_MANAGE)
        actor = require(actor, Action.SPACE_MANAGE, space.id)
        changed = space
        if name is not None:
            changed = msgspec.structs.replace(changed, name=check_name(name, "space"))
        if settings is not None:
            check_lifetime(settings.agent_lifetime_s)
            changed = msgspec.structs.replace(changed, settings=settings)
        if changed != space:
            event = self._event(actor, "space.edit", changed)
            await asyncio.to_thread(self._records.update_space, changed, event)
            self._passing = None
        return changed

    async def remove(self, actor: Actor | None, id: str) -> None:
        """Errors: NotFound, Denied; Conflict for the hub's own, and while something is in it."""
        space = self.space(actor, id, Action.SPACE_MANAGE)
        actor = require(actor, Action.SPACE_MANAGE, space.id)
        if space.main:
            raise Conflict("this is the hub's own space, which is there as long as the hub is")
        event = self._event(actor, "space.remove", space)
        await asyncio.to_thread(self._records.remove_space, space.id, event)

    def _event(self, actor: Actor, action: str, space: Space) -> AuditEvent:
        return make_event(self._clock, actor, action, space.id, detail=space.name, space=space.id)


def check_lifetime(seconds: int) -> int:
    """A lifetime of agents' certificates that a space or room may ask for; 0: none asked for.

    Errors: InputError.
    """
    if seconds and not LIFETIME_MIN_S <= seconds <= LIFETIME_MAX_S:
        raise InputError(f"agent_lifetime_s is 1 h to 90 days in seconds, or 0, not {seconds}")
    return seconds
