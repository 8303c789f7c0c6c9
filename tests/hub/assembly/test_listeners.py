import contextlib
import socket
import stat

import pytest

from muster.errors import Starting
from muster.hub.assembly.listeners import Doors, gated, nobody
from muster.hub.places import Places
from muster.hub.settings import ListenSettings
from muster.model.access import Action
from muster.net.bind import PortInUse, bind_tcp
from muster.net.http import Request, Response, Route

REQUEST = Request(method="GET", path="/")


async def answer(request):
    return Response(body=b"here")


async def opened(request, socket):
    socket.append("served")


def taken_port_after_two_free() -> tuple[list[socket.socket], int]:
    while True:
        taken = bind_tcp(["127.0.0.1"], 0, "test")
        port = taken[0].getsockname()[1]
        try:
            for before in (port - 2, port - 1):
                bind_tcp(["127.0.0.1"], before, "test")[0].close()
            return taken, port
        except PortInUse:
            taken[0].close()


def test_a_port_in_use_leaves_none_bound(tmp_path):
    taken, port = taken_port_after_two_free()
    listen = ListenSettings(addresses=("127.0.0.1",), port_base=port - 2)
    try:
        with pytest.raises(PortInUse, match=str(port)):
            Doors(Places(tmp_path), listen)
        with bind_tcp(["127.0.0.1"], port - 2, "test")[0]:
            assert not (tmp_path / "hub.sock").exists()
    finally:
        for each in taken:
            each.close()


async def test_routes_that_need_the_data_say_later_until_it_is_open():
    waiting = ["the hub reads its journal"]
    routes = [
        Route(method="GET", path="/a", allow=Action.DATA_READ, handler=answer),
        Route(method="GET", path="/b", allow=Action.DATA_READ, socket=opened),
    ]
    call, serve = gated(routes, lambda: waiting[0])
    heard = []
    with pytest.raises(Starting, match="journal"):
        await call.handler(REQUEST)
    with pytest.raises(Starting, match="journal"):
        await serve.socket(REQUEST, heard)
    waiting[0] = ""

    assert (await call.handler(REQUEST)).body == b"here"
    await serve.socket(REQUEST, heard)
    assert heard == ["served"]


async def test_listeners_of_machines_know_no_people():
    assert await nobody(REQUEST) is None


def test_places_without_tls_are_bound_for_proxies_and_closed_again(tmp_path):
    probe = bind_tcp(["127.0.0.1"], 0, "test")
    port = probe[0].getsockname()[1]
    probe[0].close()
    listen = ListenSettings(addresses=("127.0.0.1",), port_base=free_base())
    doors = Doors(Places(tmp_path), listen, [f"127.0.0.1:{port}", str(tmp_path / "web.sock")])
    try:
        tcp, unix = doors.plain
        assert tcp.getsockname() == ("127.0.0.1", port)
        assert unix.getsockname() == str(tmp_path / "web.sock")
        assert stat.S_IMODE((tmp_path / "web.sock").stat().st_mode) == 0o660
    finally:
        doors.close()
    assert tcp.fileno() == unix.fileno() == -1


def free_base():
    """Three ports in a row that nobody holds."""
    for base in range(20_000, 32_000, 3):
        with contextlib.suppress(PortInUse), contextlib.ExitStack() as bound:
            for step in range(3):
                bound.enter_context(bind_tcp(["127.0.0.1"], base + step, "test")[0])
            return base
    raise AssertionError("no three free ports")


def test_clients_of_influxdb_have_addresses_of_their_own(tmp_path):
    listen = ListenSettings(addresses=("127.0.0.1",), port_base=free_base())
    doors = Doors(Places(tmp_path), listen, influx=(("127.0.0.1",), listen.port_base + 7))
    try:
        (one,) = doors.influx
        assert one.getsockname() == ("127.0.0.1", listen.port_base + 7)
    finally:
        doors.close()


async def test_such_a_route_answers_nothing_at_once_until_then():
    waiting = ["the hub reads its journal"]
    routes = [
        Route(
            method="GET",
            path="/a",
            allow=Action.DATA_READ,
            handler=answer,
            at_once=lambda request: "now",
        )
    ]
    (route,) = gated(routes, lambda: waiting[0])
    before = route.at_once(REQUEST)
    waiting[0] = ""

    assert (before, route.at_once(REQUEST)) == (None, "now")


def test_a_gated_route_asks_nobody_while_the_hub_waits():
    waiting, asked = ["for the journal"], []

    def ask(request, told, most_s):
        asked.append(most_s)
        return list

    route = Route(method="GET", path="/", allow=Action.DATA_READ, handler=answer, asks=ask)
    (route,) = gated([route], lambda: waiting[0])
    before = route.asks(REQUEST, print, 9.0)
    waiting[0] = ""

    assert (before, route.asks(REQUEST, print, 9.0), asked) == (None, list, [9.0])
