import asyncio
import base64
import gzip
import importlib.util
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from muster.errors import SettingsError
from muster.net.client import Answer
from muster.net.forwardsend import (
    HttpOptions,
    HttpSender,
    UdpSender,
    body_of,
    outcome_of,
    read_credentials,
)
from muster.net.tls import server_context
from muster.ports.forwarding import Chunk, Form, Packet, Verdict
from muster.wire.snappy import SNAPPY

_spec = importlib.util.spec_from_file_location(
    "certificates", Path(__file__).with_name("certificates.py")
)
certificates = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(certificates)


def chunk_of(*bodies, database="d", policy="p"):
    return Chunk(database, policy, tuple(Packet(database, policy, 1, body) for body in bodies))


LINES = chunk_of(b"m v=1 1\n", b"m v=1 2\n", database="d b", policy="autogen")


@asynccontextmanager
async def server(answer=b"HTTP/1.1 204 No Content\r\n\r\n", context=None):
    """Gives its port, and what it was asked: head lines and body."""
    asked = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:-2])
        body = await reader.readexactly(int(headers["Content-Length"]))
        asked.append((head[0], headers, body))
        writer.write(answer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1], asked


async def test_lines_go_as_influxdb_sends_them_to_its_subscribers():
    async with server() as (port, asked):
        sender = HttpSender(f"http://u%40:p@127.0.0.1:{port}", Form.LINES, HttpOptions())
        outcome = await sender.send(LINES)

    ((first, headers, body),) = asked
    assert outcome.verdict is Verdict.TAKEN
    assert first == "POST /write?consistency=&db=d+b&precision=ns&rp=autogen HTTP/1.1"
    assert (headers["User-Agent"], headers["Content-Type"]) == ("InfluxDBClient", "")
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'u@:p').decode()}"
    assert body == b"m v=1 1\nm v=1 2\n"
    assert sender.where == f"http://127.0.0.1:{port}/write"


async def test_a_database_of_another_name_gzip_and_a_token(tmp_path):
    file = tmp_path / "token"
    file.write_text("Token abc\n")
    options = HttpOptions(database="x", policy="", gzip=True, credentials_file=file)
    async with server() as (port, asked):
        url = f"http://127.0.0.1:{port}/influx/write?extra=1"
        sender = HttpSender(url, Form.LINES, options)
        way = sender.way_of(Packet("d", "autogen", 1, b""))
        await sender.send(chunk_of(*LINES.bodies, database=way[0], policy=way[1]))

    ((first, headers, body),) = asked
    assert way == ("x", "")
    assert first.split()[1] == "/influx/write?extra=1&consistency=&db=x&precision=ns&rp="
    assert (headers["Content-Encoding"], headers["Authorization"]) == ("gzip", "Token abc")
    assert gzip.decompress(body) == b"m v=1 1\nm v=1 2\n"


async def test_samples_go_as_remote_write():
    chunk = chunk_of(b"\x0a\x00", b"\x0a\x00")
    async with server() as (port, asked):
        await HttpSender(f"http://127.0.0.1:{port}/", Form.SAMPLES, HttpOptions()).send(chunk)

    ((first, headers, body),) = asked
    assert first == "POST /api/v1/write HTTP/1.1"
    assert headers["Content-Encoding"] == "snappy"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
    assert SNAPPY.unpack(body, 100) == b"\x0a\x00\x0a\x00"


def test_below_the_path_of_a_subscription_comes_write():
    base = HttpOptions(is_base=True)

    assert (
        HttpSender("http://x:1/kapacitor/", Form.LINES, base).where == "http://x:1/kapacitor/write"
    )
    assert HttpSender("http://x:1", Form.LINES, base).where == "http://x:1/write"
    assert HttpSender("http://x:1/own", Form.LINES, HttpOptions()).where == "http://x:1/own"


def test_points_of_several_databases_go_together_where_none_is_named():
    packet = Packet("d", "p", 1, b"")

    assert HttpSender("http://x", Form.LINES, HttpOptions()).way_of(packet) == ("d", "p")
    assert HttpSender("http://x", Form.SAMPLES, HttpOptions()).way_of(packet) == ("", "")
    assert UdpSender("udp://x:1").way_of(packet) == ("", "")


