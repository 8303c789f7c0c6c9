import asyncio
from contextlib import asynccontextmanager

import pytest

from muster.errors import MusterError, ProtocolError
from muster.net.client import Answer, Target
from muster.net.lines import request_lines


@asynccontextmanager
async def server(*parts: bytes, hang: bool = False):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        if hang:
            await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield Target(host="127.0.0.1", port=listening.sockets[0].getsockname()[1])


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def told(*parts: bytes) -> list:
    async with server(*parts) as target:
        return [line async for line in request_lines(target, "POST", "/x", body=b"{}")]


async def test_lines_are_put_together_from_chunks():
    first, *lines = await told(HEAD, b"5\r\nab\ncd\r\n", b"4\r\nef\ng\r\n", b"0\r\n\r\n")

    assert isinstance(first, Answer) and first.status == 200
    assert lines == [b"ab", b"cdef", b"g"]


async def test_a_body_of_known_length_is_read_too():
    assert (await told(b"HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nx\ny"))[1:] == [b"x", b"y"]


async def test_an_answer_that_breaks_off_is_an_error():
    with pytest.raises(MusterError, match="ended the connection"):
        await told(HEAD, b"5\r\nab")


@pytest.mark.parametrize("part", [b"xyz\r\n", b"-1\r\n", b"fffffffff\r\n", b"2\r\nabXX"])
async def test_a_malformed_chunk_is_a_protocol_error(part):
    with pytest.raises(ProtocolError):
        await told(HEAD, part)


async def test_a_malformed_length_is_a_protocol_error():
    with pytest.raises(ProtocolError, match="content length is no number: 'xyz'"):
        await told(b"HTTP/1.1 200 OK\r\nContent-Length: xyz\r\n\r\nab")


async def test_a_body_shorter_than_announced_is_an_error():
    with pytest.raises(MusterError, match="ended the connection"):
        await told(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab\n")


async def test_a_server_that_falls_silent_is_not_waited_for():
    async with server(HEAD, b"3\r\na", hang=True) as target:
        with pytest.raises(MusterError, match=r"said nothing for 0\.05 s"):
            async for _ in request_lines(target, "POST", "/x", idle_s=0.05):
                pass
