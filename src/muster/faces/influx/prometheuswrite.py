"""`POST /api/v1/write` as Prometheus knows it, `POST /api/v1/prom/write` as InfluxDB does.

Order: 1 who writes where, and which message it is, before the body is read  2 the block is
unpacked and read  3 samples are on disk  4 the answer, for 2.0 with its counts.
InfluxDB's path keeps finite numbers alone and has no 2.0.
"""

from typing import NamedTuple, cast

import msgspec

from muster.core.databases.databasebook import PolicyNotFound
from muster.core.databases.firstwrites import FirstWrites
from muster.core.writes.remotewrites import PRECISION_NS, RemoteWrites
from muster.errors import MusterError
from muster.faces.influx.callers import Callers
from muster.faces.influx.responses import refusal_of, response_of, waiting
from muster.faces.influx.writedoor import QUERY, Admitted, WriteDoor, write_route
from muster.net.http import Request, Response, Route
from muster.wire.influxwrite import WriteAnswer, policy_not_found
from muster.wire.prometheusparts import Version
from muster.wire.prometheuswrite import RemoteAnswer, version_of

DATABASE = "prometheus"


class _Asked(NamedTuple):
    admitted: Admitted
    version: Version
    finite: bool


class PrometheusWriteFace:
    """Two routes."""

    def __init__(
        self, *, callers: Callers, first_writes: FirstWrites, writes: RemoteWrites
    ) -> None:
        self._writes = writes
        self._door = WriteDoor(
            callers=callers,
            first_writes=first_writes,
            precision_ns=PRECISION_NS,
            default=DATABASE,
        )
        self._influx_door = WriteDoor(
            callers=callers, first_writes=first_writes, precision_ns=PRECISION_NS
        )

    def routes(self) -> list[Route]:
        most = self._writes.limits.body_bytes
        return [
            write_route(
                "/api/v1/write",
                self._write,
                self._before,
                most_bytes=most,
                summary="Write samples: Prometheus remote write 1.0 and 2.0",
                query={**QUERY, "db": f"the database; left out, {DATABASE}"},
            ),
            write_route(
                "/api/v1/prom/write",
                self._write,
                self._before_influx,
                most_bytes=most,
                summary="Write samples: Prometheus remote write 1.0, as InfluxDB takes it",
                query=QUERY,
            ),
        ]

    async def _before(self, request: Request) -> _Asked:
        # 1
        admitted = await self._door.admit(request)
        try:
            return _Asked(admitted, version_of(request.headers), finite=False)
        except MusterError as error:
            raise refusal_of(error) from error

    async def _before_influx(self, request: Request) -> _Asked:
        # 1
        return _Asked(await self._influx_door.admit(request), Version.V1, finite=True)

    async def _write(self, request: Request) -> Response:
        asked = cast(_Asked, request.admitted)
        try:
            answer = await self._answer(request, asked)
        except PolicyNotFound as error:
            return _refused(policy_not_found(error.name), asked)
        except MusterError as error:
            return _refused(error, asked)
        # 4
        status = 400 if answer.text else 204
        return _with_counts(response_of(WriteAnswer(status, answer.text)), answer, asked)

    async def _answer(self, request: Request, asked: _Asked) -> RemoteAnswer:
        # 2
        received = await self._writes.receive(request.body, asked.version, finite=asked.finite)
        # 3
        caller, target = asked.admitted
        return await self._writes.store(received, target, caller.writer)


def _refused(error: MusterError, asked: _Asked) -> Response:
    """A message that was refused whole; 2.0 is told so by its counts too."""
    response = waiting(response_of(refusal_of(error).answer), error)
    return _with_counts(response, RemoteAnswer(), asked)


def _with_counts(response: Response, answer: RemoteAnswer, asked: _Asked) -> Response:
    headers = {**response.headers, **answer.headers(asked.version)}
    return msgspec.structs.replace(response, headers=headers)
