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
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from yarl import URL

from muster.errors import MusterError
from muster.model.identity import Identity
from muster.net.front import Front
from muster.net.http import Begun, Public, Request, Response, Route
from muster.net.repeats import Repeats
from muster.net.writtenanswers import written

log = logging.getLogger(__name__)

_MOST_HEAD = 8_190  # bytes; also of a line in it
_HEAD = re.compile(
    rb"(GET|POST) (/[!$-~]*)( HTTP/1\.1\r\n((?:[!#-'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)*)\r\n)"
)
_OF_TARGETS = b"!" + bytes(range(ord("$"), ord("~") + 1))
_DIGITS = 9
_PROVED_BY_ITSELF = (Public.CREDENTIALS, Public.PROOF)  # nobody else has to be asked who it is
# With these a request is not what it seems, or wants more than an answer.
_ORDINARY = frozenset(("transfer-encoding", "upgrade", "expect", "trailer", "te"))


class Head(msgspec.Struct, frozen=True):
    """What stands before a body. Shapes: names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Peer(Protocol):
    """A connection, as far as it is known who stands at its other end."""

    address: str
    peer: Identity | None
    certificate: bytes
    repeats: Repeats | None
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

    def answer(self, data: bytes, head: Head, connection: Peer) -> Sequence[bytes] | None:
        """Parts of the whole answer; None: the request goes the ordinary way, or what was begun."""
        connection.begun = None
        path, _, text = head.target.partition("?")
        route = self._routes.get((head.method, path))
        if route is None or route.at_once is None or len(head.body) > route.max_body_bytes:
            return None
        if "cookie" in head.headers:  # other programs' clients have none
            return None
        try:
            request = self._request(head, path, text, connection)
            if request is None:
                return None
            if text and not head.body and self._is_known(route, request, data, connection):
                answer = self.again(data, connection)
                if answer is not None or connection.begun is not None:
                    return answer
            response = route.at_once(request)
        except MusterError:  # is worded there
            return None
        except Exception:
            log.exception("no answer at once", extra={"path": path})
            return None
        return self._written(response, connection)

    def _is_known(self, route: Route, request: Request, data: bytes, connection: Peer) -> bool:
        """Whether a request is like an earlier one: from here on `again` has it."""
        repeat = route.again(request) if route.again and self._front.is_steady else None
        if repeat is None:
            return False
        connection.repeats = connection.repeats or Repeats()
        connection.repeats.keep(data, data.index(b"?") + 1, repeat)
        return True

    def again(self, data: bytes, connection: Peer) -> Sequence[bytes] | None:
        """The answer to a request like an earlier one of the connection; None: look at it whole."""
        repeats, connection.begun = connection.repeats, None
        found = None if repeats is None else repeats.find(data)
        if repeats is None or found is None:
            return None
        seen, numbers = found
        response = None
        try:
            response = seen.answer(numbers)
        except MusterError:
            pass  # is met again
        except Exception:
            log.exception("no answer again")
        answer = self._written(response, connection, seen.stamp())
        if answer is None and connection.begun is None:
            repeats.drop(seen)
        return answer

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

    def _written(
        self, response: Response | Begun | None, connection: Peer, stamp: str = ""
    ) -> Sequence[bytes] | None:
        if response is None:
            return None
        if isinstance(response, Begun):
            connection.begun = response.work
            return None
        headers = response.headers
        return written(response, self._front.outward(headers) if headers else headers, stamp)


def remembered(head: Head, data: bytes) -> tuple[bytes, Mapping[str, str]]:
    """What `head_of` may be given with the next request."""
    start = data.index(b" HTTP/1.1\r\n")
    return data[start : len(data) - len(head.body)], head.headers


def with_begun(request: Request, connection: Peer) -> Request:
    """The same request, with what was begun of it before it went the ordinary way."""
    work, connection.begun = connection.begun, None
    return request if work is None else msgspec.structs.replace(request, begun=work)
