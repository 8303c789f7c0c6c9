"""Public links to dashboards, in SQLite. Source: migrations/v0018_dashboard_links.py."""

from muster.errors import LimitExceeded, NotFound
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.ports.dashboards import DashboardLink
from muster.store.records.audit import write_event
from muster.store.records.database import Database, Row

_READ = (
    "SELECT id, space, dashboard, name, sha256, created_ns, created_by, expires_ns, used_ns,"
    " revoked_ns FROM dashboard_links"
)


class SqliteDashboardLinks:
    """See muster.ports.dashboards.LinkRecords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def links(self, space: SpaceId, dashboard: str = "") -> list[DashboardLink]:
        rows = self._database.all(
            f"{_READ} WHERE space = ?1 AND (?2 = '' OR dashboard = ?2)"
            " ORDER BY created_ns DESC, id",
            (space, dashboard),
        )
        return [_link(row) for row in rows]

    def find(self, sha256: str) -> DashboardLink | None:
        row = self._database.one(f"{_READ} WHERE sha256 = ?", (sha256,))
        return _link(row) if row else None

    def create(self, link: DashboardLink, event: AuditEvent, most: int) -> None:
        with self._database.change() as writer:
            count = "SELECT count(*) FROM dashboard_links WHERE space = ?"
            (known,) = writer.execute(count, (link.space,)).fetchone()
            if known >= most:
                raise LimitExceeded(f"a space has up to {most} public links; revoke some first")
            writer.execute(
                "INSERT INTO dashboard_links VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    link.id,
                    link.space,
                    link.dashboard,
                    link.name,
                    link.sha256,
                    link.created_ns,
                    link.created_by,
                    link.expires_ns,
                    link.used_ns,
                    link.revoked_ns,
                ),
            )
            write_event(writer, event)

    def revoke(self, id: str, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            if not writer.execute("SELECT 1 FROM dashboard_links WHERE id = ?", (id,)).fetchone():
                raise NotFound("no such link")
            sql = "UPDATE dashboard_links SET revoked_ns = ? WHERE id = ? AND revoked_ns = 0"
            if writer.execute(sql, (now_ns, id)).rowcount:
                write_event(writer, event)

    def revoke_all(self, space: SpaceId, dashboard: str, now_ns: int, event: AuditEvent) -> None:
        with self._database.change() as writer:
            sql = (
                "UPDATE dashboard_links SET revoked_ns = ?"
                " WHERE space = ? AND dashboard = ? AND revoked_ns = 0"
            )
            if writer.execute(sql, (now_ns, space, dashboard)).rowcount:
                write_event(writer, event)

    def touch(self, id: str, used_ns: int) -> None:
        with self._database.change() as writer:
            writer.execute(
                "UPDATE dashboard_links SET used_ns = max(used_ns, ?) WHERE id = ?", (used_ns, id)
            )

    def prune(self, space: SpaceId, before_ns: int) -> int:
        with self._database.change() as writer:
            return writer.execute(
                "DELETE FROM dashboard_links WHERE space = ?1 AND ((expires_ns > 0"
                " AND expires_ns < ?2) OR (revoked_ns > 0 AND revoked_ns < ?2))",
                (space, before_ns),
            ).rowcount


def _link(row: Row) -> DashboardLink:
    return DashboardLink(
        id=row[0],
        space=row[1],
        dashboard=row[2],
        name=row[3],
        sha256=row[4],
        created_ns=row[5],
        created_by=row[6],
        expires_ns=row[7],
        used_ns=row[8],
        revoked_ns=row[9],
    )
