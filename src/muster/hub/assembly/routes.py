"""What the listeners of a hub offer: the routes of all faces, made of the hub's parts."""

from collections.abc import Sequence

from muster import __version__
from muster.core.connecting.netdataconnect import NetdataSite
from muster.core.databases.telegrafsite import TelegrafSite
from muster.faces.influx.callers import Way
from muster.faces.native import (
    account,
    airgap,
    apitokens,
    approvals,
    audit,
    bulkwrites,
    ca,
    clones,
    connect,
    datagrams,
    enrol,
    forwards,
    install,
    inventory,
    invitations,
    live,
    marks,
    nodesettings,
    openapi,
    passkeys,
    probes,
    query,
    recovery,
    rooms,
    signin,
    spaces,
    tokens,
    ways,
)
from muster.faces.native.hub import ConfigRow, HubFace
from muster.faces.native.link import LinkFace
from muster.faces.netdata import claim as netdata_claim
from muster.faces.netdata import discovery as netdata_discovery
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
        parts = self._parts
        return [
            *account.routes(
                accounts=parts.accounts,
                inventory=parts.inventory,
                views=parts.session_views,
                leave=parts.signin.leave,
            ),
            *signin.routes(
                oidc=parts.signin.oidc,
                passkeys=parts.signin.passkeys,
                views=parts.session_views,
                prefix=parts.prefix,
            ),
            *passkeys.routes(passkeys=parts.signin.passkeys),
            *ways.routes(accounts=parts.accounts, oidc=parts.signin.oidc),
            *invitations.routes(
                invitations=parts.signin.invitations,
                inventory=parts.inventory,
                views=parts.session_views,
                own_address=parts.addresses.web,
                prefix=parts.prefix,
            ),
            *openapi.routes(all_routes=self.all_api_routes, version=__version__),
            *apitokens.routes(api_tokens=parts.api_tokens),
            *inventory.routes(inventory=parts.inventory, links=parts.links, views=parts.views),
            *marks.routes(parts.copying.marks),
            *nodesettings.routes(inventory=parts.inventory, links=parts.links),
            *rooms.routes(rooms=parts.rooms, inventory=parts.inventory),
            *spaces.routes(spaces=parts.spaces, inventory=parts.inventory),
            *probes.routes(
                probes=parts.probes,
                inventory=parts.inventory,
                answers=parts.queries,
                clock=parts.clock,
            ),
            *tokens.routes(tokens=parts.tokens, inventory=parts.inventory),
            *parts.netdata.api.routes(),
            *clones.routes(
                clones=parts.copying.clones,
                book=parts.copying.book,
                holders=parts.copying.holders,
                name_of=parts.surroundings.name_of,
            ),
            *airgap.routes(air_gap=parts.air_gap, inventory=parts.inventory),
            *approvals.routes(approvals=parts.approvals, inventory=parts.inventory),
            *audit.routes(audit=parts.audit),
            *ca.routes(authorities=parts.authorities, clock=parts.clock),
            *ca.list_routes(revocations=parts.revocations, path="/crl.pem"),
            *parts.pki.api_routes(),
            *forwards.routes(
                forwarding=parts.forward.forwarding, leftovers=parts.forward.leftovers
            ),
            *datagrams.routes(writes=parts.influx.datagrams),
            *install.routes(parts.bundle),
            *connect.routes(
                tokens=parts.tokens,
                inventory=parts.inventory,
                source=parts.bundle,
                addresses=parts.addresses.for_others,
                netdata=self._netdata_site,
                telegraf=TelegrafSite(url=self._telegraf_url, databases=parts.influx.databases),
            ),
            *parts.dashboards.routes(parts.addresses.web, parts.prefix),
            *HubFace(
                vitals=parts.vitals, config=lambda: config, backup=parts.backups.stream
            ).routes(),
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
            *query.routes(
                queries=parts.queries,
                catalogue=parts.plane.catalogue,
                sparks=sparks,
                scope_of=parts.inventory.scope,
            ),
            *live.routes(live=parts.live, callers=parts.callers),
            *parts.dashboards.data_routes(),
            *bulkwrites.routes(bulk=parts.influx.bulk),
            *parts.influx.prometheus.space_routes(),
        ]

    def netdata_routes(self, port: int) -> list[Route]:
        """What Netdata agents may ask for at a port."""
        parts = self._parts
        return [
            *netdata_claim.routes(
                claims=parts.keyed.claims, adoption=parts.keyed.adoption, addresses=parts.addresses
            ),
            *netdata_discovery.routes(
                claims=parts.keyed.claims,
                passwords=parts.keyed.passwords,
                addresses=parts.addresses,
                address=parts.netdata.address,
                port=port,
            ),
            *parts.netdata.links.routes(),
        ]

    def influx_routes(self) -> list[Route]:
        """What clients of InfluxDB may ask for at their listener."""
        return [*self._parts.influx.health_routes(), *self._parts.influx.data_routes()]

    def link_routes(self) -> list[Route]:
        """What agents may ask for."""
        return LinkFace(self._parts.surroundings).routes()

    def enrol_routes(self) -> list[Route]:
        """What machines may ask for that are no nodes yet."""
        parts = self._parts
        return [
            *enrol.routes(enrolment=parts.enrolment, addresses=parts.addresses),
            *recovery.routes(recoveries=parts.recoveries),
            *ca.list_routes(revocations=parts.revocations, path="/v1/crl"),
            *parts.pki.enrol_routes(),
            *install.routes(parts.bundle),
        ]
