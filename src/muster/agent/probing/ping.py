"""Echo requests by the kernel's datagram socket for ICMP, which needs no rights.

A reply counts as received when the kernel says it came, not when the agent's loop had time.

Source: icmp(7), net.ipv4.ping_group_range; socket(7), SO_TIMESTAMPNS
"""

import asyncio
import os
import socket
import struct

from muster.agent.probing.reach import Address
from muster.clock import SECOND_NS, Clock
from muster.collectors.probes.ping import ERROR, Pinged
from muster.errors import Unavailable
from muster.model.probe import PingProbe
from muster.wire.icmp import HEAD_BYTES, format_echo, parse_reply

_PAYLOAD = 16
# Linux's numbers of what Python does not name: SO_TIMESTAMPNS, IP_RECVTTL.
_STAMP, _RECEIVE_TTL = 35, 12
_TIME = struct.Struct("@qq")
_FORM = {
    4: (socket.AF_INET, socket.IPPROTO_ICMP, socket.IPPROTO_IP, _RECEIVE_TTL, socket.IP_TTL),
    6: (
        socket.AF_INET6,
        socket.IPPROTO_ICMPV6,
        socket.IPPROTO_IPV6,
        socket.IPV6_RECVHOPLIMIT,
        socket.IPV6_HOPLIMIT,
    ),
}
NO_SOCKET = (
    "the kernel gives this agent no socket for ICMP; let it have one:"
    " sysctl net.ipv4.ping_group_range='0 2147483647'"
)


class _Exchange:
    """Requests on one socket, and the replies to them."""

    def __init__(self, own: socket.socket, version: int, timeout_s: float, clock: Clock) -> None:
        self._socket = own
        self._version = version
        self._timeout_s = timeout_s
        self._clock = clock
        self._waiting: dict[int, tuple[bytes, float, int]] = {}  # by sequence
        self.news = asyncio.Event()
        self.sent = 0
        self.times_ms: list[float] = []
        self.ttl = 0

    @property
    def is_whole(self) -> bool:
        return not self._waiting

    def send(self) -> None:
        """One request. What cannot be sent (no route) is lost as well as what nobody answers."""
        self.sent += 1
        payload = os.urandom(_PAYLOAD)
        data = format_echo(self._version, self.sent, payload)
        began = payload, self._clock.monotonic(), self._clock.now_ns()
        self._waiting[self.sent] = began
        try:
            self._socket.send(data)
        except OSError:
            return

    def receive(self) -> None:
        """Take what came in. Called when the socket is readable."""
        try:
            data, about, _flags, _from = self._socket.recvmsg(HEAD_BYTES + 1_500, 256)
        except OSError:  # an error on the way (host unreachable): that request stays lost
            return
        reply = parse_reply(self._version, data)
        if reply is None or reply[0] not in self._waiting:
            return
        sequence, payload = reply
        sent, began, began_ns = self._waiting[sequence]
        took_s = self._clock.monotonic() - began
        if payload != sent or took_s > self._timeout_s + 1.0:
            return
        stamp_ns, ttl = _about(about)
        by_kernel_s = (stamp_ns - began_ns) / SECOND_NS
        if 0.0 <= by_kernel_s <= took_s:
            took_s = by_kernel_s
        if took_s > self._timeout_s:
            return
        del self._waiting[sequence]
        self.times_ms.append(took_s * 1000)
        self.ttl = ttl or self.ttl
        self.news.set()


async def ping(probe: PingProbe, address: Address, clock: Clock) -> Pinged:
    """Send the probe's requests and wait for what comes back.

    Errors: Unavailable without a socket or without a way there.
    """
    family, protocol, level, wanted, _ = _FORM[address.version]
    try:
        own = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, protocol)
    except OSError as error:
        raise Unavailable(f"{NO_SOCKET} ({error.strerror})") from error
    loop = asyncio.get_running_loop()
    with own:
        own.setblocking(False)
        try:
            own.setsockopt(level, wanted, 1)
            own.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
            own.connect((str(address), 0))
        except OSError as error:
            raise Unavailable(f"no way to {address}: {error.strerror}") from error
        exchange = _Exchange(own, address.version, probe.timeout_s, clock)
        loop.add_reader(own, exchange.receive)
        try:
            for number in range(probe.count):
                exchange.send()
                await _wait(exchange, probe, is_last=number == probe.count - 1)
        finally:
            loop.remove_reader(own)
    return Pinged(sent=exchange.sent, times_ms=tuple(exchange.times_ms), ttl=exchange.ttl)


async def _wait(exchange: _Exchange, probe: PingProbe, *, is_last: bool) -> None:
    """Between two requests the whole gap; after the last one until all is answered or late."""
    if not is_last:
        await asyncio.sleep(probe.gap_s)
        return
    try:
        async with asyncio.timeout(probe.timeout_s):
            while not exchange.is_whole:
                exchange.news.clear()
                await exchange.news.wait()
    except TimeoutError:
        return


def _about(messages: list[tuple[int, int, bytes]]) -> tuple[int, int]:
    """When the kernel received it (ns UTC), and the hops it had left; 0 for what is not told."""
    stamp_ns = ttl = 0
    hops = {(form[2], form[4]) for form in _FORM.values()}
    for level, kind, data in messages:
        if level == socket.SOL_SOCKET and kind == _STAMP and len(data) >= _TIME.size:
            seconds, rest = _TIME.unpack_from(data)
            stamp_ns = seconds * SECOND_NS + rest
        elif (level, kind) in hops and len(data) >= 4:
            ttl = struct.unpack_from("@i", data)[0]
    return stamp_ns, ttl


def failed() -> Pinged:
    """Nothing could be sent."""
    return Pinged(code=ERROR)
