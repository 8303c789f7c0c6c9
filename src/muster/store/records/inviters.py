"""Invitations stand with who made them: they end when that user may invite there no more.

Written in the transaction that takes the role or the user away. Source: migrations/
"""

import sqlite3

import msgspec

from muster.model.access import ALLOWED, Action, AuditEvent, Role, User
from muster.model.ids import RoomId, SpaceId
from muster.store.records.audit import write_event

_OPEN_OF = (
    "SELECT id, name, roles, room_roles FROM invitations"
    " WHERE created_by = ? AND used_ns = 0 AND revoked_ns = 0 AND expires_ns > ?"
)
_WHY = "its inviter may invite nobody there any more"


def end_beyond(writer: sqlite3.Connection, user: User, event: AuditEvent) -> None:
    """End a user's open invitations into spaces where the user, as given, manages no people.

    `event` is that of the change; each end has one of its own beside it.
    """
    managed = () if user.disabled else user.roles.items()
    spaces = {space for space, role in managed if Action.USER_MANAGE in ALLOWED[role]}
    rows = writer.execute(_OPEN_OF, (user.name, event.time_ns)).fetchall()
    for id, name, roles, room_roles in rows:
        into = _spaces(writer, roles, room_roles)
        if into <= spaces:
            continue
        writer.execute("UPDATE invitations SET revoked_ns = ? WHERE id = ?", (event.time_ns, id))
        end = msgspec.structs.replace(
            event, action="invitation.revoke", object=name, detail=_WHY, space=min(into)
        )
        write_event(writer, end)


def _spaces(writer: sqlite3.Connection, roles: str, room_roles: str) -> set[SpaceId]:
    """Those an invitation leads into; rooms and spaces that are gone lead nowhere."""
    found = set(msgspec.json.decode(roles, type=dict[SpaceId, Role]))
    for room in msgspec.json.decode(room_roles, type=dict[RoomId, Role]):
        row = writer.execute("SELECT space FROM rooms WHERE id = ?", (room,)).fetchone()
        found |= {SpaceId(row[0])} if row else set()
    return found
