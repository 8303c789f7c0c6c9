"""Which node is in which rooms, and who may see which nodes.

Rooms by rule are worked out once per node and kept until the node or a room changes, so a
list of ten thousand nodes costs ten thousand look-ups. Runs on the event loop's thread;
`rooms_of` and `lifetime_s` may be called from any.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from muster.core.access import rooms_of as own_rooms
from muster.core.access import spaces_of
from muster.core.changes import NodeChange
from muster.core.rules import Traits, fitter, traits_of
from muster.errors import InputError, NotFound
from muster.model.access import Action, Actor, Scope
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Node, Room, RoomRule
from muster.ports.records import NodeRecords

MAX_NODE_ROOMS = 100  # that a node is put into

Fits = Callable[[Traits], bool]


class _Known(NamedTuple):
    """All rooms of one moment."""

    version: int
    rooms: dict[RoomId, Room]
    rules: dict[SpaceId, list[tuple[RoomId, Fits]]]


class _Placed(NamedTuple):
    """A node as it was when its rooms were worked out."""

    version: int
    given: tuple[RoomId, ...]
    traits: Traits
    rooms: tuple[RoomId, ...]


class Roster:
    """Rooms of nodes, nodes of rooms, and scopes made of them."""

    def __init__(self, *, records: NodeRecords) -> None:
        self._records = records
        self._known = _Known(-1, {}, {})
        self._placed: dict[NodeId, _Placed] = {}
        self._members: dict[RoomId, set[NodeId]] | None = None
        self._rooms: dict[NodeId, tuple[RoomId, ...]] = {}  # as `_members` has them
        self._version = -1  # of the rooms `_members` is of
        self._stale: set[NodeId] = set()
        self._scopes: dict[tuple[frozenset[SpaceId] | None, frozenset[RoomId]], Scope] = {}

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes; the first, so that the others see the new rooms."""
        self._stale.add(node)

    def rooms(self) -> dict[RoomId, Room]:
        """All of the hub's, by name. Nobody's access is asked."""
        return self._all().rooms

    def chosen(self, space: SpaceId, rooms: Sequence[str]) -> tuple[RoomId, ...]:
        """Ids of rooms of a space, in order. Errors: NotFound; InputError for too many."""
        if len(rooms) > MAX_NODE_ROOMS:
            raise InputError(f"a node is put into up to {MAX_NODE_ROOMS} rooms, not {len(rooms)}")
        known = self.rooms()
        for id in rooms:
            room = known.get(RoomId(id))
            if room is None or room.space != space:
                raise NotFound("no such room")
        return tuple(sorted(RoomId(room) for room in set(rooms)))

    def rooms_of(self, node: Node) -> tuple[RoomId, ...]:
        """All rooms a node is in: those it was put into and those whose rule fits it."""
        known, traits = self._all(), traits_of(node)
        placed = self._placed.get(node.id)
        if (
            placed is None
            or placed.version != known.version
            or placed.given != node.rooms
            or placed.traits != traits
        ):
            rules = known.rules.get(node.space, ())
            fitting = [room for room, fits in rules if fits(traits)]
            rooms = tuple(sorted({*node.rooms, *fitting})) if fitting else node.rooms
            placed = self._placed[node.id] = _Placed(known.version, node.rooms, traits, rooms)
        return placed.rooms

    def lifetime_s(self, node: Node, default_s: int) -> int:
        """How long its certificates live: the shortest that its space or a room of it says."""
        known = self._all().rooms
        spaces = [space for space in self._records.spaces() if space.id == node.space]
        said = [space.settings.agent_lifetime_s for space in spaces]
        said += [known[room].agent_lifetime_s for room in self.rooms_of(node) if room in known]
        return min((seconds for seconds in said if seconds), default=default_s)

    def fitting(self, rule: RoomRule, nodes: Iterable[Node]) -> list[Node]:
        """The nodes a rule would take in."""
        fits = fitter(rule)
        return [node for node in nodes if fits(traits_of(node))]

    def members(self, room: RoomId) -> frozenset[NodeId]:
        """The nodes in a room."""
        self._refresh()
        return frozenset((self._members or {}).get(room, ()))

    def scope_of(self, actor: Actor, action: Action, space: str = "") -> Scope:
        """What an actor may do something with, of one space when it is named.

        The same object until that changes. Errors: NotFound for a space that is another's.
        """
        spaces, rooms = spaces_of(actor, action), own_rooms(actor, action)
        if space:
            spaces, rooms = self._within(SpaceId(space), spaces, rooms)
        self._refresh()
        key = spaces, rooms
        scope = self._scopes.get(key)
        if scope is None:
            members = self._members or {}
            nodes = frozenset().union(*(members.get(room, ()) for room in rooms))
            scope = self._scopes[key] = Scope(spaces, nodes)
        return scope

    def _within(
        self, space: SpaceId, spaces: frozenset[SpaceId] | None, rooms: frozenset[RoomId]
    ) -> tuple[frozenset[SpaceId], frozenset[RoomId]]:
        if spaces is None:
            spaces = frozenset(each.id for each in self._records.spaces())
        known = self.rooms()
        whole = spaces & {space}
        inner = frozenset(id for id in rooms if id in known and known[id].space == space)
        if not whole and not inner:
            raise NotFound("no such space")
        return whole, inner

    def _all(self) -> _Known:
        # The number is taken first: a change while the rooms are read makes them be read again.
        version = self._records.rooms_version
        known = self._known
        if known.version != version:
            rooms = self._records.rooms()
            rules: dict[SpaceId, list[tuple[RoomId, Fits]]] = {}
            for room in rooms:
                if room.rule is not None:
                    rules.setdefault(room.space, []).append((room.id, fitter(room.rule)))
            known = self._known = _Known(version, {room.id: room for room in rooms}, rules)
        return known

    def _refresh(self) -> None:
        """Bring members up to date: all of them after a change of a room, else who changed."""
        version = self._all().version
        if self._members is None or self._version != version:
            self._members, self._rooms = {}, {}
            self._version = version
            self._stale.clear()
            self._scopes.clear()
            for node in self._records.nodes():
                self._enter(node.id, self.rooms_of(node))
            return
        while self._stale:
            id = self._stale.pop()
            found = self._records.node(id)
            if found is None:
                self._placed.pop(id, None)
            self._enter(id, self.rooms_of(found) if found else ())

    def _enter(self, node: NodeId, rooms: tuple[RoomId, ...]) -> None:
        before = self._rooms.get(node, ())
        if before == rooms or self._members is None:
            return
        for room in before:
            self._members.get(room, set()).discard(node)
        for room in rooms:
            self._members.setdefault(room, set()).add(node)
        if rooms:
            self._rooms[node] = rooms
        else:
            del self._rooms[node]
        self._scopes.clear()
