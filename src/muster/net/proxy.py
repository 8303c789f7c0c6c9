"""Opening a connection: directly, through an HTTP proxy (CONNECT) or through SOCKS5.

A proxy only ever sees host, port and its own credentials; TLS runs end to end through it.
Its password is shown nowhere: `Proxy.shown` is the form for logs and errors.

Source: RFC 9110 section 9.3.6 (CONNECT), RFC 1928 and 1929 (SOCKS5)
"""

import asyncio
import base64
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from muster.errors import SettingsError, Unavailable
from muster.log import Secret
from muster.model.address import join_address
from muster.net.tls import TlsRefused, explain

_MAX_ANSWER = 16 << 10
_SOCKS_FAILURES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


class ProxyKind(StrEnum):
    HTTP = "http"
    SOCKS5 = "socks5"  # names are resolved here
    SOCKS5H = "socks5h"  # names are resolved by the proxy


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """One proxy server."""

    kind: ProxyKind
    host: str
    port: int
    user: str = ""
    password: Secret = Secret("")

    @property
    def shown(self) -> str:
        """For people: the password is masked."""
        who = f"{self.user}:***@" if self.user else ""
        return f"{self.kind}://{who}{join_address(self.host, self.port)}"


class ConnectFailed(Unavailable):
    """A connection could not be opened; the text says where it failed."""

    code = "cannot_connect"


def parse_proxy(url: str) -> Proxy:
    """Read `http://user:password@host:port` or `socks5[h]://…`.

    Errors: SettingsError; it never quotes the credentials.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError as error:
        raise SettingsError("proxy: not a URL like http://user:password@host:port") from error
    known = {"http": ProxyKind.HTTP, "socks5": ProxyKind.SOCKS5, "socks5h": ProxyKind.SOCKS5H}
    kind = known.get(parts.scheme.lower())
    if kind is None:
        raise SettingsError(f"proxy: scheme is not http, socks5 or socks5h: {parts.scheme!r}")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError("proxy: not a URL like http://user:password@host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if kind is not ProxyKind.HTTP and max(len(user.encode()), len(password.encode())) > 255:
        raise SettingsError("proxy: SOCKS5 credentials are at most 255 bytes long")
    return Proxy(
        kind=kind,
        host=parts.hostname,
        port=port or (3128 if kind is ProxyKind.HTTP else 1080),
        user=user,
        password=Secret(password),
    )


class ProxySetting:
    """How peers are reached: "none", "environment" (https_proxy, all_proxy, no_proxy) or a URL.

    As text the URL comes without its password. Errors: SettingsError for another text.
    """

    __slots__ = ("_proxy", "_text")

    def __init__(self, text: str) -> None:
        self._text = text or "none"
        self._proxy = None if self._text in ("none", "environment") else parse_proxy(text)

    @classmethod
    def parse_setting(cls, text: str) -> "ProxySetting":
        """For muster.config."""
        return cls(text)

    @property
    def has_password(self) -> bool:
        return self._proxy is not None and bool(self._proxy.password.reveal())

    def reveal(self) -> str:
        """The text it was made from, password and all: for a program of ours, by a pipe."""
        return self._text

    def choose(self, host: str, port: int, environment: Mapping[str, str]) -> Proxy | None:
        """The proxy to use for one target; None to go directly. Errors: SettingsError."""
        if self._text != "environment":
            return self._proxy
        names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        url = next((environment[name] for name in names if environment.get(name)), "")
        spared = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        return parse_proxy(url) if url and not _is_spared(host, port, spared) else None

    def __str__(self) -> str:
        return self._proxy.shown if self._proxy else self._text

    def __repr__(self) -> str:
        return f"ProxySetting({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProxySetting) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def _is_spared(host: str, port: int, spared: str) -> bool:
    return any(_matches(host.lower(), port, entry) for entry in spared.lower().split(","))


def _matches(host: str, port: int, entry: str) -> bool:
    entry = entry.strip()
    if entry == "*":
        return True
    name, colon, wanted = entry.rpartition(":")
    is_bare = ":" not in name or name.endswith("]")  # else it is all one IPv6 address
    if colon and wanted.isdecimal() and is_bare:
        if int(wanted) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    if not entry:
        return False
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return host == entry or host.endswith(f".{entry}")


async def open_connection(
    host: str,
    port: int,
    *,
    proxy: Proxy | None = None,
    context: ssl.SSLContext | None = None,
    timeout_s: float = 10.0,
    patience_s: float = 0.0,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream to host and port, with TLS when there is a context.

    `timeout_s` is for TCP and for TLS, `patience_s` for TLS where that is longer.
    Errors: ConnectFailed naming the step (name, TCP, proxy); TlsRefused.
    """
    where = join_address(host, port)
    wait_s = timeout_s
    try:
        async with asyncio.timeout(wait_s):
            transport = await _reach(host, port, proxy)
        wait_s = max(timeout_s, patience_s)
        async with asyncio.timeout(wait_s):
            return await _streams(transport, context, host)
    except TimeoutError as error:
        via = f" through {proxy.shown}" if proxy else ""
        raise ConnectFailed(f"no answer from {where}{via} within {wait_s:g} s") from error
    except socket.gaierror as error:
        raise ConnectFailed(f"name of {where} cannot be resolved: {error.strerror}") from error
    except (ssl.SSLError, ConnectionResetError) as error:
        if context is None:
            raise ConnectFailed(f"{where}: {error}") from error
        raise TlsRefused(explain(error, where)) from error
    except OSError as error:
        raise ConnectFailed(f"cannot connect to {where}: {_cause(error)}") from error


