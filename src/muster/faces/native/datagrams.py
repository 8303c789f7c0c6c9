"""What came by datagrams, and what became of it."""

from muster.core.writes.datagramwrites import DatagramState, DatagramWrites
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


def routes(*, writes: DatagramWrites) -> list[Route]:
    async def show(request: Request) -> Response:
        return json_response(writes.state())

    return [
        Route(
            method="GET",
            path="/api/v1/influx/datagrams",
            allow=Action.HUB_MANAGE,
            handler=show,
            max_body_bytes=0,
            summary="line protocol by datagrams: what came, was written, refused and dropped",
            gives=DatagramState,
        )
    ]
