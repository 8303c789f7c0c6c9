"""A request that others have to be asked about, answered without aiohttp's part of the way.

What it takes to read a common request and to write its answer (net/atonce.py) is a fifth of what
aiohttp takes, and where an agent answers within half a millisecond that is most of the time. So
routes that say so are served here by a task of their own: the same rules, handlers, limits of time
and words of refusal, for requests of the same common kind. All others go the ordinary way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Protocol

from aiohttp.helpers import rfc822_formatted_time
from yarl import URL

from muster.errors import MusterError
from muster.model.identity import Identity
from muster.net.atonce import Head
from muster.net.failures import bug
from muster.net.front import Front
from muster.net.guards import answer_headers
from muster.net.http import Request, Response, Route, error_response
from muster.net.routing import Router

_REMEMBERED = 256  # paths

Serve = Callable[[Route, Request], Awaitable[Response]]


class Asker(Protocol):
    """A connection, as far as a request tells of it."""

    address: str
    peer: Identity | None
    certificate: bytes

    def when_gone(self, told: Callable[[], None]) -> None: ...


class Lean:
    """The lean routes of one listener. `serve` admits a request and has it answered.

    `handle_s` is how long that may take; `jobs` is there while the listener runs.
    """

    def __init__(
        self, router: Router, front: Front, serve: Serve, handle_s: float, *, browser: bool
    ) -> None:
        self._router = router
        self._front = front
        self._serve = serve
        self._browser = browser
        self._found: dict[str, tuple[Route, Mapping[str, str]]] = {}  # by paths asked for lately
        self.handle_s = handle_s
        self.jobs: asyncio.TaskGroup | None = None

    def route_of(self, head: Head) -> tuple[Route, Mapping[str, str]] | None:
        """The route and its variables; None: the request goes the ordinary way."""
        if head.method != "GET" or head.body or self.jobs is None:
            return None
        path = head.target.partition("?")[0]
        if (found := self._found.get(path)) is not None:
            return found
        try:
            found = self._router.find("GET", self._front.inside(path))
        except MusterError:  # is worded there
            return None
        if not found[0].lean:
            return None
        if len(self._found) >= _REMEMBERED:
            self._found.clear()
        self._found[path] = found
        return found

    def begin(
        self, head: Head, route: Route, match: Mapping[str, str], asker: Asker
    ) -> Coroutine[None, None, bytes] | None:
        """What makes the whole answer; None: the request goes the ordinary way."""
        path, _, text = head.target.partition("?")
        url = path, _pairs(text)
        if "%" in head.target or "+" in text:
            decoded = URL.build(path=path, query_string=text, encoded=True)
            url = decoded.path, list(decoded.query.items())
        query = dict(url[1])
        if len(query) != len(url[1]):
            return None
        headers = head.headers
        try:
            told = self._front.see(
                head.method,
                head.target,
                asker.address,
                lambda name: [headers[name]] if name in headers else [],
            )
        except MusterError:
            return None
        request = Request(
            method=head.method,
            path=self._front.inside(url[0]),
            match=match,
            query=query,
            query_text=text,
            headers={**headers, "host": told.host},
            address=told.address,
            peer=asker.peer,
            peer_certificate=asker.certificate,
            when_gone=asker.when_gone,
        )
        return self._answer(route, request)

    async def _answer(self, route: Route, request: Request) -> bytes:
        try:
            response = await self._serve(route, request)
            return self._written(response, request)
        except MusterError as error:
            response = error_response(error)
        except Exception:
            response = error_response(bug(request))
        return self._written(response, request)

    def _written(self, response: Response, request: Request) -> bytes:
        if response.stream is not None:
            raise TypeError(f"the answer to {request.path} is a stream; its route is not lean")
        headers = {
            **answer_headers(request.headers["host"], browser=self._browser),
            "Content-Type": response.content_type,
            **self._front.outward(response.headers),
            "Content-Length": str(len(response.body)),
            "Date": rfc822_formatted_time(),
        }
        lines = [f"{name}: {text}\r\n" for name, text in headers.items()]
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        head = f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n"
        if not head.isascii() or head.count("\n") != len(lines) + 2:
            raise ValueError(f"a header of the answer to {request.path} cannot be written")
        return b"%b%b" % (head.encode(), response.body)


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a query in which nothing is escaped."""
    parted = (part.partition("=") for part in text.split("&") if part)
    return [(name, value) for name, _, value in parted]
