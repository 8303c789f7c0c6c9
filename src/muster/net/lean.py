"""A request that others have to be asked about, answered without aiohttp's part of the way.

What it takes to read a common request and to write its answer (net/atonce.py) is a fifth of what
aiohttp takes, and where an agent answers within half a millisecond that is most of the time. So
routes that say so are served here by a task of their own: the same rules, handlers, limits of time
and words of refusal, for requests of the same common kind. All others go the ordinary way.

A route that can tell its answer where it comes in (`asks`) needs no task either, where it is known
without waiting who asks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import Protocol

from yarl import URL

from muster.errors import MusterError
from muster.model.identity import Identity
from muster.net.atonce import Head
from muster.net.failures import bug
from muster.net.front import Front
from muster.net.guards import answer_headers
from muster.net.http import Request, Response, Route, Withdraw, error_response
from muster.net.httpdate import http_date
from muster.net.plaincookies import plain_cookies
from muster.net.routing import Router

_REMEMBERED = 256  # paths; heads of answers

Serve = Callable[[Route, Request], Awaitable[Response]]
Admit = Callable[[Route, Request], Request | None]
"""The request with who asks; None where that takes a while. Errors: as of the ordinary way."""
Work = Coroutine[None, None, bytes]


class Asker(Protocol):
    """A connection, as far as a request tells of it."""

    address: str
    peer: Identity | None
    certificate: bytes

    def when_gone(self, told: Callable[[], None]) -> None: ...


class Lean:
    """The lean routes of one listener. `serve` admits a request and has it answered.

    `handle_s` is how long that may take; `jobs` is there while the listener runs. `admit` does
    the first part by itself.
    """

    def __init__(
        self,
        router: Router,
        front: Front,
        serve: Serve,
        handle_s: float,
        *,
        browser: bool,
        admit: Admit | None = None,
    ) -> None:
        self._router = router
        self._front = front
        self._serve = serve
        self._browser = browser
        self._admit = admit
        self._heads: dict[tuple[str, str], str] = {}  # of answers with no headers of their own
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

    def ask(
        self, route: Route, request: Request, told: Callable[[bytes | Work], None]
    ) -> Withdraw | None:
        """Have `told` hear the whole answer, or what makes it, once it is there.

        None: nothing is under way, and `answer` is to be asked.
        """
        if route.asks is None or self._admit is None:
            return None
        try:
            admitted = self._admit(route, request)
            if admitted is None:
                return None
            return route.asks(admitted, partial(self._tell, request, told), self.handle_s)
        except MusterError:  # is worded there
            return None

    def _tell(
        self,
        request: Request,
        told: Callable[[bytes | Work], None],
        found: Response | MusterError | Coroutine[None, None, Response],
    ) -> None:
        """Called by who serves others too, and so it does not raise."""
        if not isinstance(found, Response | MusterError):
            told(self._answered(found, request))
            return
        try:
            response = error_response(found) if isinstance(found, MusterError) else found
            answer = self._written(response, request)
        except Exception:
            answer = self._written(error_response(bug(request)), request)
        told(answer)

    def request_of(
        self, head: Head, route: Route, match: Mapping[str, str], asker: Asker
    ) -> Request | None:
        """What is asked; None: the request goes the ordinary way."""
        path, _, text = head.target.partition("?")
        url = path, _pairs(text)
        if "%" in head.target or "+" in text:
            decoded = URL.build(path=path, query_string=text, encoded=True)
            url = decoded.path, list(decoded.query.items())
        query = dict(url[1])
        if len(query) != len(url[1]):
            return None
        headers = head.headers
        sent = plain_cookies(headers["cookie"]) if "cookie" in headers else {}
        if sent is None:
            return None
        try:
            told = self._front.see(
                head.method,
                head.target,
                asker.address,
                lambda name: [headers[name]] if name in headers else [],
            )
        except MusterError:
            return None
        return Request(
            method=head.method,
            path=self._front.inside(url[0]),
            match=match,
            query=query,
            query_text=text,
            headers={**headers, "host": told.host},
            cookies=self._front.cookies(sent),
            address=told.address,
            peer=asker.peer,
            peer_certificate=asker.certificate,
            when_gone=asker.when_gone,
        )

    def answer(self, route: Route, request: Request) -> Work:
        """Makes the whole answer."""
        return self._answered(self._serve(route, request), request)

    async def _answered(self, work: Awaitable[Response], request: Request) -> bytes:
        try:
            return self._written(await work, request)
        except MusterError as error:
            response = error_response(error)
        except Exception:
            response = error_response(bug(request))
        return self._written(response, request)

    def _written(self, response: Response, request: Request) -> bytes:
        if response.stream is not None:
            raise TypeError(f"the answer to {request.path} is a stream; its route is not lean")
        head = self._head(response, request)
        date = http_date()
        last = f"Content-Length: {len(response.body)}\r\nDate: {date}\r\n\r\n"
        return b"%b%b%b" % (head.encode(), last.encode(), response.body)

    def _head(self, response: Response, request: Request) -> str:
        """All but what is another each time. Errors: ValueError."""
        host = request.headers["host"]
        is_common = not response.headers and response.status == HTTPStatus.OK
        if is_common and (known := self._heads.get((host, response.content_type))) is not None:
            return known
        headers = {
            **answer_headers(host, browser=self._browser),
            "Content-Type": response.content_type,
            **self._front.outward(response.headers),
        }
        lines = [f"{name}: {text}\r\n" for name, text in headers.items()]
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        head = f"HTTP/1.1 {status}\r\n{''.join(lines)}"
        if not head.isascii() or head.count("\n") != len(lines) + 1:
            raise ValueError(f"a header of the answer to {request.path} cannot be written")
        if is_common and len(self._heads) < _REMEMBERED:
            self._heads[host, response.content_type] = head
        return head


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a query in which nothing is escaped."""
    parted = (part.partition("=") for part in text.split("&") if part)
    return [(name, value) for name, _, value in parted]
