"""Nodes and credentials in SQLite. Their spaces and rooms: spaces.py.

Source: migrations/.
"""

import sqlite3
from collections.abc import Mapping

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential, CredentialState
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts, Node
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row
from muster.store.records.lastseen import LastSeen, SeenNodes
from muster.store.records.rememberedrows import RememberedRows
from muster.store.records.spaces import SqliteSpaces, rename, text_of
from muster.store.records.watchedtables import Subject

_NODE = (
    "SELECT id, space, name, created_ns, last_seen_ns, revoked_ns, revoked_reason,"
    " renamed_from, facts, labels, ephemeral_s, address, dialect,"
    " (SELECT group_concat(room) FROM node_rooms WHERE node = nodes.id) FROM nodes"
)
_NODE_COLUMNS = 14
_CREDENTIAL = (
    "SELECT serial, node, sha256, key_sha256, issuer, not_before_ns, not_after_ns, state"
    " FROM credentials"
)
_CREDENTIAL_COLUMNS = 8
_PAST = "ephemeral_s > 0 AND max(last_seen_ns, created_ns) + ephemeral_s * 1000000000 <= ?"
# One statement: for each there is Python's lock is given up and waited for, which beside a busy
# event loop takes ten thousand of them four seconds, in place of 0.05.
_TOUCH = """
UPDATE nodes SET last_seen_ns = max(last_seen_ns, seen.value)
FROM json_each(?) AS seen WHERE nodes.id = seen.key
"""
_read_facts = msgspec.json.Decoder(Facts).decode
_read_labels = msgspec.json.Decoder(dict[str, str]).decode
_SINGLE = 1_024  # nodes that are remembered one by one
_HISTORY = 20  # credentials kept of a node
# Per node, in this order: the newest of the ended, the next, the active one.
_CURRENT = f"""
SELECT * FROM (
    {_CREDENTIAL} WHERE state IN ('retired', 'revoked') AND NOT EXISTS (
        SELECT 1 FROM credentials AS other WHERE other.node = credentials.node
        AND other.state IN ('active', 'next'))
    ORDER BY not_after_ns)
UNION ALL {_CREDENTIAL} WHERE state = 'next'
UNION ALL {_CREDENTIAL} WHERE state = 'active'
"""  # noqa: S608 - constants


