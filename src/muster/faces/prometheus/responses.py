"""How this face answers: the envelope, the kinds of errors and their statuses.

Source: Prometheus 2.42, web/api/v1/api.go
"""

import gzip

import msgspec

from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.errors import (
    Denied,
    InputError,
    LimitExceeded,
    MusterError,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from muster.net.http import Request, Response
from muster.promql.api import Data
from muster.promql.errors import ExecutionError, QueryTimeout
from muster.promql.render import failure, success

_PACKED_FROM = 1_024  # bytes of an answer
_KINDS: tuple[tuple[type[MusterError], str, int], ...] = (
    (ExecutionError, "execution", 422),
    (QueryTimeout, "timeout", 503),
    (QueryInterrupted, "canceled", 503),
    (DatabaseNotFound, "bad_data", 400),
    (PolicyNotFound, "bad_data", 400),
    (InputError, "bad_data", 400),
    (LimitExceeded, "execution", 422),
    (Unauthenticated, "unauthorized", 401),
    (Denied, "forbidden", 403),
    (NotFound, "not_found", 404),
    (Unavailable, "unavailable", 503),
)


def refused(error: MusterError) -> Response:
    """An error as clients of Prometheus know it."""
    known = ((name, status) for kind, name, status in _KINDS if isinstance(error, kind))
    name, status = next(known, ("internal", 500))
    headers = {}
    if retry := getattr(error, "retry_after_s", 0.0):
        headers["Retry-After"] = str(max(1, round(retry)))
    return Response(status=status, body=failure(name, str(error)), headers=headers)


def answered(request: Request, data: Data) -> Response:
    """An answer; without data there is nothing to tell."""
    if not data.text:
        return Response(status=204)
    response = Response(body=success(data.text, data.warnings))
    wanted = request.headers.get("accept-encoding", "")
    if len(response.body) < _PACKED_FROM or "gzip" not in wanted:
        return response
    packed = gzip.compress(response.body, 5, mtime=0)
    return msgspec.structs.replace(response, body=packed, headers={"Content-Encoding": "gzip"})
