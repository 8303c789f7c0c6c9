"""Requests to a web server in the test's hands, with and without TLS."""

import asyncio
import contextlib
import ssl

import pytest

from muster.agent.probing.http import MAX_MATCHED, WebProber, shown_of
from muster.agent.probing.resolve import Resolver
from muster.clock import SECOND_NS, SystemClock
from muster.errors import Denied, NotFound, Unavailable
from muster.model.probe import HttpProbe, Reach
from muster.net.tls import server_context

CRLF = "\r\n"


def answer(body="hello", *lines, status="200 OK"):
    head = [f"HTTP/1.1 {status}", *(lines or (f"Content-Length: {len(body)}",))]
    return (CRLF.join(head) + CRLF * 2 + body).encode()


@contextlib.asynccontextmanager
async def web(*answers, context=None):
    """A server that gives these answers in turn; its port and what it was asked."""
    asked = []

    async def serve(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(answers[min(len(asked), len(answers)) - 1])
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        await server.wait_closed()


def prober(**names):
    found = {"web.example": ["127.0.0.1"], **names}

    def look_up(host, _family):
        if host not in found:
            raise OSError
        return found[host]

    return WebProber(Resolver(look_up), SystemClock())


async def visit(port, path="/", reach=Reach.ANY, scheme="http", host="web.example", **more):
    probe = HttpProbe(url=f"{scheme}://{host}:{port}{path}", **more)
    return await prober().visit(probe, reach)


async def test_a_page_has_status_time_and_length():
    async with web(answer()) as (port, asked):
        found = (await visit(port, "/a b?c=ü")).answered

    assert (found.fault, found.status, found.length, found.matches) == ("", 200, 5, None)
    assert found.time_s > 0
    assert asked[0].startswith("GET /a%20b?c=%C3%BC HTTP/1.1\r\nHost: web.example:")


@pytest.mark.parametrize(
    "page",
    [
        answer("say hello to all"),
        answer("5\r\nsay h\r\n6;x=y\r\nello !\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        answer("until the end: hello", "Connection: close"),
        answer("x", status="100 Continue").replace(b"\r\n\r\nx", b"\r\n\r\n") + answer("hello"),
    ],
)
async def test_a_body_is_read_in_each_form_and_searched(page):
    async with web(page) as (port, _):
        assert (await visit(port, match="hel+o")).answered.matches is True
        assert (await visit(port, match="^hell$")).answered.matches is False


async def test_a_head_alone_tells_the_length():
    async with web(answer("", "Content-Length: 77")) as (port, asked):
        assert (await visit(port, method="HEAD")).answered.length == 77
        assert asked[0].startswith("HEAD ")


@pytest.mark.parametrize(
    "page",
    [
        answer("short", "Content-Length: 99"),
        answer("zz\r\n", "Transfer-Encoding: chunked"),
        answer("5\r\nab", "Transfer-Encoding: chunked"),
        answer("x" * (MAX_MATCHED + 1)),
        answer("x", "Content-Length: -1"),
    ],
)
async def test_a_body_that_is_cut_wrong_or_too_long_is_an_error_of_the_body(page):
    async with web(page) as (port, _):
        found = await visit(port, match="y")

    assert (found.answered.fault, found.answered.status) == ("body_read_error", 200)
    assert found.fault.startswith("body: ")


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\n"])
async def test_what_is_no_answer_is_said(said):
    async with web(said) as (port, _):
        with pytest.raises(Unavailable):
            await visit(port)


async def test_redirects_are_followed_only_when_that_is_wanted():
    moved = answer("", "Location: /there", "Content-Length: 0", status="302 Found")
    async with web(moved, answer()) as (port, asked):
        assert (await visit(port)).answered.status == 302
        asked.clear()
        assert (await visit(port, follow_redirects=True)).answered.status == 200
        assert asked[1].startswith("GET /there ")
    async with web(moved) as (port, _):
        with pytest.raises(Unavailable, match="redirects"):
            await visit(port, follow_redirects=True)


@pytest.mark.parametrize("place", ["http://inside.example/", "http://127.0.0.1/", "file:///etc"])
async def test_each_hop_is_judged_anew(place):
    moved = answer("", f"Location: {place}", "Content-Length: 0", status="301 Moved")
    names = {"inside.example": ["10.0.0.1"], "web.example": ["127.0.0.1"]}
    judged = []

    class Judging(Resolver):
        async def find(self, host, reach, version=""):
            judged.append(host)
            return await super().find(host, Reach.ANY if len(judged) == 1 else reach, version)

    async with web(moved) as (port, _):
        probe = HttpProbe(url=f"http://web.example:{port}/", follow_redirects=True)
        own = WebProber(Judging(lambda host, _: names[host]), SystemClock())
        with pytest.raises((Denied, Unavailable)):
            await own.visit(probe, Reach.PUBLIC)


async def test_where_a_probe_may_not_go_and_where_nobody_is():
    async with web(answer()) as (port, asked):
        with pytest.raises(Denied):
            await visit(port, reach=Reach.PRIVATE)
        assert asked == []
    with pytest.raises(Unavailable, match="Connection refused"):
        await visit(port)
    with pytest.raises(NotFound):
        await visit(port, host="nowhere.example")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A server's certificate of an authority that nobody knows."""
    folder = tmp_path_factory.mktemp("tls")
    return make_certificate(folder)


def make_certificate(folder):
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web.example")])
    now = datetime.fromtimestamp(SystemClock().now_ns() // SECOND_NS, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("web.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.pem").write_bytes(pem)
    return folder / "server.pem"


async def test_a_certificate_that_does_not_verify_is_looked_at_and_nothing_is_said(certificate):
    context = server_context(certificate, minimum=ssl.TLSVersion.TLSv1_2)
    async with web(answer(), context=context) as (port, asked):
        with pytest.raises(Unavailable, match="certificate") as caught:
            await visit(port, scheme="https")
        shown = shown_of(caught.value)

    assert asked == []
    assert shown is not None
    assert (shown.common_name, shown.issuer) == ("web.example", "web.example")
    assert shown.ends_s - shown.begins_s == 10 * 86_400
    assert "self" in shown.fault


async def test_a_probe_that_does_not_verify_goes_on(certificate):
    context = server_context(certificate, minimum=ssl.TLSVersion.TLSv1_2)
    async with web(answer(), context=context) as (port, _):
        found = await visit(port, scheme="https", verify=False)

    assert found.answered.status == 200
    assert found.shown is not None
    assert found.shown.fault == "not verified"
