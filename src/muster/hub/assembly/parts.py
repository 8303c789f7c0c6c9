"""Every object of the hub, built and connected by hand; nothing runs yet.

What of them is offered on which listener: hub/assembly/routes.py.
"""

import platform
from collections.abc import Callable

from muster import __version__
from muster.clock import Clock
from muster.core.audit import Audit
from muster.core.certificates.authorities import Authorities
from muster.core.certificates.revocations import Revocations
from muster.core.changes import Changes
from muster.core.enrolment.airgap import AirGap
from muster.core.enrolment.enrol import Enrolment
from muster.core.enrolment.recovery import Recoveries
from muster.core.enrolment.tokens import Addresses, ClaimTokens
from muster.core.intake.ingest import Ingest
from muster.core.intake.pulse import Vitals
from muster.core.live.live import Live
from muster.core.live.summaries import Summaries
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.links import Links
from muster.core.nodes.rooms import Rooms
from muster.core.nodes.spaces import Spaces
from muster.core.people.accounts import Accounts
from muster.core.people.apitokens import ApiTokens
from muster.core.querying.query import Queries
from muster.faces.native import clones
from muster.faces.native.assets import Assets
from muster.faces.native.callers import Callers
from muster.faces.native.linkcontext import LinkContext
from muster.faces.native.nodeview import NodeViews
from muster.faces.native.sessionview import HubName, SessionViews
from muster.hub.assembly.auditanchor import AuditAnchor
from muster.hub.assembly.backups import backups_of
from muster.hub.assembly.copies import CopyParts
from muster.hub.assembly.dashboards import DashboardParts
from muster.hub.assembly.forwarding import ForwardParts
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.gate import GateParts
from muster.hub.assembly.keyclaims import KeyClaimParts
from muster.hub.assembly.pki import PkiParts
from muster.hub.assembly.probes import probes_of
from muster.hub.assembly.signin import SignInParts, trusted_methods
from muster.hub.kits.bundle import Bundle
from muster.hub.places import LocalNode, OwnAddresses, Places
from muster.hub.process import memory
from muster.hub.process.runtime import Runtime
from muster.hub.settings import Settings
from muster.hub.upkeep.expiry import Expiry
from muster.hub.upkeep.forgetting import Forgetting
from muster.hub.upkeep.housekeeping import Housekeeping, newest_event
from muster.hub.upkeep.walltime import WallTime
from muster.hub.wires.influx import InfluxParts
from muster.hub.wires.netdata import NetdataParts
from muster.store.dataplane import DataPlane
from muster.store.head.head import Head