async def test_lines_of_datagrams_are_one_body_too():
    bodies = [msgspec.msgpack.encode([line]) for line in (b"m v=1 1", b"n v=1 1")]

    assert body_of(Form.DATAGRAMS, chunk_of(*bodies)) == b"m v=1 1\nn v=1 1\n"


async def test_nobody_there_is_later():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    outcome = await HttpSender(f"http://127.0.0.1:{port}", Form.LINES, HttpOptions()).send(LINES)

    assert outcome.verdict is Verdict.LATER
    assert "127.0.0.1" in outcome.text


async def test_by_https_both_sides_show_a_certificate_and_a_new_one_is_taken_up(tmp_path):
    issuer, stranger = certificates.Issuer(), certificates.Issuer("stranger")
    context = server_context(issuer.issue(tmp_path, "server"), clients=issuer.pem)
    ca = tmp_path / "ca.pem"
    ca.write_text(issuer.pem)
    own = stranger.issue(tmp_path, "client", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    async with server(context=context) as (port, asked):
        options = HttpOptions(ca_file=ca, certificate=own)
        sender = HttpSender(f"https://localhost:{port}", Form.LINES, options)
        refused = await sender.send(LINES)
        issuer.issue(tmp_path, "client", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        taken = await sender.send(LINES)
        ca.write_text(stranger.pem)
        untrusted = await sender.send(LINES)

    assert (refused.verdict, taken.verdict) == (Verdict.LATER, Verdict.TAKEN)
    assert len(asked) == 1
    assert untrusted.verdict is Verdict.LATER
    assert "certificate" in untrusted.text


@pytest.mark.parametrize("wrong", ["ca_file", "certificate"])
async def test_a_file_that_cannot_be_used_is_told_and_tried_again(tmp_path, wrong):
    options = HttpOptions(**{wrong: tmp_path / "gone.pem"})

    outcome = await HttpSender("https://127.0.0.1:9", Form.LINES, options).send(LINES)

    assert outcome.verdict is Verdict.LATER
    assert "cannot be used for TLS" in outcome.text


@pytest.mark.parametrize(
    ("status", "body", "verdict", "refused"),
    [
        (204, b"", Verdict.TAKEN, -1),
        (200, b"", Verdict.TAKEN, -1),
        (400, b'{"error":"partial write: x dropped=3"}', Verdict.REFUSED, 3),
        (400, b'{"error":"unable to parse"}', Verdict.REFUSED, -1),
        (404, b'{"error":"database not found"}', Verdict.REFUSED, -1),
        (422, b"", Verdict.REFUSED, -1),
        (413, b"", Verdict.TOO_LARGE, -1),
        (401, b"", Verdict.LATER, -1),
        (429, b"", Verdict.LATER, -1),
        (500, b"", Verdict.LATER, -1),
        (301, b"", Verdict.LATER, -1),
    ],
)
def test_an_answer_says_what_became_of_it(status, body, verdict, refused):
    outcome = outcome_of(Answer(status=status, headers={"retry-after": "7"}, body=body))

    assert (outcome.verdict, outcome.refused) == (verdict, refused)
    assert outcome.retry_after_s == (7.0 if verdict is Verdict.LATER else 0.0)
    assert body.decode()[:20] in outcome.text


@pytest.mark.parametrize("text", ["name", "", "a:b\nc:d", "x:" + "y" * 5_000])
def test_credentials_of_another_shape_are_refused_without_showing_them(tmp_path, text):
    file = tmp_path / "secret"
    file.write_text(text)

    with pytest.raises(SettingsError) as refusal:
        read_credentials(file)

    assert not text or text not in str(refusal.value).replace("NAME", "")


async def test_each_point_is_a_datagram_without_a_line_end():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.settimeout(60)
        sender = UdpSender(f"udp://127.0.0.1:{there.getsockname()[1]}")
        body = msgspec.msgpack.encode([b"m v=1 1", b"m v=2 2"])
        outcome = await sender.send(chunk_of(body))
        found = [there.recv(100) for _ in range(2)]

    assert outcome.verdict is Verdict.TAKEN
    assert found == [b"m v=1 1", b"m v=2 2"]


async def test_where_nobody_listens_for_datagrams_is_later():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    body = msgspec.msgpack.encode([b"m v=1 1"] * 50)

    outcome = await UdpSender(f"udp://127.0.0.1:{port}").send(chunk_of(body))

    assert outcome.verdict is Verdict.LATER
