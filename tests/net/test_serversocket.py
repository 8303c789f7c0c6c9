import asyncio

import pytest
from aiohttp import WebSocketError, WSMessage, WSMsgType

from muster.errors import Denied, ProtocolError, Unavailable
from muster.net.http import Request
from muster.net.serversocket import ServerSocket, run_socket

REQUEST = Request(method="GET", path="/v1/link")


class FakeTransport:
    def __init__(self):
        self.aborted = False
        self.closing = False

    def abort(self):
        self.aborted = True

    def is_closing(self):
        return self.closing

    def get_write_buffer_size(self):
        return 4096


class FakeHttp:
    def __init__(self):
        self.transport = FakeTransport()


class FakeWebSocket:
    """aiohttp's, with a peer that takes everything, or nothing."""

    def __init__(self, messages=(), *, stuck=False):
        self._messages = list(messages)
        self._stuck = stuck
        self.sent = []
        self.closed = ()

    async def _send(self, data):
        if self._stuck:
            await asyncio.Event().wait()
        self.sent.append(data)

    send_str = send_bytes = _send

    async def close(self, *, code, message):
        if self._stuck:
            raise ConnectionResetError("gone")
        self.closed = (code, message)

    async def __aiter__(self):
        for message in self._messages:
            yield message


def opened(socket, patience_s=1.0):
    http = FakeHttp()
    return ServerSocket(socket, http, patience_s), http.transport


async def test_messages_are_text_or_bytes_and_nothing_else():
    socket, _ = opened(
        FakeWebSocket(
            [
                WSMessage(WSMsgType.TEXT, "a", None),
                WSMessage(WSMsgType.PONG, b"", None),
                WSMessage(WSMsgType.BINARY, b"b", None),
            ]
        )
    )

    assert [message async for message in socket] == ["a", b"b"]


async def test_what_breaks_the_websocket_is_an_error_and_not_an_end():
    broken = WebSocketError(1009, "Message size 9 exceeds limit 8")
    socket, _ = opened(FakeWebSocket([WSMessage(WSMsgType.ERROR, broken, None)]))

    with pytest.raises(ProtocolError, match="size 9 exceeds limit 8"):
        await anext(aiter(socket))


async def test_a_connection_that_breaks_just_ends():
    lost = WSMessage(WSMsgType.ERROR, ConnectionResetError("gone"), None)
    socket, _ = opened(FakeWebSocket([lost]))

    assert [message async for message in socket] == []


async def test_a_peer_that_takes_no_messages_is_cut_off():
    socket, transport = opened(FakeWebSocket(stuck=True), patience_s=0.005)

    with pytest.raises(ConnectionAbortedError, match="takes no messages"):
        await socket.send(b"data")
    assert transport.aborted


async def test_a_close_that_fails_cuts_the_connection():
    socket, transport = opened(FakeWebSocket(stuck=True))
    await socket.close()

    assert transport.aborted


async def test_a_long_reason_is_cut_between_characters():
    fake = FakeWebSocket()
    socket, _ = opened(fake)
    await socket.close(1008, "ü" * 200)

    assert fake.closed[1].decode() == "ü" * 60


async def test_what_waits_for_the_peer_is_known():
    socket, transport = opened(FakeWebSocket())
    waiting = socket.backlog_bytes
    transport.closing = True

    assert (waiting, socket.backlog_bytes) == (4096, 0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Denied("no"), 1008),
        (Unavailable("later"), 1013),
        (ZeroDivisionError("secret"), 1011),
        (ExceptionGroup("jobs", [ConnectionResetError(), Denied("no")]), 1008),
    ],
)
async def test_what_comes_of_a_handler_is_said_in_the_close(error, code):
    async def handler(request, socket):
        raise error

    fake = FakeWebSocket()
    socket, _ = opened(fake)
    await run_socket(handler, REQUEST, socket)

    assert fake.closed[0] == code
    assert b"secret" not in fake.closed[1]


async def test_a_peer_that_left_is_told_nothing():
    async def handler(request, socket):
        raise ConnectionResetError

    fake = FakeWebSocket()
    socket, _ = opened(fake)
    await run_socket(handler, REQUEST, socket)

    assert fake.closed == ()
