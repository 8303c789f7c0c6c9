"""Audit events in SQLite. Every other part writes its events here, inside its transaction."""

import sqlite3

from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.ports.records import StoredEvent
from muster.store.database import Database

_COLUMNS = "time_ns, actor, action, object, address, outcome, detail, space"
_PRUNED_AT_ONCE = 1_000  # in one transaction, so that other writers wait for milliseconds

# Ids have no gaps but at the old end, so they count the events: no look at every row.
_PRUNE = """
DELETE FROM audit
WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?)
  AND (time_ns < ? OR id <= (SELECT max(id) FROM audit) - ?)
"""


def write_event(writer: sqlite3.Connection, event: AuditEvent) -> None:
    """Add an event to an open transaction."""
    writer.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (
            event.time_ns,
            event.actor,
            event.action,
            event.object,
            event.address,
            event.outcome,
            event.detail,
            event.space,
        ),
    )


class SqliteAudit:
    """See muster.ports.records.AuditRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: AuditEvent) -> None:
        with self._database.change() as writer:
            write_event(writer, event)

    def events(
        self, *, spaces: frozenset[SpaceId] | None, limit: int, before: int = 0
    ) -> list[StoredEvent]:
        conditions, values = ["TRUE"], list[object]()
        if before:
            conditions.append("id < ?")
            values.append(before)
        if spaces is not None:
            wanted = ["", *sorted(spaces)]
            conditions.append(f"space IN ({', '.join('?' * len(wanted))})")
            values += wanted
        rows = self._database.all(
            f"SELECT id, {_COLUMNS} FROM audit WHERE {' AND '.join(conditions)}"  # noqa: S608 - marks
            " ORDER BY id DESC LIMIT ?",
            [*values, limit],
        )
        return [StoredEvent(id=row[0], event=_event(row[1:])) for row in rows]

    def prune(self, before_ns: int, most: int) -> int:
        total = 0
        while gone := self._prune_some(before_ns, most):
            total += gone
        return total

    def _prune_some(self, before_ns: int, most: int) -> int:
        with self._database.change() as writer:
            return writer.execute(_PRUNE, (_PRUNED_AT_ONCE, before_ns, most)).rowcount


def _event(row: tuple[object, ...]) -> AuditEvent:
    names = ("time_ns", "actor", "action", "object", "address", "outcome", "detail", "space")
    return AuditEvent(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type]  # typed by the STRICT table
