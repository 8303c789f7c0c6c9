"""`POST /v1/metrics`: metrics of OpenTelemetry over HTTP, as protobuf or JSON.

Also where Prometheus takes them, `/api/v1/otlp/v1/metrics`.

Order: 1 who writes where, and how the request is written, before the body is read  2 the body
is unpacked and read  3 samples are on disk  4 the answer: what was rejected, in the request's form.
"""

from typing import NamedTuple, cast

from muster.core.databases.databasebook import PolicyNotFound
from muster.core.databases.firstwrites import FirstWrites
from muster.core.writes.otlpwrites import PRECISION_NS, OtlpWrites
from muster.errors import MusterError
from muster.faces.influx.callers import Callers
from muster.faces.influx.responses import Refusal, refusal_of, waiting
from muster.faces.influx.writedoor import QUERY, Admitted, WriteDoor, write_route
from muster.net.http import Request, Response, Route
from muster.wire.influxwrite import policy_not_found
from muster.wire.otlpanswer import Encoding, NotRead, OtlpAnswer, encoding_of, status_body

DATABASE = "otlp"
_PACKINGS = ("", "identity", "gzip")


class _Asked(NamedTuple):
    admitted: Admitted
    encoding: Encoding
    is_packed: bool


class OtlpFace:
    """Two routes."""

    def __init__(self, *, callers: Callers, first_writes: FirstWrites, writes: OtlpWrites) -> None:
        self._writes = writes
        self._door = WriteDoor(
            callers=callers, first_writes=first_writes, precision_ns=PRECISION_NS, default=DATABASE
        )

    def routes(self) -> list[Route]:
        return [
            write_route(
                path,
                self._write,
                self._before,
                most_bytes=self._writes.limits.body_bytes,
                summary="Write metrics: OTLP over HTTP, protobuf or JSON",
                query={**QUERY, "db": f"the database; left out, {DATABASE}"},
                status=200,
            )
            for path in ("/v1/metrics", "/api/v1/otlp/v1/metrics")
        ]

    async def _before(self, request: Request) -> _Asked:
        # 1
        admitted = await self._door.admit(request)
        packing = request.headers.get("content-encoding", "").strip().lower()
        try:
            if packing not in _PACKINGS:
                raise NotRead(f"Content-Encoding {packing[:40]!r} is not read: use gzip")
            encoding = encoding_of(request.headers.get("content-type", ""))
        except MusterError as error:
            raise refusal_of(error) from error
        return _Asked(admitted, encoding, packing == "gzip")

    async def _write(self, request: Request) -> Response:
        asked = cast(_Asked, request.admitted)
        try:
            answer = await self._answer(request, asked)
        except PolicyNotFound as error:
            return _refused(refusal_of(policy_not_found(error.name)), asked)
        except MusterError as error:
            return _refused(refusal_of(error), asked)
        # 4
        return _response(200, answer.body(asked.encoding), asked)

    async def _answer(self, request: Request, asked: _Asked) -> OtlpAnswer:
        # 2
        taken = await self._writes.receive(request.body, asked.encoding, is_packed=asked.is_packed)
        # 3
        caller, target = asked.admitted
        return await self._writes.store(taken, target, caller.writer)


def _refused(refusal: Refusal, asked: _Asked) -> Response:
    body = status_body(refusal.status, str(refusal), asked.encoding)
    return waiting(_response(refusal.status, body, asked), refusal)


def _response(status: int, body: bytes, asked: _Asked) -> Response:
    return Response(status=status, body=body, content_type=asked.encoding.value)
