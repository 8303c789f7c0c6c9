"""Routes of dashboards, of their panels' queries, and of queries that people write.

Format: docs/formats/dashboard.md, "The HTTP interface"
"""

import asyncio

import msgspec

from muster.core.access import may, require_object
from muster.core.dashboards.dashboardforms import export_dashboard, import_dashboard
from muster.core.dashboards.dashboardlinks import DashboardLinks
from muster.core.dashboards.dashboards import Dashboards, Kept
from muster.core.dashboards.panelqueries import Asking, PanelQueries
from muster.core.dashboards.variablevalues import ValuesOfVariables
from muster.core.databases.databasenames import Defaults
from muster.core.nodes.readers import Readers
from muster.errors import InputError, NotFound
from muster.faces.native.dashboardviews import (
    MAX_IMPORT,
    DashboardView,
    ExportView,
    ExportWanted,
    ImportedView,
    ImportWanted,
    SavedView,
)
from muster.model.access import Action
from muster.model.dashboard import Dashboard, PanelQuery, Variable
from muster.model.ids import SpaceId
from muster.model.influx import Login
from muster.model.panelanswer import (
    DashboardRow,
    PanelAnswer,
    PanelAsk,
    VariableAsk,
    VariableValues,
)
from muster.net.http import Handler, Request, Response, Route, json_response, small_route
from muster.wire.dashboardfile import MAX_FILE, dashboard_of

_ASK_BYTES = 4 << 20  # a variable may have thousands of chosen values
BASE = "/api/v1/spaces/{space}"
ONE = f"{BASE}/dashboards/{{id}}"


