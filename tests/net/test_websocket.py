"""Our WebSocket against an independent implementation, over real loopback sockets."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve

from muster.errors import ProtocolError
from muster.net.client import Target
from muster.net.proxy import ConnectFailed
from muster.net.websocket import UpgradeRefused, WebSocketEnded, connect


async def opened(server) -> Target:
    return Target(host="127.0.0.1", port=server.sockets[0].getsockname()[1])


async def test_messages_go_both_ways():
    async def echo(peer: ServerConnection) -> None:
        async for message in peer:
            await peer.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/v1/link")
        messages = socket.messages()
        for sent in (b"", b"a", bytes(70_000)):
            await socket.send(sent)
            assert await anext(messages) == sent
        await socket.close()


async def test_pings_are_answered_while_messages_are_read():
    async def ping(peer: ServerConnection) -> None:
        await (await peer.ping(b"there?"))
        await peer.send(b"pong came")

    async with serve(ping, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/")

        assert await anext(socket.messages()) == b"pong came"
        await socket.close()


async def test_a_close_says_code_and_reason():
    async def leave(peer: ServerConnection) -> None:
        await peer.close(4001, "revoked")

    async with serve(leave, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/")
        with pytest.raises(WebSocketEnded, match="revoked") as caught:
            await anext(socket.messages())
        await socket.close()

    assert caught.value.close_code == 4001


async def test_the_peer_hears_our_close():
    heard: asyncio.Queue[tuple[int | None, str | None]] = asyncio.Queue()

    async def listen(peer: ServerConnection) -> None:
        await peer.wait_closed()
        heard.put_nowait((peer.close_code, peer.close_reason))

    async with serve(listen, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/")
        await socket.close(1001, "shutdown")

        assert await heard.get() == (1001, "shutdown")


async def test_text_is_refused_on_a_binary_link():
    async def speak(peer: ServerConnection) -> None:
        await peer.send("text")
        await peer.wait_closed()

    async with serve(speak, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/")
        with pytest.raises(ProtocolError, match="text"):
            await anext(socket.messages())
        await socket.close()


async def test_a_message_over_the_limit_is_refused():
    async def speak(peer: ServerConnection) -> None:
        await peer.send(bytes(5000))
        await peer.wait_closed()

    async with serve(speak, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/", max_message_bytes=4999)
        with pytest.raises(ProtocolError, match="longer than 4999"):
            await anext(socket.messages())
        await socket.close()


@pytest.mark.parametrize(
    ("body", "cause", "text"),
    [
        (b'{"error":{"code":"credential_retired","text":"replaced"}}', "credential_retired", "rep"),
        (b"<html>", "upgrade_refused", "status 403"),
        (b'{"error":{"code":"../x","text":""}}', "upgrade_refused", "status 403"),
    ],
)
async def test_a_server_that_refuses_is_quoted(body, cause, text):
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 X\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(UpgradeRefused, match=text) as caught:
            await connect(await opened(server), "/")

    assert caught.value.cause == cause


async def test_an_answer_that_only_looks_like_an_upgrade_is_refused():
    async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(agree, "127.0.0.1", 0) as server:
        with pytest.raises(ProtocolError, match="no upgrade"):
            await connect(await opened(server), "/")


async def test_a_server_that_hangs_up_is_an_ended_connection():
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        with pytest.raises(ConnectFailed, match="ended the connection"):
            await connect(await opened(server), "/")


async def test_a_connection_that_breaks_is_an_ended_websocket():
    async def vanish(peer: ServerConnection) -> None:
        peer.transport.abort()

    async with serve(vanish, "127.0.0.1", 0, compression=None) as server:
        socket = await connect(await opened(server), "/")
        with pytest.raises((WebSocketEnded, ConnectFailed)):
            await anext(socket.messages())
        await socket.close()
