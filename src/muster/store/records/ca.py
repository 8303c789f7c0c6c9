"""Revocations and confirmations of anchors in SQLite. Source: migrations/v0007_revocations.py."""

from collections.abc import Mapping

from muster.model.ids import NodeId
from muster.pki.crl import MAX_ENTRIES, Revoked
from muster.ports.ca import Listed
from muster.store.records.database import Database


class SqliteCa:
    """See muster.ports.ca.CaRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_number(self) -> int:
        row = self._database.one("SELECT number FROM revocation_list")
        return int(row[0]) if row else 0

    def listed(self, now_ns: int) -> Listed:
        """In one statement, so that number and entries are of one moment."""
        rows = self._database.all(
            "SELECT number, serial, revoked_ns, reason FROM revocation_list LEFT JOIN"
            " (SELECT * FROM revocations WHERE not_after_ns > ?"
            "  ORDER BY not_after_ns DESC, serial LIMIT ?)",
            (now_ns, MAX_ENTRIES),
        )
        entries = tuple(
            Revoked(serial=serial, revoked_ns=revoked_ns, reason=reason)
            for _, serial, revoked_ns, reason in rows
            if serial is not None
        )
        return Listed(number=int(rows[0][0]), entries=entries)

    def renumber(self, before_ns: int) -> None:
        with self._database.change() as writer:
            writer.execute("DELETE FROM revocations WHERE not_after_ns < ?", (before_ns,))
            writer.execute("UPDATE revocation_list SET number = number + 1")

    def confirm(self, sha256: Mapping[NodeId, str], now_ns: int) -> None:
        with self._database.change() as writer:
            writer.executemany(
                "INSERT INTO node_anchors SELECT id, ?, ? FROM nodes WHERE id = ?"
                " ON CONFLICT (node) DO UPDATE SET sha256 = excluded.sha256,"
                " confirmed_ns = excluded.confirmed_ns",
                [(digest, now_ns, node) for node, digest in sha256.items()],
            )

    def confirmed(self) -> dict[NodeId, str]:
        rows = self._database.all("SELECT node, sha256 FROM node_anchors")
        return {NodeId(node): sha256 for node, sha256 in rows}
