"""Nodes: seen and changed by people, as far as each may.

Beside it: core/nodes/roster.py (which node is in which room), core/nodes/rooms.py,
core/nodes/spaces.py. Reads are point queries and short lists and run where they are called; what
writes waits for the disk in a thread. Where a node's data comes from is asked of `LinkStates`.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from muster.clock import Clock
from muster.core.access import own_rooms, require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.changes import Changes, NodeChange
from muster.core.names import check_labels, check_name, check_text, is_id, tidy_facts
from muster.core.nodes.roster import Roster
from muster.errors import InputError, NotFound
from muster.model.access import Action, Actor, AuditEvent, Scope
from muster.model.identity import Credential
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Facts, Link, Node, NodeState, Room, Space
from muster.ports.records import NodeRecords

MAX_REASON = 200
MAX_EPHEMERAL_S = 366 * 86_400


class LinkStates(Protocol):
    """What is known of nodes' links just now. core.nodes.links.Links is one."""

    def state_of(self, node: Node) -> tuple[NodeState, str]:
        """The state, and in words why it is not live."""
        ...

    def link_of(self, node: Node) -> Link: ...

    async def ask(self, node: NodeId, method: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Put a live question to a node. Errors: Unavailable, InputError."""
        ...


class Inventory:
    """The nodes of a hub."""

    def __init__(
        self, *, records: NodeRecords, clock: Clock, changes: Changes | None = None
    ) -> None:
        self._records = records
        self._clock = clock
        self._changes = changes or Changes()
        self.roster = Roster(records=records)
        self._changes.watch(self.roster.node_changed)

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
        space = Space(SpaceId(str(uuid.uuid4())), check_name(name, "space"), main=True)
        actor = Actor(name="hub", operator=True)
        event = make_event(
            self._clock, actor, "space.create", space.id, detail=name, space=space.id
        )
        self._records.create_space(space, event)
        return space

    def find(self, id: NodeId) -> Node | None:
        """A node, for the hub's own use: nobody's access is asked."""
        return self._records.node(id)

    def nodes(self, actor: Actor | None, space: str = "") -> list[Node]:
        """Those the actor may look at, by name; of one space when it is named.

        Errors: Unauthenticated, Denied; NotFound for a space that is another's.
        """
        return self._within(self.scope(actor, space=space))

    def _within(self, scope: Scope) -> list[Node]:
        only = scope.spaces if scope.spaces and not scope.nodes else ()
        known = self._records.nodes(*only if len(only) == 1 else ())
        return [node for node in known if scope.holds(node.space, node.id)]

    async def listed(
        self, actor: Actor | None, space: str = "", after: str | None = None
    ) -> list[Node]:
        """As `nodes`, read in a thread: of ten thousand it takes a tenth of a second.

        With `after` in the order of ids, those after this one; "" is before all.
        """
        scope = self.scope(actor, space=space)

        def read() -> list[Node]:
            known = self._within(scope)
            if after is None:
                return known
            return sorted((node for node in known if node.id > after), key=attrgetter("id"))

        return await asyncio.to_thread(read)

    def scope(
        self, actor: Actor | None, action: Action = Action.NODE_READ, space: str = ""
    ) -> Scope:
        """What the actor may look at. Errors: as of `nodes`."""
        return self.roster.scope_of(require(actor, action), action, space)

    def rooms_of(self, node: Node) -> tuple[RoomId, ...]:
        """All it is in, by hand and by rule. Nobody's access is asked."""
        return self.roster.rooms_of(node)

    def node(self, actor: Actor | None, id: str, action: Action = Action.NODE_READ) -> Node:
        """One node. Errors: NotFound when there is none the actor could know of; Denied."""
        node = self._records.node(NodeId(id)) if is_id(id) else None
        if node is None:
            require(actor, Action.NODE_READ)
            raise NotFound("no such node")
        require_object(actor, action, node.space, "node", rooms=self.rooms_of(node))
        return node

    def current_credentials(self) -> Mapping[NodeId, Credential]:
        """Per node the credential that stands for it. Nobody's access is asked."""
        return self._records.current_credentials()

    def credential_at_hand(self, id: NodeId) -> Credential | None:
        """A node's current credential, if that takes no reading."""
        known = self._records.at_hand(id)
        return known[1] if known is not None else None

    def credentials_of(self, id: NodeId) -> list[Credential]:
        """All that are kept of a node, newest first. Nobody's access is asked."""
        return self._records.credentials(id)

    def rooms(self, actor: Actor | None, space: str = "") -> list[Room]:
        """Those of the spaces the actor may look at and those it has a role in, by name.

        Errors: as of `nodes`.
        """
        actor = require(actor, Action.NODE_READ)
        if space:
            self.scope(actor, space=space)
        spaces, own = spaces_of(actor, Action.NODE_READ), own_rooms(actor, Action.NODE_READ)
        known = [room for room in self.roster.rooms().values() if space in ("", room.space)]
        return [room for room in known if spaces is None or room.space in spaces or room.id in own]

    def all_rooms(self) -> list[Room]:
        """By name. Nobody's access is asked."""
        return list(self.roster.rooms().values())

    async def edit(
        self,
        actor: Actor | None,
        id: str,
        *,
        name: str | None = None,
        rooms: Sequence[str] | None = None,
        labels: Mapping[str, str] | None = None,
        ephemeral_s: int | None = None,
    ) -> Node:
        """Change what is given; `rooms` are ids of the node's own space.

        Rooms and labels decide who sees a node: they take a role in its space, not in a room.
        Errors: NotFound, Denied, InputError; Conflict when the name is taken.
        """
        node = self.node(actor, id, Action.NODE_EDIT)
        if rooms is not None or labels is not None or ephemeral_s is not None:
            actor = require(actor, Action.NODE_EDIT, node.space)
        actor = require(actor, Action.NODE_EDIT, node.space, rooms=self.rooms_of(node))
        changed = node
        if name is not None and name != node.name:
            check_name(name, "node name")
            changed = msgspec.structs.replace(changed, name=name, renamed_from="")
        if rooms is not None:
            chosen = self.roster.chosen(node.space, rooms)
            changed = msgspec.structs.replace(changed, rooms=chosen)
        if labels is not None:
            changed = msgspec.structs.replace(changed, labels=check_labels(labels))
        if ephemeral_s is not None:
            seconds = check_ephemeral(ephemeral_s)
            changed = msgspec.structs.replace(changed, ephemeral_s=seconds)
        if changed != node:
            event = self._event(actor, "node.edit", node.id, node.space, changed.name)
            await asyncio.to_thread(self._records.update_node, changed, event)
            self._changes.tell(node.id, NodeChange.EDITED)
        return changed

    async def revoke(self, actor: Actor | None, id: str, reason: str) -> None:
        """Refuse a node for good: its link is cut, and what proved it proves it no more.

        That is its certificate, also for a renewal; of a Netdata node its key and its id.
        Errors: NotFound, Denied, InputError.
        """
        node = self.node(actor, id, Action.NODE_REMOVE)
        actor = require(actor, Action.NODE_REMOVE, node.space, rooms=self.rooms_of(node))
        check_text(reason, MAX_REASON, "reason")
        event = self._event(actor, "node.revoke", node.id, node.space, reason)
        revoke = self._records.revoke_node
        await asyncio.to_thread(revoke, node.id, self._clock.now_ns(), reason, event)
        self._changes.tell(node.id, NodeChange.REVOKED)

    async def remove(self, actor: Actor | None, id: str) -> None:
        """Forget a node and its certificates; its id never comes back. Errors: NotFound, Denied."""
        node = self.node(actor, id, Action.NODE_REMOVE)
        actor = require(actor, Action.NODE_REMOVE, node.space, rooms=self.rooms_of(node))
        event = self._event(actor, "node.remove", node.id, node.space, node.name)
        await asyncio.to_thread(self._records.remove_node, node.id, self._clock.now_ns(), event)
        self._changes.tell(node.id, NodeChange.REMOVED)

    async def expire(self, is_linked: Callable[[NodeId], bool]) -> int:
        """Take ephemeral nodes off the list whose time is up; their history stays. How many."""
        now_ns = self._clock.now_ns()
        hub = Actor(name="hub", operator=True)
        count = 0
        for node in await asyncio.to_thread(self._records.expiring, now_ns):
            if is_linked(node.id):
                continue
            event = self._event(hub, "node.expire", node.id, node.space, node.name)
            if await asyncio.to_thread(self._records.expire_node, node.id, now_ns, event):
                self._changes.tell(node.id, NodeChange.EXPIRED)
                count += 1
        return count

    def touch(self, seen: Mapping[NodeId, int]) -> None:
        """Write when nodes were last seen. Blocks: called from a thread, in batches."""
        self._records.touch(seen)

    async def update_facts(self, id: NodeId, facts: Facts, address: str = "") -> None:
        """Keep what a node says of itself and where it connects from, when it is news."""
        facts = tidy_facts(facts)
        node = self._records.node(id)
        if node is None or (node.facts == facts and address in ("", node.address)):
            return
        await asyncio.to_thread(self._records.update_facts, id, facts, address)
        self._changes.tell(id, NodeChange.EDITED)

    def _event(
        self, actor: Actor, action: str, object: str, space: SpaceId, detail: str
    ) -> AuditEvent:
        return make_event(self._clock, actor, action, object, detail=detail, space=space)


def check_ephemeral(seconds: int) -> int:
    """How long unseen a node is to leave by itself; 0: it stays. Errors: InputError."""
    if seconds and not 60 <= seconds <= MAX_EPHEMERAL_S:
        raise InputError(f"ephemeral_s is a minute to a year in seconds, or 0, not {seconds}")
    return seconds
