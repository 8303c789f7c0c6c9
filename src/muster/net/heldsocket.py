"""A WebSocket that has its connection to itself: net/http.py's Socket for links held for days.

aiohttp reads the request that opens it and shakes hands; then the connection changes hands,
and nothing of HTTP stays behind. Of ten thousand links that is a tenth of the memory.
Elsewhere: frames (wire/websocket.py), sockets of browsers (net/serversocket.py).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from muster.errors import ProtocolError
from muster.net.heldtls import HeldTls
from muster.wire.websocket import Close, Data, Event, Ping, Pong, WebSocketCodec, close_code_of

log = logging.getLogger(__name__)

_CLOSE_S = 3.0  # for the peer to close its side
_MOST_WAITING = 64  # messages that came and were not asked for; then the peer has to wait


class HeldSocket(asyncio.Protocol):
    """The hub's end. One task may send while another receives.

    `lost` is called once, when the connection is gone.
    """

    __slots__ = (
        "_codec",
        "_failure",
        "_has_ended",
        "_has_said_close",
        "_is_awaited",
        "_is_full",
        "_is_lost",
        "_look",
        "_lost",
        "_messages",
        "_patience_s",
        "_takes_no_more",
        "_transport",
        "_waiting",
    )

    def __init__(
        self,
        transport: asyncio.Transport | HeldTls,
        lost: Callable[[], None],
        *,
        max_message_bytes: int,
        patience_s: float,
    ) -> None:
        self._transport = transport
        self._codec = WebSocketCodec(new_mask=None, max_message_bytes=max_message_bytes)
        self._lost = lost
        self._patience_s = patience_s
        self._messages: list[bytes | str] = []
        self._failure: ProtocolError | None = None
        self._has_ended = False  # the peer said Close, or broke the rules
        self._has_said_close = self._is_lost = False
        self._look: Callable[[bytes], bool] | None = None
        self._is_awaited = False  # somebody waits for the next message, and is at no other
        self._is_full = False  # nothing is read until messages are taken
        self._takes_no_more = False  # the peer leaves lying what was sent
        self._waiting: list[asyncio.Future[None]] = []

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._has_ended:
            return
        try:
            events = self._codec.receive(data)
        except ProtocolError as error:
            self._failure = ProtocolError(f"broken WebSocket message: {error}")
            self._has_ended = True
            self._say_close(Close(close_code_of(error)))
        else:
            for event in events:
                self._take(event)
        if len(self._messages) >= _MOST_WAITING and not self._is_full:
            self._is_full = True
            self._transport.pause_reading()
        if self._messages or self._has_ended:
            self._wake()

    def _take(self, event: Event) -> None:
        match event:
            case Data(data=data, is_text=False):
                if not self._is_done_with(data):
                    self._messages.append(data)
            case Data(data=data):
                self._messages.append(data.decode())
            case Ping(data=echo):
                self._transport.write(self._codec.send(Pong(echo)))
            case Close(code=code):
                self._has_ended = True
                self._say_close(Close(code))
                self._transport.close()
            case _:
                pass  # a Pong that nobody asked for

    def look_first(self, look: Callable[[bytes], bool]) -> None:
        """See net.http.Socket."""
        self._look = look

    def _is_done_with(self, message: bytes) -> bool:
        if self._look is None or not self._is_awaited or self._messages:
            return False
        try:
            return self._look(message)
        except Exception:  # one peer's message must not end more than its connection
            log.exception("a message failed")
            self._transport.abort()
            return True

    def _say_close(self, close: Close) -> None:
        if not (self._has_said_close or self._transport.is_closing()):
            self._has_said_close = True
            self._transport.write(self._codec.send(close))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if not self._is_lost:
            self._is_lost = True
            self._lost()
        self._wake()

    def pause_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        self._takes_no_more = True
        self._transport.pause_reading()  # or its pings would be answered into our memory

    def resume_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        self._takes_no_more = False
        if not self._is_full:
            self._transport.resume_reading()
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def _moved(self) -> None:
        """Until something came, went or ended."""
        moved = asyncio.get_running_loop().create_future()
        self._waiting.append(moved)
        await moved

    async def send(self, message: bytes | str) -> None:
        """See net.http.Socket. Errors: ConnectionError."""
        if self._is_lost or self._has_said_close or self._transport.is_closing():
            raise ConnectionResetError("the link is closed")
        is_text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        self._transport.write(self._codec.send(Data(data, is_text)))
        if not self._is_stuck():
            return
        try:
            async with asyncio.timeout(self._patience_s):
                while self._is_stuck():
                    await self._moved()
        except TimeoutError as error:
            self._transport.abort()
            raise ConnectionAbortedError("the peer takes no messages") from error

    def send_now(self, messages: Sequence[bytes]) -> bool:
        """See net.http.Socket."""
        is_over = self._is_lost or self._has_said_close or self._transport.is_closing()
        if is_over or self._takes_no_more:
            return False
        self._transport.write(b"".join(map(self._codec.send_binary, messages)))
        return True

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say Close and wait for the peer's, for seconds; never fails."""
        self._say_close(Close(code, reason))
        if self._has_ended:
            self._transport.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                while not self._is_lost:
                    await self._moved()
        except TimeoutError:
            self.abort()

    def _is_stuck(self) -> bool:
        return self._takes_no_more and not self._is_lost

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._transport.abort()

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        """Whole messages. Errors: ProtocolError for what breaks RFC 6455 or is too long.

        The peer has then been told by a close frame (1002, 1007, 1009).
        """
        while True:
            while self._messages:
                message = self._messages.pop(0)
                if self._is_full and not self._messages:
                    self._is_full = False
                    if not self._takes_no_more:
                        self._transport.resume_reading()
                yield message
            if self._failure is not None:
                raise self._failure
            if self._has_ended or self._is_lost:
                return
            self._is_awaited = True
            await self._moved()
            self._is_awaited = False

    @property
    def backlog_bytes(self) -> int:
        """See net.http.Socket."""
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()
