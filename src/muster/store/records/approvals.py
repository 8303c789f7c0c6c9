"""Those who wait for an admin, in SQLite. Source: migrations/v0005_claims.py."""

import sqlite3

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.approval import Answer, Kind, Reason, WaitingClaim
from muster.model.evidence import Evidence
from muster.model.ids import NodeId, RoomId, SpaceId, TokenId
from muster.model.inventory import Facts, Node
from muster.ports.approvals import AlreadyDecided, Decided, Mark, Queue, TooManyWaiting
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.evidence import put_marks
from muster.store.records.nodes import add_node
from muster.store.records.tokens import add_claim, count_use, free_key, refuse_known_id

_COLUMNS = (
    "id, space, token, kind, key_sha256, request, name, proposed_id, address, network, facts,"
    " evidence, reasons, looks_like, why, created_ns, expires_ns, decision, decided_ns,"
    " decided_by, note, node, rooms, dialect"
)
_CLAIM = f"SELECT {_COLUMNS} FROM claims_waiting"  # noqa: S608 - constants
_INSERT = (
    f"INSERT INTO claims_waiting ({_COLUMNS})"  # noqa: S608 - constants
    f" VALUES ({', '.join('?' * len(_COLUMNS.split(', ')))})"
)
_MAX_MARKS = 64  # asked for at once
MAX_LISTED = 1_000


