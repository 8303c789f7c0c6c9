"""Where points are sent on to, and how it goes."""

from muster.core.forwarding.forwarding import Forwarding
from muster.core.forwarding.forwardlane import LaneView
from muster.core.forwarding.forwardleftovers import Leftovers
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


class ForwardFace:
    """For admins of the hub."""

    def __init__(self, *, forwarding: Forwarding, leftovers: Leftovers) -> None:
        self._forwarding = forwarding
        self._leftovers = leftovers

    def routes(self) -> list[Route]:
        path, manage = "/api/v1/forwards", Action.HUB_MANAGE
        return [
            Route(
                method="GET",
                path=path,
                allow=manage,
                handler=self._list_lanes,
                max_body_bytes=0,
                summary="neighbours and subscriptions that points are sent on to, and what waits",
                gives=list[LaneView],
            ),
            Route(
                method="DELETE",
                path=f"{path}/{{id}}",
                allow=manage,
                handler=self._drop,
                max_body_bytes=0,
                summary="drop what waits for a neighbour that settings name no more",
            ),
        ]

    async def _list_lanes(self, request: Request) -> Response:
        return json_response([*self._forwarding.views(), *self._leftovers.views()])

    async def _drop(self, request: Request) -> Response:
        await self._leftovers.drop(request.actor, request.match["id"])
        return Response(status=204)
