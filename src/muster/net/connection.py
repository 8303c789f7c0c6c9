"""One accepted connection: its place, its verified peer and whether it is at work."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from muster.errors import InputError
from muster.model.identity import Identity
from muster.pki.authority import identity_of


class Connection(web.RequestHandler):
    """aiohttp's connection, with its place, its peer and whether it is at work."""

    def __init__(
        self,
        server: web.Server,
        address: str,
        leave: Callable[[], None],
        **options: Any,  # noqa: ANN401 - handed on as they are
    ) -> None:
        super().__init__(server, **options)
        self.address = address
        self.busy = False
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
        super().connection_lost(exc)

    def release(self) -> None:
        """Give the place back, once."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def _identity(der: bytes) -> Identity | None:
    """The node a verified certificate names; None when it is no agent's."""
    try:
        return identity_of(der)
    except InputError:
        return None
