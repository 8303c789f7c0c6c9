"""Claim tokens and claims in SQLite. Source: migrations/."""

import sqlite3
from collections.abc import Mapping

import msgspec

from muster.clock import SECOND_NS
from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import ClaimToken, Credential
from muster.model.ids import SpaceId, TokenId
from muster.model.inventory import Node
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, KeyKnown, TokenBusy, TokenClaim, TokenSpent
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.evidence import put_marks
from muster.store.records.nodes import add_credential, add_node
from muster.store.records.rememberedrows import RememberedRows
from muster.store.records.watchedtables import Subject

_TOKEN = (
    "SELECT id, space, proof_key, created_ns, expires_ns, uses, used, revoked_ns,"  # noqa: S105 - a query
    " created_by, description, labels, networks, hosts, per_hour, ephemeral_s,"
    " (SELECT group_concat(room) FROM token_rooms WHERE token = tokens.id) FROM tokens"
)
_CLAIM = "SELECT token, node, name, key_sha256, claimed_ns FROM token_claims"

HOUR_NS = 3_600 * SECOND_NS


class SqliteTokens:
    """See muster.ports.records.TokenRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: RememberedRows[dict[TokenId, str]] = RememberedRows(database, Subject.TOKENS)

    def tokens(self, space: SpaceId | None = None) -> list[ClaimToken]:
        rows = self._database.all(
            f"{_TOKEN} WHERE ?1 IS NULL OR space = ?1 ORDER BY created_ns DESC, id", (space,)
        )
        return [_token(row) for row in rows]

    def token(self, id: TokenId) -> ClaimToken | None:
        row = self._database.one(f"{_TOKEN} WHERE id = ?", (id,))
        return _token(row) if row else None

    def proof_keys(self) -> Mapping[TokenId, str]:
        return self._keys.get(None, self._read_keys)

    def keys_at_hand(self) -> Mapping[TokenId, str] | None:
        return self._keys.peek(None)

    def _read_keys(self) -> dict[TokenId, str]:
        rows = self._database.all("SELECT id, proof_key FROM tokens")
        return {TokenId(id): key for id, key in rows}

    def create(self, token: ClaimToken, event: AuditEvent) -> None:
        with self._database.change() as writer:
            writer.execute(
                "INSERT INTO tokens (id, space, proof_key, created_ns, expires_ns, uses, used,"
                " revoked_ns, created_by, description, labels, networks, hosts, per_hour,"
                " ephemeral_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    token.id,
                    token.space,
                    token.proof_key,
                    token.created_ns,
                    token.expires_ns,
                    token.uses,
                    token.used,
                    token.revoked_ns,
                    token.created_by,
                    token.description,
                    _json(token.labels),
                    _json(token.networks),
                    _json(token.hosts),
                    token.per_hour,
                    token.ephemeral_s,
                ),
            )
            writer.executemany(
                "INSERT OR IGNORE INTO token_rooms VALUES (?, ?)",
                [(token.id, room) for room in token.rooms],
            )
            write_event(writer, event)

    def revoke(self, id: TokenId, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if not writer.execute("SELECT 1 FROM tokens WHERE id = ?", (id,)).fetchone():
                raise NotFound(f"no such token: {id!r}")
            sql = "UPDATE tokens SET revoked_ns = ? WHERE id = ? AND revoked_ns = 0"
            if writer.execute(sql, (now_ns, id)).rowcount:
                write_event(writer, event)

    def claims(self, id: TokenId) -> list[TokenClaim]:
        sql = f"{_CLAIM} WHERE token = ? ORDER BY claimed_ns, node"
        return [_claim(row) for row in self._database.all(sql, (id,))]

    def find_claim(self, id: TokenId, key_sha256: str) -> TokenClaim | None:
        row = self._database.one(f"{_CLAIM} WHERE token = ? AND key_sha256 = ?", (id, key_sha256))
        return _claim(row) if row else None

    def claim(
        self,
        token: TokenId,
        node: Node,
        credential: Credential,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> Node:
        """All or nothing.

        Steps: 1 not twice with one key  2 count the use  3 one key, one node
        4 node and credential  5 claim and event.
        """
        with self._database.change() as writer:
            # 1
            if writer.execute(
                f"{_CLAIM} WHERE token = ? AND key_sha256 = ?", (token, credential.key_sha256)
            ).fetchone():
                raise ClaimRepeated("this key has claimed with this token before")
            # 2
            count_use(writer, token, node.created_ns)
            # 3
            free_key(writer, credential.key_sha256)
            # 4
            refuse_known_id(writer, node)
            node = add_node(writer, node)
            add_credential(writer, credential)
            put_marks(writer, node.id, marks)
            # 5
            add_claim(writer, token, credential.key_sha256, node, node.created_ns)
            write_event(writer, event)
        return node

    def prune(self, before_ns: int) -> int:
        with self._database.change() as writer:
            ended = "DELETE FROM tokens WHERE expires_ns < ?"
            return writer.execute(ended, (before_ns,)).rowcount


def count_use(
    writer: sqlite3.Connection, token: TokenId, now_ns: int, *, expired_too: bool = False
) -> None:
    """Within an open transaction; `expired_too` for those who asked in time.

    Errors: TokenBusy, TokenSpent.
    """
    # This one statement decides who of many gets the last use.
    counted = writer.execute(
        "UPDATE tokens SET used = used + 1"
        " WHERE id = ? AND used < uses AND revoked_ns = 0 AND (expires_ns > ? OR ?)",
        (token, now_ns, expired_too),
    )
    if not counted.rowcount:
        raise TokenSpent(f"token allows no further use: {token}")
    # Ours is the only writer, so what is counted now still holds when this is written.
    (per_hour,) = writer.execute("SELECT per_hour FROM tokens WHERE id = ?", (token,)).fetchone()
    hour = (token, now_ns - HOUR_NS)
    count, first_ns = writer.execute(
        "SELECT count(*), min(claimed_ns) FROM token_claims WHERE token = ? AND claimed_ns > ?",
        hour,
    ).fetchone()
    if per_hour and count >= per_hour:
        raise TokenBusy(
            f"token lets {per_hour} nodes in per hour",
            retry_after_s=max(1.0, (first_ns + HOUR_NS - now_ns) / SECOND_NS),
        )


def add_claim(
    writer: sqlite3.Connection, token: TokenId, key_sha256: str, node: Node, now_ns: int
) -> None:
    """Within an open transaction."""
    writer.execute(
        "INSERT INTO token_claims (token, key_sha256, node, name, claimed_ns)"
        " VALUES (?, ?, ?, ?, ?)",
        (token, key_sha256, node.id, node.name, now_ns),
    )


def free_key(writer: sqlite3.Connection, key_sha256: str) -> None:
    """A key that an earlier claim left unused may claim again; a used one may not."""
    used = writer.execute(
        "SELECT name FROM credentials AS known JOIN nodes ON nodes.id = node"
        " WHERE key_sha256 = ? AND (revoked_ns > 0 OR EXISTS"
        " (SELECT 1 FROM credentials WHERE node = known.node AND state = 'active')) LIMIT 1",
        (key_sha256,),
    ).fetchone()
    if used:
        raise KeyKnown(f"this key belongs to node {used[0]!r} already")
    writer.execute(
        "UPDATE credentials SET state = 'retired' WHERE key_sha256 = ? AND state = 'next'",
        (key_sha256,),
    )


def refuse_known_id(writer: sqlite3.Connection, node: Node) -> None:
    """Within an open transaction. Errors: Conflict when the id was ever given."""
    known = writer.execute(
        "SELECT 1 FROM nodes WHERE id = ?1 UNION SELECT 1 FROM removed_nodes WHERE id = ?1",
        (node.id,),
    ).fetchone()
    if known:
        raise Conflict(f"node id was given before: {node.id}")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _token(row: Row) -> ClaimToken:
    return ClaimToken(
        id=row[0],
        space=row[1],
        proof_key=row[2],
        created_ns=row[3],
        expires_ns=row[4],
        uses=row[5],
        used=row[6],
        revoked_ns=row[7],
        created_by=row[8],
        description=row[9],
        labels=msgspec.json.decode(row[10], type=dict[str, str]),
        networks=msgspec.json.decode(row[11], type=tuple[str, ...]),
        hosts=msgspec.json.decode(row[12], type=tuple[str, ...]),
        per_hour=row[13],
        ephemeral_s=row[14],
        rooms=tuple(sorted(row[15].split(","))) if row[15] else (),
    )


def _claim(row: Row) -> TokenClaim:
    token, node, name, key_sha256, claimed_ns = row
    return TokenClaim(
        token=token, node=node, name=name, key_sha256=key_sha256, claimed_ns=claimed_ns
    )
