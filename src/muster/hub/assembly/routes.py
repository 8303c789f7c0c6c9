"""What the listeners of a hub offer: the routes of all faces, made of the hub's parts."""

from collections.abc import Sequence

from muster import __version__
from muster.core.connecting.netdataconnect import NetdataSite
from muster.core.databases.telegrafsite import TelegrafSite
from muster.faces.influx.callers import Way
from muster.faces.native.account import SessionFace, UserFace
from muster.faces.native.airgap import AirGapFace
from muster.faces.native.apitokens import ApiTokenFace
from muster.faces.native.approvals import ApprovalFace
from muster.faces.native.audit import AuditFace
from muster.faces.native.backups import BackupFace
from muster.faces.native.bulkwrites import BulkWriteFace
from muster.faces.native.ca import CaFace, RevocationListFace
from muster.faces.native.clones import CloneFace
from muster.faces.native.connect import ConnectFace
from muster.faces.native.datagrams import DatagramFace
from muster.faces.native.enrol import EnrolFace
from muster.faces.native.forwards import ForwardFace
from muster.faces.native.hub import ConfigRow, HubFace
from muster.faces.native.install import InstallFace
from muster.faces.native.inventory import NodeFace
from muster.faces.native.invitations import InvitationFace, InvitedFace
from muster.faces.native.link import LinkFace
from muster.faces.native.live import LiveFace
from muster.faces.native.marks import MarkFace
from muster.faces.native.nodesettings import NodeSettingsFace
from muster.faces.native.openapi import OpenApiFace
from muster.faces.native.passkeys import PasskeyFace
from muster.faces.native.policy import PolicyFace
from muster.faces.native.probes import ProbeFace
from muster.faces.native.query import QueryFace
from muster.faces.native.recovery import RecoveryFace
from muster.faces.native.rooms import RoomFace
from muster.faces.native.signin import OidcFace, PasskeySignInFace, StepUpFace
from muster.faces.native.spaces import SpaceFace
from muster.faces.native.tokens import TokenFace
from muster.faces.native.ways import WaysFace
from muster.faces.netdata.claim import ClaimFace
from muster.faces.netdata.discovery import DiscoveryFace
from muster.hub.assembly.parts import Parts
from muster.hub.places import influx_url
from muster.hub.wires.netdatasite import netdata_site
from muster.net.http import Route