class SqliteApprovals:
    """See muster.ports.approvals.ApprovalRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(
        self, *, space: SpaceId | None = None, open_only: bool = False
    ) -> list[WaitingClaim]:
        rows = self._database.all(
            f"{_CLAIM} WHERE (?1 IS NULL OR space = ?1) AND (NOT ?2 OR decision = '')"
            " ORDER BY created_ns DESC, id LIMIT ?3",
            (space, open_only, MAX_LISTED),
        )
        return [_claim(row) for row in rows]

    def count(self, now_ns: int) -> dict[SpaceId, Queue]:
        rows = self._database.all(
            "SELECT space, count(*), max(created_ns) FROM claims_waiting"
            " WHERE decision = '' AND expires_ns > ? GROUP BY space",
            (now_ns,),
        )
        return {SpaceId(space): Queue(count, newest) for space, count, newest in rows}

    def claim(self, id: str) -> WaitingClaim | None:
        row = self._database.one(f"{_CLAIM} WHERE id = ?", (id,))
        return _claim(row) if row else None

    def find(self, token: TokenId, key_sha256: str) -> WaitingClaim | None:
        row = self._database.one(
            f"{_CLAIM} WHERE token = ? AND key_sha256 = ? AND kind IN ('claim', 'reimage')"
            " ORDER BY created_ns DESC LIMIT 1",
            (token, key_sha256),
        )
        return _claim(row) if row else None

    def find_kind(self, kind: Kind, key_sha256: str) -> WaitingClaim | None:
        row = self._database.one(
            f"{_CLAIM} WHERE kind = ? AND key_sha256 = ? ORDER BY created_ns DESC LIMIT 1",
            (kind, key_sha256),
        )
        return _claim(row) if row else None

    def add(
        self, claim: WaitingClaim, event: AuditEvent, *, per_space: int, per_network: int
    ) -> WaitingClaim:
        now_ns = claim.created_ns
        with self._database.change() as writer:
            key = (claim.token, claim.key_sha256, claim.kind)
            row = writer.execute(
                f"{_CLAIM} WHERE token = ? AND key_sha256 = ? AND kind = ?", key
            ).fetchone()
            if row and (row[17] or row[16] > now_ns):
                return _claim(row)
            writer.execute(
                "DELETE FROM claims_waiting WHERE token = ? AND key_sha256 = ? AND kind = ?", key
            )
            _require_place(writer, "space", claim.space, now_ns, per_space)
            _require_place(writer, "network", claim.network, now_ns, per_network)
            add_waiting(writer, claim)
            write_event(writer, event)
        return claim

    def decide(self, id: str, decided: Decided, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _decide(writer, id, decided)
            write_event(writer, event)

    def approve_new(
        self, id: str, node: Node, decided: Decided, event: AuditEvent, marks: tuple[Mark, ...] = ()
    ) -> Node:
        """Steps: 1 still open  2 count the use  3 one key, one node  4 node  5 claim, event."""
        with self._database.change() as writer:
            # 1
            claim = _decide(writer, id, decided, node.id)
            # 2: it asked while the token was good, which is long enough
            count_use(writer, claim.token, decided.time_ns, expired_too=True)
            # 3
            free_key(writer, claim.key_sha256)
            # 4
            refuse_known_id(writer, node)
            node = add_node(writer, node)
            put_marks(writer, node.id, marks)
            # 5
            add_claim(writer, claim.token, claim.key_sha256, node, decided.time_ns)
            write_event(writer, event)
        return node

    def approve_existing(
        self,
        id: str,
        node: NodeId,
        decided: Decided,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> None:
        """All or nothing.

        Steps: 1 still open  2 count the use  3 a good node, another key
        4 the old certificates end  5 claim and event.
        """
        with self._database.change() as writer:
            # 1
            claim = _decide(writer, id, decided, node)
            # 2
            count_use(writer, claim.token, decided.time_ns, expired_too=True)
            # 3
            row = writer.execute(
                "SELECT name, revoked_ns FROM nodes WHERE id = ? AND space = ?",
                (node, claim.space),
            ).fetchone()
            if row is None:
                raise Conflict("the node it looks like is gone; approve it as a new one")
            if row[1]:
                raise Conflict(f"node {row[0]!r} is revoked; approve it as a new one, or deny it")
            free_key(writer, claim.key_sha256)
            # 4
            writer.execute(
                "UPDATE credentials SET state = 'retired'"
                " WHERE node = ? AND state IN ('active', 'next')",
                (node,),
            )
            # Who asks again with the old key gets no certificate of the node any more.
            writer.execute(
                "UPDATE token_claims SET key_sha256 = 'replaced ' || key_sha256 WHERE node = ?",
                (node,),
            )
            facts = msgspec.json.encode(claim.facts).decode()
            writer.execute("UPDATE nodes SET facts = ? WHERE id = ?", (facts, node))
            put_marks(writer, node, marks)
            # 5
            known = Node(id=node, space=claim.space, name=row[0])
            add_claim(writer, claim.token, claim.key_sha256, known, decided.time_ns)
            write_event(writer, event)

    def like(self, space: SpaceId, marks: tuple[Mark, ...]) -> dict[NodeId, frozenset[str]]:
        found: dict[NodeId, frozenset[str]] = {}
        for mark in marks[:_MAX_MARKS]:
            rows = self._database.all(
                "SELECT node FROM node_evidence JOIN nodes ON nodes.id = node"
                " WHERE kind = ? AND value = ? AND space = ?",
                (*mark, space),
            )
            for (node,) in rows:
                found[node] = found.get(node, frozenset()) | {mark.kind}
        return found

    def prune(self, before_ns: int) -> int:
        with self._database.change() as writer:
            ended = "DELETE FROM claims_waiting WHERE expires_ns < ?1 AND decided_ns < ?1"
            return writer.execute(ended, (before_ns,)).rowcount


def add_waiting(writer: sqlite3.Connection, claim: WaitingClaim) -> None:
    """Within an open transaction."""
    writer.execute(_INSERT, _values(claim))


def _decide(writer: sqlite3.Connection, id: str, decided: Decided, node: str = "") -> WaitingClaim:
    row = writer.execute(f"{_CLAIM} WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise NotFound("nothing waits under this id")
    claim = _claim(row)
    if claim.decision is not Answer.WAITING:
        raise AlreadyDecided(f"{claim.decision} already, by {claim.decided_by}")
    if claim.expires_ns <= decided.time_ns:
        raise AlreadyDecided("it has waited too long and has expired; the machine can ask again")
    writer.execute(
        "UPDATE claims_waiting SET decision = ?, decided_ns = ?, decided_by = ?, note = ?,"
        " node = ? WHERE id = ?",
        (decided.answer, decided.time_ns, decided.by, decided.note, node, id),
    )
    return claim


def _require_place(
    writer: sqlite3.Connection, column: str, value: str, now_ns: int, most: int
) -> None:
    (count,) = writer.execute(
        f"SELECT count(*) FROM claims_waiting WHERE {column} = ? AND decision = ''"  # noqa: S608 - ours
        " AND expires_ns > ?",
        (value, now_ns),
    ).fetchone()
    if count >= most:
        raise TooManyWaiting(
            f"{most} machines of this {column} wait for an admin already", retry_after_s=60
        )


def _values(claim: WaitingClaim) -> tuple[object, ...]:
    return (
        claim.id,
        claim.space,
        claim.token,
        claim.kind,
        claim.key_sha256,
        claim.request,
        claim.name,
        claim.proposed_id,
        claim.address,
        claim.network,
        _json(claim.facts),
        _json(claim.evidence),
        _json(claim.reasons),
        claim.looks_like,
        claim.why,
        claim.created_ns,
        claim.expires_ns,
        claim.decision,
        claim.decided_ns,
        claim.decided_by,
        claim.note,
        claim.node,
        _json(claim.rooms),
        claim.dialect,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _claim(row: Row) -> WaitingClaim:
    return WaitingClaim(
        id=row[0],
        space=row[1],
        token=row[2],
        kind=Kind(row[3]),
        key_sha256=row[4],
        request=row[5],
        name=row[6],
        proposed_id=row[7],
        address=row[8],
        network=row[9],
        facts=msgspec.json.decode(row[10], type=Facts),
        evidence=msgspec.json.decode(row[11], type=Evidence),
        reasons=msgspec.json.decode(row[12], type=tuple[Reason, ...]),
        looks_like=row[13],
        why=row[14],
        created_ns=row[15],
        expires_ns=row[16],
        decision=Answer(row[17]),
        decided_ns=row[18],
        decided_by=row[19],
        note=row[20],
        node=row[21],
        rooms=msgspec.json.decode(row[22], type=tuple[RoomId, ...]),
        dialect=row[23],
    )
