"""Proxies: which one is used, what it is told, and that its password is shown nowhere."""

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import MusterError, SettingsError
from muster.net.client import hang_up
from muster.net.proxy import (
    ConnectFailed,
    Proxy,
    ProxyKind,
    ProxySetting,
    open_connection,
    parse_proxy,
)

PASSWORD = "s3cret:@/word"
QUOTED = "s3cret%3A%40%2Fword"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_a_url_is_read_with_its_credentials():
    proxy = parse_proxy(f"http://ada:{QUOTED}@proxy.example:8080")

    assert (proxy.kind, proxy.host, proxy.port) == (ProxyKind.HTTP, "proxy.example", 8080)
    assert (proxy.user, proxy.password.reveal()) == ("ada", PASSWORD)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("proxy.example", "http://proxy.example:3128"),
        ("HTTP://Proxy.Example:80/", "http://proxy.example:80"),
        ("socks5://[::1]", "socks5://[::1]:1080"),
        (f"socks5h://ada:{QUOTED}@proxy:9", "socks5h://ada:***@proxy:9"),
    ],
)
def test_a_proxy_is_shown_without_its_password(url, shown):
    proxy = parse_proxy(url)

    assert proxy.shown == shown
    assert PASSWORD not in repr(proxy)


@pytest.mark.parametrize(
    "url",
    [
        "https://proxy",
        f"ftp://ada:{QUOTED}@proxy",
        "http://",
        f"http://ada:{QUOTED}@proxy:port",
        f"http://ada:{QUOTED}@proxy/path",
        f"socks5://ada:{'x' * 256}@proxy",
    ],
)
def test_a_url_of_another_kind_is_refused_without_quoting_it(url):
    with pytest.raises(SettingsError) as caught:
        parse_proxy(url)

    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_proxy_or_a_settings_error(text):
    with contextlib.suppress(SettingsError):
        parse_proxy(text)


@pytest.mark.parametrize("setting", ["none", ""])
def test_none_goes_directly_whatever_the_environment_says(setting):
    assert ProxySetting(setting).choose("hub", 1, {"https_proxy": "http://p"}) is None


def test_an_explicit_proxy_is_used_whatever_the_environment_says():
    environment = {"no_proxy": "*", "https_proxy": "http://other"}
    proxy = ProxySetting("http://p:1").choose("hub", 1, environment)

    assert proxy is not None
    assert proxy.host == "p"


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_environment_names_the_proxy(name):
    proxy = ProxySetting("environment").choose("hub", 1, {name: "http://p:1"})

    assert proxy is not None
    assert proxy.host == "p"


def test_an_empty_environment_means_directly():
    assert ProxySetting("environment").choose("hub", 1, {"https_proxy": ""}) is None


@pytest.mark.parametrize(
    ("spared", "host", "port", "is_direct"),
    [
        ("*", "hub.example", 1, True),
        ("hub.example", "hub.example", 1, True),
        ("example", "hub.example", 1, True),
        (".example", "hub.example", 1, True),
        ("*.example", "hub.example", 1, True),
        ("Example", "HUB.example", 1, True),
        ("ample", "hub.example", 1, False),
        ("other, hub.example:8401", "hub.example", 8401, True),
        ("hub.example:8401", "hub.example", 8402, False),
        ("10.0.0.0/8", "10.1.2.3", 1, True),
        ("10.0.0.0/8", "11.1.2.3", 1, False),
        ("fd00::/8", "fd00::1", 1, True),
        ("::1", "::1", 1, True),
        ("[::1]:5", "::1", 5, True),
        ("", "hub.example", 1, False),
        (",,", "hub.example", 1, False),
        ("10.0.0.0/8", "hub.example", 1, False),
    ],
)
def test_no_proxy_spares_hosts_networks_and_ports(spared, host, port, is_direct):
    environment = {"https_proxy": "http://p", "no_proxy": spared}

    assert (ProxySetting("environment").choose(host, port, environment) is None) is is_direct


# Over loopback: a target that greets, and proxies that are written down byte by byte.


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"target heard " + await reader.readexactly(2))
    await hang_up(writer)


