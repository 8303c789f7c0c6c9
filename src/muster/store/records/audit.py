"""Audit events in SQLite. Every other part writes its events here, inside its transaction.

Each has a hash over the one before it (model/auditchain.py); ids have no gaps but at the old
end, where events are forgotten with a checkpoint. Source: docs/formats/records.md
"""

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from muster.errors import Unavailable
from muster.model.access import AuditEvent
from muster.model.auditchain import ChainReport, ChainWalk, Checkpoint, hash_of
from muster.model.ids import SpaceId
from muster.ports.records import StoredEvent
from muster.store.records.database import Database, Row

_COLUMNS = "time_ns, actor, action, object, address, outcome, detail, space"
_NAMES = _COLUMNS.split(", ")
# As they lie in the file, whatever became of them: a text that is none any more is read too.
_RAW = ", ".join(f"CAST({name} AS BLOB)" for name in (*_NAMES, "hash"))
_PRUNED_AT_ONCE = 1_000  # in one transaction, so that other writers wait for milliseconds

# SQLite's own count: an id whose event was cut off the end is not given again.
_GIVEN = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)"
_NEWEST = f"""
SELECT max(id, {_GIVEN}),
       coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), hash)
FROM audit_checkpoint
"""  # noqa: S608 - constants

_BEGINS = "SELECT id, hash FROM audit_checkpoint"

# The first event that stays: not old, and among the newest. A younger one ends the search,
# for the order of events is that of ids, whatever the clock said.
_STAYS = "SELECT id FROM audit WHERE time_ns >= ? AND id > ? ORDER BY id LIMIT 1"

# The last of the oldest: SQLite takes the hash from the row that has the greatest id.
_GOES = """
SELECT max(id), hash FROM (SELECT id, hash FROM audit WHERE id <= ? ORDER BY id LIMIT ?)
HAVING max(id) > 0
"""
_BEFORE = "SELECT id, CAST(hash AS BLOB) FROM audit WHERE id <= ? ORDER BY id DESC LIMIT 1"
_UNCHAINED = "the audit log has lost its checkpoint; restore the records from a backup"


def write_event(writer: sqlite3.Connection, event: AuditEvent) -> None:
    """Add an event to an open transaction."""
    newest, previous = _found(writer.execute(_NEWEST).fetchone())
    values = [getattr(event, name) for name in _NAMES]
    hash = hash_of(previous, newest + 1, [str(value).encode() for value in values])
    writer.execute(
        f"INSERT INTO audit (id, {_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (newest + 1, *values, hash),
    )


