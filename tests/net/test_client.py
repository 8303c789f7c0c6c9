"""The small HTTP client: what it sends, what it takes, and every way a server can misbehave."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.net.client import Target, hang_up, read_head, request
from muster.net.proxy import ConnectFailed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.asynccontextmanager
async def answering(*parts: bytes, hang: bool = False) -> AsyncIterator[tuple[Target, list[bytes]]]:
    """A server that reads one request and answers with exactly these bytes."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        for part in parts:
            writer.write(part)
            await writer.drain()
        if hang:
            await reader.read()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        jobs.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        await hang_up(writer)

    jobs = set()
    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield Target(host="127.0.0.1", port=server.sockets[0].getsockname()[1]), heard
        await asyncio.gather(*jobs)


async def ask(*parts: bytes, **options: object):
    async with answering(*parts) as (target, _):
        return await request(target, "GET", "/", **options)


async def test_an_answer_has_status_headers_and_body():
    answer = await ask(
        b"HTTP/1.1 201 Created\r\nX-One: a\r\nx-one: b\r\nContent-Length: 2\r\n\r\nhi"
    )

    assert (answer.status, answer.headers["x-one"], answer.body) == (201, "a, b", b"hi")


async def test_a_request_has_what_http_demands():
    async with answering(OK) as (target, heard):
        await request(target, "POST", "/v1/claim?x=1", body=b"{}", headers={"X-Own": "1"})

    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "POST /v1/claim?x=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{target.port}" in lines
    assert "Content-Length: 2" in lines
    assert "X-Own: 1" in lines


@pytest.mark.parametrize("path", ["/a\r\nX-Evil: 1", "/a\n", "/\0"])
async def test_a_line_break_never_gets_into_a_request(path):
    async with answering(OK) as (target, heard):
        with pytest.raises(ProtocolError, match="line break"):
            await request(target, "GET", path)

    assert heard == []


async def test_chunks_are_put_together():
    answer = await ask(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3;x=y\r\nabc\r\n",
        b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    )

    assert answer.body == b"abc0123456789"


async def test_without_a_length_the_body_goes_to_the_end():
    assert (await ask(b"HTTP/1.0 200 OK\r\n\r\n", b"to the", b" end")).body == b"to the end"


@pytest.mark.parametrize("status", [204, 304])
async def test_some_answers_have_no_body(status):
    assert (await ask(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status)).body == b""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_where_an_answer_points_is_never_followed(status):
    async with answering(OK) as (elsewhere, heard):
        to = f"Location: http://127.0.0.1:{elsewhere.port}/v1/claim"
        answer = await ask(f"HTTP/1.1 {status} Gone\r\n{to}\r\nContent-Length: 0\r\n\r\n".encode())

    assert (answer.status, heard) == (status, [])


async def test_an_interim_answer_is_passed_over():
    assert (await ask(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)).body == b"{}"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "not an HTTP answer"),
        ([b"HTTP/1.1 abc\r\n\r\n"], "not an HTTP answer"),
        ([b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"], "malformed header"),
        ([b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"], "malformed header"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], "no number"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"], "longer than 10"),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 11], "longer than 10"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n"], "longer than 10"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"], "chunk size"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"], "malformed chunk"),
        ([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n"], "more than 100 headers"),
        ([b"HTTP/1.1 200 OK\r\nA: " + b"b" * 40_000 + b"\r\n\r\n"], "too long"),
    ],
)
async def test_a_server_out_of_bounds_is_refused(parts, text):
    with pytest.raises(ProtocolError, match=text):
        await ask(*parts, max_body_bytes=10)


@pytest.mark.parametrize("parts", [[], [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"]])
async def test_a_server_that_leaves_early_is_named(parts):
    with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:\d+ ended the connection"):
        await ask(*parts)


async def test_a_server_that_says_nothing_is_not_waited_for():
    async with answering(hang=True) as (target, _):
        with pytest.raises(ConnectFailed, match=r"no answer from .* within 0\.05 s"):
            await request(target, "GET", "/", timeout_s=0.05)


async def test_a_port_that_nobody_listens_on_is_named():
    with pytest.raises(ConnectFailed, match=r"cannot connect to 127\.0\.0\.1:1"):
        await request(Target(host="127.0.0.1", port=1), "GET", "/")


async def test_a_unix_socket_is_spoken_to_by_its_path(tmp_path):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        writer.close()

    path = tmp_path / "hub.sock"
    async with await asyncio.start_unix_server(serve, str(path)):
        assert (await request(Target(socket=path), "GET", "/")).json() == {}


async def test_a_unix_socket_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConnectFailed, match=r"none\.sock"):
        await request(Target(socket=tmp_path / "none.sock"), "GET", "/")


async def test_a_body_that_is_not_json_says_so():
    answer = await ask(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{")

    with pytest.raises(ProtocolError, match="not JSON"):
        answer.json()


@given(st.binary(max_size=300))
def test_any_head_is_read_or_refused(data):
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(data + b"\r\n\r\n")
        reader.feed_eof()
        with contextlib.suppress(ProtocolError):
            await read_head(reader)

    asyncio.run(read())
