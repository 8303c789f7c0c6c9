"""Where points are sent on to, and how it goes."""

from muster.core.forwarding.forwarding import Forwarding
from muster.core.forwarding.forwardlane import LaneView
from muster.core.forwarding.forwardleftovers import Leftovers
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


def routes(*, forwarding: Forwarding, leftovers: Leftovers) -> list[Route]:
    async def list_lanes(request: Request) -> Response:
        return json_response([*forwarding.views(), *leftovers.views()])

    async def drop(request: Request) -> Response:
        await leftovers.drop(request.actor, request.match["id"])
        return Response(status=204)

    path, manage = "/api/v1/forwards", Action.HUB_MANAGE
    return [
        Route(
            method="GET",
            path=path,
            allow=manage,
            handler=list_lanes,
            max_body_bytes=0,
            summary="neighbours and subscriptions that points are sent on to, and what waits",
            gives=list[LaneView],
        ),
        Route(
            method="DELETE",
            path=f"{path}/{{id}}",
            allow=manage,
            handler=drop,
            max_body_bytes=0,
            summary="drop what waits for a neighbour that settings name no more",
        ),
    ]
