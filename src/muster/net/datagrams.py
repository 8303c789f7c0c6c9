"""Datagrams as they come: a bounded queue between sockets and whoever takes them.

Nobody who sends a datagram can be told to wait, so what finds no room is dropped and counted.
What the kernel drops, because the hub does not read fast enough, it counts itself.

Source: udp(7); proc(5), /proc/net/udp
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from muster.ports.datagrams import DatagramCounts

_TABLES = (Path("/proc/net/udp"), Path("/proc/net/udp6"))
_INODE, _DROPS = 9, 12  # columns of these
_OVERHEAD = 64  # bytes that a datagram takes beside its own


class DatagramQueue(asyncio.DatagramProtocol):
    """Implements muster.ports.datagrams.DatagramSource. `listen`, then `run`."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._sockets: list[socket.socket] = []
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._received = 0
        self._dropped = 0
        self._news = asyncio.Event()

    def listen(self, sockets: Sequence[socket.socket]) -> None:
        """The sockets to read from: bound, and closed by whoever bound them."""
        self._sockets = list(sockets)

    async def run(self) -> None:
        """Read until cancelled."""
        loop = asyncio.get_running_loop()
        opened = [
            await loop.create_datagram_endpoint(lambda: self, sock=each.dup())
            for each in self._sockets
        ]
        try:
            await loop.create_future()
        finally:
            for transport, _protocol in opened:
                transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ANN401 - asyncio's
        size = len(data) + _OVERHEAD
        self._received += 1
        if self._bytes + size > self._limit:
            self._dropped += 1
            return
        self._waiting.append(data)
        self._bytes += size
        self._news.set()

    async def take(self, most_bytes: int) -> list[bytes]:
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        taken, size = [self._waiting.popleft()], 0
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= most_bytes:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self._bytes -= size + _OVERHEAD * len(taken)
        return taken

    def counts(self) -> DatagramCounts:
        return DatagramCounts(
            received=self._received,
            dropped=self._dropped,
            dropped_by_kernel=drops_of({os.fstat(each.fileno()).st_ino for each in self._sockets}),
        )


def drops_of(inodes: set[int], tables: Sequence[Path] = _TABLES) -> int:
    """Datagrams that the kernel dropped for sockets; 0 where it does not tell."""
    found = 0
    for table in tables if inodes else ():
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if len(words) > _DROPS and words[_INODE].isdigit() and int(words[_INODE]) in inodes:
                found += int(words[_DROPS])
    return found
