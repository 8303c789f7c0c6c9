"""`POST /write` and `POST /api/v2/write`.

Order: 1 who writes  2 what the URL asks for  3 the database, then the right to write to it, all
before the body is read  4 the body is unpacked  5 its lines are parsed  6 points are kept.
Golden: golden_writes.json
"""

import asyncio
from typing import NamedTuple, cast

from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.databases.databaseprivileges import authorize_write
from muster.core.databases.databases import Databases
from muster.core.writes.pointwrites import PointWrites, Target
from muster.errors import MusterError
from muster.faces.influx.callers import Caller, Callers
from muster.faces.influx.responses import Refusal, refusal_of, shaped
from muster.faces.influx.writedoor import QUERY, refuse_first, write_route
from muster.net.http import Request, Response, Route
from muster.wire.goquote import quoted
from muster.wire.influxwrite import (
    Dialect,
    WriteAnswer,
    WriteParameters,
    WriteRefused,
    answer_of,
    check_consistency,
    database_not_found,
    is_unusable,
    policy_not_found,
    write_parameters,
    write_parameters_v2,
)
from muster.wire.unpacking import unpack, unpack_quickly

_AT_ONCE_BYTES = 524_288  # unpacked: as long as a thread would have to be waited for
_QUERY = QUERY | {"precision": "what timestamps count: n, u, ms, s, m or h"}
_QUERY_V2 = {
    "bucket": "database, or database/policy",
    "org": "space of the hub's token; else left out",
    "precision": "what timestamps count: ns, us, ms or s",
}


class _Admitted(NamedTuple):
    caller: Caller
    parameters: WriteParameters


class WriteFace:
    """Two routes."""

    def __init__(self, *, callers: Callers, databases: Databases, writes: PointWrites) -> None:
        self._callers = callers
        self._databases = databases
        self._writes = writes

    def routes(self) -> list[Route]:
        most = self._writes.limits.body_bytes
        return [
            write_route(
                "/write",
                self._write,
                self._before,
                most_bytes=most,
                summary="Write points: line protocol",
                query=_QUERY,
            ),
            write_route(
                "/api/v2/write",
                self._write,
                self._before_v2,
                most_bytes=most,
                summary="Write points, as for 2.x",
                query=_QUERY_V2,
            ),
        ]

    async def _before(self, request: Request) -> _Admitted:
        # 1
        caller = await self._callers.writing(request)
        try:
            # 2
            parameters = write_parameters(request.query)
        except MusterError as error:
            raise refusal_of(error) from error
        return self._admitted(caller, parameters)

    async def _before_v2(self, request: Request) -> _Admitted:
        # 1
        caller = await self._callers.writing(request)
        try:
            # 2
            parameters = write_parameters_v2(request.query, caller.dialect)
        except MusterError as error:
            raise refusal_of(error, caller.dialect) from error
        return self._admitted(caller, parameters)

    def _admitted(self, caller: Caller, parameters: WriteParameters) -> _Admitted:
        # 3
        name = parameters.database
        try:
            if self._databases.find(caller.login.space, name) is None:
                raise DatabaseNotFound(name)
            refuse_first(caller, name)
            authorize_write(caller.login, name)
        except MusterError as error:
            raise _refusal(error, caller.dialect, parameters) from error
        return _Admitted(caller, parameters)

    async def _write(self, request: Request) -> Response:
        caller, parameters = cast(_Admitted, request.admitted)
        try:
            answer = await self._answer(request, caller, parameters)
        except MusterError as error:
            raise _refusal(error, caller.dialect, parameters) from error
        return shaped(request.headers, answer)

    async def _answer(
        self, request: Request, caller: Caller, parameters: WriteParameters
    ) -> WriteAnswer:
        # 4
        body = await self._unpacked(request)
        # 5
        parsed = await self._writes.read(body, parameters.precision_ns)
        if is_unusable(parsed):
            return answer_of(parsed, dialect=caller.dialect)
        check_consistency(parameters)
        # 6
        target = Target(
            caller.login.space, parameters.database, parameters.policy, parameters.precision_ns
        )
        written = await self._writes.store(parsed, target, caller.writer)
        return answer_of(written.parsed, written.refusals, caller.dialect)

    async def _unpacked(self, request: Request) -> bytes:
        if request.headers.get("content-encoding", "") != "gzip":
            return request.body
        most = self._writes.limits.body_bytes
        if len(request.body) <= _AT_ONCE_BYTES:
            body = unpack_quickly(request.body, min(most, _AT_ONCE_BYTES))
            if body is not None:
                return body
        return await asyncio.to_thread(unpack, request.body, most)


def _refusal(error: MusterError, dialect: Dialect, parameters: WriteParameters) -> Refusal:
    """What is not there is told in other words by writes."""
    bucket = "/".join(part for part in (parameters.database, parameters.policy) if part)
    match error:
        case DatabaseNotFound() | PolicyNotFound() if dialect is Dialect.V2:
            error = WriteRefused(404, f"bucket {quoted(bucket)} not found")
        case DatabaseNotFound():
            error = database_not_found(error.name)
        case PolicyNotFound():
            error = policy_not_found(error.name)
        case _:
            pass
    return refusal_of(error, dialect)
