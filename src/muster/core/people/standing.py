"""Where people stand: the spaces a user has a role in, wholly or in a room."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from muster.core.access import require_object, spaces_of
from muster.errors import NotFound
from muster.model.access import Action, Actor, Role, User
from muster.model.ids import RoomId, SpaceId
from muster.ports.records import NodeRecords

P = TypeVar("P", bound=str)  # a space's or a room's id


class Standing:
    """Answers for users; rooms lie in spaces, and that is looked up."""

    def __init__(self, *, records: NodeRecords) -> None:
        self._records = records

    def spaces(self, user: User) -> frozenset[SpaceId]:
        """Those the user has a role in, or in a room of."""
        if not user.room_roles:
            return frozenset(user.roles)
        rooms = {room.id: room.space for room in self._records.rooms()}
        return frozenset(user.roles) | {rooms[id] for id in user.room_roles if id in rooms}

    def home(self, user: User) -> SpaceId:
        """The space whose admins read of the user in the audit log."""
        return min(user.roles or self.spaces(user), default=SpaceId(""))

    def reaches_hub(self, user: User, held: Role) -> bool:
        """Whether what the user is, as far as `held` goes, counts for the hub as a whole."""
        main = next((space.id for space in self._records.spaces() if space.main), SpaceId(""))
        role = user.roles.get(main)
        return role is Role.ADMIN and held is Role.ADMIN

    def wants_second_factor(self, user: User) -> bool:
        """Whether a space the user has a role in, or in a room of, asks for one."""
        strict = {
            space.id for space in self._records.spaces() if space.settings.require_second_factor
        }
        return bool(strict) and not strict.isdisjoint(self.spaces(user))

    def manages(self, actor: Actor, user: User) -> bool:
        """Whether an actor manages people in one of the user's spaces."""
        spaces = spaces_of(actor, Action.USER_MANAGE)
        return spaces is None or not spaces.isdisjoint(self.spaces(user))

    def require_given(
        self, actor: Actor | None, spaces: Iterable[SpaceId], rooms: Iterable[RoomId]
    ) -> None:
        """Nobody gives or takes roles where they manage no people.

        Errors: NotFound for what is not there or another's; Denied.
        """
        known = {space.id for space in self._records.spaces()}
        for space in spaces:
            require_object(actor, Action.USER_MANAGE, space, "space")
            if space not in known:
                raise NotFound("no such space")
        for id in rooms:
            room = self._records.room(id)
            if room is None:
                raise NotFound("no such room")
            require_object(actor, Action.USER_MANAGE, room.space, "room")

    def told(
        self, roles: Mapping[SpaceId, Role | None], room_roles: Mapping[RoomId, Role | None]
    ) -> list[str]:
        """A change of roles in words, for the audit log."""
        spaces = {space.id: space.name for space in self._records.spaces()}
        rooms = {room.id: room.name for room in self._records.rooms()} if room_roles else {}
        given = [(spaces.get(space, space), role) for space, role in roles.items()]
        given += [(rooms.get(room, room), role) for room, role in room_roles.items()]
        return [f"{role or 'no role'} in {place}" for place, role in given]

    def touched(
        self,
        user: User,
        roles: Mapping[SpaceId, Role | None],
        room_roles: Mapping[RoomId, Role | None],
    ) -> SpaceId:
        """Whose admins read of a change: the one space it is in, else the user's home."""
        rooms = {room.id: room.space for room in self._records.rooms()} if room_roles else {}
        spaces = {*roles, *(rooms[room] for room in room_roles if room in rooms)}
        return spaces.pop() if len(spaces) == 1 else self.home(user)


def merged(held: Mapping[P, Role], given: Mapping[P, Role | None]) -> dict[P, Role]:
    """Roles after a change; None takes one away."""
    roles: dict[P, Role | None] = {**held, **given}
    return {place: role for place, role in roles.items() if role is not None}
