"""How an admin lets a machine in otherwise than it asked: under another name, into other rooms."""

from collections.abc import Sequence

import msgspec

from muster.core.names import check_name
from muster.core.nodes.roster import MAX_NODE_ROOMS, is_all_nodes
from muster.errors import Conflict, InputError, NotFound
from muster.model.approval import WaitingClaim
from muster.model.ids import RoomId, SpaceId
from muster.ports.records import NodeRecords


class Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed; what is None stays as it was asked for."""

    name: str | None = None
    rooms: tuple[RoomId, ...] | None = None


AS_ASKED = Otherwise()


def otherwise(
    claim: WaitingClaim, nodes: NodeRecords, name: str | None, rooms: Sequence[str] | None
) -> Otherwise:
    """The change of a claim, where it is one; `rooms` are ids or names of its space. Blocks.

    Errors: InputError; NotFound for a room; Conflict when another node has the name.
    """
    if name == claim.name:
        name = None
    if name is not None:
        check_name(name, "node name")
        if any(node.name == name for node in nodes.nodes(claim.space)):
            raise Conflict(f"another node of this space is called {name!r}")
    return Otherwise(name=name, rooms=None if rooms is None else _rooms(nodes, claim.space, rooms))


def as_decided(claim: WaitingClaim, wanted: Otherwise) -> WaitingClaim:
    """The claim as the node is made of it."""
    name = claim.name if wanted.name is None else wanted.name
    rooms = claim.rooms if wanted.rooms is None else wanted.rooms
    return msgspec.structs.replace(claim, name=name, rooms=rooms)


def _rooms(nodes: NodeRecords, space: SpaceId, wanted: Sequence[str]) -> tuple[RoomId, ...]:
    if len(wanted) > MAX_NODE_ROOMS:
        raise InputError(f"a node is put into up to {MAX_NODE_ROOMS} rooms, not {len(wanted)}")
    known = nodes.rooms(space)
    ids = {room.name: room.id for room in known} | {room.id: room.id for room in known}
    chosen = [room for room in wanted if not is_all_nodes(room, space)]
    for room in chosen:
        if room not in ids:
            raise NotFound(f"no such room: {room[:100]!r}")
    return tuple(sorted({ids[room] for room in chosen}))
