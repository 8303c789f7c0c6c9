"""Databases and users of InfluxDB's wire in SQLite. Source: migrations/."""

import sqlite3

import msgspec

from muster.errors import Conflict
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.model.influx import (
    ContinuousQuery,
    Database,
    InfluxUser,
    Privilege,
    RetentionPolicy,
)
from muster.store.records import database as files
from muster.store.records.audit import write_event

_DATABASES = "SELECT number, space, name, created_ns, definition FROM influx_databases"
_USERS = "SELECT number, name, space, password_hash, admin, grants, created_ns FROM influx_users"


class _Definition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a Database lies in one column."""

    default_policy: str = ""
    policies: tuple[RetentionPolicy, ...] = ()
    queries: tuple[ContinuousQuery, ...] = ()


class SqliteInflux:
    """See muster.ports.influx.InfluxRecords."""

    def __init__(self, database: files.Database) -> None:
        self._database = database

    def databases(self) -> list[Database]:
        rows = self._database.all(f"{_DATABASES} ORDER BY number")
        return [_database_of(row) for row in rows]

    def create_database(self, database: Database, event: AuditEvent) -> Database:
        with self._database.change() as writer:
            cursor = writer.execute(
                "INSERT INTO influx_databases (space, name, created_ns, definition)"
                " VALUES (?, ?, ?, ?)",
                (database.space, database.name, database.created_ns, _definition(database)),
            )
            write_event(writer, event)
        return msgspec.structs.replace(database, number=cursor.lastrowid)

    def update_database(self, before: Database, after: Database, event: AuditEvent) -> None:
        """Steps: 1 the definition, if it is the one that was changed  2 shards  3 the event."""
        with self._database.change() as writer:
            # 1
            changed = writer.execute(
                "UPDATE influx_databases SET definition = ? WHERE number = ? AND definition = ?",
                (_definition(after), before.number, _definition(before)),
            )
            if not changed.rowcount:
                raise Conflict(f"database {before.name!r} was changed or dropped meanwhile")
            # 2
            kept = {policy.name for policy in after.policies}
            gone = [policy.name for policy in before.policies if policy.name not in kept]
            writer.executemany(
                "DELETE FROM influx_shards WHERE database = ? AND policy = ?",
                [(before.number, name) for name in gone],
            )
            # 3
            write_event(writer, event)

    def drop_database(self, database: Database, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "DELETE FROM influx_databases WHERE number = ?"
            if not writer.execute(sql, (database.number,)).rowcount:
                return
            for row in writer.execute(f"{_USERS} WHERE space = ?", (database.space,)).fetchall():
                user = _user(row)
                if database.name in user.grants:
                    left = {on: held for on, held in user.grants.items() if on != database.name}
                    _write_grants(writer, user.number, left)
            write_event(writer, event)

    def users(self) -> list[InfluxUser]:
        return [_user(row) for row in self._database.all(f"{_USERS} ORDER BY number")]

    def create_user(self, user: InfluxUser, event: AuditEvent) -> InfluxUser:
        with self._database.change() as writer:
            cursor = writer.execute(
                "INSERT INTO influx_users (name, space, password_hash, admin, grants, created_ns)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    user.name,
                    user.space,
                    user.password_hash,
                    user.admin,
                    _grants(user.grants),
                    user.created_ns,
                ),
            )
            write_event(writer, event)
        return msgspec.structs.replace(user, number=cursor.lastrowid)

    def update_user(self, before: InfluxUser, after: InfluxUser, event: AuditEvent) -> None:
        with self._database.change() as writer:
            changed = writer.execute(
                "UPDATE influx_users SET password_hash = ?, admin = ?, grants = ?"
                " WHERE number = ? AND password_hash = ? AND admin = ? AND grants = ?",
                (
                    after.password_hash,
                    after.admin,
                    _grants(after.grants),
                    before.number,
                    before.password_hash,
                    before.admin,
                    _grants(before.grants),
                ),
            )
            if not changed.rowcount:
                raise Conflict(f"user {before.name!r} was changed or dropped meanwhile")
            write_event(writer, event)

    def drop_user(self, user: InfluxUser, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "DELETE FROM influx_users WHERE number = ?"
            if writer.execute(sql, (user.number,)).rowcount:
                write_event(writer, event)


def _definition(database: Database) -> str:
    definition = _Definition(
        default_policy=database.default_policy,
        policies=database.policies,
        queries=database.queries,
    )
    return msgspec.json.encode(definition).decode()


def _database_of(row: files.Row) -> Database:
    definition = msgspec.json.decode(row[4], type=_Definition)
    return Database(
        number=row[0],
        space=SpaceId(row[1]),
        name=row[2],
        created_ns=row[3],
        default_policy=definition.default_policy,
        policies=definition.policies,
        queries=definition.queries,
    )


def _grants(grants: dict[str, Privilege]) -> str:
    return msgspec.json.encode({on: int(held) for on, held in grants.items()}).decode()


def _write_grants(writer: sqlite3.Connection, number: int, grants: dict[str, Privilege]) -> None:
    writer.execute("UPDATE influx_users SET grants = ? WHERE number = ?", (_grants(grants), number))


def _user(row: files.Row) -> InfluxUser:
    grants = msgspec.json.decode(row[5], type=dict[str, int])
    return InfluxUser(
        number=row[0],
        name=row[1],
        space=SpaceId(row[2]),
        password_hash=row[3],
        admin=bool(row[4]),
        grants={on: Privilege(held) for on, held in grants.items()},
        created_ns=row[6],
    )
