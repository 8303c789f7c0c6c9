"""The route that shows the hub's certificate authority. Everything in it is public."""

from muster.core.enrol import Enrolment
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


def routes(*, enrolment: Enrolment) -> list[Route]:
    async def show(request: Request) -> Response:
        authority = enrolment.authority
        roots = authority.roots()
        return json_response(
            {
                "hub": authority.hub,
                "root": roots[0],
                "roots": roots,
                "issuers": authority.issuers(),
                "pins": authority.pins,
                "anchors": authority.anchors,
            }
        )

    return [
        Route(
            method="GET",
            path="/api/v1/ca",
            allow=Action.HUB_READ,
            handler=show,
            max_body_bytes=0,
            summary="roots, issuers and pins",
        )
    ]
