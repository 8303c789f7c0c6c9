"""How this face answers: the headers that every answer has, and errors in InfluxDB's words.

Source: InfluxDB 1.8, services/httpd; golden_http.json
"""

import secrets
import uuid
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import count
from typing import Any

import msgspec

from muster.errors import MusterError, NotFound
from muster.net.http import Response
from muster.net.routing import MethodNotAllowed
from muster.wire.influxwrite import (
    METHOD_NOT_ALLOWED,
    PLAIN,
    Dialect,
    WriteAnswer,
    answer_of_error,
)

VERSION = "1.8.10"  # a version by which clients ask for what 1.8 has
_ID = 128  # characters of a request's id
_COUNT = count()
_LOWEST = tuple(f"{byte:02x}" for byte in range(256))  # of an id's time
_CORS = {
    "Access-Control-Allow-Methods": "DELETE, GET, OPTIONS, POST, PUT",
    "Access-Control-Allow-Headers": "Accept, Accept-Encoding, Authorization, Content-Length,"
    " Content-Type, X-CSRF-Token, X-HTTP-Method-Override",
    "Access-Control-Expose-Headers": "Date, X-InfluxDB-Version, X-InfluxDB-Build",
}


class Refusal(MusterError):
    """A request that is refused, with its answer in one of the dialects."""

    code = "influx_refused"

    def __init__(self, answer: WriteAnswer, retry_after_s: float = 0.0) -> None:
        super().__init__(answer.error)
        self.answer = answer
        self.status = answer.status
        self.retry_after_s = retry_after_s


def refusal_of(error: MusterError, dialect: Dialect = Dialect.V1, status: int = 0) -> Refusal:
    """An error of core in the words of this face; its own and `status` where that is given."""
    if isinstance(error, Refusal):
        return error
    answer = answer_of_error(error, dialect)
    if status:
        answer = msgspec.structs.replace(answer, status=status, error=str(error))
    return Refusal(answer, getattr(error, "retry_after_s", 0.0))


def refuse(headers: Mapping[str, str], error: MusterError) -> Response:
    """The answer to a request that was refused, by this face or before it came here."""
    if isinstance(error, MethodNotAllowed):
        answer = METHOD_NOT_ALLOWED
    elif type(error) is NotFound:  # of the listener: no such path
        return dressed(headers, text_response(404, "404 page not found"))
    else:
        answer = refusal_of(error).answer
    return dressed(headers, waiting(response_of(answer), error))


def waiting(response: Response, error: MusterError) -> Response:
    """An answer that says when to come again, where its error does."""
    retry = getattr(error, "retry_after_s", 0.0)
    if not retry:
        return response
    waits = {**response.headers, "Retry-After": str(max(1, round(retry)))}
    return msgspec.structs.replace(response, headers=waits)


def response_of(answer: WriteAnswer) -> Response:
    """An answer as HTTP carries it."""
    headers = dict(answer.headers)
    content_type = headers.pop("Content-Type")
    return Response(
        status=answer.status, body=answer.body, content_type=content_type, headers=headers
    )


def text_response(status: int, text: str) -> Response:
    return Response(status=status, body=f"{text}\n".encode(), content_type=PLAIN)


def json_line(value: Any, status: int = 200) -> Response:  # noqa: ANN401 - of whatever shape
    """A document with a newline behind it."""
    return Response(status=status, body=msgspec.json.encode(value) + b"\n")


def dressed(headers: Mapping[str, str], response: Response) -> Response:
    """An answer with what every answer to a request with such headers has."""
    given = headers.get("x-request-id") or headers.get("request-id") or _new_id()
    every = {
        **response.headers,
        "X-Influxdb-Version": VERSION,
        "X-Influxdb-Build": "OSS",
        "Request-Id": given[:_ID],
        "X-Request-Id": given[:_ID],
    }
    if origin := headers.get("origin"):
        every |= {"Access-Control-Allow-Origin": origin, **_CORS}
    return Response(
        status=response.status,
        body=response.body,
        content_type=response.content_type,
        headers=every,
        stream=response.stream,
    )


def _new_id() -> str:
    """A version-1 UUID that tells nothing of this machine: of its process' first and a count."""
    number = next(_COUNT)
    begin, end = _around(number // len(_LOWEST))
    return begin + _LOWEST[number % len(_LOWEST)] + end


@lru_cache(1)
def _around(times: int) -> tuple[str, str]:
    """What stands before the lowest byte of its time, and behind it, for so many ids."""
    time, rest = _made_up()
    time += times * len(_LOWEST)
    high = f"{time >> 32 & 0xFFFF:04x}-1{time >> 48 & 0xFFF:03x}"
    return f"{time >> 8 & 0xFFFFFF:06x}", f"-{high}-{rest}"


@cache
def _made_up() -> tuple[int, str]:
    """A time, and a sequence and a node, of this process; what is counted tells ids apart."""
    made = uuid.uuid1(secrets.randbits(48) | 1 << 40, secrets.randbits(14))
    return made.time, str(made)[19:]
