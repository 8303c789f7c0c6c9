"""The agents' listener: its one route, a WebSocket per node.

Who asks there without an upgrade, as the doctor does, is told whether the certificate would be
let in, and nothing changes.

Source: docs/formats/link.md
"""

from muster.core.enrolment.admission import CredentialRefused
from muster.errors import Denied
from muster.faces.native.agentlink import AgentLink
from muster.faces.native.linkcontext import LinkContext
from muster.net.http import Public, Request, Response, Route, Socket, UpgradeRequired
from muster.wire.link import LinkCodec, Role


class LinkFace:
    """Opens an AgentLink for whoever the listener has verified."""

    def __init__(self, context: LinkContext) -> None:
        self._context = context

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/v1/link",
                allow=Public.PEER,
                socket=self.serve,
                without_upgrade=self.check,
                max_body_bytes=LinkCodec(Role.HUB).max_message_bytes,
                summary="The agents' link: a WebSocket of binary messages (docs/formats/link.md)",
            )
        ]

    async def check(self, request: Request) -> Response:
        """Errors: Denied with the code of the refusal; UpgradeRequired when there is none."""
        if request.peer is None:
            raise TypeError("the listener let somebody in without an identity")
        try:
            await self._context.enrolment.check(request.peer, request.peer_certificate)
        except CredentialRefused as error:
            refusal = Denied(str(error))
            refusal.code = error.code
            raise refusal from error
        raise UpgradeRequired("this certificate is let in; the link itself is a WebSocket")

    async def serve(self, request: Request, socket: Socket) -> None:
        """Hold one link until it ends."""
        if request.peer is None:
            raise TypeError("the listener let somebody in without an identity")
        await AgentLink(self._context, request, request.peer, socket).run()
