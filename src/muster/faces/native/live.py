"""The WebSocket of the live pages: what moves is pushed over it once a second.

Messages: docs/reference/live.md
"""

from muster.core.access import require
from muster.core.live.live import Live
from muster.faces.native.callers import Callers
from muster.model.access import Action, Actor
from muster.net.http import Request, Route, Socket


class LiveFace:
    """One route."""

    def __init__(self, *, live: Live, callers: Callers) -> None:
        self._live = live
        self._callers = callers

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/live",
                allow=Action.DATA_READ,
                socket=self._serve,
                summary="WebSocket: states and numbers of nodes, moving windows of queries",
            )
        ]

    async def _serve(self, request: Request, socket: Socket) -> None:
        actor = require(request.actor, Action.DATA_READ)

        async def still() -> Actor | None:
            # Over the hub's own unix socket there is no sign-in that could end.
            return actor if actor.operator else await self._callers.still(request)

        await self._live.serve(actor, socket, still)
