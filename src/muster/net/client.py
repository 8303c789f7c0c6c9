"""A small HTTP/1.1 client: one request per connection, over TCP, TLS, a proxy or a unix socket.

For claims and for the command line. Every length and wait has a limit; redirects are not
followed, so credentials go nowhere else.

Source: RFC 9112
"""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from muster.errors import ProtocolError
from muster.model.address import join_address
from muster.net.body import read_body
from muster.net.proxy import ConnectFailed, Proxy, open_connection
from muster.net.socketpath import short_path
from muster.net.tls import TlsRefused, explain, is_refusal

_MAX_HEAD = 32 << 10
_MAX_HEADERS = 100
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:  # noqa: ANN401 - undecoded data
        """The body as JSON. Errors: ProtocolError."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise ProtocolError(f"server's answer is not JSON: {error}") from error


def refusal_of(answer: Answer) -> tuple[str, str]:
    """(code, text) of an answer in the hub's form of errors; ("", "") in another form."""
    try:
        refused = msgspec.json.decode(answer.body, type=_Refused).error
    except msgspec.DecodeError:
        return "", ""
    known = refused.code.isascii() and refused.code.replace("_", "").isalpha()
    return (refused.code[:40] if known else ""), refused.text[:500]


class _Refusal(msgspec.Struct, frozen=True):
    code: str
    text: str


class _Refused(msgspec.Struct, frozen=True):
    error: _Refusal


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests go: `host` and `port`, or the path of a unix `socket`."""

    host: str = "localhost"
    port: int = 0
    socket: Path | None = None
    context: ssl.SSLContext | None = None
    proxy: Proxy | None = None

    @property
    def where(self) -> str:
        return str(self.socket) if self.socket else join_address(self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of a `Host` header."""
        return "localhost" if self.socket else join_address(self.host, self.port)

    async def open(self, timeout_s: float, patience_s: float = 0.0) -> Streams:
        """Open a stream; `patience_s` as of net.proxy. Errors: ConnectFailed, TlsRefused."""
        if self.socket is None:
            return await open_connection(
                self.host,
                self.port,
                proxy=self.proxy,
                context=self.context,
                timeout_s=timeout_s,
                patience_s=patience_s,
            )
        try:
            with short_path(self.socket) as name:
                async with asyncio.timeout(timeout_s):
                    return await asyncio.open_unix_connection(name)
        except (OSError, TimeoutError) as error:
            cause = getattr(error, "strerror", None) or "no answer"
            raise ConnectFailed(f"cannot connect to {self.socket}: {cause}") from error


async def request(
    target: Target,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 30.0,
    max_body_bytes: int = 64 << 20,
) -> Answer:
    """Send one request and read its whole answer.

    Errors: ConnectFailed, TlsRefused; ProtocolError when the answer is not HTTP or too long.
    """
    head = format_head(target, method, path, body, headers or {})
    reader, writer = await target.open(timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(head + body)
            await writer.drain()
            status, found = await read_head(reader)
            while status == 100:
                status, found = await read_head(reader)
            data = await read_body(reader, status, found, max_body_bytes, method=method)
            return Answer(status=status, headers=found, body=data)
    except TimeoutError as error:
        raise ConnectFailed(f"no answer from {target.where} within {timeout_s:g} s") from error
    except (asyncio.IncompleteReadError, OSError) as error:
        raise broken(error, target) from error
    finally:
        await hang_up(writer)


def broken(error: Exception, target: Target) -> ConnectFailed | TlsRefused:
    """What a connection that ended early means. TLS 1.3 refuses a client only after it."""
    if isinstance(error, OSError) and is_refusal(error):
        return TlsRefused(explain(error, target.where))
    return ConnectFailed(
        f"{target.where} ended the connection: {str(error) or type(error).__name__}"
    )


async def hang_up(writer: asyncio.StreamWriter, timeout_s: float = 1.0) -> None:
    """Close a stream without waiting long for a peer that may be gone."""
    writer.close()
    try:
        async with asyncio.timeout(timeout_s):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()


def format_head(
    target: Target, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> bytes:
    sent = {"Host": target.authority, "Accept": "application/json", "Connection": "close"}
    if body or method in ("POST", "PUT", "PATCH"):
        sent |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    sent |= headers
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in sent.items())]
    if any(character in line for line in lines for character in "\r\n\0"):
        raise ProtocolError("line break in a request's head")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Read status and headers. Errors: ProtocolError; IncompleteReadError."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ProtocolError("head of the server's answer is too long") from error
    if len(head) > _MAX_HEAD:
        raise ProtocolError("head of the server's answer is too long")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    return _parse_status(first), _parse_headers(lines)


def _parse_status(line: str) -> int:
    version, _, rest = line.partition(" ")
    code = rest[:3]
    if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdigit()):
        raise ProtocolError(f"not an HTTP answer: {line[:80]!r}")
    return int(code)


def _parse_headers(lines: list[str]) -> dict[str, str]:
    if len(lines) > _MAX_HEADERS:
        raise ProtocolError(f"server's answer has more than {_MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, text = line.partition(":")
        if not colon or not name or not _TOKEN.issuperset(name):
            raise ProtocolError(f"malformed header in the server's answer: {line[:80]!r}")
        name, text = name.lower(), text.strip()
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers
