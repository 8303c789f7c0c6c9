import asyncio

from muster.model.access import Action
from muster.net.http import Request, Route
from muster.net.opensockets import OpenSockets
from muster.wire.websocket import Data, WebSocketCodec

CLIENT = WebSocketCodec(new_mask=lambda: bytes(4))


class FakeTransport:
    def __init__(self):
        self.protocol = None
        self.closing = False

    def set_protocol(self, protocol):
        self.protocol = protocol

    def write(self, data):
        pass

    def close(self):
        self.closing = True
        self.protocol.connection_lost(None)

    abort = close

    def is_closing(self):
        return self.closing


class FakeConnection:
    def __init__(self):
        self.transport = FakeTransport()
        self.left = []

    def hand_over(self):
        return self.transport, lambda: self.left.append("place")


class Held:
    """One socket, opened, and what its handler met."""

    def __init__(self):
        self.met = []
        self.settled = []
        self.connection = FakeConnection()
        self.sockets = OpenSockets(patience_s=5.0)
        self.request = Request(
            method="GET",
            path="/v1/link",
            headers={"host": "hub"},
            settle=lambda: self.settled.append("in"),
        )

    async def handle(self, request, socket):
        self.met.append(request)
        async for message in socket:
            self.met.append(message)

    def open(self, jobs, ahead=b""):
        self.sockets.jobs = jobs
        route = Route(method="GET", path="/v1/link", allow=Action.NODE_READ, socket=self.handle)
        self.sockets.hold(self.connection, route, self.request, ahead)


async def test_a_held_socket_reads_what_came_behind_its_request_and_keeps_no_headers():
    held = Held()
    async with asyncio.TaskGroup() as jobs:
        held.open(jobs, ahead=CLIENT.send(Data(b"early")))
        await asyncio.sleep(0)
        held.connection.transport.close()

    request, message = held.met
    assert (request.path, dict(request.headers), message) == ("/v1/link", {}, b"early")


async def test_a_held_socket_that_ends_gives_its_place_back_and_holds_up_nobody():
    held = Held()
    async with asyncio.TaskGroup() as jobs:
        held.open(jobs)
        await asyncio.sleep(0)
        open_then = len(held.sockets)
        held.connection.transport.close()

    assert (open_then, len(held.sockets)) == (1, 0)
    assert (held.connection.left, held.settled) == (["place"], ["in"])


async def test_all_sockets_are_told_that_the_hub_stops():
    held = Held()
    async with asyncio.TaskGroup() as jobs:
        held.open(jobs)
        await asyncio.sleep(0)
        closing = jobs.create_task(held.sockets.close_all("the hub is stopping"))
        await asyncio.sleep(0)
        held.connection.transport.close()
        await closing

    assert len(held.sockets) == 0