class Parts:
    """The hub's objects, by the names of their classes."""

    def __init__(
        self, *, settings: Settings, places: Places, clock: Clock, foundation: Foundation
    ) -> None:
        self._settings = settings
        self._places = places
        self.clock = self._clock = clock
        self.prefix = settings.proxy.prefix  # the path under which browsers see the hub
        self._foundation = foundation
        self._records = foundation.records
        self._authority = foundation.authority
        self._show_certificates = foundation.show_certificates
        self.changes = Changes()
        self.wall = WallTime(
            file=places.tidied,
            newest=lambda before_ns: newest_event(foundation.records.audit, before_ns),
            clock=clock,
        )
        self.addresses = OwnAddresses(settings.listen)
        self._build_people()
        self._build_nodes()
        self._build_data()
        self._build_live()
        self._build_wires()
        self._build_upkeep()
        self._connect()

    def _build_people(self) -> None:
        """Who asks, and what was done."""
        records, clock, settings = self._records, self._clock, self._settings
        self.accounts = Accounts(
            records=records,
            clock=clock,
            settings=settings.accounts,
            trusted=trusted_methods(settings),
        )
        self.api_tokens = ApiTokens(
            records=records,
            clock=clock,
            settings=settings.api_tokens,
            may_forget=self.wall.is_plausible,
        )
        self.callers = Callers(accounts=self.accounts, api_tokens=self.api_tokens)
        self.audit_anchor = AuditAnchor(file=self._places.audit_anchor, chain=records.audit)
        self.audit = Audit(
            records=records.audit,
            clock=clock,
            settings=settings.audit,
            anchor=self.audit_anchor.kept,
        )

    def _build_nodes(self) -> None:
        """How machines come in, which there are, and their links."""
        clock, settings = self._clock, self._settings
        nodes = self._records.nodes
        self.inventory = Inventory(records=nodes, clock=clock, changes=self.changes)
        self.roster = self.inventory.roster
        self.rooms = Rooms(records=nodes, roster=self.roster, clock=clock, changes=self.changes)
        self.spaces = Spaces(records=nodes, roster=self.roster, clock=clock)
        entry = GateParts(
            settings=settings,
            foundation=self._foundation,
            clock=clock,
            changes=self.changes,
            links=lambda: self.links,
            may_forget=self.wall.is_plausible,
        )
        self.approvals, self.gate = entry.approvals, entry.gate
        self.policy = self._foundation.policy.in_force
        self.enrolment = Enrolment(
            records=self._records,
            authority=self._authority,
            clock=clock,
            settings=settings.enrol,
            changes=self.changes,
            gate=self.gate,
            approvals=self.approvals,
            lifetime_of=self.roster.lifetime_s,
        )
        self.keyed = KeyClaimParts(
            records=self._records,
            authority=self._authority,
            clock=clock,
            gate=self.gate,
            enrolment=self.enrolment,
            links=lambda: self.links,
            changes=self.changes,
        )
        self._build_authorities()
        self.tokens = self._claim_tokens(self.addresses.for_others)
        self.local_tokens = self._claim_tokens(self.addresses.for_this_machine)
        self.links = Links(clock, settings.links, self.inventory.touch)
        self._build_copies()
        self.views = NodeViews(
            inventory=self.inventory,
            links=self.links,
            local=LocalNode(self._places.agent),
            clone_of=lambda node: clones.summary_of(self.copying.book, node),
        )

    def _build_authorities(self) -> None:
        """Who signs what, and what was taken back."""
        clock, settings = self._clock, self._settings
        self.authorities = Authorities(
            signer=self._authority,
            records=self._records.ca,
            nodes=self._records.nodes,
            audit=self._records.audit,
            clock=clock,
            settings=settings.ca,
            show=self._show_certificates,
        )
        self.air_gap = AirGap(
            records=self._records,
            authority=self._authority,
            clock=clock,
            settings=settings.air_gap,
            evidences=self._foundation.evidences,
            lifetime_s=self.enrolment.lifetime_s,
            addresses=self.addresses.for_others,
            changes=self.changes,
            nodes_max=settings.enrol.nodes_max,
        )
        self.revocations = Revocations(
            authority=self._authority, records=self._records.ca, clock=clock
        )
        self.pki = PkiParts(
            settings=settings,
            foundation=self._foundation,
            places=self._places,
            clock=clock,
            is_plausible=self.wall.is_plausible,
        )

    def _build_copies(self) -> None:
        """What notices that an identity has two holders, and gives ended certificates back."""
        self.copying = CopyParts(
            records=self._records,
            clock=self._clock,
            changes=self.changes,
            links=self.links,
            inventory=self.inventory,
            tokens=self.tokens,
        )
        self.recoveries = Recoveries(
            records=self._records,
            authority=self._authority,
            clock=self._clock,
            settings=self._settings.recovery,
            approvals=self.approvals,
            lifetime_s=self.enrolment.lifetime_s,
            copies=self.copying.copies,
            changes=self.changes,
        )

    def _claim_tokens(self, addresses: Callable[[], Addresses]) -> ClaimTokens:
        return ClaimTokens(
            records=self._records,
            clock=self._clock,
            settings=self._settings.tokens,
            pins=lambda: self.enrolment.authority.pins,
            addresses=addresses,
            may_forget=self.wall.is_plausible,
        )

    def _build_data(self) -> None:
        """Where values lie, and the answers made of them."""
        clock, settings = self._clock, self._settings
        self.head = Head(clock=clock, settings=settings.head, own_bytes=memory.own_bytes)
        self.plane = DataPlane(
            data=self._places.data,
            hub=self._authority.hub,
            clock=clock,
            settings=settings.store,
            stored=self.head.stored,
            may_forget=self.wall.is_plausible,
            new_series_per_hour=settings.ingest.new_series_per_hour,
        )
        self.queries = Queries(
            catalogue=self.plane.catalogue,
            head=self.head,
            store=self.plane.store,
            replay=self.plane.replay,
            settings=settings.query,
        )

    def _build_live(self) -> None:
        """The way of values: from links to the disk and to who watches."""
        clock, settings = self._clock, self._settings
        self.live = Live(
            queries=self.queries,
            summaries=Summaries(clock=clock),
            inventory=self.inventory,
            links=self.links,
            views=self.views.some,
            pulse=lambda: self.vitals.take(),
            queues=self.approvals.queues,
            clock=clock,
            settings=settings.live,
        )
        self.ingest = Ingest(
            catalogue=self.plane.catalogue,
            journal=self.plane.journal,
            head=self.head,
            clock=clock,
            sinks=(self.live,),
            settings=settings.ingest,
            keeps=self.spaces.keeps,
        )
        self.probes = probes_of(self._records, self.inventory, self.links, self._places, clock)
        self.link_context = LinkContext(
            links=self.links,
            enrolment=self.enrolment,
            inventory=self.inventory,
            ingest=self.ingest,
            copies=self.copying.copies,
            clock=clock,
            settings=settings.link,
            trust=self.authorities,
            probes=self.probes,
        )

    def _build_wires(self) -> None:
        """The wires of others, and what is made of their values."""
        clock, settings = self._clock, self._settings
        self.netdata = NetdataParts(
            settings=settings.netdata,
            clock=clock,
            links=self.links,
            claims=self.keyed.claims,
            passwords=self.keyed.passwords,
            inventory=self.inventory,
            holders=self.copying.holders,
            notes=self._records.node_notes,
            name_of=self.link_context.name_of,
            changes=self.changes,
            hub=self._authority.hub,
            spaces=self.spaces,
            ingest=self.ingest,
            audit=self._records.audit,
            live=self.live,
            is_ready=lambda: not self.vitals.starting,
        )
        self.influx = InfluxParts(
            settings=settings.influx,
            records=self._records,
            api_tokens=self.api_tokens,
            enrolment=self.enrolment,
            saw_writer=self.copying.writers.saw,
            name_of=self.link_context.name_of,
            roster=self.roster,
            plane=self.plane,
            ingest=self.ingest,
            strange_days=settings.ingest.strange_days,
            keeps=self.spaces.keeps,
            queries=self.queries,
            clock=clock,
        )
        given = (settings, self._places, self._records, self.inventory, self.influx, clock)
        self.dashboards = DashboardParts(*given)
        self.forgetting = Forgetting(
            nodes=self._records.nodes,
            catalogue=self.plane.catalogue,
            ingest=self.ingest,
            influx=self.influx,
            head=self.head,
        )
        self.forward = ForwardParts(settings, self._places, self.influx, self._records, clock)

    def _build_upkeep(self) -> None:
        """The hub's care for itself, and what it calls itself."""
        clock, hub, name = self._clock, self._authority.hub, self._settings.name
        self.vitals = Vitals(
            clock=clock,
            version=__version__,
            links=self.links,
            journal=self.plane.journal,
            series_total=lambda: self.plane.catalogue.series_total,
            ingest=self.ingest.counts,
            disk_used_percent=self._places.used_percent,
            engine_trouble=lambda: self.plane.writer.state.failing,
            foreign_links=self.netdata.links.counts,
        )
        self.hub_name = HubName(name=name or platform.node(), version=__version__, id=hub)
        self.signin = SignInParts(
            settings=self._settings,
            records=self._records,
            clock=clock,
            sessions=self.accounts.sessions,
            hub=self.hub_name.name,
        )
        self.session_views = SessionViews(
            inventory=self.inventory, spaces=self.spaces, hub=self.hub_name
        )
        self.housekeeping = Housekeeping(
            accounts=self.accounts,
            invitations=self.signin.invitations,
            audit=self.audit,
            tokens=self._records.tokens,
            clock=clock,
            settings=self._settings.tokens,
            wall=self.wall,
        )
        self.expiry = Expiry(
            inventory=self.inventory,
            is_linked=lambda node: self.links.session_of(node) is not None,
            wall=self.wall,
        )
        given = (self._places, self._records.audit, self.plane, hub, clock)
        self.backups = backups_of(self._settings.backup, *given)
        self.runtime = Runtime(clock=clock)
        self.bundle = Bundle(self._places.install, self._settings.install, clock)
        self.assets = Assets(prefix=self._settings.proxy.prefix)

    def _connect(self) -> None:
        """Who is told of what; in this order."""
        for first in (self.links, self.link_context, self.copying.book, self.copying.holders):
            self.changes.watch(first.node_changed)
        for then in (self.forgetting, self.live, self.probes, self.views):
            self.changes.watch(then.node_changed)
        self.links.watch(self.live.state_changed)
        self.spaces.when_removed(self.dashboards.dashboards.space_removed)
        self.views.measured(self.influx.retention.volumes.of)
