"""InfluxDB's wire on the hub: its settings, and its objects built by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from muster.clock import Clock
from muster.core.databases.databasebook import DatabaseBook
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.databases.influxlogins import InfluxLogins, LoginSettings
from muster.core.databases.influxusers import InfluxUsers
from muster.core.enrolment.enrol import Enrolment
from muster.core.forwarding.forwardrules import SubscriptionSettings
from muster.core.influxql.continuous import ContinuousQueries
from muster.core.influxql.continuous import Settings as ContinuousSettings
from muster.core.influxql.databasestatements import DatabaseStatements
from muster.core.influxql.pointqueries import PointQueries
from muster.core.influxql.pointremovals import PointRemovals
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.influxql.removalstatements import RemovalStatements
from muster.core.influxql.serverfigures import ServerFigures
from muster.core.influxql.serverstatements import ServerStatements
from muster.core.intake.ingest import Ingest
from muster.core.nodes.readers import Readers
from muster.core.nodes.roster import Roster
from muster.core.people.apitokens import ApiTokens
from muster.core.people.passwords import Passwords
from muster.core.querying.query import Queries
from muster.core.writes.bulkwrites import BulkWrites
from muster.core.writes.datagramwrites import DatagramWrites, UdpSettings
from muster.core.writes.datagramwrites import check as check_datagrams
from muster.core.writes.pointingest import PointIngest
from muster.core.writes.pointwrites import PointWrites
from muster.core.writes.stocks import Stocks, StoredPoints
from muster.errors import SettingsError
from muster.faces.influx.buckets import BucketFace
from muster.faces.influx.callers import Callers, Way
from muster.faces.influx.face import face
from muster.faces.influx.health import HealthFace
from muster.faces.influx.query import QueryFace
from muster.faces.influx.responses import VERSION
from muster.faces.influx.statements import Statements
from muster.faces.influx.write import WriteFace
from muster.hub.wires.prometheus import PrometheusParts
from muster.hub.wires.remote import RemoteParts, RemoteSettings
from muster.hub.wires.retention import RetentionParts
from muster.log import Secret
from muster.model.address import is_own_machine
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import STOCK
from muster.net.datagrams import DatagramQueue
from muster.net.http import Route
from muster.ports.forwarding import Outward
from muster.ports.records import Records
from muster.store.dataplane import DataPlane
from muster.wire.lineparsed import LineLimits

LOOPBACK = ("127.0.0.1", "::1")
_SECRET_BYTES = 4_096
_SHORTEST_SECRET = 16


class InfluxSettings(UdpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the hub speaks InfluxDB's wire."""

    port: int = 0  # port of the listener for InfluxDB's clients; 0: there is none
    # mtls: by a node's certificate; password: users, tokens; off: anybody, on this machine alone
    auth: Way = Way.MTLS
    # addresses to listen on; none: those of the hub, and with auth "off" loopback
    addresses: tuple[str, ...] = ()
    body_bytes: int = 25_000_000  # size of one write, unpacked
    changes_by_get: bool = True  # GET /query may change databases, with a warning
    bearer_secret_file: str = ""  # what JSON Web Tokens are signed with; empty: none are taken
    sign_in: LoginSettings = LoginSettings()
    subscriptions: SubscriptionSettings = SubscriptionSettings()
    continuous: ContinuousSettings = ContinuousSettings()
    remote: RemoteSettings = RemoteSettings()


def check(settings: InfluxSettings, taken: range) -> None:
    """`taken` are the ports of other listeners. Errors: SettingsError naming the key."""
    if not 0 <= settings.port <= 65_535 or settings.port in taken:
        text = f"not a free port: {settings.port}; {taken[0]} to {taken[-1]} are the hub's others"
        raise SettingsError(text, key="influx.port")
    check_datagrams(settings)
    if settings.auth is Way.OFF:
        open_to = [each for each in settings.addresses if not is_own_machine(each)]
        if open_to:
            text = (
                f'"off" lets in whoever comes, so it listens on this machine alone, not on'
                f' {open_to[0]!r}; use "mtls" or "password", or addresses of loopback'
            )
            raise SettingsError(text, key="influx.auth")


