"""A proxy of any kind, for one test: what it is told is remembered."""

import asyncio
import contextlib

from muster.net.client import hang_up


class Relay:
    """A proxy of any kind, that remembers what it was told."""

    def __init__(self):
        self.heard = []
        self.port = 0
        self.open = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        async with asyncio.timeout(60):
            while self.open:  # noqa: ASYNC110 - what it joined ends by itself
                await asyncio.sleep(0.01)
            await self.server.wait_closed()

    async def serve(self, reader, writer):
        self.open += 1
        try:
            await self.join(reader, writer)
        finally:
            await hang_up(writer)
            self.open -= 1

    async def join(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            host, port = await (self.socks if first == b"\x05" else self.http)(reader, writer)
            there, back = await asyncio.open_connection(host, port)
            async with asyncio.TaskGroup() as jobs:
                jobs.create_task(self.copy(reader, back))
                jobs.create_task(self.copy(there, writer))
            await hang_up(back)

    async def http(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heard.append("C" + head if head.startswith("ONNECT") else head)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        host, _, port = head.split(" ")[1].rpartition(":")
        return host, int(port)

    async def socks(self, reader, writer):
        count = (await reader.readexactly(1))[0]
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        kind = (await reader.readexactly(4))[3]
        size = 4 if kind == 1 else (await reader.readexactly(1))[0]
        name = await reader.readexactly(size)
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.heard.append(f"SOCKS {kind} {port}")
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        return (".".join(map(str, name)) if kind == 1 else name.decode()), port

    async def copy(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
