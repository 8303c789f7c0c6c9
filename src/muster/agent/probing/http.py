"""Requests to web servers: one connection each, straight to the address that was looked up.

Nothing of a body is kept but what a pattern is looked for in. Proxies of the machine are not
used: what is measured is the way from here. Redirects are followed when the probe says so, and
each hop is looked up and judged anew.

Source: RFC 9110, RFC 9112
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from muster import __version__
from muster.agent.probing.reach import Address
from muster.agent.probing.resolve import Resolver, reason_of
from muster.clock import Clock
from muster.collectors.probes.http_response import BODY_ERROR, Answered
from muster.collectors.probes.x509_cert import Shown
from muster.errors import InputError, LimitExceeded, ProtocolError, Unavailable
from muster.model.pattern import compile_pattern
from muster.model.probe import HttpProbe, Reach
from muster.wire.certificatedates import parse_certificate
from muster.wire.httphead import END, MAX_CHUNK_LINE, MAX_HEAD, Head, chunk_bytes, parse_head

MAX_BODY = 32 << 20  # read and dropped
MAX_MATCHED = 512 << 10  # of a body that a pattern is looked for in
MAX_HOPS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PIECE = 64 << 10


class Visit(NamedTuple):
    """What a probe of a web server came to; `fault` says in words what went wrong."""

    answered: Answered
    shown: Shown | None = None  # its certificate
    fault: str = ""


class _Page(NamedTuple):
    """One answer. `body` is empty unless a pattern is looked for."""

    head: Head
    answered: Answered
    fault: str = ""


class WebProber:
    """Carries out probes of web servers. TLS contexts are made when they are first needed."""

    def __init__(self, resolver: Resolver, clock: Clock) -> None:
        self._resolver = resolver
        self._clock = clock
        self._contexts: dict[bool, ssl.SSLContext] = {}

    async def visit(self, probe: HttpProbe, reach: Reach) -> Visit:
        """One request, or several when redirects are followed.

        Errors: NotFound for an unknown name, Denied beyond `reach`, Unavailable for no
                connection, ProtocolError; TimeoutError. A page whose body cannot be read is
                no error.
        """
        began = self._clock.monotonic()
        url, shown = probe.url, None
        for _hop in range(MAX_HOPS + 1):
            parts = _split(url)
            reader, writer, seen = await self._connect(parts, probe, reach)
            shown = shown or seen
            try:
                page = await self._ask(reader, writer, parts, probe, began)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                if isinstance(error, TimeoutError):
                    raise
                raise _Failed(f"{url[:120]}: no answer: {error}", shown) from error
            except ProtocolError as error:
                raise _Failed(str(error), shown) from error
            finally:
                writer.transport.abort()
            place = page.head.headers.get("location", "")
            if not (probe.follow_redirects and page.head.status in _REDIRECTS and place):
                return Visit(page.answered, shown, page.fault)
            url = urljoin(url, place)
        raise _Failed(f"more than {MAX_HOPS} redirects", shown)

    async def _connect(
        self, parts: SplitResult, probe: HttpProbe, reach: Reach
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Shown | None]:
        host = parts.hostname or ""
        addresses = await self._resolver.find(host, reach)
        is_tls = parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        failure: OSError | None = None
        for address in addresses:
            try:
                if not is_tls:
                    return (*await _open(address, port), None)
                reader, writer = await _open(address, port, self._context(probe.verify), host)
                fault = "" if probe.verify else "not verified"
                return reader, writer, _shown(writer, fault)
            except ssl.SSLCertVerificationError as error:
                fault = error.verify_message or str(error)
                shown = await self._look(address, port, host, fault)
                raise _Failed(f"{host}: certificate: {fault}", shown) from error
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
        reason = reason_of(failure) if failure else "no address"
        raise Unavailable(f"{host} port {port}: {reason}") from failure

    async def _look(self, address: Address, port: int, host: str, fault: str) -> Shown | None:
        """The certificate that does not verify; nothing is said in this connection."""
        try:
            _reader, writer = await _open(address, port, self._context(verify=False), host)
        except TimeoutError:
            raise
        except OSError:
            return None
        try:
            return _shown(writer, fault)
        finally:
            writer.transport.abort()

    def _context(self, verify: bool) -> ssl.SSLContext:
        context = self._contexts.get(verify)
        if context is None:
            context = ssl.create_default_context() if verify else _trusting_context()
            self._contexts[verify] = context
        return context

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        parts: SplitResult,
        probe: HttpProbe,
        began: float,
    ) -> _Page:
        writer.write(_request(parts, probe.method))
        head = parse_head(await reader.readuntil(END))
        while head.status < 200:
            head = parse_head(await reader.readuntil(END))
        answered = Answered(status=head.status, time_s=self._clock.monotonic() - began)
        try:
            length, body = await _body(reader, head, probe)
            matches = compile_pattern(probe.match).found_in(body) if probe.match else None
        except (InputError, LimitExceeded, OSError, EOFError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            answered = Answered(status=head.status, time_s=answered.time_s, fault=BODY_ERROR)
            return _Page(head, answered, f"body: {error}")
        told = Answered(status=head.status, time_s=answered.time_s, length=length, matches=matches)
        return _Page(head, told)


class _Failed(Unavailable):
    """No answer; the certificate was seen all the same."""

    def __init__(self, text: str, shown: Shown | None) -> None:
        super().__init__(text)
        self.shown = shown


def shown_of(error: Exception) -> Shown | None:
    """The certificate that was seen before it failed."""
    return error.shown if isinstance(error, _Failed) else None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Unavailable(f"not an address: {url[:120]!r}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise Unavailable(f"not an address to go to: {url[:120]!r}")
    return parts


def _request(parts: SplitResult, method: str) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = (parts.hostname or "").encode("idna") if not parts.netloc.isascii() else b""
    lines = [
        f"{method} {_quoted(path)} HTTP/1.1",
        f"Host: {host.decode() or parts.netloc}",
        f"User-Agent: muster/{__version__}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _quoted(path: str) -> str:
    """Whatever is no printable ASCII, in the form for addresses."""
    return "".join(
        char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in path
    )


async def _open(
    address: Address, port: int, context: ssl.SSLContext | None = None, host: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = host.rstrip(".") if context else None
    return await asyncio.open_connection(
        str(address), port, ssl=context, server_hostname=name, limit=MAX_HEAD
    )


async def _body(reader: asyncio.StreamReader, head: Head, probe: HttpProbe) -> tuple[int, str]:
    """Length of the body, and its text when a pattern is looked for.

    Errors: LimitExceeded, ProtocolError, EOFError (it ends too early), OSError.
    """
    most = MAX_MATCHED if probe.match else MAX_BODY
    kept: list[bytes] = []
    length = 0
    wanted = head.body_bytes(probe.method)
    pieces = _chunks(reader) if head.is_chunked and wanted is None else _pieces(reader, wanted)
    async for piece in pieces:
        length += len(piece)
        if length > most:
            raise LimitExceeded(f"more than {most} bytes")
        if probe.match:
            kept.append(piece)
    if probe.method == "HEAD":
        told = head.headers.get("content-length", "")
        return int(told) if told.isdecimal() and len(told) < 16 else -1, ""
    return length, b"".join(kept).decode("utf-8", "replace")


async def _pieces(reader: asyncio.StreamReader, wanted: int | None) -> AsyncIterator[bytes]:
    left = wanted
    while left is None or left > 0:
        piece = await reader.read(_PIECE if left is None else min(_PIECE, left))
        if not piece:
            if left:
                raise EOFError(f"{left} bytes are missing")
            return
        left = None if left is None else left - len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        line = await reader.readline()
        if not line.endswith(b"\n") or len(line) > MAX_CHUNK_LINE:
            raise EOFError("a chunk has no end")
        left = chunk_bytes(line)
        if not left:
            return
        async for piece in _pieces(reader, left):
            yield piece
        await reader.readexactly(2)


def _trusting_context() -> ssl.SSLContext:
    """For looking at what is there, not for believing it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shown(writer: asyncio.StreamWriter, fault: str) -> Shown | None:
    tls = writer.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    if not der:
        return None
    try:
        read = parse_certificate(der)
    except InputError:
        return None
    return Shown(
        common_name=read.common_name,
        issuer=read.issuer,
        begins_s=read.begins_s,
        ends_s=read.ends_s,
        fault=fault[:200],
    )
