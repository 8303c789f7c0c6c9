"""Listeners: sockets, TLS, limits and the way from a request to its Route and back.

Steps for each request:
 1. the connection took a place before its TLS handshake began (net/admission.py)
 2. who asks, and by which host, is seen through proxies (net/front.py); then the Route is found
 3. a browser's request must come from our own pages (net/guards.py)
 4. who asks is established: client certificate, session cookie, API token, or the
    operator's socket
 5. the Route's `allow` is enforced; only now is the body read, up to its limit
 6. the handler runs; errors become answers by net/http.py's one table
aiohttp (net/aiohttpweb.py) is known here and to atonce.py, connection.py, pieces.py,
requestbody.py and serversocket.py beside it alone.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast

import msgspec

from muster.errors import (
    InputError,
    MusterError,
    Unavailable,
)
from muster.net.accepting import accept_all
from muster.net.admission import Admission, Handshake, Handshakes
from muster.net.aiohttpweb import web
from muster.net.atonce import AtOnce, with_begun
from muster.net.connection import Connection
from muster.net.failures import bug, refusal
from muster.net.front import Front
from muster.net.gate import ActorNow, Authenticate, Authorize, Gate
from muster.net.guards import answer_headers
from muster.net.http import (
    Request,
    Response,
    Route,
    SocketHandler,
    UpgradeRequired,
)
from muster.net.lean import Lean
from muster.net.opensockets import OpenSockets
from muster.net.pieces import in_pieces, write_whole
from muster.net.plainhttp import answer_plain
from muster.net.refused import Refusals
from muster.net.requestbody import TooSlow, read_body
from muster.net.routing import Router
from muster.net.serversocket import ServerSocket
from muster.net.tlsalerts import accept_tls

log = logging.getLogger(__name__)

_AT_ONCE = 128  # peers on their way in: 200 a second when each takes 0.6 s, as far ones do

Refuse = Callable[[Mapping[str, str], MusterError], Response]
"""The answer to a request that is refused, by its headers, with names in lower case."""


class ListenerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one listener."""

    connections: int = 4096  # connections that the listener holds at once
    connections_per_network: int = 256  # of them, of one /24 or /56; this machine has no such bound
    handshake: timedelta = timedelta(seconds=10)  # how long TLS may take, from the first byte on
    # how long a connection may rest, and a request's headers may take
    idle: timedelta = timedelta(seconds=20)
    body: timedelta = timedelta(seconds=30)  # how long a request's body may take to arrive
    handle: timedelta = timedelta(seconds=120)  # how long an answer may take to be made
    answer: timedelta = timedelta(seconds=60)  # how long the peer has to take an answer
    header_bytes: int = 16_384  # size of a request's line, and of each of its headers