@contextlib.asynccontextmanager
async def listening(serve: Handler) -> AsyncIterator[int]:
    jobs = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        jobs.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        await hang_up(writer)

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*jobs)


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Copy both ways, as a proxy does."""
    behind, ahead = await asyncio.open_connection("127.0.0.1", port)
    ahead.write(await reader.readexactly(2))
    writer.write(await behind.read())
    await hang_up(writer)
    await hang_up(ahead)


async def through(proxy: Proxy, host: str, port: int) -> bytes:
    reader, writer = await open_connection(host, port, proxy=proxy, timeout_s=60)
    try:
        writer.write(b"hi")
        return await reader.read()
    finally:
        await hang_up(writer)


def local(kind: ProxyKind, port: int, *, user: str = "ada") -> Proxy:
    shown = f"{user}:{QUOTED}@" if user else ""
    return parse_proxy(f"{kind}://{shown}127.0.0.1:{port}")


async def test_an_http_proxy_is_told_target_and_credentials_and_no_more():
    heads = []

    async with listening(echo) as target:

        async def serve(reader, writer):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n")
            await join(reader, writer, target)

        async with listening(serve) as port:
            found = await through(local(ProxyKind.HTTP, port), "hub.example", 8401)

    credentials = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
    assert found == b"target heard hi"
    assert heads[0].decode() == (
        "CONNECT hub.example:8401 HTTP/1.1\r\nHost: hub.example:8401\r\n"
        f"Proxy-Authorization: Basic {credentials}\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "other credentials"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refuses hub.example:8401: 403 Forbidden"),
        (b"SSH-2.0\r\n\r\n", "does not speak HTTP"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000, "without end"),
    ],
)
async def test_an_http_proxy_that_refuses_is_named_without_its_password(answer, text):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await hang_up(writer)

    async with listening(serve) as port:
        with pytest.raises(ConnectFailed, match=text) as caught:
            await through(local(ProxyKind.HTTP, port), "hub.example", 8401)

    assert PASSWORD not in str(caught.value)
    assert QUOTED not in str(caught.value)


async def socks(reader, writer, heard: list[bytes], answer: bytes = b"") -> None:
    """RFC 1928 and 1929, the server's side."""
    greeting = await reader.readexactly(2)
    methods = await reader.readexactly(greeting[1])
    if 2 in methods:
        writer.write(b"\x05\x02")
        user = await reader.readexactly((await reader.readexactly(2))[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        heard.append(user + b"/" + password)
        writer.write(b"\x01\x00")
    else:
        writer.write(b"\x05\x00")
    head = await reader.readexactly(4)
    size = {1: 4, 4: 16}.get(head[3]) or (await reader.readexactly(1))[0]
    heard.append(bytes(head[3:4]) + await reader.readexactly(size + 2))
    writer.write(answer or b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("kind", "host", "asked"),
    [
        (ProxyKind.SOCKS5H, "hub.example", b"\x03hub.example"),
        (ProxyKind.SOCKS5H, "127.0.0.1", b"\x01\x7f\x00\x00\x01"),
        (ProxyKind.SOCKS5, "127.0.0.1", b"\x01\x7f\x00\x00\x01"),
        (ProxyKind.SOCKS5, "::1", b"\x04" + bytes(15) + b"\x01"),
    ],
)
async def test_a_socks_proxy_is_told_name_or_address(kind, host, asked):
    heard: list[bytes] = []
    async with listening(echo) as target:

        async def serve(reader, writer):
            await socks(reader, writer, heard)
            await join(reader, writer, target)

        async with listening(serve) as port:
            found = await through(local(kind, port), host, 0x2021)

    assert found == b"target heard hi"
    assert heard == [b"ada/" + PASSWORD.encode(), asked + b"\x20\x21"]


async def test_a_socks_proxy_without_credentials_is_offered_none():
    heard: list[bytes] = []
    async with listening(echo) as target:

        async def serve(reader, writer):
            await socks(reader, writer, heard)
            await join(reader, writer, target)

        async with listening(serve) as port:
            await through(local(ProxyKind.SOCKS5, port, user=""), "127.0.0.1", 80)

    assert heard == [b"\x01\x7f\x00\x00\x01\x00\x50"]


async def test_a_socks_proxy_resolves_a_local_name_here():
    heard: list[bytes] = []
    async with listening(echo) as target:

        async def serve(reader, writer):
            await socks(reader, writer, heard)
            await join(reader, writer, target)

        async with listening(serve) as port:
            await through(local(ProxyKind.SOCKS5, port, user=""), "localhost", 80)

    assert heard[0][0] in (1, 4)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (b"\x04\x00", "does not speak SOCKS5"),
        (b"\x05\xff", "demands credentials"),
        (b"\x05\x02\x01\x01", "refuses the credentials"),
        (b"\x05\x00\x05\x05\x00\x01", "connection refused"),
        (b"\x05\x00\x05\x63\x00\x01", "code 99"),
        (b"\x05", "closed the connection"),
    ],
)
async def test_a_socks_proxy_that_refuses_is_named(said, text):
    async def serve(reader, writer):
        writer.write(said)
        writer.write_eof()
        with contextlib.suppress(OSError):
            await reader.read()  # until the other side has had enough
        await hang_up(writer)

    async with listening(serve) as port:
        with pytest.raises(ConnectFailed, match=text) as caught:
            await through(local(ProxyKind.SOCKS5, port), "127.0.0.1", 80)

    assert PASSWORD not in str(caught.value)


async def test_a_proxy_that_is_away_is_told_apart_from_the_target():
    with pytest.raises(ConnectFailed, match=r"cannot connect to proxy http://ada:\*\*\*@127"):
        await through(local(ProxyKind.HTTP, 1), "hub.example", 8401)


async def test_a_proxy_that_says_nothing_is_not_waited_for():
    async def serve(reader, writer):
        await reader.read()
        await hang_up(writer)

    async with listening(serve) as port:
        with pytest.raises(MusterError, match=r"no answer from hub:1 through http://ada:\*\*\*@"):
            await open_connection("hub", 1, proxy=local(ProxyKind.HTTP, port), timeout_s=0.05)


async def test_why_nobody_is_reached_is_told_in_the_systems_words():
    with pytest.raises(ConnectFailed, match="1:1: Connection refused"):
        await open_connection("127.0.0.1", 1, timeout_s=60)


async def test_a_name_that_does_not_resolve_is_told_apart():
    with pytest.raises(ConnectFailed, match="cannot be resolved"):
        await open_connection("no.such.name.invalid", 1, timeout_s=60)


async def test_a_server_that_is_reached_has_longer_for_tls_than_for_the_way():
    silent = socket.create_server(("127.0.0.1", 0))  # the kernel answers, nobody else
    try:
        with pytest.raises(ConnectFailed, match=r"within 1\.06 s"):
            await open_connection(
                *silent.getsockname(),
                context=ssl.create_default_context(),
                timeout_s=1.0,
                patience_s=1.06,
            )
    finally:
        silent.close()
