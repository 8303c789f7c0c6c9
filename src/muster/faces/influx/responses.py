"""How this face answers: the headers that every answer has, and errors in InfluxDB's words.

Source: InfluxDB 1.8, services/httpd; golden_http.json
"""

import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from muster.errors import MusterError, NotFound
from muster.influxql.answers.render import Style, error_csv, error_json, error_msgpack
from muster.net.http import JSON, Response
from muster.net.routing import MethodNotAllowed
from muster.net.writtenanswers import header_lines
from muster.wire.influxwrite import (
    METHOD_NOT_ALLOWED,
    PLAIN,
    Dialect,
    WriteAnswer,
    answer_of_error,
)

VERSION = "1.8.10"  # a version by which clients ask for what 1.8 has
CSV, MSGPACK = "text/csv", "application/x-msgpack"
_KINDS = {CSV: CSV, "application/csv": CSV, MSGPACK: MSGPACK}
_ID = 128  # characters of a request's id
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
        self.is_pretty = False


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
        response = response_of(METHOD_NOT_ALLOWED)
    elif type(error) is NotFound:  # of the listener: no such path
        response = text_response(404, "404 page not found")
    else:
        refusal = refusal_of(error)
        response = waiting(shaped(headers, refusal.answer, pretty=refusal.is_pretty), error)
    return dressed(headers, response)


def kind_of(headers: Mapping[str, str]) -> str:
    """The type that an answer is asked for in; InfluxDB knows single types alone."""
    return _KINDS.get(headers.get("accept", "").strip(), JSON)


def shaped(headers: Mapping[str, str], answer: WriteAnswer, *, pretty: bool = False) -> Response:
    """An answer in the type that is asked for, where it is an error in InfluxDB's words."""
    response, text = response_of(answer), answer.error
    if not text or answer.dialect is not Dialect.V1:
        return response
    kind = kind_of(headers)
    if kind == CSV:
        body = error_csv(text)
    elif kind == MSGPACK:
        body = error_msgpack(text)
    else:
        body = error_json(text, Style(pretty=pretty))
    return msgspec.structs.replace(response, body=body, content_type=kind)


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
    own = _every(headers, _given_id(headers) or _new_id())
    return msgspec.structs.replace(response, headers={**response.headers, **own})


def stamp_of(headers: Mapping[str, str]) -> Callable[[], str] | None:
    """Makes the lines of the same headers, for one answer after the other; None: of none."""
    given, made_up = _given_id(headers), _new_id()
    lines = header_lines(_every(headers, given or made_up))
    if lines is None:
        return None
    pieces = lines.split(made_up)  # it stands in nothing that was given
    return lambda: lines if given else _new_id().join(pieces)


def _every(headers: Mapping[str, str], number: str) -> dict[str, str]:
    every = {
        "X-Influxdb-Version": VERSION,
        "X-Influxdb-Build": "OSS",
        "Request-Id": number,
        "X-Request-Id": number,
    }
    if origin := headers.get("origin"):
        every |= {"Access-Control-Allow-Origin": origin, **_CORS}
    return every


def _given_id(headers: Mapping[str, str]) -> str:
    return (headers.get("x-request-id") or headers.get("request-id", ""))[:_ID]


def _ids() -> Iterator[str]:
    """Version-1 UUIDs that tell nothing of this machine: of its process' first and a count."""
    made = uuid.uuid1(secrets.randbits(48) | 1 << 40, secrets.randbits(14))
    time, rest = made.time & -len(_LOWEST), str(made)[19:]
    while True:
        high = f"{time >> 32 & 0xFFFF:04x}-1{time >> 48 & 0xFFF:03x}"
        begin, end = f"{time >> 8 & 0xFFFFFF:06x}", f"-{high}-{rest}"
        for lowest in _LOWEST:
            yield begin + lowest + end
        time += len(_LOWEST)


_new_id = _ids().__next__
