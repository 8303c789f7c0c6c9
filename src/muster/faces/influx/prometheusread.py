"""`POST /api/v1/read` as Prometheus knows it, `POST /api/v1/prom/read` as InfluxDB does.

Order: 1 who asks, before the body is read  2 the request  3 its answer, in a thread.
InfluxDB's path wants a database and answers in samples alone.
"""

from typing import cast

from muster.core.databases.databasebook import PolicyNotFound
from muster.core.promql.promqueries import Asked
from muster.core.promql.remotereads import RemoteReads
from muster.errors import Denied, MusterError
from muster.faces.influx.callers import CREATE_ADMIN, Caller, Callers
from muster.faces.influx.responses import refusal_of
from muster.faces.influx.writedoor import QUERY
from muster.net.http import Public, Request, Response, Route
from muster.wire.influxwrite import policy_not_found
from muster.wire.prometheusread import CONTENT_TYPES, ResponseType

_QUERY = {**QUERY, "db": "the database; left out, all that may be read, and what agents send"}


class PrometheusReadFace:
    """Two routes."""

    def __init__(self, *, callers: Callers, reads: RemoteReads) -> None:
        self._callers = callers
        self._reads = reads

    def routes(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path=path,
                allow=Public.CREDENTIALS,
                handler=handler,
                before=self._callers.asking,  # 1
                max_body_bytes=self._reads.limits.body_bytes,
                abandonable=True,
                summary=summary,
                query=query,
            )
            for path, handler, summary, query in (
                ("/api/v1/read", self._read, "Read samples: Prometheus remote read", _QUERY),
                (
                    "/api/v1/prom/read",
                    self._read_influx,
                    "Read samples: Prometheus remote read, as InfluxDB answers it",
                    QUERY,
                ),
            )
        ]

    async def _read(self, request: Request) -> Response:
        return await self._answer(request, samples=False)

    async def _read_influx(self, request: Request) -> Response:
        return await self._answer(request, samples=True)

    async def _answer(self, request: Request, *, samples: bool) -> Response:
        caller = cast(Caller, request.admitted)
        try:
            if caller.is_first:
                raise Denied(CREATE_ADMIN)
            # 2, 3
            database, policy = (request.query.get(name, "") for name in ("db", "rp"))
            asked = Asked(caller.login, database, policy, "remote read")
            answer = await self._reads.read(asked, request.body, samples=samples)
        except PolicyNotFound as error:
            raise refusal_of(policy_not_found(error.name)) from error
        except MusterError as error:
            raise refusal_of(error) from error
        packed = {"Content-Encoding": "snappy"} if answer.form is ResponseType.SAMPLES else {}
        return Response(body=answer.body, content_type=CONTENT_TYPES[answer.form], headers=packed)
