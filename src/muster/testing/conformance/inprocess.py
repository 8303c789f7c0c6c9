"""A hub's InfluxDB wire in this process, over a real journal and head in a folder of its own.

Its clock can be set, so that what was recorded at a time is asked at that time.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import msgspec

from muster.errors import LimitExceeded, MusterError
from muster.faces.influx.callers import Way
from muster.faces.influx.responses import refuse
from muster.hub.wires.influx import InfluxParts, InfluxSettings
from muster.model.ids import NodeId
from muster.net.http import Request, Response
from muster.net.routing import Router
from muster.testing.conformance.serving import Answer, Exchange
from muster.testing.influxasking import NOW_NS
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

_STRANGE_DAYS = 100_000  # what is recorded is of all times


class InProcess:
    """Implements conformance.serving.Server; use it as a context. `way` is who is let in."""

    def __init__(self, way: Way = Way.OFF) -> None:
        self._way = way
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory(prefix="muster-conformance-")
        self._open = AsyncExitStack()
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._open.aclose())
        self._runner.close()
        self._folder.cleanup()

    def fresh(self) -> None:
        self._runner.run(self._fresh())

    def ask(self, exchange: Exchange) -> Answer:
        return self._runner.run(self._ask(exchange))

    def set_time(self, now_ns: int) -> int:
        """The clock goes on, never back."""
        now_ns = max(now_ns, self._house.clock.now_ns())
        self._house.clock.advance((now_ns - self._house.clock.now_ns()) / 1e9)
        return self._house.clock.now_ns()

    async def _fresh(self) -> None:
        await self._open.aclose()
        self._open = AsyncExitStack()
        self._count += 1
        folder = Path(self._folder.name) / str(self._count)
        self._house = await self._open.enter_async_context(
            InfluxStore(folder, engine=MemoryStore())
        )
        self._house.clock.jump((NOW_NS - self._house.clock.now_ns()) / 1e9)
        parts = self._parts()
        self._house.beside(parts.removals.run())
        self._router = Router([*parts.health_routes(), *parts.data_routes()])

    def _parts(self) -> InfluxParts:
        house = self._house
        return InfluxParts(
            settings=InfluxSettings(auth=self._way),
            records=house.records,
            api_tokens=house.api_tokens,
            enrolment=house.enrolment,
            saw_writer=_saw_writer,
            name_of=str,
            roster=house.roster,
            plane=house.plane,
            ingest=house.ingest,
            strange_days=_STRANGE_DAYS,
            keeps=lambda space: True,
            queries=house.queries,
            clock=house.clock,
        )

    async def _ask(self, exchange: Exchange) -> Answer:
        headers = {name.lower(): text for name, text in exchange.headers.items()}
        try:
            response = await self._answered(exchange, headers)
        except MusterError as error:
            response = refuse(headers, error)
        body = response.body
        if response.stream is not None:
            body = b"".join([part async for part in response.stream])
        if exchange.method == "HEAD":
            body = b""
        told = {name.lower(): text for name, text in response.headers.items()}
        return Answer(response.status, {**told, "content-type": response.content_type}, body)

    async def _answered(self, exchange: Exchange, headers: Mapping[str, str]) -> Response:
        route, match = self._router.find(exchange.method, exchange.path)
        request = Request(
            method=exchange.method,
            path=exchange.path,
            match=match,
            query=exchange.params,
            headers=headers,
            address="127.0.0.1",
        )
        if route.before is not None:
            request = msgspec.structs.replace(request, admitted=await route.before(request))
        if len(exchange.body) > route.max_body_bytes:
            raise LimitExceeded("the body is too large", too_large=True)
        if route.handler is None:
            raise TypeError("a socket was asked")
        return await route.handler(msgspec.structs.replace(request, body=exchange.body))


async def _saw_writer(node: NodeId, address: str) -> None:
    """Nobody writes by a certificate here."""