async def _reach(host: str, port: int, proxy: Proxy | None) -> asyncio.Transport:
    """TCP to the target, directly or through a proxy."""
    loop, nobody = asyncio.get_running_loop(), asyncio.Protocol
    if proxy is None:
        transport, _ = await loop.create_connection(nobody, host, port, **_eyeballs())
    else:
        through = await _open_through(proxy, host, port)
        transport, _ = await loop.create_connection(nobody, sock=through)
    transport.pause_reading()
    return transport


async def _streams(
    transport: asyncio.Transport, context: ssl.SSLContext | None, host: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream over a transport that reads nothing yet, by TLS when there is a context."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    if context is None:
        transport.set_protocol(protocol)
        transport.resume_reading()
        opened = transport
    else:
        try:
            secured = await loop.start_tls(transport, protocol, context, server_hostname=host)
        except BaseException:
            transport.abort()
            raise
        if secured is None:
            raise ConnectionResetError("the connection ended")
        opened = secured
    protocol.connection_made(opened)
    return reader, asyncio.StreamWriter(opened, protocol, reader, loop)


def _eyeballs() -> dict[str, Any]:
    """Both families of addresses at once, where the loop can: uvloop tries them in turn."""
    own = isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)
    return {"happy_eyeballs_delay": 0.25} if own else {}


def _cause(error: OSError) -> str:
    """In the system's words; asyncio puts its own beside the number."""
    return os.strerror(error.errno) if error.errno else str(error)


async def _open_through(proxy: Proxy, host: str, port: int) -> socket.socket:
    """A socket that the proxy has joined to the target."""
    loop = asyncio.get_running_loop()
    raw = await _connect(loop, proxy)
    try:
        if proxy.kind is ProxyKind.HTTP:
            await _ask_http(loop, raw, proxy, host, port)
        else:
            await _ask_socks(loop, raw, proxy, host, port)
    except BaseException:
        raw.close()
        raise
    return raw


async def _connect(loop: asyncio.AbstractEventLoop, proxy: Proxy) -> socket.socket:
    try:
        found = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConnectFailed(
            f"name of proxy {proxy.shown} cannot be resolved: {error.strerror}"
        ) from error
    cause = "it has no address"
    for family, kind, protocol, _, address in found:
        raw = socket.socket(family, kind, protocol)
        raw.setblocking(False)
        try:
            await loop.sock_connect(raw, address)
        except OSError as error:
            raw.close()
            cause = _cause(error)
        except BaseException:
            raw.close()
            raise
        else:
            return raw
    raise ConnectFailed(f"cannot connect to proxy {proxy.shown}: {cause}")


