"""What faces remember of nodes, in SQLite. Source: migrations/v0013_node_notes.py."""

from collections.abc import Sequence

from muster.model.ids import NodeId
from muster.ports.nodenotes import Note
from muster.store.records.database import Database


class SqliteNodeNotes:
    """See muster.ports.nodenotes.NodeNotes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, node: NodeId, topic: str) -> bytes:
        row = self._database.one(
            "SELECT note FROM node_notes WHERE node = ? AND topic = ?", (node, topic)
        )
        return bytes(row[0]) if row else b""

    def keep(self, notes: Sequence[Note]) -> None:
        with self._database.change() as writer:
            writer.executemany(
                "INSERT OR REPLACE INTO node_notes SELECT id, ?, ? FROM nodes WHERE id = ?",
                [(topic, note, node) for node, topic, note in notes],
            )
