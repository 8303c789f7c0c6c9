"""TLS that was taken over, over loopback on each kind of loop."""

import asyncio
import importlib.util
import socket
import ssl
from pathlib import Path

import pytest
import uvloop

from muster.net.heldtls import HeldTls, held
from muster.net.tls import server_context
from muster.net.tlsalerts import accept_tls

_spec = importlib.util.spec_from_file_location(
    "certificates", Path(__file__).with_name("certificates.py")
)
certificates = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(certificates)

WAIT_S = 60
OPENED = []  # clients, until the test is over


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    def go(coroutine):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(coroutine)

    yield go
    while OPENED:
        OPENED.pop().close()


class First(asyncio.Protocol):
    """Hears one message, then somebody else has the connection."""

    def __init__(self):
        self.heard = asyncio.get_running_loop().create_future()
        self.lost = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc):
        self.lost.set_result(exc)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.heard.set_result(data)


class Later(asyncio.Protocol):
    """Who has it then."""

    def __init__(self):
        self.data = bytearray()
        self.moved = asyncio.Event()
        self.lost = None
        self.pauses = []

    def data_received(self, data):
        self.data += data
        self.moved.set()

    def pause_writing(self):
        self.pauses.append("pause")

    def resume_writing(self):
        self.pauses.append("resume")
        self.moved.set()

    def connection_lost(self, exc):
        self.lost = (exc,)
        self.moved.set()

    async def until(self, condition):
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self.moved.clear()
                await self.moved.wait()


class Pair:
    """A client in a thread's hands and our end, taken over."""

    def __init__(self, tmp_path):
        root = certificates.Issuer()
        self._server = server_context(root.issue(tmp_path, "server"))
        self._client = ssl.create_default_context(cadata=root.pem)

    def _connect(self, address):
        raw = socket.create_connection(address, WAIT_S)
        client = self._client.wrap_socket(raw, server_hostname="localhost")
        OPENED.append(client)
        client.sendall(b"begin")
        return client

    async def open(self):
        loop, first = asyncio.get_running_loop(), First()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            asking = loop.run_in_executor(None, self._connect, listening.getsockname())
            connection, _ = await loop.sock_accept(listening)
            await accept_tls(first, connection, self._server, WAIT_S)
            self.client = await asking
        assert await first.heard == b"begin"
        self.later = Later()
        self.ours = held(first.transport)
        assert isinstance(self.ours, HeldTls)
        self.ours.set_protocol(self.later)
        return self

    async def do(self, what, *arguments):
        return await asyncio.to_thread(what, *arguments)

    def read(self, size):
        found = bytearray()
        while len(found) < size and (part := self.client.recv(65_536)):
            found += part
        return bytes(found)


def test_both_ends_go_on_where_the_handshake_ended(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        large = bytes(range(256)) * 4_000
        await pair.do(pair.client.sendall, large)
        await pair.later.until(lambda: len(pair.later.data) == len(large))
        pair.ours.write(large)
        answer = await pair.do(pair.read, len(large))
        pair.ours.abort()
        await pair.later.until(lambda: pair.later.lost)
        return bytes(pair.later.data) == answer == large

    assert run(talk())


def test_who_closes_says_so_and_the_peer_ends_well(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        pair.ours.write(b"bye")
        pair.ours.close()
        pair.ours.close()
        pair.ours.write(b"too late")
        answer = await pair.do(pair.read, 100)  # ends with close_notify, or it would raise
        await pair.do(pair.client.close)
        await pair.later.until(lambda: pair.later.lost)
        return answer, pair.later.lost, pair.ours.is_closing()

    assert run(talk()) == (b"bye", (None,), True)


def test_a_peer_that_closes_is_answered(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        await pair.do(pair.client.unwrap)  # waits for our close_notify
        await pair.later.until(lambda: pair.later.lost)
        return pair.later.lost

    assert run(talk()) == (None,)


def test_a_peer_that_is_cut_off_is_lost(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        socket.socket(fileno=pair.client.detach()).close()
        await pair.later.until(lambda: pair.later.lost)
        return len(pair.later.lost)

    assert run(talk()) == 1


def test_bytes_that_are_no_tls_end_the_connection(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        raw = socket.socket(fileno=pair.client.detach())
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        await pair.later.until(lambda: pair.later.lost)
        raw.close()
        return bytes(pair.later.data)

    assert run(talk()) == b""


def test_who_pauses_hears_nothing_until_it_goes_on(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        pair.ours.pause_reading()
        pair.ours.pause_reading()
        await pair.do(pair.client.sendall, b"waits")
        pair.ours.write(b"here")
        await pair.do(pair.read, 4)  # so many turns of the loop later
        before = bytes(pair.later.data)
        pair.ours.resume_reading()
        await pair.later.until(lambda: pair.later.data)
        pair.ours.abort()
        await pair.later.until(lambda: pair.later.lost)
        return before, bytes(pair.later.data)

    assert run(talk()) == (b"", b"waits")


def test_who_writes_more_than_the_peer_takes_is_told(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        size = 24 << 20
        pair.ours.write(bytes(size))
        told = list(pair.later.pauses)
        waiting = pair.ours.get_write_buffer_size()
        await pair.do(pair.read, size)
        await pair.later.until(lambda: "resume" in pair.later.pauses)
        pair.ours.abort()
        await pair.later.until(lambda: pair.later.lost)
        return told, waiting > 0

    assert run(talk()) == (["pause"], True)


def test_who_reads_nothing_is_cut_off_within_seconds_of_the_close(run, tmp_path, monkeypatch):
    monkeypatch.setattr("muster.net.heldtls._CLOSE_S", 0.05)

    async def talk():
        pair = await Pair(tmp_path).open()
        pair.ours.write(bytes(24 << 20))
        pair.ours.close()
        await pair.later.until(lambda: pair.later.lost)
        return True

    assert run(talk())


def test_a_connection_that_ends_is_not_taken_over(run, tmp_path):
    async def talk():
        pair = await Pair(tmp_path).open()
        first = First()
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            asking = loop.run_in_executor(None, pair._connect, listening.getsockname())
            connection, _ = await loop.sock_accept(listening)
            await accept_tls(first, connection, pair._server, WAIT_S)
            await asking
        await first.heard
        first.transport.close()
        with pytest.raises(ConnectionResetError):
            held(first.transport)
        first.transport.abort()
        await first.lost
        pair.ours.abort()
        await pair.later.until(lambda: pair.later.lost)

    run(talk())


def test_what_is_no_tls_serves_itself():
    transport = object()

    assert held(transport) is transport
