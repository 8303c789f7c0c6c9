"""What came by datagrams, and what became of it."""

from muster.core.writes.datagramwrites import DatagramState, DatagramWrites
from muster.model.access import Action
from muster.net.http import Request, Response, Route, json_response


class DatagramFace:
    """For admins of the hub."""

    def __init__(self, *, writes: DatagramWrites) -> None:
        self._writes = writes

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/influx/datagrams",
                allow=Action.HUB_MANAGE,
                handler=self._show,
                max_body_bytes=0,
                summary="line protocol by datagrams: what came, was written, refused and dropped",
                gives=DatagramState,
            )
        ]

    async def _show(self, request: Request) -> Response:
        return json_response(self._writes.state())