class Listener:
    """One place to be reached at: its sockets, its routes and its rules.

    `browser` puts the guards for browsers on; `front` stands before it, `refuse` words errors.
    `run` serves until `stop`.
    """

    def __init__(
        self,
        *,
        name: str,
        routes: Iterable[Route],
        sockets: Iterable[socket.socket],
        settings: ListenerSettings,
        authenticate: Authenticate,
        authorize: Authorize,
        context: ssl.SSLContext | None = None,
        browser: bool = False,
        front: Front | None = None,
        refuse: Refuse | None = None,
        actor_now: ActorNow | None = None,
    ) -> None:
        self.name = name
        self._front = front or Front()
        self.admission = Admission(
            settings.connections, settings.connections_per_network, self._front.is_unlimited
        )
        self._handshakes = Handshakes(_AT_ONCE)
        self._refusals = Refusals(name)
        self._router = Router(routes)
        self._gate = Gate(authenticate, authorize, browser=browser, actor_now=actor_now)
        self._at_once = None if browser else AtOnce(self._router.routes, self._front)
        handle_s = settings.handle.total_seconds()
        self._lean = Lean(
            self._router,
            self._front,
            self._serve_lean,
            handle_s,
            browser=browser,
            admit=None if actor_now is None else self._gate.admit_now,
        )
        self._sockets = tuple(sockets)
        self._settings = settings
        self._context = context
        self._browser = browser
        self._refuse = refuse
        self._shut, self._stop = asyncio.Event(), asyncio.Event()
        self._open = OpenSockets(settings.answer.total_seconds())

    async def run(self) -> None:
        """Accept and serve; return once stopped and drained."""
        server = web.Server(self._handle)
        try:
            async with asyncio.TaskGroup() as jobs:
                self._open.jobs = jobs
                self._lean.jobs = jobs if self._refuse is None else None

                def take(connection: socket.socket, address: str, handshake: Handshake) -> None:
                    jobs.create_task(self._open_connection(connection, address, server, handshake))

                accepting = [
                    jobs.create_task(
                        accept_all(
                            listening,
                            self.admission,
                            self._handshakes,
                            take,
                            self.name,
                            tls=self._context is not None,
                        )
                    )
                    for listening in self._sockets
                ]
                await self._shut.wait()
                for job in accepting:
                    job.cancel()
                self._close_sockets()
                await self._stop.wait()
                await self._drain(server)
        finally:
            self._close_sockets()
            await server.shutdown(0.1)

    def shut(self) -> None:
        """Take no more connections."""
        self._shut.set()

    def stop(self) -> None:
        """Take no more connections and finish what is under way, within seconds."""
        self._shut.set()
        self._stop.set()

    def _close_sockets(self) -> None:
        for listening in self._sockets:
            listening.close()

    async def _drain(self, server: web.Server) -> None:
        await self._open.close_all("the hub is stopping")
        try:
            async with asyncio.timeout(3):
                while server.connections:
                    for each in server.connections:
                        if not cast(Connection, each).busy:  # the only kind we make
                            each.force_close()
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("requests cut off by the stop", extra={"listener": self.name})

    async def _open_connection(
        self, connection: socket.socket, address: str, server: web.Server, handshake: Handshake
    ) -> None:
        loop = asyncio.get_running_loop()
        protocol = Connection(
            server,
            address,
            lambda: self.admission.leave(address),
            handshake,
            loop=loop,
            keepalive_timeout=self._settings.idle.total_seconds(),
            lingering_time=1.0,
            access_log=None,
            logger=log,
            auto_decompress=False,
            max_line_size=self._settings.header_bytes,
            max_field_size=self._settings.header_bytes,
        )
        if self._at_once:
            protocol.at_once = self._at_once
        protocol.lean, protocol.take_s = self._lean, self._settings.answer.total_seconds()
        try:
            if self._context is None:
                await loop.connect_accepted_socket(lambda: protocol, connection)
            else:
                wait_s, heard = self._settings.handshake.total_seconds(), handshake.hear
                await accept_tls(
                    protocol, connection, self._context, wait_s, plain=self._plain, heard=heard
                )
        except OSError as error:  # of TLS as well
            protocol.release()
            if not self._refusals.note(address, error):
                log.debug("no handshake", extra={"address": address, "error": str(error)})
        except Exception:  # one peer's connection must not end the listener
            protocol.release()
            log.exception("connection failed", extra={"address": address})
        except BaseException:
            protocol.release()
            raise

    def _plain(self, head: bytes) -> bytes:
        return answer_plain(head, self._front.require_known if self._browser else None)

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        connection = cast(Connection, http.protocol)  # the only kind we make
        connection.busy, connection.host, connection.foreign = True, "", False
        try:
            return await self._serve(http, connection)
        finally:
            connection.busy, connection.abandonable, connection.gone = False, None, None
            connection.begun = None

    async def _serve(self, http: web.BaseRequest, connection: "Connection") -> web.StreamResponse:
        try:
            request, route = self._arrived(http, connection)
            request = with_begun(await self._gate.admit(route, request), connection)
            if route.socket is not None:
                return await self._serve_socket(http, route, route.socket, request)
            connection.entry.end()
            if route.before is not None:
                request = msgspec.structs.replace(request, admitted=await route.before(request))
            request = msgspec.structs.replace(
                request,
                body=await read_body(
                    http, route.max_body_bytes, self._settings.body.total_seconds()
                ),
            )
            connection.abandonable = asyncio.current_task() if route.abandonable else None
            response = await self._call(route, request)
        except MusterError as error:
            response = self._refusal(http, error)
        except ConnectionError:
            raise
        except Exception:
            response = self._refusal(http, bug(http))
        return await self._send(http, response)

    async def _serve_lean(self, route: Route, request: Request) -> Response:
        return await self._call(route, await self._gate.admit(route, request))

    def _refusal(self, http: web.BaseRequest, error: MusterError) -> Response:
        if self._refuse is None:
            return refusal(http, error)
        return self._refuse({name.lower(): text for name, text in http.headers.items()}, error)

    def _arrived(self, http: web.BaseRequest, connection: Connection) -> tuple[Request, Route]:
        path = http.rel_url.raw_path
        connection.foreign = self._router.is_foreign(http.method, self._front.inside(path))
        told = self._front.see(
            http.method,
            http.rel_url.raw_path_qs,
            connection.address,
            lambda name: http.headers.getall(name, []),
            any_host=connection.foreign,
        )
        connection.host = told.host
        route, match = self._router.find(http.method, self._front.inside(path))
        headers = {name.lower(): text for name, text in http.headers.items()}
        request = Request(
            method=http.method,
            path=self._front.inside(http.path),
            match=match,
            query=dict(http.query),
            query_text=http.rel_url.raw_query_string,
            headers={**headers, "host": told.host},
            cookies=self._front.cookies(http.cookies),
            address=told.address,
            peer=connection.peer,
            peer_certificate=connection.certificate,
            settle=connection.entry.end,
            when_gone=connection.when_gone,
        )
        return request, route

    async def _call(self, route: Route, request: Request) -> Response:
        if route.handler is None:
            raise TypeError("a route with a socket was called")
        try:
            async with asyncio.timeout(self._settings.handle.total_seconds()):
                return await route.handler(request)
        except TimeoutError as error:
            raise Unavailable("the answer took too long to make; ask for less") from error

    async def _send(self, http: web.BaseRequest, response: Response) -> web.StreamResponse:
        connection, response = cast(Connection, http.protocol), in_pieces(response)
        headers = {
            **answer_headers(connection.host, browser=self._browser, foreign=connection.foreign),
            "Content-Type": response.content_type,
            **self._front.outward(response.headers),
        }
        answer: web.StreamResponse
        if response.stream is None:
            answer = web.Response(status=response.status, body=response.body, headers=headers)
        else:
            answer = web.StreamResponse(status=response.status, headers=headers)
        # Other programs' agents close by themselves: a close that comes with the answer is all
        # that some of them see of it.
        if self._stop.is_set() or response.status == TooSlow.status:
            answer.force_close()
        if response.stream is None or http.method == "HEAD":
            await self._take(http, write_whole(http, answer))
            return answer
        await self._take(http, answer.prepare(http))
        async for part in response.stream:
            await self._take(http, answer.write(part))
        await self._take(http, answer.write_eof())
        return answer

    async def _take(self, http: web.BaseRequest, sending: Awaitable[Any]) -> None:
        try:
            async with asyncio.timeout(self._settings.answer.total_seconds()):
                await sending
        except TimeoutError as error:
            if http.transport is not None:
                http.transport.abort()
            raise ConnectionAbortedError("the peer takes no answer") from error

    async def _serve_socket(
        self, http: web.BaseRequest, route: Route, handler: SocketHandler, request: Request
    ) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() != "websocket":
            if route.without_upgrade is not None:
                return await self._send(http, await route.without_upgrade(request))
            raise UpgradeRequired("this is a WebSocket; send an upgrade request")
        if self._stop.is_set():
            raise Unavailable("the hub is stopping")
        handshake = web.WebSocketResponse(
            timeout=2.0,
            max_msg_size=route.max_body_bytes,
            compress=False,
            protocols=(route.subprotocol,) if route.subprotocol else (),
            heartbeat=25.0 if self._browser and not route.subprotocol else None,
        )
        handshake.headers["Server"] = "muster"
        ahead = cast(Connection, http.protocol).read_ahead
        try:
            await handshake.prepare(http)
        except web.HTTPException as error:
            raise InputError(f"WebSocket handshake: {error.text}") from error
        if route.subprotocol or not self._browser:
            self._open.hold(cast(Connection, http.protocol), route, request, ahead)
            raise asyncio.CancelledError("the connection has changed hands")
        opened = ServerSocket(handshake, http, self._settings.answer.total_seconds())
        if self._browser:  # who is no browser has more to ask for, and says when it is settled
            request.settle()
        await self._open.serve(handler, request, opened)
        return handshake
