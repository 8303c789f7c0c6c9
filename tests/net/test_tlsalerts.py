"""What a refused peer is told, over loopback."""

import asyncio
import contextlib
import gc
import importlib.util
import socket
import ssl
import weakref
from pathlib import Path

import pytest
import uvloop
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.net import tlsalerts
from muster.net.tls import server_context
from muster.net.tlsalerts import PlainHttp, accept_tls

_spec = importlib.util.spec_from_file_location(
    "certificates", Path(__file__).with_name("certificates.py")
)
certificates = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(certificates)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine on each kind of loop."""

    def go(coroutine):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(coroutine)

    return go


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


def ask(address, context):
    """What an echo over TLS comes to: its bytes or the alert."""
    try:
        with (
            socket.create_connection(address, 60) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as secured,
        ):
            secured.sendall(b"hello")
            return secured.recv(100)
    except ssl.SSLError as error:
        return error.reason


async def serve_one(server, client):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        asking = loop.run_in_executor(None, ask, listening.getsockname(), client)
        connection, _ = await loop.sock_accept(listening)
        try:
            await accept_tls(Echo(), connection, server, 60)
        except ssl.SSLError as error:
            return error.reason, await asking
        return "", await asking


def client_context(root, file=None):
    context = ssl.create_default_context(cadata=root.pem)
    if file:
        context.load_cert_chain(file)
    return context


@pytest.fixture
def root():
    return certificates.Issuer()


@pytest.fixture
def server(root, tmp_path):
    return server_context(root.issue(tmp_path, "server"), clients=root.pem)


def test_a_peer_with_its_certificate_is_served(run, root, server, tmp_path):
    file = root.issue(tmp_path, "agent", usage=ExtendedKeyUsageOID.CLIENT_AUTH)

    assert run(serve_one(server, client_context(root, file))) == ("", b"hello")


def test_a_peer_without_a_certificate_is_told_that_one_is_required(run, root, server):
    ours, theirs = run(serve_one(server, client_context(root)))

    assert ours == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    assert theirs == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def test_a_peer_of_another_authority_is_told_that_it_is_unknown(run, root, server, tmp_path):
    foreign = certificates.Issuer("foreign root")
    file = foreign.issue(tmp_path, "agent", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    ours, theirs = run(serve_one(server, client_context(root, file)))

    assert ours == "CERTIFICATE_VERIFY_FAILED"
    assert theirs == "TLSV1_ALERT_UNKNOWN_CA"


def test_a_handshake_in_portions_comes_to_the_same(run, root, server, tmp_path, monkeypatch):
    monkeypatch.setattr(tlsalerts, "_PORTION", 7)
    file = root.issue(tmp_path, "agent", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    let_in = run(serve_one(server, client_context(root, file)))
    refused = run(serve_one(server, client_context(root)))

    assert let_in == ("", b"hello")
    assert refused == (
        "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    )


def test_of_a_peer_that_is_refused_nothing_stays(run, root, server, monkeypatch):
    """Without the garbage collector, which looks at what lasts once an hour."""
    made = []

    class Noted(tlsalerts.AlertingTls):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(weakref.ref(self))

    async def refuse():
        refused = await serve_one(server, client_context(root))
        for _ in range(3):  # it hears that its connection is closed
            await asyncio.sleep(0)
        return refused

    monkeypatch.setattr(tlsalerts, "AlertingTls", Noted)
    gc.disable()
    try:
        ours, _ = run(refuse())
        left = [each for each in made if each() is not None]
    finally:
        gc.enable()

    assert ours == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    assert len(made) == 1
    assert not left


class Flood(asyncio.Protocol):
    """Says more than any buffer holds, reads nothing, and closes."""

    def __init__(self):
        self.lost = asyncio.Event()

    def connection_made(self, transport):
        transport.pause_reading()
        transport.write(bytes(16 << 20))
        transport.close()

    def connection_lost(self, error):
        self.lost.set()


@pytest.mark.parametrize("talk", [b"", bytes(1 << 20)], ids=["silent", "talking"])
def test_a_peer_that_takes_nothing_is_cut_off_when_its_connection_closes(
    run, root, server, tmp_path, talk
):
    file = root.issue(tmp_path, "agent", usage=ExtendedKeyUsageOID.CLIENT_AUTH)

    def connect(address):
        raw = socket.create_connection(address, 60)
        secured = client_context(root, file).wrap_socket(raw, server_hostname="localhost")
        secured.settimeout(0.5)
        with contextlib.suppress(OSError):  # it is stuck, as the other side does not read
            secured.sendall(talk)
        return secured

    async def serve():
        loop, flood = asyncio.get_running_loop(), Flood()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            connecting = loop.run_in_executor(None, connect, listening.getsockname())
            connection, _ = await loop.sock_accept(listening)
            await accept_tls(flood, connection, server, 60, close_s=0.05)
            peer = await connecting
            try:
                async with asyncio.timeout(60):
                    await flood.lost.wait()
            finally:
                peer.close()

    run(serve())


def test_connections_that_read_at_the_same_time_keep_their_bytes_apart(run, root, server, tmp_path):
    file = root.issue(tmp_path, "agent", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    context = client_context(root, file)

    async def say(address, data):
        reader, writer = await asyncio.open_connection(
            *address, ssl=context, server_hostname="localhost"
        )
        writer.write(data)
        echo = await reader.readexactly(len(data))
        writer.close()
        return echo == data

    async def serve():
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            async with asyncio.TaskGroup() as jobs:
                peers = [
                    jobs.create_task(say(listening.getsockname(), bytes([number]) * 300_000))
                    for number in range(8)
                ]
                for _ in peers:
                    connection, _ = await loop.sock_accept(listening)
                    await accept_tls(Echo(), connection, server, 60)
        return [peer.result() for peer in peers]

    assert run(serve()) == [True] * 8


def speak(address, *parts):
    """What plain bytes come to."""
    with socket.create_connection(address, 60) as raw:
        for part in parts:
            raw.sendall(part)
        answer = b""
        while data := raw.recv(1000):
            answer += data
        return answer


@pytest.mark.parametrize(
    "parts",
    [(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",), (b"GET / HTTP/1.1\r\n", b"Host: h\r\n\r\n")],
    ids=["whole", "in parts"],
)
def test_a_peer_that_speaks_plain_http_gets_its_answer_and_no_connection(run, server, parts):
    heard = []

    def plain(head):
        heard.append(head)
        return b"HTTP/1.1 308 Permanent Redirect\r\n\r\n"

    async def serve():
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            asking = loop.run_in_executor(None, speak, listening.getsockname(), *parts)
            connection, _ = await loop.sock_accept(listening)
            with pytest.raises(PlainHttp):
                await accept_tls(Echo(), connection, server, 60, plain=plain)
            return await asking

    assert run(serve()) == b"HTTP/1.1 308 Permanent Redirect\r\n\r\n"
    assert heard == [b"".join(parts)]


def test_bytes_that_are_neither_tls_nor_http_end_as_before(run, server):
    async def serve():
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            asking = loop.run_in_executor(None, speak, listening.getsockname(), b"\x80nonsense")
            connection, _ = await loop.sock_accept(listening)
            with pytest.raises(ssl.SSLError) as refused:
                await accept_tls(Echo(), connection, server, 60, plain=lambda head: b"never")
            return refused.type, await asking

    refused, answer = run(serve())
    assert refused is not PlainHttp
    assert b"never" not in answer
