"""The agents' listener: its one route, a WebSocket per node.

Source: docs/formats/link.md
"""

from muster.faces.native.agentlink import AgentLink
from muster.faces.native.surroundings import Surroundings
from muster.net.http import Public, Request, Route, Socket
from muster.wire.link import LinkCodec, Role


class LinkFace:
    """Opens an AgentLink for whoever the listener has verified."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/v1/link",
                allow=Public.PEER,
                socket=self.serve,
                max_body_bytes=LinkCodec(Role.HUB).max_message_bytes,
                summary="The agents' link: a WebSocket of binary messages (docs/formats/link.md)",
            )
        ]

    async def serve(self, request: Request, socket: Socket) -> None:
        """Hold one link until it ends."""
        if request.peer is None:
            raise TypeError("the listener let somebody in without an identity")
        await AgentLink(self._surroundings, request, request.peer, socket).run()
