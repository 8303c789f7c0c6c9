"""Marks of nodes in SQLite. Source: migrations/v0020_node_marks.py."""

import msgspec

from muster.model.ids import NodeId
from muster.model.mark import Mark
from muster.store.records.database import Database

KEPT = 100  # of one node


class SqliteMarks:
    """See muster.ports.marks.MarkRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def marks(self, node: NodeId) -> list[Mark]:
        rows = self._database.all(
            "SELECT mark FROM node_marks WHERE node = ? ORDER BY time_ns DESC", (node,)
        )
        return [msgspec.json.decode(row[0], type=Mark) for row in rows]

    def add(self, node: NodeId, mark: Mark) -> None:
        with self._database.change() as writer:
            writer.execute(
                "INSERT OR REPLACE INTO node_marks SELECT id, ?, ? FROM nodes WHERE id = ?",
                (mark.time_ns, msgspec.json.encode(mark).decode(), node),
            )
            writer.execute(
                "DELETE FROM node_marks WHERE node = ?1 AND time_ns NOT IN (SELECT time_ns"
                " FROM node_marks WHERE node = ?1 ORDER BY time_ns DESC LIMIT ?2)",
                (node, KEPT),
            )
