"""Dashboards on the hub: their objects built by hand."""

from collections.abc import Callable

from muster.clock import Clock
from muster.core.dashboards.dashboardlinks import DashboardLinks
from muster.core.dashboards.dashboards import Dashboards
from muster.core.dashboards.panelpromql import PanelPromql
from muster.core.dashboards.panelqueries import PanelQueries
from muster.core.dashboards.publicboards import PublicBoards
from muster.core.dashboards.variablevalues import ValuesOfVariables
from muster.core.nodes.inventory import Inventory
from muster.faces.native.dashboardlinks import LinkFace, PublicFace
from muster.faces.native.dashboards import DashboardFace
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.wires.influx import InfluxParts
from muster.net.http import Route
from muster.ports.records import Records
from muster.store.dashboardfiles import DashboardFolders


class DashboardParts:
    """What of the hub only dashboards need."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        records: Records,
        inventory: Inventory,
        influx: InfluxParts,
        clock: Clock,
    ) -> None:
        self.dashboards = Dashboards(
            files=DashboardFolders(places.dashboards),
            nodes=records.nodes,
            readers=influx.readers,
            audit=records.audit,
            clock=clock,
            settings=settings.dashboards,
        )
        self.links = DashboardLinks(
            records=records.dashboard_links,
            audit=records.audit,
            dashboards=self.dashboards,
            clock=clock,
            settings=settings.dashboards,
        )
        queries = PanelQueries(
            known=influx.known,
            evaluator=influx.evaluator,
            promql=PanelPromql(influx.prometheus.queries),
            registry=influx.registry,
            settings=settings.query,
            own=settings.influx.own,
        )
        values = ValuesOfVariables(queries=queries, inventory=inventory)
        self._face = DashboardFace(
            dashboards=self.dashboards,
            links=self.links,
            queries=queries,
            values=values,
            readers=influx.readers,
        )
        boards = PublicBoards(queries=queries, values=values, clock=clock)
        self._public_face = PublicFace(links=self.links, boards=boards, inventory=inventory)

    def routes(self, own_address: Callable[[], str], prefix: str) -> list[Route]:
        """What does without the data plane."""
        links = LinkFace(links=self.links, own_address=own_address, prefix=prefix)
        return [*self._face.routes(), *links.routes()]

    def data_routes(self) -> list[Route]:
        """What needs the data plane to be open."""
        return [*self._face.data_routes(), *self._public_face.routes()]
