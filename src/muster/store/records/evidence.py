"""By what machines are known again, in SQLite. Source: migrations/v0005_claims.py."""

import sqlite3

from muster.model.ids import NodeId
from muster.ports.approvals import Mark

MAX_MARKS = 32  # per node


def put_marks(writer: sqlite3.Connection, node: NodeId, marks: tuple[Mark, ...]) -> None:
    """Within an open transaction: these, in place of those of the same kinds."""
    kinds = {mark.kind for mark in marks}
    writer.executemany(
        "DELETE FROM node_evidence WHERE node = ? AND kind = ?", [(node, kind) for kind in kinds]
    )
    writer.executemany(
        "INSERT OR IGNORE INTO node_evidence SELECT id, ?, ? FROM nodes WHERE id = ?",
        [(mark.kind, mark.value, node) for mark in marks[:MAX_MARKS]],
    )
