"""Requests that came by hand, in SQLite, among those who wait. Source: migrations/."""

import sqlite3

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.approval import WaitingClaim
from muster.model.identity import Credential
from muster.model.inventory import Node
from muster.ports.approvals import Mark
from muster.ports.records import ClaimRepeated
from muster.store.records.approvals import add_waiting
from muster.store.records.audit import write_event
from muster.store.records.database import Database
from muster.store.records.evidence import put_marks
from muster.store.records.nodes import add_credential, add_node
from muster.store.records.tokens import free_key, refuse_known_id


class SqliteAirGap:
    """See muster.ports.airgap.AirGapRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sign_new(
        self,
        claim: WaitingClaim,
        node: Node,
        credential: Credential,
        event: AuditEvent,
        marks: tuple[Mark, ...] = (),
    ) -> Node:
        """All or nothing. Steps: 1 not twice  2 one key, one node  3 node  4 request, event."""
        with self._database.change() as writer:
            # 1
            _require_new(writer, claim)
            # 2
            free_key(writer, credential.key_sha256)
            refuse_known_id(writer, node)
            # 3
            node = add_node(writer, node)
            add_credential(writer, credential)
            put_marks(writer, node.id, marks)
            # 4
            add_waiting(writer, claim)
            write_event(writer, event)
        return node

    def sign_renewal(self, claim: WaitingClaim, credential: Credential, event: AuditEvent) -> None:
        with self._database.change() as writer:
            _require_new(writer, claim)
            row = writer.execute(
                "SELECT name, revoked_ns FROM nodes WHERE id = ?", (credential.node,)
            ).fetchone()
            if row is None:
                raise NotFound(f"no such node: {credential.node}")
            if row[1]:
                raise Conflict(f"node is revoked: {row[0]!r}")
            free_key(writer, credential.key_sha256)
            add_credential(writer, credential)
            add_waiting(writer, claim)
            write_event(writer, event)


def _require_new(writer: sqlite3.Connection, claim: WaitingClaim) -> None:
    known = writer.execute(
        "SELECT 1 FROM claims_waiting WHERE token = ? AND key_sha256 = ? AND kind = ?",
        (claim.token, claim.key_sha256, claim.kind),
    ).fetchone()
    if known:
        raise ClaimRepeated("a request with this key was signed before")