class SqliteAudit:
    """See muster.ports.records.AuditRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self) -> int:
        """Give events of before there was a chain their hashes; how many. At the first opening."""
        newest = self._database.one("SELECT hash FROM audit ORDER BY id DESC LIMIT 1")
        if newest is None or newest[0]:
            return 0
        with self._database.change() as writer:
            previous = writer.execute(_BEGINS).fetchone()[1]
            hashes = list[tuple[str, int]]()
            rows = writer.execute(f"SELECT id, {_RAW} FROM audit ORDER BY id")  # noqa: S608
            for id, *words, _none in rows.fetchall():
                previous = hash_of(previous, id, words)
                hashes.append((previous, id))
            writer.executemany("UPDATE audit SET hash = ? WHERE id = ?", hashes)
            return len(hashes)

    def add(self, event: AuditEvent) -> None:
        with self._database.change() as writer:
            write_event(writer, event)

    def events(
        self,
        *,
        spaces: frozenset[SpaceId] | None,
        limit: int,
        before: int = 0,
        after: int | None = None,
    ) -> list[StoredEvent]:
        conditions, values = ["TRUE"], list[object]()
        for bound, sign in ((before or None, "<"), (after, ">")):
            if bound is not None:
                conditions.append(f"id {sign} ?")
                values.append(bound)
        if spaces is not None:
            wanted = ["", *sorted(spaces)]
            conditions.append(f"space IN ({', '.join('?' * len(wanted))})")
            values += wanted
        order = "DESC" if after is None else "ASC"
        rows = self._database.all(
            f"SELECT id, hash, {_COLUMNS} FROM audit WHERE {' AND '.join(conditions)}"  # noqa: S608 - marks
            f" ORDER BY id {order} LIMIT ?",
            [*values, limit],
        )
        return [StoredEvent(id=row[0], hash=row[1], event=_event(row[2:])) for row in rows]

    def newest(self) -> Checkpoint:
        return self._checkpoint(_NEWEST)

    def hash_at(self, id: int) -> str | None:
        begins = self._checkpoint(_BEGINS)
        if id <= begins.id:
            return begins.hash if id == begins.id else None
        row = self._database.one("SELECT hash FROM audit WHERE id = ?", (id,))
        return str(row[0]) if row else ""

    def check(self, noted: Mapping[int, str]) -> ChainReport:
        with self._database.snapshot() as reader:
            begins = Checkpoint(*_found(reader.execute(_BEGINS).fetchone()))
            walk = ChainWalk(begins, noted)
            rows: Iterable[Row] = reader.execute(f"SELECT id, {_RAW} FROM audit ORDER BY id")  # noqa: S608
            for id, *words, hash in rows:
                if not walk.take(id, words, hash.decode("ascii", "replace")):
                    break
            return walk.end(reader.execute(f"SELECT {_GIVEN}").fetchone()[0])

    def check_newest(self, most: int, noted: Mapping[int, str]) -> ChainReport:
        """As `check`, along the newest events alone; needs no open database, only its file."""
        with self._database.snapshot() as reader:
            begins = Checkpoint(*_found(reader.execute(_BEGINS).fetchone()))
            given = reader.execute(f"SELECT {_GIVEN}").fetchone()[0]
            # The last before them, so that a gap just there is found too.
            row = reader.execute(_BEFORE, (given - most,)).fetchone()
            first = Checkpoint(row[0], row[1].decode("ascii", "replace")) if row else begins
            walk = ChainWalk(first, noted, cut=first != begins)
            sql = f"SELECT id, {_RAW} FROM audit WHERE id > ? ORDER BY id"  # noqa: S608 - constant
            for id, *words, hash in reader.execute(sql, (first.id,)):
                if not walk.take(id, words, hash.decode("ascii", "replace")):
                    break
            return walk.end(given)

    def prune(self, before_ns: int, most: int, event: AuditEvent) -> int:
        last = self._announce(before_ns, most, event)
        total = 0
        while gone := self._prune_some(last):
            total += gone
        return total

    def _checkpoint(self, sql: str) -> Checkpoint:
        return Checkpoint(*_found(self._database.one(sql)))

    def _announce(self, before_ns: int, most: int, event: AuditEvent) -> int:
        """Write that events will go, before the first does; the last one that will."""
        with self._database.change() as writer:
            begins = writer.execute(_BEGINS).fetchone()[0]
            newest = writer.execute(_NEWEST).fetchone()[0]
            # Where there are too many, this event counts too.
            floor = newest - most + 1 if newest - begins > most else begins
            stays = writer.execute(_STAYS, (before_ns, floor)).fetchone()
            last = int(stays[0]) - 1 if stays else int(newest)
            if last > begins:
                row = writer.execute("SELECT hash FROM audit WHERE id = ?", (last,)).fetchone()
                hash = row[0] if row else ""
                write_event(writer, msgspec.structs.replace(event, object=str(last), detail=hash))
            return last

    def _prune_some(self, last: int) -> int:
        with self._database.change() as writer:
            row = writer.execute(_GOES, (last, _PRUNED_AT_ONCE)).fetchone()
            if row is None:
                return 0
            writer.execute("UPDATE audit_checkpoint SET id = ?, hash = ?", row)
            return writer.execute("DELETE FROM audit WHERE id <= ?", row[:1]).rowcount


def _found(row: Row | None) -> Row:
    if row is None:
        raise Unavailable(_UNCHAINED)
    return row


def _event(row: Row) -> AuditEvent:
    return AuditEvent(**dict(zip(_NAMES, row, strict=True)))
