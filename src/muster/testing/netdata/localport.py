"""The agent's own HTTP port, on loopback: what a query through the link is compared with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from muster.testing.netdata.webapi import WebApi

_HEAD_MAX = 16 << 10


@asynccontextmanager
async def local_port(api: WebApi, port: int = 0) -> AsyncIterator[int]:
    """Serve GET requests, several on one connection; the port that is served on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                target = first.split(" ")[1]
                pairs = (line.partition(": ") for line in lines if line)
                answer = api.answer(target, {name.lower(): value for name, _, value in pairs})
                writer.write(answer.format()[: -len(answer.stale) or None])
        except (asyncio.IncompleteReadError, OSError, IndexError):
            pass  # the peer is gone, or speaks something else
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_HEAD_MAX)
    async with server:
        yield server.sockets[0].getsockname()[1]
