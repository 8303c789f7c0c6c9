"""The hub's settings: each component's own part, put together.

`muster config show` prints every value and where it came from. Nothing here is needed for a
first start.
"""

from pathlib import Path

import msgspec

from muster.core.audit import AuditSettings
from muster.core.certificates.authorities import CaSettings
from muster.core.dashboards.dashboards import DashboardSettings
from muster.core.enrolment.airgap import AirGapSettings
from muster.core.enrolment.approvals import ApprovalSettings
from muster.core.enrolment.enrol import EnrolSettings
from muster.core.enrolment.evidence import EvidenceSettings
from muster.core.enrolment.recovery import RecoverySettings
from muster.core.enrolment.tokens import TokenSettings
from muster.core.forwarding.forwardrules import ForwardSettings
from muster.core.forwarding.forwardrules import check as check_forward
from muster.core.intake.ingest import Settings as IngestSettings
from muster.core.live.livesession import LiveSettings
from muster.core.nodes.links import LinkSettings
from muster.core.people import oidcprovider
from muster.core.people.apitokens import ApiTokenSettings
from muster.core.people.invitations import InvitationSettings
from muster.core.people.oidcprovider import OidcSettings
from muster.core.people.sessions import AccountSettings
from muster.core.querying.query import Settings as QuerySettings
from muster.errors import SettingsError
from muster.faces.native.linkcontext import LinkFaceSettings
from muster.hub.kits.bundle import InstallSettings
from muster.hub.tls import acme as web_acme
from muster.hub.tls import webcertificate
from muster.hub.upkeep.backupplan import BackupSettings
from muster.hub.upkeep.backupplan import check as check_backup
from muster.hub.wires.influx import InfluxSettings
from muster.hub.wires.influx import check as check_influx
from muster.hub.wires.netdata import NetdataSettings
from muster.hub.wires.netdata import check as check_netdata
from muster.net import front
from muster.net.server import ListenerSettings
from muster.store.dataplane import Settings as StoreSettings
from muster.store.engine.clusterdialect import parse_place
from muster.store.head.head import Settings as HeadSettings

DEFAULT_DATA = Path("/var/lib/muster")
DEFAULT_PORT_BASE = 7443


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the hub is reached: web on `port_base`, agents on +1, claims on +2."""

    # to listen on; a hub is there to be reached
    addresses: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104
    port_base: int = DEFAULT_PORT_BASE  # web here, agents on +1, claims on +2
    names: tuple[str, ...] = ()  # host names and addresses others know the hub by, best first
    web: ListenerSettings = ListenerSettings()
    # a whole fleet may stand behind one address, and leaves places to others
    agents: ListenerSettings = ListenerSettings(connections=20_000, connections_per_network=12_288)
    enrol: ListenerSettings = ListenerSettings(connections=1_024, connections_per_network=64)
    netdata: ListenerSettings = ListenerSettings(connections=20_000, connections_per_network=8_192)
    influx: ListenerSettings = ListenerSettings(
        connections=2_048, connections_per_network=512, header_bytes=65_536
    )


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about one hub."""

    data: Path = DEFAULT_DATA  # where everything of the hub lies
    name: str = ""  # what the hub is called in its pages; none: the machine's host name
    space: str = "Home"  # name of the space that the first start makes
    log_level: str = "info"  # debug, info, warning or error
    listen: ListenSettings = ListenSettings()
    web: webcertificate.WebSettings = webcertificate.WebSettings()
    acme: web_acme.AcmeSettings = web_acme.AcmeSettings()
    proxy: front.ProxySettings = front.ProxySettings()
    accounts: AccountSettings = AccountSettings()
    api_tokens: ApiTokenSettings = ApiTokenSettings()
    invitations: InvitationSettings = InvitationSettings()
    oidc: dict[str, OidcSettings] = {}  # OpenID providers to sign in by, each [oidc.NAME]
    tokens: TokenSettings = TokenSettings()
    enrol: EnrolSettings = EnrolSettings()
    approvals: ApprovalSettings = ApprovalSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    air_gap: AirGapSettings = AirGapSettings()
    recovery: RecoverySettings = RecoverySettings()
    audit: AuditSettings = AuditSettings()
    ca: CaSettings = CaSettings()
    links: LinkSettings = LinkSettings()
    link: LinkFaceSettings = LinkFaceSettings()
    ingest: IngestSettings = IngestSettings()
    head: HeadSettings = HeadSettings()
    query: QuerySettings = QuerySettings()
    live: LiveSettings = LiveSettings()
    store: StoreSettings = StoreSettings()
    install: InstallSettings = InstallSettings()
    netdata: NetdataSettings = NetdataSettings()
    influx: InfluxSettings = InfluxSettings()
    dashboards: DashboardSettings = DashboardSettings()
    backup: BackupSettings = BackupSettings()
    forward: dict[str, ForwardSettings] = {}  # where points are sent on to, each [forward.NAME]


def check(settings: Settings) -> None:
    """What no single value shows. Errors: SettingsError naming the key."""
    base = settings.listen.port_base
    if not 1 <= base <= 65_533:
        raise SettingsError(f"three ports from here must exist: {base}", key="listen.port_base")
    if not settings.listen.addresses:
        raise SettingsError("at least one address to listen on", key="listen.addresses")
    webcertificate.check(settings.web)
    web_acme.check(settings.acme, settings.web, settings.listen.names)
    front.check(settings.proxy)
    check_netdata(settings.netdata, range(base, base + 3))
    check_influx(settings.influx, range(base, base + 3))
    check_backup(settings.backup)
    if settings.store.url:
        parse_place(settings.store.url)
    for name, provider in settings.oidc.items():
        oidcprovider.check(name, provider)
    for name, neighbour in settings.forward.items():
        check_forward(name, neighbour)
    link, links = settings.link, settings.links
    if link.silence <= link.heartbeat:
        raise SettingsError("must be longer than link.heartbeat", key="link.silence")
    if links.gone <= links.late:
        raise SettingsError("must be longer than links.late", key="links.gone")
