"""Probes of spaces, in SQLite. Source: migrations/v0019_probes.py."""

import sqlite3

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.ids import NodeId, ProbeId, RoomId, SpaceId
from muster.model.probe import Probe, StoredProbe
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_PROBES = "SELECT id, space, probe, nodes, rooms, enabled, created_ns FROM probes"


class SqliteProbes:
    """See muster.ports.probes.ProbeRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def probes(self) -> list[StoredProbe]:
        return [_probe(row) for row in self._database.all(f"{_PROBES} ORDER BY created_ns, id")]

    def add(self, probe: StoredProbe, event: AuditEvent) -> None:
        try:
            with self._database.change() as writer:
                writer.execute(
                    "INSERT INTO probes (id, space, probe, nodes, rooms, enabled, created_ns)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (probe.id, probe.space, *_changeable(probe), probe.created_ns),
                )
                write_event(writer, event)
        except sqlite3.IntegrityError as error:
            raise Conflict("the space of this probe is gone") from error

    def update(self, probe: StoredProbe, event: AuditEvent) -> None:
        with self._database.change() as writer:
            done = writer.execute(
                "UPDATE probes SET probe = ?, nodes = ?, rooms = ?, enabled = ? WHERE id = ?",
                (*_changeable(probe), probe.id),
            )
            if not done.rowcount:
                raise NotFound("no such probe")
            write_event(writer, event)

    def remove(self, id: ProbeId, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if not writer.execute("DELETE FROM probes WHERE id = ?", (id,)).rowcount:
                raise NotFound("no such probe")
            write_event(writer, event)


def _changeable(probe: StoredProbe) -> tuple[str, str, str, int]:
    return (
        msgspec.json.encode(probe.probe).decode(),
        msgspec.json.encode(probe.nodes).decode(),
        msgspec.json.encode(probe.rooms).decode(),
        int(probe.enabled),
    )


def _probe(row: Row) -> StoredProbe:
    return StoredProbe(
        id=ProbeId(row[0]),
        space=SpaceId(row[1]),
        probe=msgspec.json.decode(row[2], type=Probe),
        nodes=tuple(NodeId(each) for each in msgspec.json.decode(row[3], type=list[str])),
        rooms=tuple(RoomId(each) for each in msgspec.json.decode(row[4], type=list[str])),
        enabled=bool(row[5]),
        created_ns=row[6],
    )
