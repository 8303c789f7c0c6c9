"""Identities at OpenID providers, and invitations, in SQLite. Source: migrations/."""

import sqlite3

import msgspec

from muster.errors import Conflict, LimitExceeded, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.ids import RoomId, SpaceId, UserId
from muster.model.signin import ForeignIdentity, Invitation, Passkey
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.passkeys import insert_passkey
from muster.store.records.people import insert_user

_IDENTITY = "SELECT issuer, subject, user, provider, created_ns, used_ns, linked FROM identities"
# By what a user signs in: a password, passkeys, identities.
_WAYS = """
SELECT (SELECT count(*) FROM users WHERE id = ?1 AND password_hash != '')
     + (SELECT count(*) FROM passkeys WHERE user = ?1)
     + (SELECT count(*) FROM identities WHERE user = ?1)
"""
_INVITATION = (
    "SELECT id, sha256, user, name, roles, room_roles, created_ns, expires_ns, created_by,"
    " used_ns, revoked_ns FROM invitations"
)
_IS_OPEN = "used_ns = 0 AND revoked_ns = 0 AND expires_ns > ?"


class SqliteSignIn:
    """See muster.ports.signin.SignInRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def identity(self, issuer: str, subject: str) -> ForeignIdentity | None:
        row = self._database.one(f"{_IDENTITY} WHERE issuer = ? AND subject = ?", (issuer, subject))
        return _identity(row) if row else None

    def identities(self, user: UserId | None = None) -> list[ForeignIdentity]:
        sql = f"{_IDENTITY} WHERE ?1 IS NULL OR user = ?1 ORDER BY issuer, subject"
        return [_identity(row) for row in self._database.all(sql, (user,))]

    def create_foreign_user(self, user: User, identity: ForeignIdentity, event: AuditEvent) -> None:
        with self._database.change() as writer:
            insert_user(writer, user)
            _insert_identity(writer, identity)
            write_event(writer, event)

    def link_identity(self, identity: ForeignIdentity, event: AuditEvent, *, most: int) -> None:
        with self._database.change() as writer:
            sql = "SELECT count(*) FROM identities WHERE user = ?"
            if writer.execute(sql, (identity.user,)).fetchone()[0] >= most:
                raise LimitExceeded(f"a user has up to {most} identities at providers")
            _insert_identity(writer, identity)
            write_event(writer, event)

    def unlink_identity(self, identity: ForeignIdentity, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = "DELETE FROM identities WHERE issuer = ? AND subject = ? AND user = ?"
            values = (identity.issuer, identity.subject, identity.user)
            if not writer.execute(sql, values).rowcount:
                raise NotFound("no such identity")
            if not writer.execute(_WAYS, (identity.user,)).fetchone()[0]:
                raise Conflict("nothing else is left to sign in by; set a password first")
            writer.execute(
                "DELETE FROM sessions WHERE user = ? AND method = ?",
                (identity.user, f"oidc:{identity.provider}"),
            )
            write_event(writer, event)

    def unlink_identities(self, user: UserId, event: AuditEvent) -> int:
        with self._database.change() as writer:
            sql = "DELETE FROM identities WHERE user = ? AND linked"
            if gone := writer.execute(sql, (user,)).rowcount:
                writer.execute(
                    "DELETE FROM sessions WHERE user = ? AND method LIKE 'oidc:%'", (user,)
                )
                write_event(writer, event)
            return gone

    def use_identity(self, identity: ForeignIdentity) -> None:
        with self._database.change() as writer:
            writer.execute(
                "UPDATE identities SET provider = ?, used_ns = ? WHERE issuer = ? AND subject = ?",
                (identity.provider, identity.used_ns, identity.issuer, identity.subject),
            )

    def invitations(self) -> list[Invitation]:
        rows = self._database.all(f"{_INVITATION} ORDER BY created_ns DESC, id")
        return [_invitation(row) for row in rows]

    def invitation(self, id: str) -> Invitation | None:
        row = self._database.one(f"{_INVITATION} WHERE id = ?", (id,))
        return _invitation(row) if row else None

    def find_invitation(self, sha256: str) -> Invitation | None:
        row = self._database.one(f"{_INVITATION} WHERE sha256 = ?", (sha256,))
        return _invitation(row) if row else None

    def create_invitation(self, invitation: Invitation, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _require_free(writer, invitation.name)
            writer.execute(
                "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    invitation.id,
                    invitation.sha256,
                    invitation.user,
                    invitation.name,
                    msgspec.json.encode(invitation.roles).decode(),
                    msgspec.json.encode(invitation.room_roles).decode(),
                    invitation.created_ns,
                    invitation.expires_ns,
                    invitation.created_by,
                    invitation.used_ns,
                    invitation.revoked_ns,
                ),
            )
            write_event(writer, event)

    def revoke_invitation(self, id: str, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = f"UPDATE invitations SET revoked_ns = ? WHERE id = ? AND {_IS_OPEN}"  # noqa: S608 - constant
            if writer.execute(sql, (now_ns, id, now_ns)).rowcount:
                write_event(writer, event)

    def accept_invitation(
        self, id: str, user: User, passkey: Passkey | None, now_ns: int, event: AuditEvent
    ) -> None:
        with self._database.change() as writer:
            sql = f"UPDATE invitations SET used_ns = ? WHERE id = ? AND {_IS_OPEN}"  # noqa: S608 - constant
            if not writer.execute(sql, (now_ns, id, now_ns)).rowcount:
                raise Conflict("this invitation is used, revoked or expired; ask for another")
            insert_user(writer, user)
            if passkey is not None:
                insert_passkey(writer, passkey)
            write_event(writer, event)

    def prune_invitations(self, before_ns: int) -> int:
        with self._database.change() as writer:
            return writer.execute(
                "DELETE FROM invitations WHERE expires_ns < ?", (before_ns,)
            ).rowcount


def _require_free(writer: sqlite3.Connection, name: str) -> None:
    if writer.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
        raise Conflict(f"name is taken: {name!r}")


def _insert_identity(writer: sqlite3.Connection, identity: ForeignIdentity) -> None:
    writer.execute(
        "INSERT INTO identities VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            identity.issuer,
            identity.subject,
            identity.user,
            identity.provider,
            identity.created_ns,
            identity.used_ns,
            identity.linked,
        ),
    )


def _identity(row: Row) -> ForeignIdentity:
    return ForeignIdentity(
        issuer=row[0],
        subject=row[1],
        user=row[2],
        provider=row[3],
        created_ns=row[4],
        used_ns=row[5],
        linked=bool(row[6]),
    )


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row[0],
        sha256=row[1],
        user=row[2],
        name=row[3],
        roles=msgspec.json.decode(row[4], type=dict[SpaceId, Role]),
        room_roles=msgspec.json.decode(row[5], type=dict[RoomId, Role]),
        created_ns=row[6],
        expires_ns=row[7],
        created_by=row[8],
        used_ns=row[9],
        revoked_ns=row[10],
    )
