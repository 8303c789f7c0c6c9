"""Prometheus' query API on the hub: its objects built by hand."""

from collections.abc import Mapping
from typing import cast

from muster.clock import Clock
from muster.core.databases.databases import Databases
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.nodes.readers import Readers
from muster.core.promql.promqueries import Asked, PromQueries
from muster.core.promql.remotereads import RemoteReads
from muster.core.querying.query import Queries
from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.stocks import Stocks
from muster.errors import Denied
from muster.faces.influx.callers import CREATE_ADMIN, Caller, Callers
from muster.faces.influx.prometheusread import PrometheusReadFace
from muster.faces.prometheus.query import Entrance, PrometheusQueryFace
from muster.model.access import Action
from muster.model.ids import SpaceId
from muster.model.influx import Login
from muster.net.http import Public, Request, Route
from muster.wire.prometheusparts import METRIC_TYPES
from muster.wire.prometheusread import ReadLimits

OWN_BASE = "/api/v1"
SPACE_BASE = "/api/v1/spaces/{space}/prometheus/api/v1"


class PrometheusParts:
    """What of the hub only Prometheus' query API needs."""

    def __init__(
        self,
        *,
        queries: Queries,
        databases: Databases,
        stocks: Stocks,
        registry: QueryRegistry,
        metadata: MetricMetadata,
        callers: Callers,
        readers: Readers,
        clock: Clock,
    ) -> None:
        self.queries = PromQueries(
            queries=queries, databases=databases, stocks=stocks, registry=registry
        )
        self._metadata = metadata
        self._callers = callers
        self._readers = readers
        self._clock = clock

    def routes(self) -> list[Route]:
        """At the listener of InfluxDB's clients, whose credentials it knows."""
        entrance = Entrance(
            OWN_BASE,
            Public.CREDENTIALS,
            _login_of_caller,
            self._callers.asking,
            self._known_login,
        )
        reads = RemoteReads(queries=self.queries, limits=ReadLimits())
        return [
            *self._face(entrance),
            *PrometheusReadFace(callers=self._callers, reads=reads).routes(),
        ]

    def space_routes(self) -> list[Route]:
        """At the web listener, for people and API tokens."""
        return self._face(Entrance(SPACE_BASE, Action.DATA_READ, self._login_of_reader))

    def _face(self, entrance: Entrance) -> list[Route]:
        return PrometheusQueryFace(
            entrance=entrance, answers=self.queries, told=self._told, clock=self._clock
        ).routes()

    def _told(self, asked: Asked) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        if asked.login.nodes is not None:  # which node a word came from is not kept
            return found
        for database in self.queries.readable(asked):
            known = self._metadata.of(database.space, database.name)
            for name, each in known.items():
                kind = dict(enumerate(METRIC_TYPES)).get(each.type, METRIC_TYPES[0])
                found[name] = {"type": kind, "help": each.help, "unit": each.unit}
        return found

    def _known_login(self, request: Request) -> Login | None:
        caller = self._callers.asking_at_once(request)
        return None if caller is None or caller.is_first else caller.login

    def _login_of_reader(self, request: Request) -> Login:
        return self._readers.login(request.actor, SpaceId(request.match["space"]))


def _login_of_caller(request: Request) -> Login:
    """Errors: Denied before there is an admin: the login that may make one reads nothing."""
    caller = cast(Caller, request.admitted)
    if caller.is_first:
        raise Denied(CREATE_ADMIN)
    return caller.login