class DashboardFace:
    """Dashboards for people who are signed in."""

    def __init__(
        self,
        *,
        dashboards: Dashboards,
        links: DashboardLinks,
        queries: PanelQueries,
        values: ValuesOfVariables,
        readers: Readers,
    ) -> None:
        self._dashboards = dashboards
        self._links = links
        self._queries = queries
        self._values = values
        self._readers = readers

    def routes(self) -> list[Route]:
        read, edit, all_ = Action.DATA_READ, Action.DASHBOARD_EDIT, f"{BASE}/dashboards"
        return [
            small_route(
                "GET", all_, read, self._list, "dashboards of a space", gives=list[DashboardRow]
            ),
            small_route("GET", ONE, read, self._show, "one dashboard", gives=DashboardView),
            small_route(
                "PUT",
                ONE,
                edit,
                self._save,
                "keep a dashboard; header If-Match has the etag of the one it replaces",
                max_body_bytes=MAX_FILE,
                takes=Dashboard,
                gives=SavedView,
                query={"dry_run": "1: say what would be done, and do nothing"},
            ),
            small_route(
                "DELETE", ONE, edit, self._remove, "remove a dashboard; a built-in shows again"
            ),
            small_route(
                "POST",
                f"{ONE}/export",
                read,
                self._export,
                "a dashboard as a file",
                takes=ExportWanted,
                gives=ExportView,
            ),
            small_route(
                "POST",
                f"{all_}/import",
                edit,
                self._import,
                "read a file of Grafana or of ours; nothing is kept",
                max_body_bytes=2 * MAX_IMPORT,
                takes=ImportWanted,
                gives=ImportedView,
            ),
        ]

    def data_routes(self) -> list[Route]:
        """What needs the data plane to be open."""
        return [
            _asking_route(
                f"{ONE}/variables/{{name}}",
                self._values_of_kept,
                "what can be chosen for a variable",
                VariableAsk,
                VariableValues,
            ),
            _asking_route(
                f"{BASE}/influx/variable",
                self._values_of_given,
                "what could be chosen for a variable that is not kept yet",
                VariableAsk,
                VariableValues,
            ),
            _asking_route(
                f"{BASE}/influx/query",
                self._query,
                "answers to queries that are written out, or to those of a panel",
                PanelAsk,
                PanelAnswer,
            ),
        ]

    async def _list(self, request: Request) -> Response:
        space = SpaceId(request.match["space"])
        listed = await self._dashboards.listed(request.actor, space)
        counts = await asyncio.to_thread(self._links.counts, space)
        rows = []
        for each in listed:
            board = each.kept.dashboard if each.kept is not None else None
            rows.append(
                DashboardRow(
                    id=each.id,
                    title=board.title if board is not None else each.id,
                    description=board.description if board is not None else "",
                    tags=board.tags if board is not None else (),
                    built_in=each.built_in,
                    etag=each.kept.etag if each.kept is not None else "",
                    changed_ns=each.changed_ns,
                    error=each.error,
                    links=counts.get(each.id, 0),
                )
            )
        return json_response(rows)

    async def _show(self, request: Request) -> Response:
        kept = await self._kept(request)
        space = SpaceId(request.match["space"])
        actor = self._login(request).actor
        view = DashboardView(
            dashboard=kept.dashboard,
            etag=kept.etag,
            built_in=kept.built_in,
            may_edit=may(actor, Action.DASHBOARD_EDIT, space),
            may_share=may(actor, Action.DASHBOARD_SHARE, space),
        )
        return json_response(view, ETag=f'"{kept.etag}"')

    async def _save(self, request: Request) -> Response:
        dashboard = dashboard_of(request.json(dict))
        if dashboard.id != request.match["id"]:
            raise InputError(f"id: {dashboard.id!r} is not the path's {request.match['id'][:80]!r}")
        saved = await self._dashboards.save(
            request.actor,
            SpaceId(request.match["space"]),
            dashboard,
            seen=_seen(request),
            dry_run=bool(request.number("dry_run", 0)),
        )
        view = SavedView(id=dashboard.id, etag=saved.etag, change=saved.change)
        return json_response(view, ETag=f'"{saved.etag}"')

    async def _remove(self, request: Request) -> Response:
        space = SpaceId(request.match["space"])
        seen = _seen(request)
        await self._links.remove_dashboard(request.actor, space, request.match["id"], seen=seen)
        return Response(status=204)

    async def _export(self, request: Request) -> Response:
        wanted = request.json(ExportWanted)
        kept = await self._kept(request)
        made = await asyncio.to_thread(export_dashboard, kept.dashboard, wanted.format)
        view = ExportView(name=made.name, text=made.text, not_carried=made.not_carried)
        return json_response(view)

    async def _import(self, request: Request) -> Response:
        space = SpaceId(request.match["space"])
        require_object(request.actor, Action.DASHBOARD_EDIT, space, "space")
        read = await asyncio.to_thread(import_dashboard, request.json(ImportWanted).text)
        view = ImportedView(dashboard=read.dashboard, not_carried=read.not_carried)
        return json_response(view)

    async def _values_of_kept(self, request: Request) -> Response:
        ask = request.json(VariableAsk)
        dashboard = (await self._kept(request)).dashboard
        variable = ask.variable or dashboard.variable(request.match["name"])
        if variable is None:
            raise NotFound("no such variable")
        defaults = Defaults(dashboard.database, dashboard.policy)
        return await self._offered(request, ask, variable, defaults)

    async def _values_of_given(self, request: Request) -> Response:
        ask = request.json(VariableAsk)
        if ask.variable is None:
            raise InputError("variable is missing: give it as a dashboard would keep it")
        return await self._offered(request, ask, ask.variable, Defaults(ask.database, ask.policy))

    async def _offered(
        self, request: Request, ask: VariableAsk, variable: Variable, defaults: Defaults
    ) -> Response:
        login = self._login(request)
        asking = Asking(
            login=login,
            from_ns=ask.from_ns,
            to_ns=ask.to_ns,
            width_px=1,
            variables=ask.variables,
            defaults=defaults,
        )
        return json_response(await self._values.of(login.actor, asking, variable))

    async def _query(self, request: Request) -> Response:
        ask = request.json(PanelAsk)
        login = self._login(request)
        queries, defaults = await self._asked(request, ask)
        asking = Asking(
            login=login,
            from_ns=ask.from_ns,
            to_ns=ask.to_ns,
            width_px=ask.width_px,
            variables=ask.variables,
            defaults=defaults,
        )
        answer = await self._queries.answer(asking, queries)
        return Response(body=await asyncio.to_thread(msgspec.json.encode, answer))

    async def _asked(
        self, request: Request, ask: PanelAsk
    ) -> tuple[tuple[PanelQuery, ...], Defaults]:
        if not ask.panel:
            return ask.queries, Defaults(ask.database, ask.policy)
        if ask.queries:
            raise InputError("give either queries, or dashboard and panel")
        space = SpaceId(request.match["space"])
        dashboard = (await self._dashboards.get(request.actor, space, ask.dashboard)).dashboard
        panel = dashboard.panel(ask.panel)
        if panel is None:
            raise NotFound("no such panel")
        return panel.queries, Defaults(dashboard.database, dashboard.policy)

    async def _kept(self, request: Request) -> Kept:
        space = SpaceId(request.match["space"])
        return await self._dashboards.get(request.actor, space, request.match["id"])

    def _login(self, request: Request) -> Login:
        return self._readers.login(request.actor, SpaceId(request.match["space"]))


def _asking_route(path: str, handler: Handler, summary: str, takes: type, gives: type) -> Route:
    """What reads by POST, because what is asked for is long; left alone, it is given up."""
    return Route(
        method="POST",
        path=path,
        allow=Action.DATA_READ,
        handler=handler,
        max_body_bytes=_ASK_BYTES,
        summary=summary,
        takes=takes,
        gives=gives,
        abandonable=True,
    )


def _seen(request: Request) -> str:
    return request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
