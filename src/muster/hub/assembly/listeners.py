"""The hub's listeners, by trust: web, agents, enrol and the operator's socket.

Beside the web's, where the settings name places for it, one without TLS for reverse proxies of
this machine.
"""

import socket
import ssl
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from muster.core.access import require
from muster.errors import Starting
from muster.faces.influx.responses import refuse as refuse_in_influx
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.places import Places
from muster.hub.settings import ListenSettings
from muster.model.access import Action, Actor
from muster.model.address import split_address
from muster.net.bind import bind_tcp, bind_udp, bind_unix
from muster.net.front import Front, ProxySettings
from muster.net.gate import ActorNow, Authenticate
from muster.net.http import Begun, Request, Response, Route, Socket, Told, Withdraw
from muster.net.server import Listener, ListenerSettings, Refuse

PORT_KEY = "listen.port_base"
_PLAIN_MODE = 0o660  # the folder's group says which proxy may come


class Doors:
    """The bound sockets. Ports that are taken are found before anything else is begun.

    Errors: PortInUse, SettingsError; nothing stays bound.
    """

    def __init__(
        self,
        places: Places,
        listen: ListenSettings,
        plain: Sequence[str] = (),
        acme_port: int = 0,
        netdata_port: int = 0,
        influx: tuple[Sequence[str], int] = ((), 0),
        udp: tuple[Sequence[str], int] = ((), 0),
    ) -> None:
        self._open: list[socket.socket] = []
        try:
            self.web = self._tcp(listen, 0)
            self.agents = self._tcp(listen, 1)
            self.enrol = self._tcp(listen, 2)
            self.plain = [each for place in plain for each in self._plain(place)]
            self.acme = self._own(listen.addresses, acme_port, "acme.http_port")
            self.netdata = self._own(listen.addresses, netdata_port, "netdata.port")
            self.influx = self._own(*influx, "influx.port")
            self.udp = bind_udp(*udp, "influx.udp_port") if udp[1] else []
            self._open += self.udp
            self.local = [bind_unix(places.socket)]
            self._open += self.local
        except BaseException:
            self.close()
            raise

    def _tcp(self, listen: ListenSettings, step: int) -> list[socket.socket]:
        bound = bind_tcp(listen.addresses, listen.port_base + step, PORT_KEY)
        self._open += bound
        return bound

    def _own(self, addresses: Sequence[str], port: int, key: str) -> list[socket.socket]:
        """A port beside the row; 0: none."""
        bound = bind_tcp(addresses, port, key) if port else []
        self._open += bound
        return bound

    def _plain(self, place: str) -> list[socket.socket]:
        if place.startswith("/"):
            bound = [bind_unix(Path(place), _PLAIN_MODE)]
        else:
            host, port = split_address(place)
            bound = bind_tcp([host], port, "proxy.plain_listen")
        self._open += bound
        return bound

    def close(self) -> None:
        for each in self._open:
            each.close()


