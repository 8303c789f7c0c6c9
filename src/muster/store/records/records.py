"""The hub's records in SQLite: people, nodes, tokens, audit.

The tables are in migrations/, the statements in the record_* modules, connections and
transactions in database.py. `Path(":memory:")` makes records for a test.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from muster.store.records.airgap import SqliteAirGap
from muster.store.records.apitokens import SqliteApiTokens
from muster.store.records.approvals import SqliteApprovals
from muster.store.records.audit import SqliteAudit
from muster.store.records.ca import SqliteCa
from muster.store.records.clones import SqliteClones
from muster.store.records.dashboardlinks import SqliteDashboardLinks
from muster.store.records.database import MEMORY, Database
from muster.store.records.influx import SqliteInflux
from muster.store.records.influxshards import SqliteInfluxShards
from muster.store.records.influxstocks import SqliteInfluxStocks
from muster.store.records.keyclaims import SqliteKeyClaims
from muster.store.records.marks import SqliteMarks
from muster.store.records.nodenotes import SqliteNodeNotes
from muster.store.records.nodes import SqliteNodes
from muster.store.records.passkeys import SqlitePasskeys
from muster.store.records.people import SqlitePeople
from muster.store.records.probes import SqliteProbes
from muster.store.records.recovery import SqliteRecovery
from muster.store.records.services import SqliteServices
from muster.store.records.signin import SqliteSignIn
from muster.store.records.tokens import SqliteTokens


class SqliteRecords:
    """See muster.ports.records.Records. Open and begin before use, close at the end."""

    def __init__(self, *, path: Path = MEMORY) -> None:
        self._database = Database(path)
        self.nodes = SqliteNodes(self._database)
        self.marks = SqliteMarks(self._database)
        self.node_notes = SqliteNodeNotes(self._database)
        self.tokens = SqliteTokens(self._database)
        self.people = SqlitePeople(self._database)
        self.passkeys = SqlitePasskeys(self._database)
        self.signin = SqliteSignIn(self._database)
        self.api_tokens = SqliteApiTokens(self._database)
        self.audit = SqliteAudit(self._database)
        self.ca = SqliteCa(self._database)
        self.services = SqliteServices(self._database)
        self.approvals = SqliteApprovals(self._database)
        self.clones = SqliteClones(self._database)
        self.recovery = SqliteRecovery(self._database)
        self.probes = SqliteProbes(self._database)
        self.air_gap = SqliteAirGap(self._database)
        self.key_claims = SqliteKeyClaims(self._database)
        self.influx = SqliteInflux(self._database)
        self.influx_shards = SqliteInfluxShards(self._database)
        self.influx_stocks = SqliteInfluxStocks(self._database)
        self.dashboard_links = SqliteDashboardLinks(self._database)

    def open(self) -> None:
        """Errors: SettingsError for a foreign or newer file, Unavailable when the disk refuses."""
        self._database.open()
        self.audit.seal()

    def begin(self, now_ns: int) -> None:
        """Note the time, if these records are a backup that is now used for the first time."""
        if self._database.one("SELECT 1 FROM restores WHERE time_ns = 0"):
            with self._database.change() as writer:
                writer.execute("UPDATE restores SET time_ns = ? WHERE time_ns = 0", (now_ns,))
                # Lists made after the backup had numbers that this hub must not give again.
                writer.execute("UPDATE revocation_list SET number = number + 1000000")
                writer.execute("UPDATE service_list SET number = number + 1000000")

    def close(self) -> None:
        self._database.close()

    def backup(self, target: Path) -> None:
        """Copy a consistent state to a new file, while work goes on. See Database.backup."""
        self._database.backup(target)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