async def _read(loop: asyncio.AbstractEventLoop, raw: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await loop.sock_recv(raw, size - len(data))
        if not more:
            raise ConnectFailed("proxy closed the connection")
        data += more
    return data


async def _ask_http(
    loop: asyncio.AbstractEventLoop, raw: socket.socket, proxy: Proxy, host: str, port: int
) -> None:
    target = join_address(host, port)
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.user:
        secret = f"{proxy.user}:{proxy.password.reveal()}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(secret).decode()}")
    await loop.sock_sendall(raw, "\r\n".join((*lines, "", "")).encode())
    # The target speaks only after us, so nothing beyond the head is read by mistake; one
    # byte at a time still is the only way to be sure of it.
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await _read(loop, raw, 1)
        if len(head) > _MAX_ANSWER:
            raise ConnectFailed(f"proxy {proxy.shown} answers without end")
    status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(status) < 2 or not status[0].startswith("HTTP/1."):
        raise ConnectFailed(f"proxy {proxy.shown} does not speak HTTP")
    if status[1] in ("401", "407"):  # tinyproxy says 401 to a wrong password
        raise ConnectFailed(f"proxy {proxy.shown} demands other credentials ({status[1]})")
    if not status[1].startswith("2"):
        raise ConnectFailed(f"proxy {proxy.shown} refuses {target}: {' '.join(status[1:])}")


async def _ask_socks(
    loop: asyncio.AbstractEventLoop, raw: socket.socket, proxy: Proxy, host: str, port: int
) -> None:
    await loop.sock_sendall(raw, b"\x05\x02\x00\x02" if proxy.user else b"\x05\x01\x00")
    version, method = await _read(loop, raw, 2)
    if version != 5:
        raise ConnectFailed(f"proxy {proxy.shown} does not speak SOCKS5")
    if method == 2 and proxy.user:
        await _sign_in(loop, raw, proxy)
    elif method != 0:
        raise ConnectFailed(f"proxy {proxy.shown} demands credentials")
    address = await _socks_address(loop, proxy, host, port)
    await loop.sock_sendall(raw, b"\x05\x01\x00" + address + port.to_bytes(2, "big"))
    _, answer, _, kind = await _read(loop, raw, 4)
    if answer:
        cause = _SOCKS_FAILURES.get(answer, f"code {answer}")
        raise ConnectFailed(f"proxy {proxy.shown} cannot reach {join_address(host, port)}: {cause}")
    size = {1: 4, 4: 16}.get(kind) or (await _read(loop, raw, 1))[0]
    await _read(loop, raw, size + 2)


async def _sign_in(loop: asyncio.AbstractEventLoop, raw: socket.socket, proxy: Proxy) -> None:
    user, password = proxy.user.encode(), proxy.password.reveal().encode()
    await loop.sock_sendall(raw, bytes([1, len(user)]) + user + bytes([len(password)]) + password)
    if (await _read(loop, raw, 2))[1]:
        raise ConnectFailed(f"proxy {proxy.shown} refuses the credentials")


async def _socks_address(
    loop: asyncio.AbstractEventLoop, proxy: Proxy, host: str, port: int
) -> bytes:
    for address in _literal(host):
        return address
    if proxy.kind is ProxyKind.SOCKS5H:
        name = host.encode("idna")
        if len(name) > 255:
            raise ConnectFailed(f"host name is too long for SOCKS5: {host[:80]!r}")
        return bytes([3, len(name)]) + name
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return next(_literal(str(found[0][4][0])))


def _literal(host: str) -> Iterator[bytes]:
    """An IP address as SOCKS5 writes it; nothing when the host is a name."""
    for kind, family in ((1, socket.AF_INET), (4, socket.AF_INET6)):
        try:
            packed = socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
        yield bytes([kind]) + packed
