"""The WebSockets that a listener has open: the jobs of those held for days, and the end of all.

A held socket's job is its own: of the request that opened it nothing stays.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec

from muster.net.connection import Connection
from muster.net.heldsocket import HeldSocket
from muster.net.heldtls import held
from muster.net.http import Request, Route, SocketHandler
from muster.net.serversocket import ServerSocket, run_socket

_CLOSE_S = 1.5


def _stays(told: Callable[[], None]) -> None:
    """Nobody has to be told that a held socket's peer goes: its messages end."""


class OpenSockets:
    """Those of one listener. `jobs` outlives none of them."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._open: set[ServerSocket | HeldSocket] = set()
        self.jobs: asyncio.TaskGroup | None = None  # while the listener runs

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, handler: SocketHandler, request: Request, opened: ServerSocket) -> None:
        """Let a handler have a socket whose request is still under way."""
        self._open.add(opened)
        try:
            await run_socket(handler, request, opened)
        finally:
            self._open.discard(opened)

    def hold(self, connection: Connection, route: Route, request: Request, ahead: bytes) -> None:
        """Go on with a socket whose handshake is done, without what read its request.

        `ahead` came behind the request. Errors: ConnectionResetError when the peer is gone.
        """
        if self.jobs is None or route.socket is None:
            raise TypeError("a socket was opened at a listener that does not run")
        handed, leave = connection.hand_over()
        try:
            transport = held(handed)
        except ConnectionError:
            leave()
            raise
        opened = HeldSocket(
            transport,
            leave,
            max_message_bytes=route.max_body_bytes,
            patience_s=self._patience_s,
        )
        transport.set_protocol(opened)
        if ahead:
            opened.data_received(ahead)
        self._open.add(opened)
        bare = msgspec.structs.replace(request, headers={}, cookies={}, query={}, when_gone=_stays)
        self.jobs.create_task(self._serve_held(route.socket, bare, opened))

    async def _serve_held(
        self, handler: SocketHandler, request: Request, opened: HeldSocket
    ) -> None:
        try:
            await run_socket(handler, request, opened)
        finally:
            self._open.discard(opened)
            request.settle()

    async def close_all(self, reason: str) -> None:
        """Say to all that the hub goes away, and end those that do not go, within seconds.

        Thousands of links may be left to which the hub had no time to say goodbye.
        """
        closing = (each.close(1001, reason) for each in tuple(self._open))
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await asyncio.gather(*closing, return_exceptions=True)
        for each in tuple(self._open):
            if isinstance(each, HeldSocket):
                each.abort()