def addresses_of(settings: InfluxSettings, listen: tuple[str, ...]) -> tuple[str, ...]:
    """Where its listener is bound."""
    if settings.addresses:
        return settings.addresses
    return LOOPBACK if settings.auth is Way.OFF else listen


class InfluxParts:
    """What of the hub only InfluxDB's wire needs."""

    def __init__(
        self,
        *,
        settings: InfluxSettings,
        records: Records,
        api_tokens: ApiTokens,
        enrolment: Enrolment,
        saw_writer: Callable[[NodeId, str], Awaitable[None]],
        name_of: Callable[[NodeId], str],
        roster: Roster,
        plane: DataPlane,
        ingest: Ingest,
        strange_days: int,
        keeps: Callable[[SpaceId], bool],
        queries: Queries,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self._records = records
        self._clock = clock
        self._plane = plane
        self._queries = queries
        self._of_agents = ingest
        self._build_points(ingest, strange_days, keeps)
        self._build_databases()
        self.readers = Readers(roster=roster)
        self.callers = Callers(
            way=settings.auth,
            logins=self._logins(api_tokens),
            users=self.users,
            check=enrolment.check_again,
            saw_writer=saw_writer,
            name_of=name_of,
        )
        self._build_writes()
        self._build_statements()
        self._build_others()

    def _build_points(
        self, ingest: Ingest, strange_days: int, keeps: Callable[[SpaceId], bool]
    ) -> None:
        """Where points are kept, and how they go."""
        records, plane, head = self._records, self._plane, self._queries.head
        self.stocks = Stocks(records=records.influx_stocks)
        self.kinds = FieldKinds(records=records.influx_shards)
        self.ingest = PointIngest(
            ingest=ingest,
            catalogue=plane.catalogue,
            journal=plane.journal,
            clock=self._clock,
            strange_days=strange_days,
            keeps=keeps,
        )
        self.removals = PointRemovals(
            erase=plane.erase,
            catalogue=plane.catalogue,
            head=head,
            store=plane.store,
            stocks=self.stocks,
            kinds=self.kinds,
            ingest=self.ingest,
        )

    def _build_databases(self) -> None:
        """Databases and their users."""
        points = StoredPoints(
            stocks=self.stocks,
            ingest=self.ingest,
            forget=self._queries.head.forget,
            remove_span=self.removals.remove_span,
            give_back=self.removals.give_back,
        )
        self._book = book = DatabaseBook(records=self._records.influx)
        self.databases = Databases(
            book=book,
            clock=self._clock,
            settings=self.settings,
            kinds=self.kinds,
            points=points,
        )
        self._passwords = Passwords(shortest=1)
        self.users = InfluxUsers(
            book=book, databases=self.databases, passwords=self._passwords, clock=self._clock
        )

    def _logins(self, api_tokens: ApiTokens) -> InfluxLogins:
        return InfluxLogins(
            book=self._book,
            passwords=self._passwords,
            api_tokens=api_tokens,
            nodes=self._records.nodes,
            readers=self.readers,
            audit=self._records.audit,
            clock=self._clock,
            settings=self.settings.sign_in,
            shared_secret=bearer_secret(self.settings.bearer_secret_file),
        )

    def _build_writes(self) -> None:
        """Points that come, by whatever wire."""
        settings, records, clock = self.settings, self._records, self._clock
        self.writes = PointWrites(
            databases=self.databases,
            kinds=self.kinds,
            stocks=self.stocks,
            ingest=self.ingest,
            clock=clock,
            limits=LineLimits(body_bytes=settings.body_bytes, line_bytes=settings.body_bytes),
        )
        self.bulk = BulkWrites(databases=self.databases, writes=self.writes, nodes=records.nodes)
        self.udp = DatagramQueue(settings.udp_queue_bytes)
        self.datagrams = DatagramWrites(
            source=self.udp,
            writes=self.writes,
            databases=self.databases,
            space=lambda: next((each.id for each in records.nodes.spaces() if each.main), None),
            settings=settings,
        )
        self.remote = RemoteParts(
            settings=settings.remote,
            callers=self.callers,
            databases=self.databases,
            writes=self.writes,
            clock=clock,
        )

    def _build_statements(self) -> None:
        """InfluxQL: what answers each kind of statement. Dashboards ask `known` and `evaluator`."""
        clock = self._clock
        self.known = DatabaseStatements(
            databases=self.databases, users=self.users, kinds=self.kinds
        )
        self.evaluator = PointQueries(
            queries=self._queries,
            databases=self.databases,
            kinds=self.kinds,
            stocks=self.stocks,
            writes=self.writes,
            removals=RemovalStatements(
                databases=self.databases,
                kinds=self.kinds,
                removals=self.removals,
                audit=self._records.audit,
                clock=clock,
            ),
            clock=clock,
        )
        self.registry = QueryRegistry(clock=clock)
        self.continuous = ContinuousQueries(
            databases=self.databases,
            answers=self.evaluator,
            registry=self.registry,
            clock=clock,
            settings=self.settings.continuous,
        )
        self.statements = Statements(
            known=self.known,
            evaluator=self.evaluator,
            takes_changes_by_get=self.settings.changes_by_get,
            server=ServerStatements(
                registry=self.registry,
                figures=ServerFigures(
                    databases=self.databases,
                    kinds=self.kinds,
                    writes=self.writes,
                    registry=self.registry,
                    continuous=self.continuous,
                    clock=clock,
                    speaks=VERSION,
                ),
            ),
        )

    def _build_others(self) -> None:
        """PromQL, retention, health."""
        clock = self._clock
        self.prometheus = PrometheusParts(
            queries=self._queries,
            databases=self.databases,
            stocks=self.stocks,
            registry=self.registry,
            metadata=self.remote.metadata,
            callers=self.callers,
            readers=self.readers,
            clock=clock,
        )
        self._health = HealthFace(clock=clock)
        self.retention = RetentionParts(
            databases=self.databases,
            kinds=self.kinds,
            nodes=self._records.nodes,
            plane=self._plane,
            head=self._queries.head,
            clock=clock,
        )

    async def run(self) -> None:
        """What goes on beside requests, once the data plane is open; until cancelled."""
        async with asyncio.TaskGroup() as jobs:
            own = (
                self.removals.run,
                self.retention.run,
                self.continuous.run,
                self.udp.run,
                self.datagrams.run,
            )
            for job in own:
                jobs.create_task(job())

    def send_on(self, outward: Outward) -> None:
        """From here on what agents send, and points of databases, go there too."""
        self._of_agents.send_on(outward)
        self.ingest.send_on(outward)

    def data_routes(self) -> list[Route]:
        """What needs the data plane to be open."""
        write = WriteFace(callers=self.callers, databases=self.databases, writes=self.writes)
        query = QueryFace(callers=self.callers, statements=self.statements, registry=self.registry)
        return face(
            [
                *write.routes(),
                *query.routes(),
                *BucketFace(callers=self.callers, databases=self.databases).routes(),
                *self.remote.routes(),
                *self.prometheus.routes(),
            ]
        )

    def health_routes(self) -> list[Route]:
        return face(self._health.routes())

    def forget_dropped(self) -> None:
        """Drop series of stocks that are gone: a hub may die between the two removals."""
        for stock in self._plane.catalogue.values_of(STOCK) - self.stocks.ids():
            self.ingest.forget_tagged(STOCK, stock)


def bearer_secret(file: str) -> Secret:
    """What bearer tokens are signed with; empty for no file. Errors: SettingsError."""
    if not file:
        return Secret("")
    try:
        text = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}", key="influx.bearer_secret_file") from error
    if not _SHORTEST_SECRET <= len(text) <= _SECRET_BYTES:
        text = f"{file}: a secret has {_SHORTEST_SECRET} to {_SECRET_BYTES} characters"
        raise SettingsError(text, key="influx.bearer_secret_file")
    return Secret(text)
