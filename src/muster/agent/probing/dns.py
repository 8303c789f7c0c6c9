"""Questions to name servers, over UDP and TCP, one socket each.

The question's number is random, the socket is connected and its port is the kernel's choice:
nobody else's answer is taken. An answer over UDP that is cut short is asked for again over TCP.

Source: RFC 1035 section 4.2; RFC 7766
"""

import asyncio
import os
from typing import Any

from muster.agent.probing.reach import Address
from muster.agent.probing.resolve import reason_of
from muster.clock import Clock
from muster.collectors.probes.dns_query import ERROR, TIMEOUT, Asked
from muster.errors import ProtocolError, Unavailable
from muster.model.probe import DnsProbe
from muster.wire.dnsmessage import Reply, format_query, is_reply_to, parse_reply


async def ask(probe: DnsProbe, address: Address, clock: Clock) -> Asked:
    """Put one question. Errors: Unavailable, ProtocolError; TimeoutError without an answer."""
    query = format_query(int.from_bytes(os.urandom(2), "big"), probe.domain, probe.record_type)
    began = clock.monotonic()
    async with asyncio.timeout(probe.timeout_s):
        if probe.network == "udp":
            reply = await _by_udp(query, str(address), probe.port)
            if reply.is_cut:
                reply = await _by_tcp(query, str(address), probe.port)
        else:
            reply = await _by_tcp(query, str(address), probe.port)
    return Asked(
        rcode=reply.code_name,
        rcode_value=reply.rcode,
        time_ms=(clock.monotonic() - began) * 1000,
    )


def failed(*, late: bool) -> Asked:
    """There was no answer."""
    return Asked(result=TIMEOUT if late else ERROR)


class _Waiting(asyncio.DatagramProtocol):
    """Takes the first datagram that claims to answer."""

    def __init__(self, query: bytes, answer: "asyncio.Future[bytes]") -> None:
        self._query = query
        self._answer = answer

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ANN401
        if is_reply_to(self._query, data) and not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())


async def _by_udp(query: bytes, host: str, port: int) -> Reply:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Waiting(query, answer), remote_addr=(host, port)
        )
    except OSError as error:
        raise _unavailable(host, port, error) from error
    try:
        transport.sendto(query)
        return parse_reply(query, await answer)
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise _unavailable(host, port, error) from error
    finally:
        answer.cancel()
        transport.abort()


async def _by_tcp(query: bytes, host: str, port: int) -> Reply:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise _unavailable(host, port, error) from error
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        length = int.from_bytes(await reader.readexactly(2), "big")
        return parse_reply(query, await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise ProtocolError("the answer ends too early") from error
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise _unavailable(host, port, error) from error
    finally:
        writer.transport.abort()


def _unavailable(host: str, port: int, error: OSError) -> Unavailable:
    return Unavailable(f"{host} port {port}: {reason_of(error)}")
