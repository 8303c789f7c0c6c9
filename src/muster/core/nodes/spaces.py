"""Spaces: made, renamed, set and removed, as far as somebody may."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.names import check_name, is_id
from muster.core.nodes.roster import Roster
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor, AuditEvent
from muster.model.ids import SpaceId
from muster.model.inventory import NetdataKeep, Space, SpaceSettings
from muster.ports.records import NodeRecords

MAX_SPACES = 1_000
LIFETIME_MIN_S = 3600
LIFETIME_MAX_S = 90 * 86_400
KEEP_PATTERNS = 50
KEEP_DAYS_MAX = 36_500
KEEP_STEP_MAX_S = 3_600
_PATTERN = re.compile(r"[A-Za-z0-9_.:/*?-]{1,200}")

_DEFAULTS = SpaceSettings()

WhenRemoved = Callable[[SpaceId], Awaitable[None]]


class Spaces:
    """The spaces of a hub."""

    def __init__(self, *, records: NodeRecords, roster: Roster, clock: Clock) -> None:
        self._records = records
        self._roster = roster
        self._clock = clock
        self._settings: dict[SpaceId, SpaceSettings] | None = None  # as they are now
        self._removed: list[WhenRemoved] = []

    def when_removed(self, follow: WhenRemoved) -> None:
        """Call this one, too, when a space is no more; what it keeps of it goes."""
        self._removed.append(follow)

    def keeps(self, space: SpaceId) -> bool:
        """Whether values of a space's nodes are stored; asked of every batch."""
        return self._known().get(space, _DEFAULTS).store

    def netdata_keep(self, space: SpaceId) -> NetdataKeep:
        """What is copied of a space's Netdata nodes; of one that stores nothing, nothing."""
        settings = self._known().get(space, _DEFAULTS)
        return settings.netdata_keep if settings.store else NetdataKeep()

    def netdata_keeps(self) -> dict[SpaceId, NetdataKeep]:
        """By space what is copied of its Netdata nodes, where anything is."""
        keeps = {space: self.netdata_keep(space) for space in self._known()}
        return {space: keep for space, keep in keeps.items() if keep.contexts}

    def _known(self) -> dict[SpaceId, SpaceSettings]:
        if self._settings is None:
            self._settings = {each.id: each.settings for each in self._records.spaces()}
        return self._settings

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
            check_keep_days(settings.keep_days)
            keep = self._keep_from_now(space.settings.netdata_keep, settings.netdata_keep)
            settings = msgspec.structs.replace(settings, netdata_keep=keep)
            changed = msgspec.structs.replace(changed, settings=settings)
        if changed != space:
            event = self._event(actor, "space.edit", changed)
            await asyncio.to_thread(self._records.update_space, changed, event)
            self._settings = None
        return changed

    def _keep_from_now(self, before: NetdataKeep, wanted: NetdataKeep) -> NetdataKeep:
        """Values of a time in which nothing was kept stay where they are. Errors: InputError."""
        check_keep(wanted)
        if not wanted.contexts:
            since_s = 0
        else:
            now_s = self._clock.now_ns() // SECOND_NS
            since_s = before.since_s if before.contexts else now_s
        return msgspec.structs.replace(wanted, since_s=since_s)

    async def remove(self, actor: Actor | None, id: str) -> None:
        """Errors: NotFound, Denied; Conflict for the hub's own, and while something is in it."""
        space = self.space(actor, id, Action.SPACE_MANAGE)
        actor = require(actor, Action.SPACE_MANAGE, space.id)
        if space.main:
            raise Conflict("this is the hub's own space, which is there as long as the hub is")
        event = self._event(actor, "space.remove", space)
        await asyncio.to_thread(self._records.remove_space, space.id, event)
        self._settings = None
        for follow in self._removed:
            await follow(space.id)

    def _event(self, actor: Actor, action: str, space: Space) -> AuditEvent:
        return make_event(self._clock, actor, action, space.id, detail=space.name, space=space.id)


def check_keep(keep: NetdataKeep) -> None:
    """Errors: InputError."""
    if len(keep.contexts) > KEEP_PATTERNS:
        raise InputError(f"netdata_keep takes up to {KEEP_PATTERNS} patterns of contexts")
    for pattern in keep.contexts:
        if not _PATTERN.fullmatch(pattern):
            raise InputError(f"not a pattern of contexts, such as system.*: {pattern[:64]!r}")
    if not 1 <= keep.step_s <= KEEP_STEP_MAX_S:
        raise InputError(f"step_s is 1 to {KEEP_STEP_MAX_S} seconds, not {keep.step_s}")


def check_keep_days(days: int) -> None:
    """How long a space keeps values; 0: as the hub does. Errors: InputError."""
    if not 0 <= days <= KEEP_DAYS_MAX:
        raise InputError(f"keep_days is 1 to {KEEP_DAYS_MAX} days, or 0, not {days}")


def check_lifetime(seconds: int) -> int:
    """A lifetime of agents' certificates that a space or room may ask for; 0: none asked for.

    Errors: InputError.
    """
    if seconds and not LIFETIME_MIN_S <= seconds <= LIFETIME_MAX_S:
        raise InputError(f"agent_lifetime_s is 1 h to 90 days in seconds, or 0, not {seconds}")
    return seconds
