import asyncio

from muster.testing.netdata.localport import local_port
from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V2_10
from muster.testing.netdata.webapi import WebApi

NOW = 1_800_000_000


async def test_several_requests_on_one_connection_are_answered_as_through_the_link():
    api = WebApi(make_machine("guid", "web", now_s=NOW), V2_10, lambda: NOW)
    async with local_port(api) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for target, status in (("/api/v1/info", b"200"), ("/none", b"404")):
            writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.partition(b"Content-Length: ")[2])
            body = await reader.readexactly(size)

            assert head.split(b" ")[1] == status
            assert body == api.answer(target, {}).body
        writer.close()
        await writer.wait_closed()
