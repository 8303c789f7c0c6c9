"""Certificates for other services, and warnings given, in SQLite. Source: migrations/."""

import sqlite3
from collections.abc import Sequence

import msgspec

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent
from muster.model.service import ServiceCertificate
from muster.pki.crl import MAX_ENTRIES, Revoked
from muster.ports.ca import Listed
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_COLUMNS = (
    "id, name, names, client, server, serial, issuer, key_sha256, not_before_ns, not_after_ns,"
    " created_ns, created_by, imported, replaced_by, revoked_ns, reason"
)
_READ = f"SELECT {_COLUMNS}, chain FROM services"  # noqa: S608 - constants
_LIST = f"SELECT {_COLUMNS}, '' FROM services ORDER BY created_ns DESC, id"  # noqa: S608
_LISTED = """
SELECT number, serial, revoked_ns, reason, issuer FROM service_list LEFT JOIN
    (SELECT * FROM services WHERE revoked_ns > 0 AND not_after_ns > ?
     ORDER BY not_after_ns DESC, id LIMIT ?)
"""


class SqliteServices:
    """See muster.ports.services.ServiceRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def certificates(self) -> list[ServiceCertificate]:
        return [_certificate(row) for row in self._database.all(_LIST)]

    def certificate(self, id: str) -> ServiceCertificate | None:
        row = self._database.one(f"{_READ} WHERE id = ?", (id,))
        return _certificate(row) if row else None

    def count(self) -> int:
        row = self._database.one("SELECT count(*) FROM services")
        return int(row[0]) if row else 0

    def add(self, certificate: ServiceCertificate, event: AuditEvent, replaces: str = "") -> None:
        """Steps: 1 take the old one's place, which only one can  2 the new one  3 the event."""
        with self._database.change() as writer:
            # 1
            if replaces:
                taken = writer.execute(
                    "UPDATE services SET replaced_by = ?"
                    " WHERE id = ? AND replaced_by = '' AND revoked_ns = 0",
                    (certificate.id, replaces),
                )
                if not taken.rowcount:
                    raise Conflict(f"certificate {replaces} was replaced or revoked meanwhile")
            # 2
            _insert(writer, certificate)
            # 3
            write_event(writer, event)

    def adopt(self, certificates: Sequence[ServiceCertificate], event: AuditEvent) -> int:
        with self._database.change() as writer:
            fresh = [each for each in certificates if not _known(writer, each.id)]
            for each in fresh:
                _insert(writer, each)
            write_event(writer, event)
        return len(fresh)

    def revoke(self, id: str, now_ns: int, reason: str, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if not _known(writer, id):
                raise NotFound(f"no such certificate: {id!r}")
            sql = "UPDATE services SET revoked_ns = ?, reason = ? WHERE id = ? AND revoked_ns = 0"
            if writer.execute(sql, (now_ns, reason, id)).rowcount:
                writer.execute("UPDATE service_list SET number = number + 1")
                write_event(writer, event)

    def list_number(self) -> int:
        row = self._database.one("SELECT number FROM service_list")
        return int(row[0]) if row else 0

    def listed(self, now_ns: int) -> Listed:
        """In one statement, so that number and entries are of one moment."""
        rows = self._database.all(_LISTED, (now_ns, MAX_ENTRIES))
        entries = tuple(
            Revoked(serial=serial, revoked_ns=revoked_ns, reason=reason, issuer=issuer)
            for _, serial, revoked_ns, reason, issuer in rows
            if serial is not None
        )
        return Listed(number=int(rows[0][0]), entries=entries)

    def renumber(self, before_ns: int) -> None:
        """What has ended is known for a while longer; see `forget`."""
        with self._database.change() as writer:
            writer.execute("UPDATE service_list SET number = number + 1")

    def forget(self, before_ns: int) -> int:
        with self._database.change() as writer:
            writer.execute("DELETE FROM expiry_warnings WHERE not_after_ns < ?", (before_ns,))
            return writer.execute(
                "DELETE FROM services WHERE not_after_ns < ?", (before_ns,)
            ).rowcount

    def warn(self, id: str, days: int, not_after_ns: int, event: AuditEvent) -> bool:
        with self._database.change() as writer:
            first = writer.execute(
                "INSERT OR IGNORE INTO expiry_warnings VALUES (?, ?, ?)", (id, days, not_after_ns)
            ).rowcount
            if first:
                write_event(writer, event)
        return bool(first)


def _known(writer: sqlite3.Connection, id: str) -> bool:
    return writer.execute("SELECT 1 FROM services WHERE id = ?", (id,)).fetchone() is not None


def _insert(writer: sqlite3.Connection, certificate: ServiceCertificate) -> None:
    columns = [*_COLUMNS.split(", "), "chain"]
    values = msgspec.structs.asdict(certificate)
    values["names"] = msgspec.json.encode(certificate.names).decode()
    marks = ", ".join("?" * len(columns))
    writer.execute(
        f"INSERT INTO services ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        [values[name] for name in columns],
    )


def _certificate(row: Row) -> ServiceCertificate:
    return ServiceCertificate(
        id=row[0],
        name=row[1],
        names=tuple(msgspec.json.decode(row[2], type=list[str])),
        client=bool(row[3]),
        server=bool(row[4]),
        serial=row[5],
        issuer=row[6],
        key_sha256=row[7],
        not_before_ns=row[8],
        not_after_ns=row[9],
        created_ns=row[10],
        created_by=row[11],
        imported=bool(row[12]),
        replaced_by=row[13],
        revoked_ns=row[14],
        reason=row[15],
        chain=row[16],
    )
