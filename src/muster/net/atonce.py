"""A request that is answered where it was read, by one write.

Of an answer that takes a tenth of a millisecond to make, the ordinary way through aiohttp takes
three times as long: its parser's objects, two tasks, headers one by one. Here is only what is
common: a head and a body that came whole, no header that asks for more, a Route that has an answer
`at_once`. All else, and all that ends in an error, goes the ordinary way, as if nothing had been
tried.
What is let by here is a part of what is let by there.

Source: RFC 9112 sections 3 to 6
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, Protocol

import msgspec
from yarl import URL

from muster.errors import MusterError
from muster.model.identity import Identity
from muster.net.front import Front
from muster.net.guards import answer_headers
from muster.net.http import Begun, Public, Request, Response, Route
from muster.net.httpdate import http_date

log = logging.getLogger(__name__)

_MOST_HEAD = 8_190  # bytes; also of a line in it
_HEAD = re.compile(
    rb"(GET|POST) (/[!$-~]*)( HTTP/1\.1\r\n((?:[!#-'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)*)\r\n)"
)
_OF_TARGETS = b"!" + bytes(range(ord("$"), ord("~") + 1))
_DIGITS = 9
_MOST_FORMS = 64
_HEADERS = answer_headers("", browser=False)
_ALWAYS = _HEADERS.keys()
_BEGIN = "".join(f"{name}: {text}\r\n" for name, text in _HEADERS.items())
_LINES: Mapping[int, str] = {
    status: f"HTTP/1.1 {status} {status.phrase}\r\n{_BEGIN}"
    for status in HTTPStatus
    if status == HTTPStatus.OK or status >= HTTPStatus.BAD_REQUEST  # these have bodies
}
_PROVED_BY_ITSELF = (Public.CREDENTIALS, Public.PROOF)  # nobody else has to be asked who it is
# With these a request is not what it seems, or wants more than an answer.
_ORDINARY = frozenset(("transfer-encoding", "upgrade", "expect", "trailer", "te"))


class Head(msgspec.Struct, frozen=True):
    """What stands before a body. Shapes: names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Usual(msgspec.Struct, frozen=True):
    """A request of a connection, and what answers others that differ behind the `?` alone."""

    headers: Mapping[str, str]
    request: Request
    begin: str  # of their targets
    again: Callable[[Request, str], Response | Begun | None]


class Peer(Protocol):
    """A connection, as far as it is known who stands at its other end."""

    address: str
    peer: Identity | None
    certificate: bytes
    fields: tuple[bytes, Mapping[str, str]]
    usual: Usual | None
    begun: object


def head_of(data: bytes, known: tuple[bytes, Mapping[str, str]]) -> Head | None:
    """One whole request of the common kind and nothing behind it; None for all else.

    `known` is what stood behind the target of an earlier one, with its headers: clients send the
    same again and again.
    """
    same, headers = known
    if same and data.endswith(same) and data.startswith(b"GET /"):
        target = data[4 : -len(same)]
        is_target = len(data) <= _MOST_HEAD and not target.translate(None, _OF_TARGETS)
        if is_target and "content-length" not in headers:
            return Head("GET", target.decode(), headers, b"")
    found = _HEAD.match(data)
    if found is None or found.end() > _MOST_HEAD:
        return None
    method, target, behind, lines = found.groups()
    told = headers if behind == same else _headers(lines)
    if told is None or not _is_length(told, method, len(data) - found.end()):
        return None
    return Head(method.decode(), target.decode(), told, data[found.end() :])


def _headers(lines: bytes) -> Mapping[str, str] | None:
    headers: dict[str, str] = {}
    for line in lines.decode().split("\r\n")[:-1]:
        name, _, text = line.partition(":")
        name = name.lower()
        if name in headers or name in _ORDINARY:
            return None
        headers[name] = text.strip(" \t")
    return headers if headers.get("connection", "keep-alive").lower() == "keep-alive" else None


def _is_length(headers: Mapping[str, str], method: bytes, size: int) -> bool:
    told = headers.get("content-length")
    if told is None:
        return not size
    is_number = told.isascii() and told.isdigit() and len(told) <= _DIGITS
    return method == b"POST" and is_number and int(told) == size


