"""Who a Netdata agent is told is asking: identity headers made of our own roles.

The agent believes them, for only its cloud can send them. So they come from here alone, and
no header of a browser or script is ever passed on. The account is a name for the agent's own
log, worked out of the user's: it opens nothing. No role is given a right to change the
agent's configuration, for the hub has no call that would.

Source: docs/faces/netdata.md, "Who asks"
"""

import uuid
from collections.abc import Iterable
from enum import IntFlag

from muster.model.access import Actor, Role, highest
from muster.model.ids import RoomId, SpaceId

Headers = tuple[tuple[str, str], ...]


class Permission(IntFlag):
    """Bits of X-Netdata-Permissions."""

    SIGNED_IN = 1 << 0
    SAME_SPACE = 1 << 1
    COMMERCIAL = 1 << 2
    ANONYMOUS_DATA = 1 << 3
    SENSITIVE_DATA = 1 << 4
    VIEW_CONFIG = 1 << 5
    EDIT_CONFIG = 1 << 6
    VIEW_NOTIFICATIONS = 1 << 7
    EDIT_NOTIFICATIONS = 1 << 8
    VIEW_SILENCING = 1 << 9
    EDIT_SILENCING = 1 << 10


_VIEWER = Permission.SIGNED_IN | Permission.SAME_SPACE | Permission.ANONYMOUS_DATA
_EDITOR = _VIEWER | Permission.SENSITIVE_DATA
_ADMIN = (
    _EDITOR | Permission.VIEW_CONFIG | Permission.VIEW_NOTIFICATIONS | Permission.VIEW_SILENCING
)

_TOLD: dict[Role, tuple[str, Permission]] = {
    Role.VIEWER: ("observer", _VIEWER),
    Role.EDITOR: ("troubleshooter", _EDITOR),
    Role.ADMIN: ("admin", _ADMIN),
}

_ACCOUNTS = uuid.UUID("9d6b5fb2-2f4c-5c8e-9a52-6b1f3a2c7e10")  # what names are worked out in


def headers_of(name: str, role: Role) -> Headers:
    """What the agent is told of somebody with a role where the node is."""
    told, permissions = _TOLD[role]
    return (
        ("X-Netdata-Account-Id", str(uuid.uuid5(_ACCOUNTS, name))),
        ("X-Netdata-Role", told),
        ("X-Netdata-Permissions", f"0x{permissions:x}"),
    )


HUB: Headers = headers_of("", Role.VIEWER)
"""The hub itself, for answers that all who may look at a node share."""


def role_at(actor: Actor, space: SpaceId, rooms: Iterable[RoomId]) -> Role:
    """The highest role of somebody for a node of a space that is in these rooms."""
    if actor.operator:
        return Role.ADMIN
    held = {actor.room_roles[room] for room in rooms if room in actor.room_roles}
    if space in actor.roles:
        held.add(actor.roles[space])
    return highest(held)
