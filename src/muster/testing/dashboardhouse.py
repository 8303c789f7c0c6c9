"""A hub's dashboards over real files, a real journal and head: what is saved is asked.

Use it as an async context, as its kin.
"""

from pathlib import Path

from muster.core.dashboards.dashboardlinks import DashboardLinks
from muster.core.dashboards.dashboards import Dashboards, DashboardSettings
from muster.core.dashboards.panelpromql import PanelPromql
from muster.core.dashboards.panelqueries import Asking, PanelQueries
from muster.core.dashboards.publicboards import PublicBoards
from muster.core.dashboards.variablevalues import ValuesOfVariables
from muster.core.databases.databasenames import Defaults
from muster.core.influxql.databasestatements import DatabaseStatements
from muster.core.promql.promqueries import PromQueries
from muster.model.dashboard import PanelQuery
from muster.model.panelanswer import PanelAnswer
from muster.store.dashboardfiles import DashboardFolders
from muster.store.writer import Engine
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

DATABASE = "telegraf1"


class DashboardHouse(InfluxStore):
    """A database `telegraf1` beside the hub's own; nothing is in it until `write`."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: Engine | None = None,
        settings: DashboardSettings | None = None,
    ) -> None:
        super().__init__(folder, engine=engine or MemoryStore())
        settings = settings or DashboardSettings()
        self.board_files = DashboardFolders(folder / "dashboards")
        self.dashboards = Dashboards(
            files=self.board_files,
            nodes=self.records.nodes,
            readers=self.readers,
            audit=self.records.audit,
            clock=self.clock,
            settings=settings,
        )
        self.links = DashboardLinks(
            records=self.records.dashboard_links,
            audit=self.records.audit,
            dashboards=self.dashboards,
            clock=self.clock,
            settings=settings,
        )
        known = DatabaseStatements(
            databases=self.databases, users=self.influx_users, kinds=self.field_kinds
        )
        prom = PromQueries(
            queries=self.queries,
            databases=self.databases,
            stocks=self.stocks,
            registry=self.registry,
        )
        self.panel_queries = PanelQueries(
            known=known,
            evaluator=self.evaluator(self.queries),
            promql=PanelPromql(prom),
            registry=self.registry,
            settings=self.queries.settings,
            own="muster",
        )
        self.values = ValuesOfVariables(queries=self.panel_queries, inventory=self.inventory)
        self.public = PublicBoards(queries=self.panel_queries, values=self.values, clock=self.clock)

    def last(self, hours: float = 3, width_px: int = 600, **variables: tuple[str, ...]) -> Asking:
        """The last hours, by whoever may do everything."""
        now_ns = self.clock.now_ns()
        return Asking(
            login=self.login,
            from_ns=now_ns - round(hours * 3600) * 10**9,
            to_ns=now_ns,
            width_px=width_px,
            variables=variables,
            defaults=Defaults(DATABASE),
        )

    async def panel(self, asking: Asking, *texts: str) -> PanelAnswer:
        """The answers to some queries."""
        queries = [PanelQuery(text=text) for text in texts]
        return await self.panel_queries.answer(asking, queries)
