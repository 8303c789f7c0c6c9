"""Spaces and rooms in SQLite. Source: migrations/."""

import sqlite3

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.ids import RoomId, SpaceId
from muster.model.inventory import Facts, Room, RoomRule, Space, SpaceSettings
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_ROOM = "SELECT id, space, name, rule, agent_lifetime_s FROM rooms"
# Who has a role here and nowhere else: nobody but the operator could help them then.
_HELD = (
    "SELECT user, space, '' AS room FROM user_roles UNION ALL"
    " SELECT user, space, room FROM user_room_roles JOIN rooms ON rooms.id = room"
)
_ONLY_HERE = (
    f"SELECT count(*) FROM (SELECT user FROM ({_HELD}) WHERE {{here}}"  # noqa: S608 - constants
    f" EXCEPT SELECT user FROM ({_HELD}) WHERE NOT {{here}})"
)


class SqliteSpaces:
    """The part of muster.ports.records.NodeRecords that is of spaces and rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rooms_version = 0

    def spaces(self) -> list[Space]:
        rows = self._database.all(
            "SELECT id, name, settings, main FROM spaces ORDER BY main DESC, name"
        )
        return [_space(row) for row in rows]

    def create_space(self, space: Space, event: AuditEvent, admin: str = "") -> None:
        with self._database.change() as writer:
            values = (space.id, space.name, text_of(space.settings), space.main)
            _insert(writer, "spaces", space.name, values)
            writer.execute(
                "INSERT INTO user_roles SELECT id, ?, 'admin' FROM users WHERE name = ?",
                (space.id, admin),
            )
            write_event(writer, event)

    def update_space(self, space: Space, event: AuditEvent) -> None:
        with self._database.change() as writer:
            rename(writer, "spaces", space.id, space.name)
            writer.execute(
                "UPDATE spaces SET settings = ? WHERE id = ?", (text_of(space.settings), space.id)
            )
            write_event(writer, event)

    def remove_space(self, id: SpaceId, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _refuse_inhabited(writer, id)
            writer.execute("DELETE FROM tokens WHERE space = ?", (id,))
            writer.execute("DELETE FROM rooms WHERE space = ?", (id,))
            _changed(writer.execute("DELETE FROM spaces WHERE id = ?", (id,)), "space", id)
            write_event(writer, event)
        self._rooms_version += 1

    def rooms(self, space: SpaceId | None = None) -> list[Room]:
        rows = self._database.all(
            f"{_ROOM} WHERE ?1 IS NULL OR space = ?1 ORDER BY name, id", (space,)
        )
        return [_room(row) for row in rows]

    def room(self, id: RoomId) -> Room | None:
        row = self._database.one(f"{_ROOM} WHERE id = ?", (id,))
        return _room(row) if row else None

    @property
    def rooms_version(self) -> int:
        return self._rooms_version

    def create_room(self, room: Room, event: AuditEvent) -> None:
        with self._database.change() as writer:
            values = (room.id, room.space, room.name, _rule(room), room.agent_lifetime_s)
            _insert(writer, "rooms", room.name, values)
            write_event(writer, event)
        self._rooms_version += 1

    def update_room(self, room: Room, event: AuditEvent) -> None:
        with self._database.change() as writer:
            rename(writer, "rooms", room.id, room.name)
            writer.execute(
                "UPDATE rooms SET rule = ?, agent_lifetime_s = ? WHERE id = ?",
                (_rule(room), room.agent_lifetime_s, room.id),
            )
            write_event(writer, event)
        self._rooms_version += 1

    def remove_room(self, id: RoomId, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _refuse_needed(writer, "room", id)
            _changed(writer.execute("DELETE FROM rooms WHERE id = ?", (id,)), "room", id)
            write_event(writer, event)
        self._rooms_version += 1


def _refuse_inhabited(writer: sqlite3.Connection, id: SpaceId) -> None:
    """Nodes and people are moved or removed one by one, never by the way."""
    sql = "SELECT count(*) FROM nodes WHERE space = ?"
    if count := writer.execute(sql, (id,)).fetchone()[0]:
        raise Conflict(f"the space still has {count} nodes; remove them first")
    for table, what in (("influx_databases", "databases"), ("influx_users", "users of databases")):
        sql = f"SELECT count(*) FROM {table} WHERE space = ?"  # noqa: S608 - constants
        if count := writer.execute(sql, (id,)).fetchone()[0]:
            raise Conflict(f"the space still has {count} {what}; drop them first")
    _refuse_needed(writer, "space", id)


def _refuse_needed(writer: sqlite3.Connection, what: str, id: SpaceId | RoomId) -> None:
    sql = _ONLY_HERE.format(here=f"{what} = ?1")
    if count := writer.execute(sql, (id,)).fetchone()[0]:
        raise Conflict(
            f"{count} users have a role in this {what} and no other; give them one, or remove them"
        )


def _insert(
    writer: sqlite3.Connection, table: str, name: str, values: tuple[str | int, ...]
) -> None:
    marks = ", ".join("?" * len(values))
    try:
        writer.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - constants
    except sqlite3.IntegrityError as error:
        raise Conflict(f"name is taken: {name!r}") from error


def rename(writer: sqlite3.Connection, table: str, id: str, name: str) -> None:
    """Errors: Conflict for a taken name, NotFound."""
    try:
        cursor = writer.execute(f"UPDATE {table} SET name = ? WHERE id = ?", (name, id))  # noqa: S608 - constants
    except sqlite3.IntegrityError as error:
        raise Conflict(f"name is taken: {name!r}") from error
    _changed(cursor, table.removesuffix("s"), id)


def _changed(cursor: sqlite3.Cursor, kind: str, id: str) -> None:
    if not cursor.rowcount:
        raise NotFound(f"no such {kind}: {id!r}")


def text_of(value: Facts | SpaceSettings | RoomRule | dict[str, str]) -> str:
    """JSON, as it lies in a column."""
    return msgspec.json.encode(value).decode()


def _rule(room: Room) -> str:
    return text_of(room.rule) if room.rule else ""


def _space(row: Row) -> Space:
    return Space(row[0], row[1], msgspec.json.decode(row[2], type=SpaceSettings), bool(row[3]))


def _room(row: Row) -> Room:
    rule = msgspec.json.decode(row[3], type=RoomRule) if row[3] else None
    return Room(row[0], row[1], row[2], rule, row[4])