class Routes:
    """The routes of one hub, by listener."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def api_routes(self, config: Sequence[ConfigRow]) -> list[Route]:
        """What browsers, and the operator at the socket, may ask for."""
        return [
            *self._people_routes(),
            *self._node_routes(),
            *self._joining_routes(),
            *self._hub_routes(config),
        ]

    def _people_routes(self) -> list[Route]:
        """Who people are, and how they sign in."""
        parts = self._parts
        return [
            *SessionFace(
                accounts=parts.accounts, views=parts.session_views, leave=parts.signin.leave
            ).routes(),
            *UserFace(accounts=parts.accounts, inventory=parts.inventory).routes(),
            *OidcFace(oidc=parts.signin.oidc, prefix=parts.prefix).routes(),
            *PasskeySignInFace(passkeys=parts.signin.passkeys, views=parts.session_views).routes(),
            *StepUpFace(parts.signin.passkeys).routes(),
            *PasskeyFace(passkeys=parts.signin.passkeys).routes(),
            *WaysFace(accounts=parts.accounts, oidc=parts.signin.oidc).routes(),
            *InvitationFace(
                invitations=parts.signin.invitations,
                inventory=parts.inventory,
                own_address=parts.addresses.web,
                prefix=parts.prefix,
            ).routes(),
            *InvitedFace(invitations=parts.signin.invitations, views=parts.session_views).routes(),
            *ApiTokenFace(api_tokens=parts.api_tokens).routes(),
        ]

    def _node_routes(self) -> list[Route]:
        """Nodes, and where they are."""
        parts = self._parts
        return [
            *NodeFace(inventory=parts.inventory, links=parts.links, views=parts.views).routes(),
            *MarkFace(parts.copying.marks).routes(),
            *NodeSettingsFace(inventory=parts.inventory, links=parts.links).routes(),
            *RoomFace(rooms=parts.rooms, inventory=parts.inventory).routes(),
            *SpaceFace(spaces=parts.spaces, inventory=parts.inventory).routes(),
            *ProbeFace(
                probes=parts.probes,
                inventory=parts.inventory,
                answers=parts.queries,
                clock=parts.clock,
            ).routes(),
            *parts.netdata.api.routes(),
        ]

    def _joining_routes(self) -> list[Route]:
        """How machines become nodes."""
        parts = self._parts
        return [
            *TokenFace(tokens=parts.tokens, inventory=parts.inventory).routes(),
            *ConnectFace(
                tokens=parts.tokens,
                inventory=parts.inventory,
                source=parts.bundle,
                addresses=parts.addresses.for_others,
                netdata=self._netdata_site,
                telegraf=TelegrafSite(url=self._telegraf_url, databases=parts.influx.databases),
            ).routes(),
            *InstallFace(parts.bundle).routes(),
            *AirGapFace(air_gap=parts.air_gap, inventory=parts.inventory).routes(),
            *ApprovalFace(approvals=parts.approvals, inventory=parts.inventory).routes(),
            *PolicyFace(parts.policy).routes(),
            *CloneFace(
                clones=parts.copying.clones,
                book=parts.copying.book,
                holders=parts.copying.holders,
                name_of=parts.link_context.name_of,
            ).routes(),
        ]

    def _hub_routes(self, config: Sequence[ConfigRow]) -> list[Route]:
        """The hub itself, and what it keeps for all."""
        parts = self._parts
        return [
            *OpenApiFace(all_routes=self.all_api_routes, version=__version__).routes(),
            *AuditFace(audit=parts.audit).routes(),
            *CaFace(authorities=parts.authorities, clock=parts.clock).routes(),
            *RevocationListFace(revocations=parts.revocations, path="/crl.pem").routes(),
            *parts.pki.api_routes(),
            *ForwardFace(
                forwarding=parts.forward.forwarding, leftovers=parts.forward.leftovers
            ).routes(),
            *DatagramFace(writes=parts.influx.datagrams).routes(),
            *parts.dashboards.routes(parts.addresses.web, parts.prefix),
            *BackupFace(parts.backups).routes(),
            *HubFace(vitals=parts.vitals, config=lambda: config).routes(),
        ]

    def _netdata_site(self) -> NetdataSite:
        parts = self._parts
        return netdata_site(
            addresses=parts.addresses.for_others(),
            web_port=parts.addresses.web_port,
            own_port=parts.netdata.port,
            given=parts.netdata.address,
            trust=parts.pki.trust(),
            is_own=parts.pki.web_is_own,
        )

    def _telegraf_url(self) -> str:
        """Only where a certificate of ours is the way in."""
        settings = self._parts.influx.settings
        if settings.auth is not Way.MTLS:
            return ""
        return influx_url(settings, self._parts.addresses.for_others().hosts[0])

    def all_api_routes(self) -> list[Route]:
        """What docs and tests ask of the whole interface."""
        return [*self.api_routes(()), *self.data_routes(), *self.netdata_routes(0)]

    def data_routes(self) -> list[Route]:
        """What needs the data plane to be open."""
        parts = self._parts
        sparks = parts.live.sparks
        return [
            *QueryFace(
                queries=parts.queries,
                catalogue=parts.plane.catalogue,
                sparks=sparks,
                scope_of=parts.inventory.scope,
            ).routes(),
            *LiveFace(live=parts.live, callers=parts.callers).routes(),
            *parts.dashboards.data_routes(),
            *BulkWriteFace(bulk=parts.influx.bulk).routes(),
            *parts.influx.prometheus.space_routes(),
        ]

    def netdata_routes(self, port: int) -> list[Route]:
        """What Netdata agents may ask for at a port."""
        parts = self._parts
        return [
            *ClaimFace(
                claims=parts.keyed.claims, adoption=parts.keyed.adoption, addresses=parts.addresses
            ).routes(),
            *DiscoveryFace(
                claims=parts.keyed.claims,
                passwords=parts.keyed.passwords,
                addresses=parts.addresses,
                address=parts.netdata.address,
                port=port,
            ).routes(),
            *parts.netdata.links.routes(),
        ]

    def influx_routes(self) -> list[Route]:
        """What clients of InfluxDB may ask for at their listener."""
        return [*self._parts.influx.health_routes(), *self._parts.influx.data_routes()]

    def link_routes(self) -> list[Route]:
        """What agents may ask for."""
        return LinkFace(self._parts.link_context).routes()

    def enrol_routes(self) -> list[Route]:
        """What machines may ask for that are no nodes yet."""
        parts = self._parts
        return [
            *EnrolFace(enrolment=parts.enrolment, addresses=parts.addresses).routes(),
            *RecoveryFace(recoveries=parts.recoveries).routes(),
            *RevocationListFace(revocations=parts.revocations, path="/v1/crl").routes(),
            *parts.pki.enrol_routes(),
            *InstallFace(parts.bundle).routes(),
        ]
