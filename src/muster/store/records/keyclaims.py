"""Nodes that prove themselves by a key, in SQLite. Source: migrations/v0014_key_claims.py."""

import sqlite3

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Node
from muster.model.keyclaim import KeyClaim, Member
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated, KeyKnown
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.evidence import put_marks
from muster.store.records.nodes import add_credential, add_node, read_node
from muster.store.records.tokens import add_claim, count_use, free_key, refuse_known_id

_CLAIM = (
    "SELECT id, dialect, node, space, machine, key_pem, key_sha256, token, claimed_ns,"
    " replaced_ns FROM key_claims"
)
_MEMBER = "SELECT dialect, machine, space, node, via, hops FROM members"
_KEPT = 32  # claims of a node
# Kept to tell whom a token let in; who asks again with that key is not known by it any more.
_SET_ASIDE = "UPDATE OR REPLACE token_claims SET key_sha256 = 'replaced ' || key_sha256"


class SqliteKeyClaims:
    """See muster.ports.keyclaims.KeyClaimRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, id: str) -> KeyClaim | None:
        row = self._database.one(f"{_CLAIM} WHERE id = ?", (id,))
        return _claim(row) if row else None

    def with_key(self, key_sha256: str) -> list[KeyClaim]:
        sql = f"{_CLAIM} WHERE key_sha256 = ? ORDER BY claimed_ns DESC, id"
        return [_claim(row) for row in self._database.all(sql, (key_sha256,))]

    def of_node(self, node: NodeId) -> list[KeyClaim]:
        sql = f"{_CLAIM} WHERE node = ? ORDER BY claimed_ns DESC, id"
        return [_claim(row) for row in self._database.all(sql, (node,))]

    def member(self, dialect: str, machine: str, space: SpaceId) -> Member | None:
        sql = f"{_MEMBER} WHERE dialect = ? AND machine = ? AND space = ?"
        row = self._database.one(sql, (dialect, machine, space))
        return _member(row) if row else None

    def members(self, dialect: str, machine: str) -> list[Member]:
        sql = f"{_MEMBER} WHERE dialect = ? AND machine = ? ORDER BY space"
        return [_member(row) for row in self._database.all(sql, (dialect, machine))]

    def member_of(self, node: NodeId) -> Member | None:
        row = self._database.one(f"{_MEMBER} WHERE node = ?", (node,))
        return _member(row) if row else None

    def members_via(self, node: NodeId) -> list[Member]:
        sql = f"{_MEMBER} WHERE via = ? AND via <> '' ORDER BY machine"
        return [_member(row) for row in self._database.all(sql, (node,))]

    def removed_ns(self, node: NodeId) -> int:
        sql = "SELECT removed_ns FROM removed_nodes WHERE id = ? AND NOT keeps_history"
        row = self._database.one(sql, (node,))
        return int(row[0]) if row else 0

    def add_new(
        self,
        claim: KeyClaim,
        node: Node,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
        *,
        instead_of: NodeId,
    ) -> Node:
        """Steps: 1 nobody was faster  2 count the use  3 node  4 claim, member, event."""
        with self._database.change() as writer:
            # 1
            _require_alone(writer, claim, instead_of)
            # 2
            count_use(writer, claim.token, claim.claimed_ns)
            # 3
            refuse_known_id(writer, node)
            node = add_node(writer, node)
            put_marks(writer, node.id, marks)
            # 4
            writer.execute(  # of a node that has expired
                f"{_SET_ASIDE} WHERE token = ? AND key_sha256 = ?", (claim.token, claim.key_sha256)
            )
            add_claim(writer, claim.token, claim.key_sha256, node, claim.claimed_ns)
            _put_claim(writer, claim)
            write_event(writer, event)
        return node

    def attach(
        self,
        claim: KeyClaim,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
        *,
        instead_of: NodeId,
        uses_token: bool,
    ) -> Node:
        """Steps: 1 the node may be in  2 nobody was faster  3 the use  4 claim, member, event."""
        with self._database.change() as writer:
            # 1
            node = read_node(writer, claim.node)
            if node is None:
                raise NotFound(f"no such node: {claim.node!r}")
            if node.revoked_ns:
                raise Conflict(f"node is revoked: {node.name!r}")
            # 2
            _require_alone(writer, claim, instead_of)
            # 3
            if uses_token:
                count_use(writer, claim.token, claim.claimed_ns)
                add_claim(writer, claim.token, claim.key_sha256, node, claim.claimed_ns)
            put_marks(writer, node.id, marks)
            # 4
            writer.execute("UPDATE nodes SET dialect = ? WHERE id = ?", (claim.dialect, claim.node))
            _put_claim(writer, claim)
            write_event(writer, event)
        return node

    def add_member(self, member: Member, node: Node, event: AuditEvent) -> Node:
        with self._database.change() as writer:
            if _living_member(writer, member.dialect, member.machine, member.space):
                raise ClaimRepeated("this machine has become a node meanwhile")
            refuse_known_id(writer, node)
            node = add_node(writer, node)
            _put_member(writer, member)
            write_event(writer, event)
        return node

    def move_member(self, member: Member, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if read_node(writer, member.node) is None:
                raise NotFound(f"no such node: {member.node!r}")
            _put_member(writer, member)
            write_event(writer, event)

    def adopt(self, credential: Credential, event: AuditEvent) -> None:
        with self._database.change() as writer:
            node = read_node(writer, credential.node)
            if node is None:
                raise NotFound(f"no such node: {credential.node!r}")
            if node.revoked_ns:
                raise Conflict(f"node is revoked: {node.name!r}")
            free_key(writer, credential.key_sha256)
            add_credential(writer, credential)
            writer.execute("UPDATE nodes SET dialect = 'muster' WHERE id = ?", (node.id,))
            write_event(writer, event)


def _require_alone(writer: sqlite3.Connection, claim: KeyClaim, instead_of: NodeId) -> None:
    """What was looked at before this transaction still holds. Errors: ClaimRepeated, KeyKnown."""
    same_id = writer.execute(
        "SELECT key_sha256, key_claims.node FROM key_claims JOIN nodes ON nodes.id = node"
        " WHERE key_claims.id = ?",
        (claim.id,),
    ).fetchone()
    if same_id and same_id != (claim.key_sha256, claim.node):
        raise ClaimRepeated("this claim id was taken meanwhile")
    living = _living_member(writer, claim.dialect, claim.machine, claim.space)
    if living not in ("", instead_of, claim.node):
        raise ClaimRepeated("this machine has become a node meanwhile")
    used = writer.execute(
        "SELECT name FROM key_claims JOIN nodes ON nodes.id = node"
        " WHERE key_sha256 = ? AND replaced_ns = 0 AND node <> ? LIMIT 1",
        (claim.key_sha256, claim.node),
    ).fetchone()
    if used:
        raise KeyKnown(f"this key belongs to node {used[0]!r} already")


def _living_member(writer: sqlite3.Connection, dialect: str, machine: str, space: SpaceId) -> str:
    row = writer.execute(
        "SELECT node FROM members JOIN nodes ON nodes.id = node"
        " WHERE members.dialect = ? AND machine = ? AND members.space = ?",
        (dialect, machine, space),
    ).fetchone()
    return str(row[0]) if row else ""


def _put_claim(writer: sqlite3.Connection, claim: KeyClaim) -> None:
    """The claim, in place of those of its node with other keys, and its machine's membership."""
    writer.execute(
        "UPDATE key_claims SET replaced_ns = ? WHERE node = ? AND key_sha256 <> ?"
        " AND replaced_ns = 0",
        (claim.claimed_ns, claim.node, claim.key_sha256),
    )
    writer.execute(
        f"{_SET_ASIDE} WHERE node = ? AND key_sha256 <> ? AND key_sha256 NOT LIKE 'replaced %'",
        (claim.node, claim.key_sha256),
    )
    writer.execute(
        "INSERT OR REPLACE INTO key_claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            claim.id,
            claim.dialect,
            claim.node,
            claim.space,
            claim.machine,
            claim.key_pem,
            claim.key_sha256,
            claim.token,
            claim.claimed_ns,
            claim.replaced_ns,
        ),
    )
    # Those of the key in use are kept before those that were replaced.
    writer.execute(
        "DELETE FROM key_claims WHERE node = ?1 AND id NOT IN (SELECT id FROM key_claims"
        " WHERE node = ?1 ORDER BY replaced_ns > 0, claimed_ns DESC LIMIT ?2)",
        (claim.node, _KEPT),
    )
    member = Member(
        dialect=claim.dialect, machine=claim.machine, space=claim.space, node=claim.node
    )
    _put_member(writer, member)


def _put_member(writer: sqlite3.Connection, member: Member) -> None:
    writer.execute(
        "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?)",
        (
            member.dialect,
            member.machine,
            member.space,
            member.node,
            member.via,
            member.hops,
        ),
    )


def _claim(row: Row) -> KeyClaim:
    return KeyClaim(
        id=row[0],
        dialect=row[1],
        node=row[2],
        space=row[3],
        machine=row[4],
        key_pem=row[5],
        key_sha256=row[6],
        token=row[7],
        claimed_ns=row[8],
        replaced_ns=row[9],
    )


def _member(row: Row) -> Member:
    dialect, machine, space, node, via, hops = row
    return Member(dialect=dialect, machine=machine, space=space, node=node, via=via, hops=hops)
