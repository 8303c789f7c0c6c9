"""The hub as the cloud of Netdata agents: its settings, and its objects built by hand."""

import asyncio
from collections.abc import Callable

import msgspec

from muster.clock import Clock
from muster.core.changes import GONE, Changes, NodeChange
from muster.core.enrolment.holders import Holders
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.enrolment.keypasswords import Passwords
from muster.core.intake.ingest import Ingest
from muster.core.live.live import Live
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.links import Links
from muster.core.nodes.spaces import Spaces
from muster.errors import InputError, SettingsError
from muster.faces.netdata.api import NetdataApi
from muster.faces.netdata.around import Around, NetdataLinkSettings
from muster.faces.netdata.charts import Charts
from muster.faces.netdata.glances import Glances
from muster.faces.netdata.keep import Keeper
from muster.faces.netdata.link import NetdataLinks
from muster.faces.netdata.queries import QuerySettings
from muster.model.address import split_address
from muster.model.ids import NodeId
from muster.ports.nodenotes import NodeNotes
from muster.ports.records import AuditRecords


class NetdataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the hub treats Netdata agents."""

    port: int = 0  # port of a listener for Netdata agents alone, beside the web's; 0: there is none
    address: str = ""  # host:port that agents are sent to; empty: the name and port they came by
    link: NetdataLinkSettings = NetdataLinkSettings()
    query: QuerySettings = QuerySettings()


def check(settings: NetdataSettings, taken: range) -> None:
    """`taken` are the ports of other listeners. Errors: SettingsError naming the key."""
    if not 0 <= settings.port <= 65_535 or settings.port in taken:
        text = f"not a free port: {settings.port}; {taken[0]} to {taken[-1]} are the hub's others"
        raise SettingsError(text, key="netdata.port")
    if settings.address:
        try:
            split_address(settings.address)
        except InputError as error:
            raise SettingsError(str(error), key="netdata.address") from error


class NetdataParts:
    """What of the hub only Netdata agents need."""

    def __init__(
        self,
        *,
        settings: NetdataSettings,
        clock: Clock,
        links: Links,
        claims: KeyClaims,
        passwords: Passwords,
        inventory: Inventory,
        holders: Holders,
        notes: NodeNotes,
        name_of: Callable[[NodeId], str],
        changes: Changes,
        hub: str,
        spaces: Spaces,
        ingest: Ingest,
        audit: AuditRecords,
        live: Live,
        is_ready: Callable[[], bool],
    ) -> None:
        self.address, self.port = settings.address, settings.port
        self.around = Around(
            links=links,
            claims=claims,
            passwords=passwords,
            inventory=inventory,
            holders=holders,
            notes=notes,
            clock=clock,
            name_of=name_of,
            settings=settings.link,
            queries=settings.query,
        )
        self.links = NetdataLinks(self.around)
        changes.watch(self.links.node_changed)
        self.charts = Charts(clock=clock)
        self.api = NetdataApi(
            inventory=inventory,
            reach_of=self.links.reach,
            charts=self.charts,
            audit=audit,
            clock=clock,
        )
        self.keeper = Keeper(
            hub=hub,
            spaces=spaces,
            inventory=inventory,
            ingest=ingest,
            connected=self.around.sessions.nodes,
            reach_of=self.links.reach,
            clock=clock,
            is_ready=is_ready,
        )
        self.glances = Glances(
            inventory=inventory,
            connected=self.around.sessions.nodes,
            reach_of=self.links.reach,
            note=live.put,
            is_watched=lambda: len(live) > 0,
            clock=clock,
        )
        changes.watch(self._forget)

    async def run(self) -> None:
        """All that goes on by itself beside the links, until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.keeper.run())
            jobs.create_task(self.glances.run())

    def _forget(self, node: NodeId, change: NodeChange) -> None:
        if change in GONE:
            self.charts.forget(node)