class Listeners:
    """Builds each listener with its routes, its limits and its way to know who asks."""

    def __init__(
        self,
        parts: Parts,
        doors: Doors,
        listen: ListenSettings,
        proxy: ProxySettings,
        hosts: Callable[[], Collection[str]],
    ) -> None:
        self._parts = parts
        self._doors = doors
        self._listen = listen
        self._proxy = proxy
        self._hosts = hosts

    def web(self, routes: Sequence[Route], context: ssl.SSLContext) -> list[Listener]:
        """Browsers, by TLS; and where there are places for it, through proxies without."""
        with_tls = self._web("web", routes, self._doors.web, context)
        if not self._doors.plain:
            return [with_tls]
        return [with_tls, self._web("web, plain", routes, self._doors.plain, None)]

    def _web(
        self,
        name: str,
        routes: Sequence[Route],
        sockets: Sequence[socket.socket],
        context: ssl.SSLContext | None,
    ) -> Listener:
        return _listener(
            name,
            [*routes, *self._parts.assets.routes()],
            sockets,
            self._listen.web,
            self._parts.callers.actor,
            context=context,
            front=Front(self._proxy, hosts=self._hosts, plain=context is None),
            actor_now=self._parts.callers.actor_now,
        )

    def local(self, routes: Sequence[Route]) -> Listener:
        """Who may open the socket is the operator."""

        def operator_now(request: Request) -> Actor | None:
            return Actor(name="operator", operator=True, address=request.address)

        async def operator(request: Request) -> Actor | None:
            return operator_now(request)

        return _listener(
            "local",
            routes,
            self._doors.local,
            self._listen.web,
            operator,
            actor_now=operator_now,
        )

    def agents(self, context: ssl.SSLContext) -> Listener:
        routes = Routes(self._parts).link_routes()
        settings = self._listen.agents
        return _listener("agents", routes, self._doors.agents, settings, nobody, context=context)

    def enrol(self, context: ssl.SSLContext) -> Listener:
        routes = Routes(self._parts).enrol_routes()
        settings = self._listen.enrol
        return _listener("enrol", routes, self._doors.enrol, settings, nobody, context=context)

    def acme(self) -> list[Listener]:
        """Where a CA looks whether names are ours; all else is sent to the web listener."""
        if not self._doors.acme:
            return []
        routes = self._parts.pki.acme_routes(self._hosts, self._listen.port_base)
        settings = self._listen.enrol
        return [_listener("acme", routes, self._doors.acme, settings, nobody)]

    def netdata(self, routes: Sequence[Route], context: ssl.SSLContext) -> list[Listener]:
        """Netdata agents, on a port of their own; there are no people here."""
        if not self._doors.netdata:
            return []
        return [
            _listener(
                "netdata",
                routes,
                self._doors.netdata,
                self._listen.netdata,
                nobody,
                context=context,
            )
        ]

    def influx(self, routes: Sequence[Route], context: ssl.SSLContext | None) -> list[Listener]:
        """Clients of InfluxDB. Without TLS where whoever comes is let in: on loopback alone."""
        if not self._doors.influx:
            return []
        return [
            _listener(
                "influx",
                routes,
                self._doors.influx,
                self._listen.influx,
                nobody,
                context=context,
                refuse=refuse_in_influx,
            )
        ]


async def nobody(request: Request) -> Actor | None:
    """These listeners know no people: their routes ask for no Action."""
    return None


def _authorize(actor: Actor, action: Action) -> None:
    require(actor, action)


def _listener(
    name: str,
    routes: Sequence[Route],
    sockets: Sequence[socket.socket],
    settings: ListenerSettings,
    authenticate: Authenticate,
    *,
    context: ssl.SSLContext | None = None,
    front: Front | None = None,
    refuse: Refuse | None = None,
    actor_now: ActorNow | None = None,
) -> Listener:
    return Listener(
        name=name,
        routes=routes,
        sockets=sockets,
        settings=settings,
        authenticate=authenticate,
        authorize=_authorize,
        context=context,
        browser=front is not None,
        front=front,
        refuse=refuse,
        actor_now=actor_now,
    )


def gated(routes: Sequence[Route], waiting_for: Callable[[], str]) -> list[Route]:
    """The same routes, which say "try later" as long as the hub waits for something."""
    return [_gated(route, waiting_for) for route in routes]


def _gated(route: Route, waiting_for: Callable[[], str]) -> Route:
    handler, socket_handler = route.handler, route.socket

    def check() -> None:
        if text := waiting_for():
            raise Starting(text, retry_after_s=1.0)

    if handler is not None:
        answer = handler

        async def call(request: Request) -> Response:
            check()
            return await answer(request)

        quick = route.at_once

        def call_at_once(request: Request) -> Response | Begun | None:
            return None if quick is None or waiting_for() else quick(request)

        at_once = None if quick is None else call_at_once
        asking = route.asks

        def ask(request: Request, told: Told, most_s: float) -> Withdraw | None:
            return None if asking is None or waiting_for() else asking(request, told, most_s)

        asks = None if asking is None else ask
        return msgspec.structs.replace(route, handler=call, at_once=at_once, asks=asks)
    if socket_handler is None:
        return route
    serve = socket_handler

    async def open_socket(request: Request, opened: Socket) -> None:
        check()
        await serve(request, opened)

    return msgspec.structs.replace(route, socket=open_socket)
