"""The rooms a machine asks for when it claims: some of those its token is for."""

from collections.abc import Iterable, Sequence

from muster.errors import InputError
from muster.model.ids import RoomId
from muster.model.inventory import Room


class RoomUnknown(InputError):
    """A room that the token does not let its machines into; nothing was made."""

    code = "room_unknown"


def narrowed(
    allowed: tuple[RoomId, ...], wanted: Sequence[str], rooms: Iterable[Room]
) -> tuple[RoomId, ...]:
    """Those wanted, by id or name, of the allowed; all the allowed when none is named.

    Errors: RoomUnknown for one that is not there or not allowed: which of the two is not told.
    """
    if not wanted:
        return allowed
    names = {room.name: room.id for room in rooms}
    asked = [names.get(text, RoomId(text)) for text in wanted]
    for text, id in zip(wanted, asked, strict=True):
        if id not in allowed:
            raise RoomUnknown(f"this claim token lets nobody into the room {text[:100]!r}")
    return tuple(id for id in allowed if id in asked)
