"""How an agent reaches its hub: TLS with its own trust, directly or through a proxy.

Source: specification 1.1 (TLS), 1.2 (requests), 2.8 (proxies)
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from muster.errors import MusterError
from muster.net.client import Streams, hang_up
from muster.net.proxy import Proxy, open_connection
from muster.testing.netdata.httpreply import Reply, ReplyReader
from muster.testing.netdata.violation import Violation

CONNECT_S = 10.0
_READ = 16 << 10
USER_AGENT = "Netdata/rocks newhttpclient"


class Unreachable(Exception):
    """Nobody there, or the connection ended too early: the hub is away, and broke no rule."""


class Place(msgspec.Struct, frozen=True):
    """Host, port and path of a URL; its scheme only chooses the default port."""

    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> "Place":
        """Errors: ValueError."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError(f"no host in {url!r}")
        default = 80 if parts.scheme in ("http", "ws") else 443
        return cls(parts.hostname, parts.port or default, parts.path)


class Dialer:
    """Opens connections of one agent. Without trust there is no TLS: for tests of these parts.

    `insecure` forgives one fault, as 2.x does: a leaf that signed itself, of whatever name.
    """

    def __init__(
        self, trust: ssl.SSLContext | None, proxy: Proxy | None = None, *, insecure: bool = False
    ) -> None:
        self._trust = unchecked_context() if insecure else trust
        self._insecure = insecure
        self._proxy = proxy

    async def open(self, place: Place) -> Streams:
        """Errors: Unreachable."""
        try:
            streams = await open_connection(
                place.host, place.port, proxy=self._proxy, context=self._trust, timeout_s=CONNECT_S
            )
        except MusterError as error:
            raise Unreachable(str(error)) from error
        if self._insecure and not _signed_itself(streams[1]):
            await hang_up(streams[1])
            raise Unreachable("unable to get local issuer certificate")
        return streams

    @asynccontextmanager
    async def opened(self, place: Place) -> AsyncIterator[Streams]:
        reader, writer = await self.open(place)
        try:
            yield reader, writer
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Unreachable(str(error) or "connection lost") from error
        finally:
            await hang_up(writer)

    async def ask(self, place: Place, request: bytes, timeout_s: float) -> Reply:
        """One request on a connection of its own. Errors: Unreachable, Violation."""
        reply = ReplyReader()
        try:
            async with asyncio.timeout(timeout_s), self.opened(place) as (reader, writer):
                writer.write(request)
                await writer.drain()
                while not reply.feed(data := await reader.read(_READ)):
                    if not data:
                        raise Unreachable("connection ended before the reply did")
                if reader.at_eof():  # the real client reads on at once, and takes it for a failure
                    raise Violation("1", "the connection was closed together with the reply")
        except TimeoutError as error:
            raise Unreachable(f"no reply within {timeout_s:g} s") from error
        if reply.reply is None or reply.rest:
            raise Violation("1.2", f"{len(reply.rest)} bytes behind the reply")
        return reply.reply


def format_request(method: str, place: Place, target: str, body: bytes | None = None) -> bytes:
    """A request as the agent's client writes it: Host has no port, and little else is there."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {place.host}", f"User-Agent: {USER_AGENT}"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + (body or b"")


def trust_context(anchors: str, *, checks_host: bool = True) -> ssl.SSLContext:
    """Trusts these PEM certificates as a file of trust does, and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = checks_host
    context.load_verify_locations(cadata=anchors)
    return context


def unchecked_context() -> ssl.SSLContext:
    """Looks at no certificate: the claim of an insecure agent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _signed_itself(writer: asyncio.StreamWriter) -> bool:
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    leaf = x509.load_der_x509_certificate(der)
    try:
        leaf.verify_directly_issued_by(leaf)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
