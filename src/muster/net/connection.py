"""One accepted connection: its place, its way in, its verified peer, whether it is at work."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from muster.errors import InputError, ProtocolError
from muster.model.identity import Identity
from muster.net.admission import Handshake
from muster.net.guards import answer_headers
from muster.net.http import error_response
from muster.pki.authority import identity_of

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """aiohttp's connection, with its place, its peer and whether it is at work.

    `entry` is its way in; it ends with the first request, or when a WebSocket's peer is settled.
    """

    def __init__(
        self,
        server: web.Server,
        address: str,
        leave: Callable[[], None],
        entry: Handshake,
        **options: Any,  # noqa: ANN401 - handed on as they are
    ) -> None:
        super().__init__(server, **options)
        self.address = address
        self.entry = entry
        self.busy = False
        self.host = ""  # that the request under way is for
        self.foreign = False  # its route is one that other programs' agents ask for
        self.abandonable: asyncio.Task[Any] | None = None  # cancelled when the peer goes away
        self.gone: Callable[[], None] | None = None  # called when the peer goes away
        self.peer: Identity | None = None
        self.certificate = b""
        self._leave: Callable[[], None] | None = leave

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and (der := tls.getpeercert(binary_form=True)):
            self.certificate = der
            self.peer = _identity(der)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.release()
        if self.abandonable is not None:
            self.abandonable.cancel()
        if self.gone is not None:
            self.gone()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer bytes that are no HTTP: in our form, and without repeating them.

        aiohttp would send them back, and log them with a traceback as an error: anybody could
        fill the log, and a malformed cookie would stand in it.
        """
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        log.debug("no HTTP", extra={"address": self.address, "error": type(exc).__name__})
        told = error_response(ProtocolError("this is no HTTP request that can be read"))
        headers = answer_headers("", browser=False) | {"Content-Type": told.content_type}
        answer = web.Response(status=told.status, body=told.body, headers=headers)
        answer.force_close()
        return answer

    def hand_over(self) -> tuple[asyncio.Transport, Callable[[], None]]:
        """Let go of the transport, for another protocol; and of the place, for whoever ends it.

        For the request under way the connection is lost. Errors: ConnectionResetError.
        """
        transport, leave = self.transport, self._leave
        if transport is None or leave is None:
            raise ConnectionResetError("the connection ended")
        self.transport = self._leave = None
        super().connection_lost(None)
        return transport, leave

    def when_gone(self, told: Callable[[], None]) -> None:
        """Have something called if the peer goes away during this request."""
        self.gone = told

    @property
    def read_ahead(self) -> bytes:
        """What came behind the head of a request that opens a WebSocket."""
        return self._message_tail

    def release(self) -> None:
        """Give the place back, once."""
        self.entry.end()
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def why_nobody(der: bytes) -> str:
    """Why a certificate that TLS took, or its absence, names no node."""
    try:
        identity_of(der)
    except InputError as error:
        return str(error) if der else "a client certificate with a node's identity is needed"
    return ""


def _identity(der: bytes) -> Identity | None:
    """The node a verified certificate names; None when it is no agent's."""
    try:
        return identity_of(der)
    except InputError:
        return None
