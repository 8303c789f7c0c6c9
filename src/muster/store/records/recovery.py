"""Recovered certificates in SQLite. Source: migrations/v0006_holders.py."""

from itertools import takewhile

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.identity import Credential
from muster.model.ids import NodeId
from muster.store.records.audit import write_event
from muster.store.records.database import Database
from muster.store.records.nodes import add_credential


class SqliteRecovery:
    """See muster.ports.holders.RecoveryRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recovered_keys(self, node: NodeId) -> tuple[str, ...]:
        rows = self._database.all(
            "SELECT key_sha256, recovered FROM credentials WHERE node = ? ORDER BY rowid DESC",
            (node,),
        )
        return tuple(dict.fromkeys(key for key, _ in takewhile(lambda row: row[1], rows)))

    def recover(self, credential: Credential, event: AuditEvent) -> None:
        with self._database.change() as writer:
            row = writer.execute(
                "SELECT name, revoked_ns FROM nodes WHERE id = ?", (credential.node,)
            ).fetchone()
            if row is None:
                raise NotFound(f"no such node: {credential.node!r}")
            if row[1]:
                raise Conflict(f"node is revoked: {row[0]!r}")
            add_credential(writer, credential)
            writer.execute(
                "UPDATE credentials SET recovered = 1 WHERE sha256 = ?", (credential.sha256,)
            )
            write_event(writer, event)
