"""Users and sessions in SQLite. Source: migrations/."""

import sqlite3

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.ids import RoomId, SpaceId, UserId
from muster.ports.records import Session
from muster.store.records.apitokens import end_excess
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.inviters import end_beyond

_USER = (
    "SELECT id, name, password_hash, created_ns, disabled, require_passkey,"
    " (SELECT group_concat(space || '=' || role) FROM user_roles WHERE user = users.id),"
    " (SELECT group_concat(room || '=' || role) FROM user_room_roles WHERE user = users.id)"
    " FROM users"
)
_SESSION = Session.__struct_fields__  # the table's columns bear the same names
_ADMINS = (
    "SELECT DISTINCT space FROM user_roles JOIN users ON users.id = user"
    " WHERE role = 'admin' AND NOT disabled"
)


class SqlitePeople:
    """See muster.ports.records.PeopleRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def users(self) -> list[User]:
        return [_user(row) for row in self._database.all(f"{_USER} ORDER BY name")]

    def user(self, id: UserId) -> User | None:
        row = self._database.one(f"{_USER} WHERE id = ?", (id,))
        return _user(row) if row else None

    def user_named(self, name: str) -> User | None:
        row = self._database.one(f"{_USER} WHERE name = ?", (name,))
        return _user(row) if row else None

    def create_user(self, user: User, event: AuditEvent) -> None:
        with self._database.change() as writer:
            insert_user(writer, user)
            write_event(writer, event)

    def update_user(
        self, user: User, event: AuditEvent, *, before: User, end_sessions: bool
    ) -> None:
        with self._database.change() as writer:
            if _found(writer, user.id) != before:
                raise Conflict(f"user was changed meanwhile: {user.name!r}; look and try again")
            admins = _spaces_with_admin(writer)
            writer.execute(
                "UPDATE users SET password_hash = ?, disabled = ?, require_passkey = ?"
                " WHERE id = ?",
                (user.password_hash, user.disabled, user.require_passkey, user.id),
            )
            writer.execute("DELETE FROM user_roles WHERE user = ?", (user.id,))
            writer.execute("DELETE FROM user_room_roles WHERE user = ?", (user.id,))
            _write_roles(writer, user)
            _require_admins(writer, admins)
            end_excess(writer, user, event.time_ns)
            if end_sessions:
                writer.execute("DELETE FROM sessions WHERE user = ?", (user.id,))
            write_event(writer, event)
            end_beyond(writer, user, event)

    def remove_user(self, id: UserId, event: AuditEvent) -> None:
        with self._database.change() as writer:
            before, user = _spaces_with_admin(writer), _found(writer, id)
            writer.execute("DELETE FROM users WHERE id = ?", (id,))
            _require_admins(writer, before)
            write_event(writer, event)
            end_beyond(writer, msgspec.structs.replace(user, disabled=True), event)

    def add_session(
        self, session: Session, replaces_sha256: str, event: AuditEvent, *, password_hash: str
    ) -> None:
        with self._database.change() as writer:
            user = _found(writer, session.user)
            if user.disabled or user.password_hash != password_hash:
                raise Conflict("the password was changed while it was checked")
            writer.execute("DELETE FROM sessions WHERE id_sha256 = ?", (replaces_sha256,))
            writer.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    session.id_sha256,
                    session.user,
                    session.created_ns,
                    session.seen_ns,
                    session.address,
                    session.method,
                    session.proved_ns,
                    session.passkey_ns,
                ),
            )
            write_event(writer, event)

    def session(self, id_sha256: str) -> Session | None:
        row = self._database.one(
            f"SELECT {', '.join(_SESSION)} FROM sessions WHERE id_sha256 = ?",  # noqa: S608 - constant
            (id_sha256,),
        )
        return Session(**dict(zip(_SESSION, row, strict=True))) if row else None

    def prove_session(self, id_sha256: str, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "UPDATE sessions SET proved_ns = ?1, passkey_ns = ?1 WHERE id_sha256 = ?2"
            if not writer.execute(sql, (now_ns, id_sha256)).rowcount:
                raise NotFound("the session has ended")
            write_event(writer, event)

    def touch_session(self, id_sha256: str, seen_ns: int) -> None:
        with self._database.change() as writer:
            writer.execute(
                "UPDATE sessions SET seen_ns = max(seen_ns, ?) WHERE id_sha256 = ?",
                (seen_ns, id_sha256),
            )

    def end_session(self, id_sha256: str, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "DELETE FROM sessions WHERE id_sha256 = ?"
            if writer.execute(sql, (id_sha256,)).rowcount:
                write_event(writer, event)

    def prune_sessions(self, created_before_ns: int, seen_before_ns: int) -> int:
        with self._database.change() as writer:
            return writer.execute(
                "DELETE FROM sessions WHERE created_ns < ? OR seen_ns < ?",
                (created_before_ns, seen_before_ns),
            ).rowcount


def insert_user(writer: sqlite3.Connection, user: User) -> None:
    """Add one with its roles to an open transaction. Errors: Conflict for a taken name."""
    try:
        writer.execute(
            "INSERT INTO users (id, name, password_hash, created_ns, disabled, require_passkey)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                user.id,
                user.name,
                user.password_hash,
                user.created_ns,
                user.disabled,
                user.require_passkey,
            ),
        )
    except sqlite3.IntegrityError as error:
        raise Conflict(f"name is taken: {user.name!r}") from error
    _write_roles(writer, user)


def _found(writer: sqlite3.Connection, id: UserId) -> User:
    row = writer.execute(f"{_USER} WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise NotFound(f"no such user: {id!r}")
    return _user(row)


def _write_roles(writer: sqlite3.Connection, user: User) -> None:
    writer.executemany(
        "INSERT INTO user_roles VALUES (?, ?, ?)",
        [(user.id, space, role) for space, role in user.roles.items()],
    )
    # A room that is gone by now is left out.
    writer.executemany(
        "INSERT INTO user_room_roles SELECT ?, id, ? FROM rooms WHERE id = ?",
        [(user.id, role, room) for room, role in user.room_roles.items()],
    )


def _spaces_with_admin(writer: sqlite3.Connection) -> set[str]:
    return {row[0] for row in writer.execute(_ADMINS)}


def _require_admins(writer: sqlite3.Connection, before: set[str]) -> None:
    if before - _spaces_with_admin(writer):
        raise Conflict("this is the last admin; make another user admin first")


def _user(row: Row) -> User:
    roles, room_roles = _pairs(row[6]), _pairs(row[7])
    return User(
        id=row[0],
        name=row[1],
        password_hash=row[2],
        created_ns=row[3],
        disabled=bool(row[4]),
        roles={SpaceId(space): Role(role) for space, role in roles},
        room_roles={RoomId(room): Role(role) for room, role in room_roles},
        require_passkey=bool(row[5]),
    )


def _pairs(text: str | None) -> list[list[str]]:
    return [pair.split("=") for pair in text.split(",")] if text else []
