"""Where points are sent on to, and how it goes."""

from muster.core.forwarding import Forwarding
from muster.core.forwardlane import LaneView
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


def routes(*, forwarding: Forwarding) -> list[Route]:
    async def list_lanes(request: Request) -> Response:
        return json_response(forwarding.views())

    return [
        Route(
            method="GET",
            path="/api/v1/forwards",
            allow=Action.HUB_MANAGE,
            handler=list_lanes,
            max_body_bytes=0,
            summary="neighbours and subscriptions that points are sent on to, and what waits",
            gives=list[LaneView],
        )
    ]
