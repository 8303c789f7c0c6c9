"""What an API token reaches: its owner's places, as far as its role and its scope go."""

from collections.abc import Mapping
from typing import TypeVar

from muster.core.people.standing import Standing
from muster.errors import Denied, InputError, NotFound
from muster.model.access import ALLOWED, Role, TokenScope, User, covers
from muster.model.ids import RoomId, SpaceId
from muster.ports.records import NodeRecords

P = TypeVar("P")
MAX_PLACES = 100  # of each kind in a scope


class TokenBounds:
    """Reads scopes; rooms lie in spaces, and that is looked up."""

    def __init__(self, *, records: NodeRecords) -> None:
        self._records = records
        self._standing = Standing(records=records)

    def check(self, scope: TokenScope, owner: User, role: Role) -> None:
        """Errors: Denied for actions beyond the role; NotFound for places the owner is not in."""
        for action in scope.actions:
            if action not in ALLOWED[role]:
                raise Denied(f"a token's actions are of its role: {action} is none of {role}")
        if max(len(scope.spaces), len(scope.rooms)) > MAX_PLACES:
            raise InputError(f"a scope has up to {MAX_PLACES} spaces and as many rooms")
        spaces, rooms = _covering(owner.roles, role), self._rooms(owner, role)
        for space in scope.spaces:
            if space not in spaces:
                raise NotFound(f"{owner.name} is no {role} of the space {space[:40]!r}")
        for room in scope.rooms:
            if room not in rooms:
                raise NotFound(f"{owner.name} is no {role} of the room {room[:40]!r}")

    def within(
        self, scope: TokenScope, owner: User, role: Role
    ) -> tuple[dict[SpaceId, Role], dict[RoomId, Role]]:
        """Where the token acts as `role`: in spaces, and in single rooms."""
        spaces = _covering(owner.roles, role)
        rooms = _covering(owner.room_roles, role)
        if scope.spaces or scope.rooms:
            spaces = [space for space in spaces if space in scope.spaces]
            rooms = [room for room in self._rooms(owner, role) if room in scope.rooms]
        return dict.fromkeys(spaces, role), dict.fromkeys(rooms, role)

    def reaches_hub(self, scope: TokenScope, owner: User, role: Role) -> bool:
        """Whether the token counts for the hub as a whole."""
        if not self._standing.reaches_hub(owner, role):
            return False
        main = {space.id for space in self._records.spaces() if space.main}
        bounded = bool(scope.spaces or scope.rooms)
        return not bounded or not main.isdisjoint(scope.spaces)

    def _rooms(self, owner: User, role: Role) -> list[RoomId]:
        """Every room in which the owner is `role` or more, by itself or by its space."""
        spaces = set(_covering(owner.roles, role))
        direct = set(_covering(owner.room_roles, role))
        return [
            room.id for room in self._records.rooms() if room.space in spaces or room.id in direct
        ]


def _covering(held: Mapping[P, Role], role: Role) -> list[P]:
    return [place for place, own in held.items() if covers(own, role)]
