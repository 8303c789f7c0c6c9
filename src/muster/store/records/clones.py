"""Holders of identities and copies of them in SQLite. Source: migrations/v0006_holders.py."""

import sqlite3

import msgspec

from muster.errors import NotFound
from muster.model.access import AuditEvent
from muster.model.clone import Clone, CloneHolder
from muster.model.ids import NodeId
from muster.ports.approvals import marks_said
from muster.store.records.audit import write_event
from muster.store.records.database import Database
from muster.store.records.evidence import put_marks

_KEPT = 20  # clones of one node
_MOST = 1_000  # listed at once


class SqliteClones:
    """See muster.ports.holders.CloneRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def holder(self, node: NodeId) -> CloneHolder | None:
        row = self._database.one("SELECT holder FROM node_holders WHERE node = ?", (node,))
        return msgspec.json.decode(row[0], type=CloneHolder) if row else None

    def instances(self) -> dict[NodeId, str]:
        rows = self._database.all(
            "SELECT node, json_extract(holder, '$.holder.instance') FROM node_holders"
        )
        return {NodeId(node): instance for node, instance in rows if instance}

    def keep_holder(self, node: NodeId, holder: CloneHolder, event: AuditEvent | None) -> None:
        with self._database.change() as writer:
            writer.execute(
                "INSERT OR REPLACE INTO node_holders SELECT id, ? FROM nodes WHERE id = ?",
                (_json(holder), node),
            )
            put_marks(writer, node, marks_said(holder.holder.evidence))
            if event is not None:
                write_event(writer, event)

    def forget_holder(self, node: NodeId) -> None:
        with self._database.change() as writer:
            writer.execute("DELETE FROM node_holders WHERE node = ?", (node,))

    def clones(self) -> list[Clone]:
        return self._clones("ORDER BY created_ns DESC LIMIT ?", _MOST)

    def open_clones(self) -> list[Clone]:
        return self._clones("WHERE state = ? ORDER BY created_ns DESC", "open")

    def clone(self, id: str) -> Clone | None:
        found = self._clones("WHERE id = ?", id)
        return found[0] if found else None

    def clones_of(self, node: NodeId) -> list[Clone]:
        return self._clones("WHERE node = ? ORDER BY created_ns DESC", node)

    def save(self, clone: Clone, event: AuditEvent) -> None:
        with self._database.change() as writer:
            try:
                writer.execute(
                    "INSERT OR REPLACE INTO clones VALUES (?, ?, ?, ?, ?)",
                    (clone.id, clone.node, clone.state, clone.created_ns, _json(clone)),
                )
            except sqlite3.IntegrityError as error:
                raise NotFound(f"no such node: {clone.node!r}") from error
            writer.execute(
                "DELETE FROM clones WHERE node = ?1 AND state <> 'open' AND id NOT IN"
                " (SELECT id FROM clones WHERE node = ?1 ORDER BY created_ns DESC LIMIT ?2)",
                (clone.node, _KEPT),
            )
            write_event(writer, event)

    def _clones(self, which: str, value: str | int) -> list[Clone]:
        rows = self._database.all(f"SELECT clone FROM clones {which}", (value,))  # noqa: S608 - constants
        return [msgspec.json.decode(row[0], type=Clone) for row in rows]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
