"""Routes of the certificate that browsers see: where it comes from, and having another."""

import asyncio
from typing import Protocol

import msgspec

from muster.core.access import require
from muster.model.access import Action, Actor
from muster.net.http import Request, Response, Route, json_response, small_route

_PATH = "/api/v1/pki/web"


class WebView(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown now, and how its renewal goes."""

    source: str  # "own" of the hub's CA, "files" brought along, "acme"
    names: list[str]
    not_before_ns: int
    not_after_ns: int
    fault: str  # why files are not in use, or the last renewal failed; empty: all is well
    next_ns: int = 0  # next renewal by ACME; 0: nobody here renews it


class Web(Protocol):
    """Who knows. `look` may block."""

    def look(self) -> WebView: ...
    async def renew(self, actor: Actor) -> None:
        """Errors: Conflict without ACME; Unavailable with the CA's reason."""
        ...


class WebCertificateFace:
    """For admins of the hub."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def routes(self) -> list[Route]:
        manage = Action.HUB_MANAGE
        summary = "the certificate that browsers see"
        return [
            small_route("GET", _PATH, manage, self._show, summary, gives=WebView),
            small_route(
                "POST",
                f"{_PATH}/renew",
                manage,
                self._renew,
                "have ACME get another certificate for browsers now",
                gives=WebView,
                fresh=True,
            ),
        ]

    async def _show(self, request: Request) -> Response:
        return json_response(await asyncio.to_thread(self._web.look))

    async def _renew(self, request: Request) -> Response:
        await self._web.renew(require(request.actor, Action.HUB_MANAGE))
        return json_response(await asyncio.to_thread(self._web.look))
