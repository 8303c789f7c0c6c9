"""Routes of public links: made and ended by admins, and what whoever has one may ask.

The text of a link comes in a header: the page has it in the fragment of its URL, which no
browser sends, so it is in no log. Format: docs/formats/dashboard.md, "The HTTP interface"
"""

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec

from muster.core.dashboards.dashboardlinks import DashboardLinks, Visitor, shown_in_public
from muster.core.dashboards.publicboards import PublicBoards
from muster.core.nodes.inventory import Inventory
from muster.faces.native.dashboards import ONE
from muster.faces.native.dashboardviews import NewLink, NewLinkView, PublicView
from muster.faces.native.signin import site_of
from muster.log import Secret
from muster.model.access import Action
from muster.model.ids import SpaceId
from muster.model.panelanswer import (
    LinkView,
    PanelAnswer,
    PanelAsk,
    VariableAsk,
    VariableValues,
)
from muster.net.http import Handler, Public, Request, Response, Route, json_response, small_route
from muster.ports.dashboards import DashboardLink

HEADER = "x-muster-link"
_ASK_BYTES = 1 << 20
_PUBLIC = "/api/v1/public"


class LinkFace:
    """Links for admins."""

    def __init__(
        self, *, links: DashboardLinks, own_address: Callable[[], str], prefix: str = ""
    ) -> None:
        """`own_address`: https://host:port for links made at the hub's own socket."""
        self._links = links
        self._own_address = own_address
        self._prefix = prefix

    def routes(self) -> list[Route]:
        share = Action.DASHBOARD_SHARE
        return [
            small_route(
                "GET",
                f"{ONE}/links",
                share,
                self._list,
                "public links to a dashboard",
                gives=list[LinkView],
            ),
            small_route(
                "POST",
                f"{ONE}/links",
                share,
                self._create,
                "make a public link; its text is told this once",
                takes=NewLink,
                gives=NewLinkView,
                status=201,
            ),
            small_route(
                "DELETE", f"{ONE}/links/{{link}}", share, self._revoke, "end a public link"
            ),
        ]

    async def _list(self, request: Request) -> Response:
        space, id = SpaceId(request.match["space"]), request.match["id"]
        links = await self._links.listed(request.actor, space, id)
        return json_response([self._view(link) for link in links])

    async def _create(self, request: Request) -> Response:
        wanted = request.json(NewLink)
        space, id = SpaceId(request.match["space"]), request.match["id"]
        made = await self._links.create(request.actor, space, id, wanted.name, wanted.days)
        token = made.text.reveal()
        local = request.actor is not None and request.actor.operator
        base = self._own_address() if local else site_of(request).origin
        url = f"{base}{self._prefix}/shared#{token}"
        view = NewLinkView(link=self._view(made.record), token=token, url=url)
        return json_response(view, status=201)

    async def _revoke(self, request: Request) -> Response:
        space, id = SpaceId(request.match["space"]), request.match["id"]
        await self._links.revoke(request.actor, space, id, request.match["link"])
        return Response(status=204)

    def _view(self, link: DashboardLink) -> LinkView:
        return LinkView(
            id=link.id,
            dashboard=link.dashboard,
            name=link.name,
            created_ns=link.created_ns,
            created_by=link.created_by,
            expires_ns=link.expires_ns,
            used_ns=link.used_ns,
            state=self._links.state_of(link),
        )


class PublicFace:
    """What a link opens."""

    def __init__(
        self, *, links: DashboardLinks, boards: PublicBoards, inventory: Inventory
    ) -> None:
        self._links = links
        self._boards = boards
        self._inventory = inventory

    def routes(self) -> list[Route]:
        return [
            self._route(
                "GET",
                "/dashboard",
                self._show,
                "the dashboard of a public link, which header X-Muster-Link has",
                None,
                PublicView,
            ),
            self._route(
                "POST",
                "/query",
                self._query,
                "what a panel of the dashboard behind a public link shows",
                PanelAsk,
                PanelAnswer,
            ),
            self._route(
                "POST",
                "/variables/{name}",
                self._values,
                "what can be chosen for a variable of the dashboard behind a public link",
                VariableAsk,
                VariableValues,
            ),
        ]

    def _route(
        self,
        method: str,
        path: str,
        handler: Handler,
        summary: str,
        takes: type | None,
        gives: type,
    ) -> Route:
        return Route(
            method=method,
            path=_PUBLIC + path,
            allow=Public.CREDENTIALS,
            handler=handler,
            before=self._admit,
            max_body_bytes=_ASK_BYTES,
            summary=summary,
            takes=takes,
            gives=gives,
            abandonable=True,
        )

    async def _admit(self, request: Request) -> Visitor:
        return await self._links.open(Secret(request.headers.get(HEADER, "")), request.address)

    async def _show(self, request: Request) -> Response:
        visitor = cast(Visitor, request.admitted)
        view = PublicView(
            dashboard=shown_in_public(visitor.kept.dashboard),
            space=self._inventory.space(visitor.link.space).name,
            name=visitor.link.name,
        )
        return json_response(view)

    async def _query(self, request: Request) -> Response:
        visitor = cast(Visitor, request.admitted)
        answer = await self._boards.answer(visitor, request.json(PanelAsk))
        return Response(body=await asyncio.to_thread(msgspec.json.encode, answer))

    async def _values(self, request: Request) -> Response:
        visitor = cast(Visitor, request.admitted)
        ask = request.json(VariableAsk)
        return json_response(await self._boards.values(visitor, request.match["name"], ask))