class SqliteNodes(SqliteSpaces):
    """See muster.ports.records.NodeRecords."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._lists: RememberedRows[SeenNodes] = RememberedRows(database, Subject.NODES)
        self._current: RememberedRows[dict[NodeId, Credential]] = RememberedRows(
            database, Subject.CREDENTIALS
        )
        self._single: RememberedRows[Node | None] = RememberedRows(
            database, Subject.NODES, most=_SINGLE
        )
        self._seen = LastSeen()

    def nodes(self, space: SpaceId | None = None) -> list[Node]:
        known = self._lists.get(space, lambda: SeenNodes(self._read_nodes(space)))
        return self._seen.fresh(known)

    def _read_nodes(self, space: SpaceId | None) -> list[Node]:
        rows = self._database.table(
            f"{_NODE} WHERE ?1 IS NULL OR space = ?1 ORDER BY name, id",
            (space,),
            columns=_NODE_COLUMNS,
        )
        return [_node(row) for row in rows]

    def node(self, id: NodeId) -> Node | None:
        listed = self._lists.peek(None)
        if listed is not None:
            return self._seen.one_of(listed, id)
        known = self._single.get(id, lambda: self._read_node(id))
        return None if known is None else self._seen.of(known)

    def _read_node(self, id: NodeId) -> Node | None:
        row = self._database.one(f"{_NODE} WHERE id = ?", (id,))
        return _node(row) if row else None

    def count_nodes(self) -> int:
        row = self._database.one("SELECT count(*) FROM nodes")
        return int(row[0]) if row else 0

    def update_node(self, node: Node, event: AuditEvent) -> None:
        with self._database.change() as writer:
            rename(writer, "nodes", node.id, node.name)
            writer.execute(
                "UPDATE nodes SET renamed_from = ?, labels = ?, ephemeral_s = ? WHERE id = ?",
                (node.renamed_from, text_of(node.labels), node.ephemeral_s, node.id),
            )
            writer.execute("DELETE FROM node_rooms WHERE node = ?", (node.id,))
            _put_in_rooms(writer, node)
            write_event(writer, event)

    def revoke_node(self, id: NodeId, now_ns: int, reason: str, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if _require_node(writer, id)[1]:
                return
            writer.execute(
                "UPDATE nodes SET revoked_ns = ?, revoked_reason = ? WHERE id = ?",
                (now_ns, reason, id),
            )
            writer.execute("UPDATE credentials SET state = 'revoked' WHERE node = ?", (id,))
            write_event(writer, event)

    def remove_node(self, id: NodeId, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _require_node(writer, id)
            _forget(writer, id, now_ns, keeps_history=False)
            write_event(writer, event)
        self._seen.forget(id)

    def was_removed(self, id: NodeId) -> bool:
        return self._database.one("SELECT 1 FROM removed_nodes WHERE id = ?", (id,)) is not None

    def expiring(self, now_ns: int) -> list[Node]:
        rows = self._database.all(f"{_NODE} WHERE {_PAST} ORDER BY id", (now_ns,))
        return [_node(row) for row in rows]

    def expire_node(self, id: NodeId, now_ns: int, event: AuditEvent) -> bool:
        with self._database.change() as writer:
            sql = f"SELECT 1 FROM nodes WHERE {_PAST} AND id = ?"  # noqa: S608 - a constant
            if writer.execute(sql, (now_ns, id)).fetchone() is None:
                return False
            _forget(writer, id, now_ns, keeps_history=True)
            write_event(writer, event)
        self._seen.forget(id)
        return True

    def expired(self) -> list[NodeId]:
        rows = self._database.all("SELECT id FROM removed_nodes WHERE keeps_history ORDER BY id")
        return [NodeId(row[0]) for row in rows]

    def touch(self, seen: Mapping[NodeId, int]) -> None:
        text = msgspec.json.encode(seen).decode()
        with self._database.change() as writer:
            writer.execute(_TOUCH, (text,))
        self._seen.wrote(seen)

    def update_facts(self, id: NodeId, facts: Facts, address: str = "") -> None:
        with self._database.change() as writer:
            writer.execute(
                "UPDATE nodes SET facts = ?1, address = iif(?2 = '', address, ?2) WHERE id = ?3",
                (text_of(facts), address, id),
            )

    def credentials(self, node: NodeId) -> list[Credential]:
        rows = self._database.all(
            f"{_CREDENTIAL} WHERE node = ? ORDER BY not_before_ns DESC, rowid DESC", (node,)
        )
        return [_credential(row) for row in rows]

    def current_credentials(self) -> Mapping[NodeId, Credential]:
        return self._current.get(None, self._read_current)

    def at_hand(self, id: NodeId) -> tuple[Node, Credential] | None:
        listed, current = self._lists.peek(None), self._current.peek(None)
        if listed is None or current is None or id not in current:
            return None
        node = self._seen.one_of(listed, id)
        return (node, current[id]) if node is not None else None

    def _read_current(self) -> dict[NodeId, Credential]:
        rows = self._database.table(_CURRENT, columns=_CREDENTIAL_COLUMNS)
        return {NodeId(row[1]): _credential(row) for row in rows}  # of two the later stays

    def credential(self, sha256: str) -> Credential | None:
        row = self._database.one(f"{_CREDENTIAL} WHERE sha256 = ?", (sha256,))
        return _credential(row) if row else None

    def add_credential(self, credential: Credential, event: AuditEvent) -> None:
        with self._database.change() as writer:
            name, revoked_ns = _require_node(writer, credential.node)
            if revoked_ns:
                raise Conflict(f"node is revoked: {name!r}")
            add_credential(writer, credential)
            write_event(writer, event)

    def activate(self, sha256: str, event: AuditEvent) -> Credential:
        with self._database.change() as writer:
            row = writer.execute(f"{_CREDENTIAL} WHERE sha256 = ?", (sha256,)).fetchone()
            if row is None:
                raise NotFound(f"certificate is not known: {sha256}")
            credential = _credential(row)
            if credential.state is not CredentialState.NEXT:
                return credential
            _retire(writer, credential.node, CredentialState.ACTIVE)
            writer.execute("UPDATE credentials SET state = 'active' WHERE sha256 = ?", (sha256,))
            write_event(writer, event)
        return msgspec.structs.replace(credential, state=CredentialState.ACTIVE)

    def restored_ns(self) -> int:
        row = self._database.one("SELECT max(time_ns) FROM restores")
        return int(row[0] or 0) if row else 0

    def adopt(self, credential: Credential, event: AuditEvent) -> None:
        with self._database.change() as writer:
            name, revoked_ns = _require_node(writer, credential.node)
            if revoked_ns:
                raise Conflict(f"node is revoked: {name!r}")
            _retire(writer, credential.node, CredentialState.NEXT)
            _retire(writer, credential.node, CredentialState.ACTIVE)
            _insert_credential(writer, credential)
            write_event(writer, event)


def add_node(writer: sqlite3.Connection, node: Node) -> Node:
    """Add a node to an open transaction, under its own name or, when taken, a numbered one."""
    name = _free_name(writer, node.space, node.name)
    if name != node.name:
        node = msgspec.structs.replace(node, name=name, renamed_from=node.name)
    writer.execute(
        "INSERT INTO nodes (id, space, name, created_ns, last_seen_ns, revoked_ns,"
        " revoked_reason, renamed_from, facts, labels, ephemeral_s, address, dialect)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            node.id,
            node.space,
            node.name,
            node.created_ns,
            node.last_seen_ns,
            node.revoked_ns,
            node.revoked_reason,
            node.renamed_from,
            text_of(node.facts),
            text_of(node.labels),
            node.ephemeral_s,
            node.address,
            node.dialect,
        ),
    )
    _put_in_rooms(writer, node)
    return node


def add_credential(writer: sqlite3.Connection, credential: Credential) -> None:
    """Add a `next` to an open transaction in place of one that was never used."""
    _retire(writer, credential.node, CredentialState.NEXT)
    _insert_credential(writer, credential)


def _insert_credential(writer: sqlite3.Connection, credential: Credential) -> None:
    writer.execute(
        "INSERT INTO credentials (serial, node, sha256, key_sha256, issuer, not_before_ns,"
        " not_after_ns, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            credential.serial,
            credential.node,
            credential.sha256,
            credential.key_sha256,
            credential.issuer,
            credential.not_before_ns,
            credential.not_after_ns,
            credential.state,
        ),
    )
    # What ran out long ago tells nothing any more; a few stay for the page of the node.
    writer.execute(
        "DELETE FROM credentials WHERE node = ?1 AND state = 'retired' AND sha256 NOT IN"
        " (SELECT sha256 FROM credentials WHERE node = ?1 ORDER BY not_after_ns DESC LIMIT ?2)",
        (credential.node, _HISTORY),
    )


def _retire(writer: sqlite3.Connection, node: NodeId, state: CredentialState) -> None:
    writer.execute(
        "UPDATE credentials SET state = 'retired' WHERE node = ? AND state = ?", (node, state)
    )


def _free_name(writer: sqlite3.Connection, space: SpaceId, name: str) -> str:
    taken = {
        row[0]
        for row in writer.execute(
            "SELECT name FROM nodes WHERE space = ? AND (name = ? OR substr(name, 1, ?) = ?)",
            (space, name, len(name) + 1, f"{name}-"),
        )
    }
    if name not in taken:
        return name
    return next(
        free for free in (f"{name}-{n}" for n in range(2, len(taken) + 3)) if free not in taken
    )


def _put_in_rooms(writer: sqlite3.Connection, node: Node) -> None:
    """Rooms that are gone by now, or of another space, are left out."""
    writer.executemany(
        "INSERT OR IGNORE INTO node_rooms SELECT ?, id FROM rooms WHERE id = ? AND space = ?",
        [(node.id, room, node.space) for room in node.rooms],
    )


def _require_node(writer: sqlite3.Connection, id: NodeId) -> tuple[str, int]:
    row = writer.execute("SELECT name, revoked_ns FROM nodes WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise NotFound(f"no such node: {id!r}")
    return row[0], row[1]


def _forget(writer: sqlite3.Connection, id: NodeId, now_ns: int, *, keeps_history: bool) -> None:
    writer.execute(
        "INSERT INTO removed_nodes (id, space, name, removed_ns, keeps_history)"
        " SELECT id, space, name, ?, ? FROM nodes WHERE id = ?",
        (now_ns, keeps_history, id),
    )
    writer.execute("DELETE FROM nodes WHERE id = ?", (id,))
    if keeps_history:  # it left by itself, and may come as a new one
        writer.execute("DELETE FROM key_claims WHERE node = ?", (id,))
        writer.execute("DELETE FROM members WHERE node = ?", (id,))


def read_node(writer: sqlite3.Connection, id: NodeId) -> Node | None:
    """Within an open transaction."""
    row = writer.execute(f"{_NODE} WHERE id = ?", (id,)).fetchone()
    return _node(row) if row else None


def _node(row: Row) -> Node:
    rooms = tuple(sorted(row[13].split(","))) if row[13] else ()
    return Node(
        id=row[0],
        space=row[1],
        name=row[2],
        created_ns=row[3],
        last_seen_ns=row[4],
        revoked_ns=row[5],
        revoked_reason=row[6],
        renamed_from=row[7],
        facts=_read_facts(row[8]),
        labels=_read_labels(row[9]) if row[9] != "{}" else {},
        ephemeral_s=row[10],
        address=row[11],
        dialect=row[12],
        rooms=rooms,
    )


def _credential(row: Row) -> Credential:
    serial, node, sha256, key_sha256, issuer, not_before_ns, not_after_ns, state = row
    return Credential(
        serial=serial,
        node=node,
        sha256=sha256,
        key_sha256=key_sha256,
        issuer=issuer,
        not_before_ns=not_before_ns,
        not_after_ns=not_after_ns,
        state=CredentialState(state),
    )
