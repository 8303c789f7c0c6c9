"""Passkeys in SQLite. Source: migrations/."""

import sqlite3

from muster.errors import Conflict, LimitExceeded, NotFound
from muster.model.access import AuditEvent
from muster.model.ids import UserId
from muster.model.signin import Passkey
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_PASSKEY = (
    "SELECT id, user, name, domain, public_key, sign_count, created_ns, used_ns, synced"
    " FROM passkeys"
)


class SqlitePasskeys:
    """See muster.ports.signin.PasskeyRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def passkeys(self, user: UserId) -> list[Passkey]:
        rows = self._database.all(f"{_PASSKEY} WHERE user = ? ORDER BY created_ns, id", (user,))
        return [_passkey(row) for row in rows]

    def passkey(self, id: str) -> Passkey | None:
        row = self._database.one(f"{_PASSKEY} WHERE id = ?", (id,))
        return _passkey(row) if row else None

    def counts(self) -> dict[UserId, int]:
        return dict(self._database.all("SELECT user, count(*) FROM passkeys GROUP BY user"))

    def add_passkey(self, passkey: Passkey, event: AuditEvent, *, most: int) -> None:
        with self._database.change() as writer:
            if _count(writer, passkey.user) >= most:
                raise LimitExceeded(f"a user has up to {most} passkeys; remove one first")
            insert_passkey(writer, passkey)
            write_event(writer, event)

    def use_passkey(self, id: str, sign_count: int, now_ns: int) -> bool:
        with self._database.change() as writer:
            written = writer.execute(
                "UPDATE passkeys SET sign_count = ?1, used_ns = ?2 WHERE id = ?3"
                " AND (sign_count < ?1 OR (sign_count = 0 AND ?1 = 0))",
                (sign_count, now_ns, id),
            )
            return written.rowcount > 0

    def rename_passkey(self, id: str, name: str, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "UPDATE passkeys SET name = ? WHERE id = ?"
            if not writer.execute(sql, (name, id)).rowcount:
                raise NotFound("no such passkey")
            write_event(writer, event)

    def remove_passkey(
        self, id: str, event: AuditEvent, *, keep_one: bool, end_sessions: bool = False
    ) -> None:
        with self._database.change() as writer:
            row = writer.execute("SELECT user FROM passkeys WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise NotFound("no such passkey")
            if keep_one and _count(writer, row[0]) == 1:
                raise Conflict(
                    "this is the last passkey, and signing in takes one; add another first"
                )
            writer.execute("DELETE FROM passkeys WHERE id = ?", (id,))
            if end_sessions:
                writer.execute("DELETE FROM sessions WHERE user = ?", (row[0],))
            write_event(writer, event)


def insert_passkey(writer: sqlite3.Connection, passkey: Passkey) -> None:
    """Add one to an open transaction. Errors: Conflict when it is known already."""
    if writer.execute("SELECT 1 FROM passkeys WHERE id = ?", (passkey.id,)).fetchone():
        raise Conflict("this passkey is known already")
    writer.execute(
        "INSERT INTO passkeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            passkey.id,
            passkey.user,
            passkey.name,
            passkey.domain,
            passkey.public_key,
            passkey.sign_count,
            passkey.created_ns,
            passkey.used_ns,
            passkey.synced,
        ),
    )


def _count(writer: sqlite3.Connection, user: str) -> int:
    row = writer.execute("SELECT count(*) FROM passkeys WHERE user = ?", (user,)).fetchone()
    return int(row[0])


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row[0],
        user=row[1],
        name=row[2],
        domain=row[3],
        public_key=row[4],
        sign_count=row[5],
        created_ns=row[6],
        used_ns=row[7],
        synced=bool(row[8]),
    )
