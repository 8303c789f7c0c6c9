"""Which node is in which rooms, and who may see which nodes.

Rooms by rule are worked out once per node and kept until the node changes; of rooms that
change only their own rules are asked again. So a list of ten thousand nodes costs ten
thousand look-ups. Runs on the event loop's thread; `rooms_of` and `lifetime_s` on any.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from muster.core.access import own_rooms, spaces_of
from muster.core.changes import NodeChange
from muster.core.nodes.rules import Traits, fitter, traits_of
from muster.errors import InputError, NotFound
from muster.model.access import Action, Actor, Scope
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Node, Room, RoomRule
from muster.ports.records import NodeRecords

MAX_NODE_ROOMS = 100  # that a node is put into
ALL_NODES = "All nodes"  # what a space itself is called where rooms are named

Fits = Callable[[Traits], bool]


class _Known(NamedTuple):
    """All rooms of one moment."""

    version: int
    rooms: dict[RoomId, Room]
    rules: dict[SpaceId, dict[RoomId, Fits]]


class _Placed(NamedTuple):
    """A node as it was when its rooms were worked out."""

    version: int
    space: SpaceId
    given: tuple[RoomId, ...]
    traits: Traits
    fitting: frozenset[RoomId]
    rooms: tuple[RoomId, ...]


class Roster:
    """Rooms of nodes, nodes of rooms, and scopes made of them."""

    def __init__(self, *, records: NodeRecords) -> None:
        self._records = records
        self._known = _Known(-1, {}, {})
        self._placed: dict[NodeId, _Placed] = {}
        self._members: dict[RoomId, set[NodeId]] = {}
        self._rooms: dict[NodeId, tuple[RoomId, ...]] = {}  # as `_members` has them, of all nodes
        self._version = -1  # of the rooms `_members` is of
        self._stale: set[NodeId] = set()
        self._scopes: dict[tuple[frozenset[SpaceId] | None, frozenset[RoomId]], Scope] = {}

    def warm(self) -> None:
        """Work everything out: before anybody asks, in a thread, as it may take a second."""
        self._refresh()

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
        rooms = [id for id in rooms if not is_all_nodes(id, space)]
        for id in rooms:
            room = known.get(RoomId(id))
            if room is None or room.space != space:
                raise NotFound("no such room")
        return tuple(sorted(RoomId(room) for room in set(rooms)))

    def rooms_of(self, node: Node) -> tuple[RoomId, ...]:
        """All rooms a node is in: those it was put into and those whose rule fits it."""
        known = self._all()
        if not known.rules.get(node.space):
            return node.rooms
        traits = traits_of(node)
        placed = self._placed.get(node.id)
        if (
            placed is None
            or placed.version != known.version
            or placed.given != node.rooms
            or placed.traits != traits
        ):
            rules = known.rules.get(node.space, {}).items()
            fitting = frozenset(room for room, fits in rules if fits(traits))
            rooms = _all_of(node.rooms, fitting)
            placed = _Placed(known.version, node.space, node.rooms, traits, fitting, rooms)
            self._placed[node.id] = placed
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
        return frozenset(self._members.get(room, ()))

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
            nodes = frozenset().union(*(self._members.get(room, ()) for room in rooms))
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
        before = self._known
        if before.version == version:
            return before
        rooms = {room.id: room for room in self._records.rooms()}
        rules: dict[SpaceId, dict[RoomId, Fits]] = {}
        for room in rooms.values():
            if room.rule is not None:
                rules.setdefault(room.space, {})[room.id] = fitter(room.rule)
        known = _Known(version, rooms, rules)
        self._carry_over(before, known)
        self._known = known
        return known

    def _carry_over(self, before: _Known, known: _Known) -> None:
        """Ask of every placed node again what rules have changed, and no others."""
        changed = frozenset(
            id for id in {*before.rooms, *known.rooms} if _rule(before, id) != _rule(known, id)
        )
        asked = {
            space: [(room, fits) for room, fits in rules.items() if room in changed]
            for space, rules in known.rules.items()
        }
        for id, placed in list(self._placed.items()):
            if placed.version != before.version:
                continue  # it is worked out anew when it is looked at
            fitting = placed.fitting - changed
            fitting |= {room for room, fits in asked.get(placed.space, ()) if fits(placed.traits)}
            rooms = placed.rooms
            if fitting != placed.fitting:
                rooms = _all_of(placed.given, fitting)
            self._placed[id] = placed._replace(version=known.version, fitting=fitting, rooms=rooms)

    def _refresh(self) -> None:
        """Bring members up to date."""
        version = self._all().version
        if self._version == -1:
            self._stale.clear()
            for node in self._records.nodes():
                self._enter(node.id, self.rooms_of(node))
        elif self._version != version:
            for id in list(self._rooms):
                placed = self._placed.get(id)
                if placed is not None and placed.version == version:
                    self._enter(id, placed.rooms)
                else:  # placed by a thread that knew other rooms, or when there were no rules
                    self._stale.add(id)
        self._version = version
        while self._stale:
            id = self._stale.pop()
            found = self._records.node(id)
            if found is None:
                self._leave(id)
            else:
                self._enter(id, self.rooms_of(found))

    def _enter(self, node: NodeId, rooms: tuple[RoomId, ...]) -> None:
        before = self._rooms.get(node, ())
        self._rooms[node] = rooms
        if before == rooms:
            return
        for room in before:
            self._members[room].discard(node)
        for room in rooms:
            self._members.setdefault(room, set()).add(node)
        self._scopes.clear()

    def _leave(self, node: NodeId) -> None:
        self._enter(node, ())
        del self._rooms[node]
        self._placed.pop(node, None)


def is_all_nodes(room: str, space: SpaceId) -> bool:
    """Whether a room's id or name means the space itself, in which a node is anyway."""
    return room == space or room.strip().lower() == ALL_NODES.lower()


def _rule(known: _Known, id: RoomId) -> RoomRule | None:
    room = known.rooms.get(id)
    return room.rule if room else None


def _all_of(given: tuple[RoomId, ...], fitting: frozenset[RoomId]) -> tuple[RoomId, ...]:
    return tuple(sorted({*given, *fitting})) if fitting else given
