"""The hub's side of a WebSocket: net/http.py's Socket over aiohttp's."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence

from muster.errors import MusterError, ProtocolError, cause_of
from muster.net.aiohttpweb import WebSocketError, WSMsgType, web
from muster.net.http import Request, Socket, SocketHandler

log = logging.getLogger(__name__)


class ServerSocket:
    """net/http.py's Socket over aiohttp's WebSocket."""

    def __init__(
        self, socket: web.WebSocketResponse, http: web.BaseRequest, patience_s: float
    ) -> None:
        self._socket = socket
        self._transport = http.transport
        self._patience_s = patience_s

    async def send(self, message: bytes | str) -> None:
        if isinstance(message, str):
            sending = self._socket.send_str(message)
        else:
            sending = self._socket.send_bytes(message)
        try:
            async with asyncio.timeout(self._patience_s):
                await sending
        except TimeoutError as error:
            self._abort()
            raise ConnectionAbortedError("the peer takes no messages") from error

    def send_now(self, messages: Sequence[bytes]) -> bool:
        """See net.http.Socket: aiohttp has no such thing."""
        return False

    def look_first(self, look: Callable[[bytes], bool]) -> None:
        """See net.http.Socket: aiohttp has no such place."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        text = reason.encode()[:120].decode(errors="ignore").encode()
        try:
            async with asyncio.timeout(3):
                await self._socket.close(code=code, message=text)
        except (TimeoutError, ConnectionError):
            self._abort()

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        """Whole messages. Errors: ProtocolError for what breaks RFC 6455 or is too long.

        The peer has then been told by a close frame (1002, 1007, 1009).
        """
        async for message in self._socket:
            if message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                yield message.data
            elif message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
                raise ProtocolError(f"broken WebSocket message: {message.data}")

    @property
    def backlog_bytes(self) -> int:
        transport = self._transport
        if transport is None or transport.is_closing():
            return 0
        return transport.get_write_buffer_size()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def run_socket(handler: SocketHandler, request: Request, opened: Socket) -> None:
    """Let a handler have an open WebSocket, and close it with what came of it."""
    try:
        await handler(request, opened)
    except Exception as error:
        cause = cause_of(error)
        if isinstance(cause, MusterError):
            code = 1008 if cause.status < 500 else 1013
            await opened.close(code, f"{cause.code}: {cause}")
        elif not isinstance(cause, ConnectionError):
            reference = secrets.token_hex(4)
            log.exception("WebSocket failed", extra={"reference": reference, "path": request.path})
            await opened.close(1011, f"internal error {reference}")
    else:
        await opened.close()
