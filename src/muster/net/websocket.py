"""A WebSocket over a stream: the codec of wire/websocket.py, run.

Answers pings, bounds what waits to be sent, and ends cleanly.
"""

import asyncio
import os
from collections.abc import AsyncIterator

from muster.errors import ProtocolError, Unavailable
from muster.net.body import read_body
from muster.net.client import (
    Answer,
    Target,
    broken,
    hang_up,
    read_head,
    refusal_of,
)
from muster.net.tls import TlsRefused, explain, is_refusal
from muster.wire.websocket import (
    Close,
    Data,
    Event,
    Ping,
    Pong,
    WebSocketCodec,
    check_upgrade,
    format_upgrade,
)

_READ_BYTES = 64 << 10
_MAX_REFUSAL = 64 << 10


class WebSocketEnded(Unavailable):
    """The peer closed, or the connection broke. `close_code` is the peer's, 1006 for none."""

    code = "link_ended"

    def __init__(self, text: str, close_code: int = 1006) -> None:
        super().__init__(text)
        self.close_code = close_code


class UpgradeRefused(Unavailable):
    """The server answered, and opens no WebSocket. `cause` is its code, or this one's."""

    code = "upgrade_refused"

    def __init__(self, where: str, answer: Answer) -> None:
        code, text = refusal_of(answer)
        self.cause = code or self.code
        super().__init__(f"{where} opens no link: {text or f'status {answer.status}'}")


class WebSocket:
    """One open WebSocket. One task may send while another receives."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        codec: WebSocketCodec,
        *,
        where: str = "peer",
        send_timeout_s: float = 30.0,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec
        self._where = where
        self._send_timeout_s = send_timeout_s
        self._closing = False

    async def send(self, data: bytes) -> None:
        """Send one binary message; waits while the peer takes too little.

        Errors: WebSocketEnded.
        """
        await self._send(Data(data))

    async def messages(self) -> AsyncIterator[bytes]:
        """Each binary message, until the peer closes.

        Errors: WebSocketEnded when it does; ProtocolError.
        """
        while data := await self._read():
            for event in self._codec.receive(data):
                match event:
                    case Data(data=message, is_text=False):
                        yield message
                    case Data():
                        raise ProtocolError("WebSocket text on a binary link")
                    case Ping(data=echo):
                        await self._send(Pong(echo))
                    case Pong():
                        pass  # any frame is a sign of life; heartbeats are messages of ours
                    case Close(code=code, reason=reason):
                        await self._answer_close(code)
                        raise WebSocketEnded(_describe(self._where, code, reason), code)
        raise WebSocketEnded(f"{self._where} ended the connection")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection; never fails."""
        if not self._closing:
            self._closing = True
            if not self._writer.transport.is_closing():
                self._writer.write(self._codec.send(Close(code, reason)))
        await hang_up(self._writer)

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._writer.transport.abort()

    @property
    def backlog_bytes(self) -> int:
        """Bytes sent but not yet taken by the kernel."""
        return self._writer.transport.get_write_buffer_size()

    @property
    def peer(self) -> str:
        """The remote address, and the local one for a proxy's log."""
        name = self._writer.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else self._where

    @property
    def tls(self) -> str:
        """Version of TLS; empty without."""
        secured = self._writer.get_extra_info("ssl_object")
        return secured.version() or "" if secured is not None else ""

    async def _send(self, event: Event) -> None:
        try:
            self._writer.write(self._codec.send(event))
            async with asyncio.timeout(self._send_timeout_s):
                await self._writer.drain()
        except TimeoutError as error:
            raise WebSocketEnded(f"{self._where} takes no data") from error
        except (OSError, RuntimeError) as error:
            raise WebSocketEnded(f"{self._where} ended the connection: {error}") from error

    async def _answer_close(self, code: int) -> None:
        if not self._closing:
            self._closing = True
            self._writer.write(self._codec.send(Close(code if code != 1005 else 1000)))

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(_READ_BYTES)
        except OSError as error:
            if is_refusal(error):
                raise TlsRefused(explain(error, self._where)) from error
            raise WebSocketEnded(f"{self._where} ended the connection: {error}") from error


def _describe(where: str, code: int, reason: str) -> str:
    return f"{where} closed the link: {reason or 'no reason given'} ({code})"


async def connect(
    target: Target,
    path: str,
    *,
    timeout_s: float = 30.0,
    patience_s: float = 60.0,
    max_message_bytes: int = 8 << 20,
) -> WebSocket:
    """Open a WebSocket to a path of a server.

    `timeout_s` is for the way there. A server that is reached has `patience_s` for TLS, and as
    long for its answer: one to which all come back at once takes them in turn, and who gives up
    is behind all others when it comes again.
    Errors: ConnectFailed, TlsRefused, UpgradeRefused; ProtocolError for nonsense.
    """
    nonce = os.urandom(16)
    reader, writer = await target.open(timeout_s, patience_s)
    try:
        async with asyncio.timeout(patience_s):
            writer.write(format_upgrade(target.authority, path, nonce))
            status, headers = await read_head(reader)
            if status != 101:
                body = await read_body(reader, status, headers, _MAX_REFUSAL)
                answer = Answer(status=status, headers=headers, body=body)
                raise UpgradeRefused(target.where, answer)
        check_upgrade(status, headers, nonce)
    except TimeoutError as error:
        await hang_up(writer)
        raise WebSocketEnded(f"{target.where} opens no WebSocket in {patience_s:g} s") from error
    except (asyncio.IncompleteReadError, OSError) as error:
        await hang_up(writer)
        raise broken(error, target) from error
    except BaseException:
        await hang_up(writer)
        raise
    codec = WebSocketCodec(new_mask=lambda: os.urandom(4), max_message_bytes=max_message_bytes)
    return WebSocket(reader, writer, codec, where=target.where)
