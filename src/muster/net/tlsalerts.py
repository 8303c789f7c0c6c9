"""TLS that tells a refused peer why, and one that speaks plain HTTP where to go.

Both asyncio's and uvloop's TLS drop what OpenSSL has to say when a handshake fails: a peer
without a certificate sees a closed connection where it should see "certificate required".
Here the alert is sent before the connection closes; and a connection that closes is gone
within seconds, whether its peer reads or not. The rest is asyncio's own, on whichever loop runs.
"""

import asyncio
import socket
import ssl
import threading
from asyncio import sslproto
from collections.abc import Callable
from typing import Any, cast

from muster.net.plainhttp import END, MAX_HEAD, is_plain

_CLOSE_S = 3.0  # for the peer to close its side


class PlainHttp(ssl.SSLError):
    """The peer spoke plain HTTP, and was answered."""


READ_BYTES = 32 * 1024
_BODY_BYTES = 128 * 1024  # of a long body at once; OpenSSL keeps room for it per connection
_PORTION = 512  # of a handshake; room for what came at once is kept as long as the connection


class _Reading(threading.local):
    """One buffer for all connections of a thread, and so of a loop."""

    def __init__(self) -> None:
        self.buffer = bytearray(_BODY_BYTES)
        self.view = memoryview(self.buffer)
        self.links = self.view[:READ_BYTES]  # of ten thousand OpenSSL would keep much more


_reading = _Reading()


def reading_view() -> memoryview:
    """What links of this thread read into: empty again before the next one reads."""
    return _reading.links


class AlertingTls(sslproto.SSLProtocol):
    """asyncio's TLS for one accepted connection, with its last words."""

    max_size = READ_BYTES  # of a read; asyncio takes 256 KiB, and keeps them per connection
    close_s = _CLOSE_S
    answer: Callable[[bytes], bytes] | None = None  # to a head of plain HTTP
    _head: bytearray | None = None  # of plain HTTP
    heard: Callable[[], None] | None = None  # called with the first byte of the peer
    _is_heard = False

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(*arguments, **options)
        # What is read into it is handed to OpenSSL before the loop looks at another connection.
        self._ssl_buffer, self._ssl_buffer_view = _reading.buffer, _reading.view

    def buffer_updated(self, nbytes: int) -> None:
        if not self._is_heard and nbytes:
            self._is_heard = True
            if self.heard is not None:
                self.heard()
            if self.answer is not None and is_plain(self._ssl_buffer_view[0]):
                self._head = bytearray()
        if self._head is None:
            self._shake_hands(nbytes)
        elif self._waiter is not None:  # it still waits for an answer
            self._head += self._ssl_buffer_view[:nbytes]
            if END in self._head or len(self._head) > MAX_HEAD:
                self._answer_plain(bytes(self._head))

    def _shake_hands(self, nbytes: int) -> None:
        """Hand a handshake to OpenSSL in portions; what comes after it, as it is."""
        own, view, at = cast(Any, self), self._ssl_buffer_view, 0
        while nbytes - at > _PORTION and own._state is sslproto.SSLProtocolState.DO_HANDSHAKE:
            own._incoming.write(view[at : at + _PORTION])
            own._do_handshake()
            at += _PORTION
        self._ssl_buffer_view = view[at:]
        try:
            super().buffer_updated(nbytes - at)
        finally:
            self._ssl_buffer_view = view

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        super()._on_handshake_complete(handshake_exc)
        # The peer's certificate as a dict is 2 KiB that nobody reads: OpenSSL has it.
        self._extra.pop("peercert", None)

    def let_go(
        self,
    ) -> tuple[asyncio.Transport, ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
        """Give the connection and its TLS away, for net/heldtls.py; its protocol hears no more.

        Errors: ConnectionResetError when it ends.
        """
        own = cast(Any, self)  # typeshed lacks most of it
        if own._transport is None or own._state is not sslproto.SSLProtocolState.WRAPPED:
            raise ConnectionResetError("the connection ends")
        parts = (own._transport, own._sslobj, own._incoming, own._outgoing)
        own._app_transport._closed = True  # it does not complain that nobody closed it
        own._transport = own._app_transport = own._app_protocol = own.heard = None
        own._set_state(sslproto.SSLProtocolState.UNWRAPPED)
        return parts

    def _answer_plain(self, head: bytes) -> None:
        transport = cast(asyncio.Transport | None, self._transport)
        if transport is not None and self.answer is not None:
            transport.write(self.answer(head))
        self._on_handshake_complete(PlainHttp("plain HTTP"))

    def _fatal_error(self, exc: BaseException, message: str = "Fatal error on transport") -> None:
        transport = cast(asyncio.Transport | None, self._transport)
        if transport is not None and isinstance(exc, ssl.SSLError):
            self._process_outgoing()  # type: ignore[attr-defined] # typeshed lacks it
            transport.close()
            self._cut_off_late(transport)
        else:
            super()._fatal_error(exc, message)

    def _start_shutdown(self) -> None:
        super()._start_shutdown()
        transport = cast(asyncio.Transport | None, self._transport)
        if transport is not None:
            self._cut_off_late(transport)

    def _cut_off_late(self, transport: asyncio.Transport) -> None:
        """A transport that closes waits without end for a peer that reads nothing."""
        self._loop.call_later(self.close_s, transport.abort)


async def accept_tls(
    protocol: asyncio.Protocol,
    connection: socket.socket,
    context: ssl.SSLContext,
    wait_s: float,
    *,
    plain: Callable[[bytes], bytes] | None = None,
    heard: Callable[[], None] | None = None,
    close_s: float = _CLOSE_S,
) -> None:
    """Shake hands on an accepted connection and give it to a protocol.

    `plain` makes the answer to a peer that speaks plain HTTP instead; `heard` is told of the
    peer's first byte.
    Errors: OSError kin when the peer is refused, silent or gone; the connection is closed.
    """
    loop = asyncio.get_running_loop()
    shaken: asyncio.Future[None] = loop.create_future()
    tls = AlertingTls(
        loop,
        protocol,
        context,
        shaken,
        server_side=True,
        ssl_handshake_timeout=wait_s,
        ssl_shutdown_timeout=close_s,
    )
    tls.close_s, tls.answer, tls.heard = close_s, plain, heard
    await loop.connect_accepted_socket(lambda: tls, connection)
    try:
        await shaken
    except OSError as error:
        # The frames in which it came about hold it, and the connection; now it does not hold them.
        raise error.with_traceback(None) from None
    finally:
        del shaken  # it holds the error, and that this frame