class AtOnce:
    """The routes of one listener that may be answered so. `front` stands before it."""

    def __init__(self, routes: Iterable[Route], front: Front) -> None:
        self._front = front
        self._routes = {
            (route.method, route.path): route
            for route in routes
            if route.at_once is not None and route.allow in _PROVED_BY_ITSELF
        }

    def __bool__(self) -> bool:
        return bool(self._routes)

    def answer(self, head: Head, connection: Peer) -> bytes | None:
        """The whole answer; None: the request goes the ordinary way."""
        try:
            response = _again(head, connection.usual)
            if response is None:
                response = self._anew(head, connection)
        except MusterError:  # is worded there
            return None
        except Exception:
            log.exception("no answer at once", extra={"path": head.target.partition("?")[0]})
            return None
        if isinstance(response, Begun):
            connection.begun = response.work
            return None
        return None if response is None else self._written(response)

    def _anew(self, head: Head, connection: Peer) -> Response | Begun | None:
        """Errors: those of Front and of the route."""
        path, _, text = head.target.partition("?")
        route = self._routes.get((head.method, path))
        if route is None or route.at_once is None or len(head.body) > route.max_body_bytes:
            return None
        if "cookie" in head.headers:  # other programs' clients have none
            return None
        request = self._request(head, path, text, connection)
        if request is None:
            return None
        connection.usual = None
        if route.again is not None and self._front.is_steady:
            connection.usual = Usual(head.headers, request, f"{path}?", route.again)
        return route.at_once(request)

    def _request(self, head: Head, path: str, text: str, connection: Peer) -> Request | None:
        """Errors: those of Front."""
        query: dict[str, str] = {}
        if text:
            pairs = URL.build(path=path, query_string=text, encoded=True).query
            query = dict(pairs)
            if len(query) != len(pairs):
                return None
        headers = head.headers
        told = self._front.see(
            head.method,
            head.target,
            connection.address,
            lambda name: [headers[name]] if name in headers else [],
        )
        return Request(
            method=head.method,
            path=path,
            query=query,
            query_text=text,
            headers={**headers, "host": told.host},
            body=head.body,
            address=told.address,
            peer=connection.peer,
            peer_certificate=connection.certificate,
        )

    def _written(self, response: Response) -> bytes | None:
        if response.stream is not None:
            return None
        own = self._front.outward(response.headers)
        form = _form(response.status, tuple(own))
        if form is None:
            return None
        size, date = len(response.body), http_date()
        head = form.text % (response.content_type, *own.values(), size, date)
        is_plain = head.isascii() and head.count("\n") == head.count("\r") == form.lines
        return head.encode() + response.body if is_plain else None


def _again(head: Head, usual: Usual | None) -> Response | Begun | None:
    """What is known of an earlier request with the same headers: the same was seen of it."""
    if usual is None or head.headers is not usual.headers or head.body:
        return None
    if head.method != usual.request.method or not head.target.startswith(usual.begin):
        return None
    return usual.again(usual.request, head.target[len(usual.begin) :])


class _Form(NamedTuple):
    """The head of an answer, without the texts of its own headers."""

    text: str
    lines: int


@lru_cache(_MOST_FORMS)
def _form(status: int, names: tuple[str, ...]) -> _Form | None:
    """Of answers with headers of these names beside their type, size and date; None: of none."""
    begin = _LINES.get(status)
    own = ("Content-Type", *names, "Content-Length", "Date")
    is_plain = not re.search(r"[%\r\n]", "".join(own)) and len(set(own)) == len(own)
    if begin is None or not is_plain or not _ALWAYS.isdisjoint(own):
        return None
    text = begin + "".join(f"{name}: %s\r\n" for name in own) + "\r\n"
    return _Form(text, text.count("\n"))


def remembered(head: Head, data: bytes) -> tuple[bytes, Mapping[str, str]]:
    """What `head_of` may be given with the next request."""
    start = data.index(b" HTTP/1.1\r\n")
    return data[start : len(data) - len(head.body)], head.headers


def with_begun(request: Request, connection: Peer) -> Request:
    """The same request, with what was begun of it before it went the ordinary way."""
    work, connection.begun = connection.begun, None
    return request if work is None else msgspec.structs.replace(request, begun=work)
