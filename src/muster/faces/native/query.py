"""Routes that answer questions about stored values.

Answers hold the values of what the actor may look at: other nodes match nothing.
"""

from collections.abc import Callable, Sequence

import msgspec

from muster.core.live.sparks import Spark, Sparks
from muster.core.querying.query import Queries
from muster.errors import InputError
from muster.model.access import Action, Actor, Scope
from muster.model.ids import NodeId
from muster.model.query import Frame, Query, Selector
from muster.net.http import Request, Response, Route, json_response
from muster.ports.series import Catalogue, SeriesRef

_MOST_SERIES = 50_000  # looked through at once for a list without a node or a measurement
_MOST_TAG_VALUES = 1_000  # of one key, in a list to choose from
_MOST_NAMED = 100  # nodes in an address


class OfferField(msgspec.Struct, frozen=True):
    """A field of a measurement."""

    name: str
    kind: int


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked of a measurement; tags without those the hub stamps."""

    measurement: str
    fields: list[OfferField]
    tags: dict[str, list[str]]


ScopeOf = Callable[[Actor | None, Action, str], Scope]


class QueryFace:
    """Queries, what there is to ask for, and the sparklines of the table of nodes."""

    def __init__(
        self, *, queries: Queries, catalogue: Catalogue, sparks: Sparks, scope_of: ScopeOf
    ) -> None:
        self._queries = queries
        self._catalogue = catalogue
        self._sparks = sparks
        self._scope_of = scope_of

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/api/v1/query",
                allow=Action.DATA_READ,
                handler=self._run,
                summary="Values of some series over a time range, raw or one per step",
                takes=Query,
                gives=Frame,
            ),
            Route(
                method="GET",
                path="/api/v1/series",
                allow=Action.DATA_READ,
                handler=self._list_series,
                summary="Measurements with their fields and tags; a large hub wants ?node= or"
                " ?measurement=",
                gives=list[Offer],
                query={
                    "space": "only of this space (id)",
                    "node": "only of this node (id)",
                    "measurement": "only this one",
                },
            ),
            Route(
                method="GET",
                path="/api/v1/nodes/spark",
                allow=Action.DATA_READ,
                handler=self._list_sparks,
                summary="CPU and network of nodes over the last minutes, for sparklines; a large"
                " hub wants ?nodes=",
                gives=dict[str, Spark],
                query={
                    "space": "only of this space (id)",
                    "nodes": f"only of these (ids with commas between), at most {_MOST_NAMED}",
                    "window_s": "how far back, in seconds",
                    "points": "how many points",
                },
            ),
        ]

    def _scope(self, request: Request) -> Scope:
        """What the actor may look at; of one space, when the question names one."""
        return self._scope_of(request.actor, Action.DATA_READ, request.query.get("space", ""))

    async def _run(self, request: Request) -> Response:
        return json_response(await self._queries.run(request.json(Query), self._scope(request)))

    async def _list_series(self, request: Request) -> Response:
        holds = self._scope(request)
        node, measurement = (request.query.get(name, "") for name in ("node", "measurement"))
        is_wide = holds.spaces is None or bool(holds.spaces)
        if is_wide and not (node or measurement) and self._catalogue.series_total > _MOST_SERIES:
            raise InputError(
                f"this hub has {self._catalogue.series_total} series: name a node or a measurement"
                " (?node=… or ?measurement=…)"
            )
        select = Selector(measurement=measurement, nodes=(node,) if node else ())
        return json_response(offers(self._catalogue.find(select, holds)))

    async def _list_sparks(self, request: Request) -> Response:
        holds = self._scope(request)
        window_s, points = request.number("window_s", 900), request.number("points", 60)
        only = [NodeId(id) for id in request.query.get("nodes", "").split(",") if id]
        if len(only) > _MOST_NAMED:
            raise InputError(f"nodes: {len(only)} are too many, at most {_MOST_NAMED}")
        return Response(body=self._sparks.lines(holds, window_s, points, only))


def offers(refs: Sequence[SeriesRef]) -> list[Offer]:
    """Series gathered by measurement."""
    fields: dict[str, dict[tuple[str, int], None]] = {}
    tags: dict[str, dict[str, dict[str, None]]] = {}
    for ref in refs:
        series = ref.series
        fields.setdefault(series.measurement, {})[series.field, int(series.kind)] = None
        values = tags.setdefault(series.measurement, {})
        for key, value in series.tags:
            if key not in ("node", "space") and len(values.get(key, ())) < _MOST_TAG_VALUES:
                values.setdefault(key, {})[value] = None
    return [
        Offer(
            measurement=name,
            fields=[OfferField(field, kind) for field, kind in sorted(fields[name])],
            tags={key: sorted(values) for key, values in sorted(tags[name].items())},
        )
        for name in sorted(fields)
    ]
