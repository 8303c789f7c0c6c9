"""What lets writes to a database by, and holds them for the moment in which series are forgotten.

A write looks up kinds and series before its points are on disk. Were they forgotten in between,
its points would be found by nobody. Used on the event loop's thread.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from muster.errors import Unavailable

_WAIT_S = 30.0  # for writes that are under way


class WriteGate:
    """Of one database. One closes it at a time."""

    def __init__(self) -> None:
        self.passed = 0  # writes that were let by
        self._writing = 0
        self._open = asyncio.Event()
        self._open.set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def is_idle(self) -> bool:
        """Whether no write is under way."""
        return not self._writing

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """One write."""
        while not self._open.is_set():
            await self._open.wait()
        self.passed += 1
        self._writing += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._writing -= 1
            if not self._writing:
                self._idle.set()

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """No write is under way, and none begins. Errors: Unavailable."""
        self._open.clear()
        try:
            try:
                async with asyncio.timeout(_WAIT_S):
                    await self._idle.wait()
            except TimeoutError as error:
                raise Unavailable("writes to the database do not come to an end", 5.0) from error
            yield
        finally:
            self._open.set()


class WriteGates:
    """Of all databases, by number."""

    def __init__(self) -> None:
        self._gates: dict[int, WriteGate] = {}

    def of(self, database: int) -> WriteGate:
        return self._gates.setdefault(database, WriteGate())
