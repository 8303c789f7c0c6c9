"""Spaces, rooms, nodes and credentials in SQLite. Source: migrations/."""

import sqlite3
from collections.abc import Mapping

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential, CredentialState
from muster.model.ids import NodeId, RoomId, SpaceId
from muster.model.inventory import Facts, Node, Room, Space
from muster.store.database import Database, Row
from muster.store.record_audit import write_event

_NODE = (
    "SELECT id, space, name, created_ns, last_seen_ns, revoked_ns, revoked_reason,"
    " renamed_from, facts,"
    " (SELECT group_concat(room) FROM node_rooms WHERE node = nodes.id) FROM nodes"
)
_CREDENTIAL = (
    "SELECT serial, node, sha256, key_sha256, issuer, not_before_ns, not_after_ns, state"
    " FROM credentials"
)
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


class SqliteNodes:
    """See muster.ports.records.NodeRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spaces(self) -> list[Space]:
        return [
            Space(*row) for row in self._database.all("SELECT id, name FROM spaces ORDER BY name")
        ]

    def create_space(self, space: Space, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _insert(writer, "spaces", space.name, (space.id, space.name))
            write_event(writer, event)

    def rooms(self, space: SpaceId | None = None) -> list[Room]:
        rows = self._database.all(
            "SELECT id, space, name FROM rooms WHERE ?1 IS NULL OR space = ?1 ORDER BY name, id",
            (space,),
        )
        return [Room(*row) for row in rows]

    def room(self, id: RoomId) -> Room | None:
        row = self._database.one("SELECT id, space, name FROM rooms WHERE id = ?", (id,))
        return Room(*row) if row else None

    def create_room(self, room: Room, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _insert(writer, "rooms", room.name, (room.id, room.space, room.name))
            write_event(writer, event)

    def rename_room(self, id: RoomId, name: str, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _rename(writer, "rooms", id, name)
            write_event(writer, event)

    def remove_room(self, id: RoomId, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _changed(writer.execute("DELETE FROM rooms WHERE id = ?", (id,)), "room", id)
            write_event(writer, event)

    def nodes(self, space: SpaceId | None = None) -> list[Node]:
        rows = self._database.all(
            f"{_NODE} WHERE ?1 IS NULL OR space = ?1 ORDER BY name, id", (space,)
        )
        return [_node(row) for row in rows]

    def node(self, id: NodeId) -> Node | None:
        row = self._database.one(f"{_NODE} WHERE id = ?", (id,))
        return _node(row) if row else None

    def count_nodes(self) -> int:
        row = self._database.one("SELECT count(*) FROM nodes")
        return int(row[0]) if row else 0

    def update_node(self, node: Node, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _rename(writer, "nodes", node.id, node.name)
            writer.execute(
                "UPDATE nodes SET renamed_from = ? WHERE id = ?", (node.renamed_from, node.id)
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
            writer.execute(
                "INSERT INTO removed_nodes SELECT id, space, name, ? FROM nodes WHERE id = ?",
                (now_ns, id),
            )
            writer.execute("DELETE FROM nodes WHERE id = ?", (id,))
            write_event(writer, event)

    def was_removed(self, id: NodeId) -> bool:
        return self._database.one("SELECT 1 FROM removed_nodes WHERE id = ?", (id,)) is not None

    def touch(self, seen: Mapping[NodeId, int]) -> None:
        with self._database.change() as writer:
            writer.executemany(
                "UPDATE nodes SET last_seen_ns = max(last_seen_ns, ?) WHERE id = ?",
                [(time_ns, id) for id, time_ns in seen.items()],
            )

    def update_facts(self, id: NodeId, facts: Facts) -> None:
        with self._database.change() as writer:
            writer.execute("UPDATE nodes SET facts = ? WHERE id = ?", (_facts(facts), id))

    def credentials(self, node: NodeId) -> list[Credential]:
        rows = self._database.all(
            f"{_CREDENTIAL} WHERE node = ? ORDER BY not_before_ns DESC, rowid DESC", (node,)
        )
        return [_credential(row) for row in rows]

    def current_credentials(self) -> dict[NodeId, Credential]:
        rows = self._database.all(_CURRENT)
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
        "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            node.id,
            node.space,
            node.name,
            node.created_ns,
            node.last_seen_ns,
            node.revoked_ns,
            node.revoked_reason,
            node.renamed_from,
            _facts(node.facts),
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


def _insert(writer: sqlite3.Connection, table: str, name: str, values: tuple[str, ...]) -> None:
    marks = ", ".join("?" * len(values))
    try:
        writer.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - constants
    except sqlite3.IntegrityError as error:
        raise Conflict(f"name is taken: {name!r}") from error


def _rename(writer: sqlite3.Connection, table: str, id: str, name: str) -> None:
    try:
        cursor = writer.execute(f"UPDATE {table} SET name = ? WHERE id = ?", (name, id))  # noqa: S608 - constants
    except sqlite3.IntegrityError as error:
        raise Conflict(f"name is taken: {name!r}") from error
    _changed(cursor, table.removesuffix("s"), id)


def _changed(cursor: sqlite3.Cursor, kind: str, id: str) -> None:
    if not cursor.rowcount:
        raise NotFound(f"no such {kind}: {id!r}")


def _facts(facts: Facts) -> str:
    return msgspec.json.encode(facts).decode()


def _node(row: Row) -> Node:
    rooms = tuple(sorted(row[9].split(","))) if row[9] else ()
    return Node(
        id=row[0],
        space=row[1],
        name=row[2],
        created_ns=row[3],
        last_seen_ns=row[4],
        revoked_ns=row[5],
        revoked_reason=row[6],
        renamed_from=row[7],
        facts=msgspec.json.decode(row[8], type=Facts),
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
