"""API tokens in SQLite. Source: migrations/."""

import sqlite3

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import ApiToken, AuditEvent, Role, TokenScope, User, covers
from muster.model.ids import ApiTokenId
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_READ = (
    "SELECT id, user, name, role, sha256, created_ns, expires_ns, used_ns, revoked_ns,"
    " scope FROM api_tokens"
)
_HELD = (
    "SELECT role FROM (SELECT user, role FROM user_roles UNION SELECT user, role FROM"
    " user_room_roles) JOIN users ON users.id = user WHERE user = ? AND NOT disabled"
)


class SqliteApiTokens:
    """See muster.ports.records.ApiTokenRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tokens(self) -> list[ApiToken]:
        return [_token(row) for row in self._database.all(f"{_READ} ORDER BY created_ns DESC, id")]

    def token(self, id: ApiTokenId) -> ApiToken | None:
        row = self._database.one(f"{_READ} WHERE id = ?", (id,))
        return _token(row) if row else None

    def find(self, sha256: str) -> ApiToken | None:
        row = self._database.one(f"{_READ} WHERE sha256 = ?", (sha256,))
        return _token(row) if row else None

    def create(self, token: ApiToken, event: AuditEvent) -> None:
        with self._database.change() as writer:
            held = [Role(row[0]) for row in writer.execute(_HELD, (token.user,))]
            if not any(covers(role, token.role) for role in held):
                raise Conflict(f"the user is no {token.role} any more; no token was made")
            writer.execute(
                "INSERT INTO api_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    token.id,
                    token.user,
                    token.name,
                    token.role,
                    token.sha256,
                    token.created_ns,
                    token.expires_ns,
                    token.used_ns,
                    token.revoked_ns,
                    msgspec.json.encode(token.scope).decode(),
                ),
            )
            write_event(writer, event)

    def revoke(self, id: ApiTokenId, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if not writer.execute("SELECT 1 FROM api_tokens WHERE id = ?", (id,)).fetchone():
                raise NotFound(f"no such API token: {id!r}")
            sql = "UPDATE api_tokens SET revoked_ns = ? WHERE id = ? AND revoked_ns = 0"
            if writer.execute(sql, (now_ns, id)).rowcount:
                write_event(writer, event)

    def touch(self, id: ApiTokenId, used_ns: int) -> None:
        with self._database.change() as writer:
            writer.execute(
                "UPDATE api_tokens SET used_ns = max(used_ns, ?) WHERE id = ?", (used_ns, id)
            )

    def prune(self, before_ns: int) -> int:
        with self._database.change() as writer:
            return writer.execute(
                "DELETE FROM api_tokens WHERE expires_ns < ?1"
                " OR (revoked_ns > 0 AND revoked_ns < ?1)",
                (before_ns,),
            ).rowcount


def end_excess(writer: sqlite3.Connection, user: User, now_ns: int) -> None:
    """End the tokens that are more than their user now is: all of a disabled one's."""
    held = () if user.disabled else (*user.roles.values(), *user.room_roles.values())
    beyond = [role for role in Role if not any(covers(each, role) for each in held)]
    writer.executemany(
        "UPDATE api_tokens SET revoked_ns = ? WHERE user = ? AND role = ? AND revoked_ns = 0",
        [(now_ns, user.id, role) for role in beyond],
    )


def _token(row: Row) -> ApiToken:
    return ApiToken(
        id=row[0],
        user=row[1],
        name=row[2],
        role=Role(row[3]),
        sha256=row[4],
        created_ns=row[5],
        expires_ns=row[6],
        used_ns=row[7],
        revoked_ns=row[8],
        scope=msgspec.json.decode(row[9], type=TokenScope),
    )
