"""Routes of what only Netdata nodes have: contexts, their values, alerts, functions.

Contexts, alerts and the node's description are what the link has told. Values and functions
are asked of the agent while somebody waits, and are neither stored nor logged.
"""

import asyncio
import re
from functools import partial

import msgspec

from muster.clock import Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.core.nodes.inventory import Inventory
from muster.errors import Conflict, InputError
from muster.faces.netdata import functions, permissions
from muster.faces.netdata.charts import Charts
from muster.faces.netdata.chartwords import ChartData, Wanted
from muster.faces.netdata.functions import FunctionTable
from muster.faces.netdata.reach import Reach, ReachOf
from muster.faces.netdata.views import (
    AlertsView,
    ContextsView,
    FunctionsView,
    InfoView,
    alerts_view,
    contexts_view,
    info_view,
)
from muster.model.access import Action
from muster.model.ids import NodeId
from muster.model.inventory import Node
from muster.net.http import (
    Request,
    Response,
    Route,
    Told,
    Withdraw,
    json_response,
    passed_on,
    small_route,
)
from muster.ports.records import AuditRecords

_POINTS, _POINTS_MAX = 300, 5_000
_DIMENSIONS_MAX = 200
_CONTEXT = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
# Of the agent's patterns these mean something of their own.
_DIMENSION = re.compile(r"[^*!|,\x00-\x1f\x7f]{1,200}")
_MOMENT = re.compile(r"-?[0-9]{1,11}")

_DATA_QUERY = {
    "context": "which one",
    "after": "its start: seconds since 1970, or with a minus before its end; -600 if left out",
    "before": "its end: seconds since 1970, or with a minus before now; now if left out",
    "points": f"how many values of each dimension at most, up to {_POINTS_MAX}",
    "dimensions": "only these, with | between them",
    "instances": "1: each instance by itself, in labels like `dimension,instance`",
}


class RunFunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A function to be run, and how long it may take."""

    name: str
    timeout_s: int = 10


class NetdataApi:
    """What people ask about Netdata nodes."""

    def __init__(
        self,
        *,
        inventory: Inventory,
        reach_of: ReachOf,
        charts: Charts,
        audit: AuditRecords,
        clock: Clock,
    ) -> None:
        self._inventory = inventory
        self._reach_of = reach_of
        self._charts = charts
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[Route]:
        path, read, data = "/api/v1/nodes/{id}/netdata", Action.NODE_READ, Action.DATA_READ
        told = [
            small_route(
                "GET",
                f"{path}/contexts",
                data,
                self._contexts,
                "contexts of a Netdata node",
                gives=ContextsView,
            ),
            small_route(
                "GET",
                f"{path}/alerts",
                data,
                self._alerts,
                "alerts of a Netdata node, and their changes",
                gives=AlertsView,
            ),
            small_route(
                "GET",
                f"{path}/info",
                read,
                self._info,
                "what the agent of a Netdata node tells of it",
                gives=InfoView,
            ),
        ]
        asked = [
            small_route(
                "GET",
                f"{path}/data",
                data,
                self._data,
                "values of a context, asked of the agent",
                gives=ChartData,
                query=_DATA_QUERY,
            ),
            small_route(
                "GET",
                f"{path}/functions",
                read,
                self._functions,
                "functions of a Netdata node that can be run",
                gives=FunctionsView,
            ),
            small_route(
                "POST",
                f"{path}/function",
                Action.NODE_EDIT,
                self._run,
                "run a function that only shows something",
                takes=RunFunction,
                gives=FunctionTable,
            ),
        ]
        asked[0] = msgspec.structs.replace(asked[0], lean=True, asks=self._ask_data)
        return [*told, *(msgspec.structs.replace(each, abandonable=True) for each in asked)]

    async def _contexts(self, request: Request) -> Response:
        _, reach = self._found(request, Action.DATA_READ)
        return json_response(contexts_view(reach))

    async def _data(self, request: Request) -> Response:
        return json_response(await self._charts.data(*self._chart(request)))

    def _ask_data(self, request: Request, told: Told, most_s: float) -> Withdraw:
        """The same for who is told when it is there."""
        return self._charts.ask(*self._chart(request), partial(passed_on, told), most_s)

    def _chart(self, request: Request) -> tuple[Reach, Wanted]:
        """Errors: those of `_found` and `_wanted`."""
        _, reach = self._found(request, Action.DATA_READ)
        wanted = _wanted(request)
        if self._charts.is_share(reach, wanted.context):
            wanted = msgspec.structs.replace(wanted, is_share=True)
        return reach, wanted

    async def _alerts(self, request: Request) -> Response:
        _, reach = self._found(request, Action.DATA_READ)
        return json_response(alerts_view(reach))

    async def _info(self, request: Request) -> Response:
        _, reach = self._found(request, Action.NODE_READ)
        scope = self._inventory.scope(request.actor)

        def sees(id: NodeId) -> Node | None:
            node = self._inventory.find(id)
            return node if node is not None and scope.holds(node.space, node.id) else None

        return json_response(info_view(reach, sees))

    async def _functions(self, request: Request) -> Response:
        node, reach = self._found(request, Action.NODE_READ)
        known = await functions.list_functions(reach, self._headers(request, node))
        return json_response(FunctionsView(functions=known))

    async def _run(self, request: Request) -> Response:
        wish = request.json(RunFunction)
        node, reach = self._found(request, Action.NODE_EDIT)
        functions.require_read_only(wish.name)
        if not 1 <= wish.timeout_s <= functions.TIMEOUT_MAX_S:
            raise InputError(f"timeout_s is 1 to {functions.TIMEOUT_MAX_S}, not {wish.timeout_s}")
        actor = require(request.actor, Action.NODE_EDIT)
        event = make_event(
            self._clock, actor, "node.function", node.id, detail=wish.name, space=node.space
        )
        await asyncio.to_thread(self._audit.add, event)
        headers = self._headers(request, node)
        table = await functions.run_function(reach, headers, wish.name, wish.timeout_s)
        return json_response(table)

    def _found(self, request: Request, action: Action) -> tuple[Node, Reach]:
        """Errors: NotFound, Denied; Conflict for a node of another kind."""
        node = self._inventory.node(request.actor, request.match["id"], action)
        if (reach := self._reach_of(node.id)) is None:
            raise Conflict(f"{node.name} is not a Netdata agent's node")
        return node, reach

    def _headers(self, request: Request, node: Node) -> permissions.Headers:
        actor = require(request.actor, Action.NODE_READ)
        role = permissions.role_at(actor, node.space, self._inventory.rooms_of(node))
        return permissions.headers_of(actor.name, role)


def _wanted(request: Request) -> Wanted:
    """Errors: InputError."""
    query = request.query
    context = query.get("context", "")
    if not _CONTEXT.fullmatch(context):
        raise InputError(f"context is one of those that are listed, not {context[:40]!r}")
    points = request.number("points", _POINTS)
    if not 1 <= points <= _POINTS_MAX:
        raise InputError(f"points is 1 to {_POINTS_MAX}, not {points}")
    names = [name for name in query.get("dimensions", "").split("|") if name]
    if len(names) > _DIMENSIONS_MAX or not all(map(_DIMENSION.fullmatch, names)):
        raise InputError(f"dimensions are up to {_DIMENSIONS_MAX} names with | between them")
    return Wanted(
        context=context,
        after=_moment(request, "after", -600),
        before=_moment(request, "before", 0),
        points=points,
        dimensions=tuple(names),
        by_instance=query.get("instances", "") == "1",
    )


def _moment(request: Request, name: str, default: int) -> int:
    """A time in seconds. Errors: InputError."""
    text = request.query.get(name, "") or str(default)
    if not _MOMENT.fullmatch(text):
        raise InputError(f"{name} is a whole number of seconds, not {text[:40]!r}")
    return int(text)
