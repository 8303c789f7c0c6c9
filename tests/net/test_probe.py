import asyncio

import pytest

from muster.net.client import Target
from muster.net.probe import NameUnknown, Told, ask, date_ns, resolve


async def test_a_literal_address_resolves_to_itself():
    assert await resolve("127.0.0.1", 5) == ["127.0.0.1"]


async def test_a_name_that_nobody_has_is_told_with_its_name():
    with pytest.raises(NameUnknown, match=r"'no-such-host\.invalid'"):
        await resolve("no-such-host.invalid", 30)


async def test_a_text_that_is_no_name_is_refused():
    with pytest.raises(NameUnknown):
        await resolve("a" * 70 + ".example", 5)


def test_an_http_date_becomes_nanoseconds():
    assert date_ns("Fri, 15 Jan 2027 08:00:00 GMT") == 1_800_000_000 * 10**9
    assert date_ns("") == date_ns("yesterday") == 0


async def test_the_server_tells_status_and_time():
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 426 Upgrade Required\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        target = Target(host="127.0.0.1", port=server.sockets[0].getsockname()[1])

        assert await ask(target, "/v1/link", 5) == Told(status=426, time_ns=1_800_000_000 * 10**9)
