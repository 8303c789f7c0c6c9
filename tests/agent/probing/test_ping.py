"""Echo requests, with a kernel that a test plays: this one may give no such sockets."""

import ipaddress
import os
import socket
import struct

import pytest

from muster.agent.probing import ping as module
from muster.agent.probing.ping import failed, ping
from muster.clock import SECOND_NS, ManualClock, SystemClock
from muster.errors import Unavailable
from muster.model.probe import PingProbe
from muster.wire.icmp import HEAD_BYTES

HERE = ipaddress.ip_address("127.0.0.1")


class Kernel:
    """A pair of sockets: what is sent comes back as a reply, unless the test drops it."""

    def __init__(self, clock, drops=(), stamp=True, ttl=57):
        self.clock, self.drops, self.stamp, self.ttl = clock, drops, stamp, ttl
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.near.setblocking(False)
        self.sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.near.close()
        self.far.close()

    def fileno(self):
        return self.near.fileno()

    def setblocking(self, _):
        pass

    def setsockopt(self, *_):
        pass

    def connect(self, address):
        assert address == ("127.0.0.1", 0)

    def send(self, data):
        assert data[0] == 8
        self.sent += 1
        if self.sent not in self.drops:
            self.far.send(b"\0\0" + data[2:])

    def recvmsg(self, *_):
        data = self.near.recv(2_000)
        stamp_ns = self.clock.now_ns() + 2_500_000
        self.clock.advance(0.004)
        about = [(socket.IPPROTO_IP, socket.IP_TTL, struct.pack("@i", self.ttl))]
        if self.stamp:
            seconds, rest = divmod(stamp_ns, SECOND_NS)
            about.append((socket.SOL_SOCKET, 35, struct.pack("@qq", seconds, rest)))
        return data, about, 0, None


@pytest.fixture
def kernel(monkeypatch):
    def play(**options):
        clock = ManualClock()
        made = Kernel(clock, **options)
        monkeypatch.setattr(module.socket, "socket", lambda *_: made)
        return clock

    return play


async def test_replies_have_the_kernels_times_and_the_hops_left(kernel):
    clock = kernel()
    pinged = await ping(PingProbe(url="x"), HERE, clock)

    assert (pinged.sent, pinged.ttl) == (1, 57)
    assert pinged.times_ms == (2.5,)


async def test_without_a_stamp_the_agents_clock_counts(kernel):
    pinged = await ping(PingProbe(url="x"), HERE, kernel(stamp=False))

    assert pinged.times_ms == pytest.approx((4.0,))


async def test_what_gets_no_reply_is_lost(kernel):
    probe = PingProbe(url="x", count=3, gap_s=0.2, timeout_s=0.05, interval_s=10)
    pinged = await ping(probe, HERE, kernel(drops=(3,)))

    assert (pinged.sent, len(pinged.times_ms)) == (3, 2)


async def test_a_machine_that_gives_no_socket_says_what_to_do(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.socket, "socket", refuse)
    with pytest.raises(Unavailable, match="ping_group_range"):
        await ping(PingProbe(url="x"), HERE, ManualClock())
    assert failed().code == 2


def own_sockets():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not own_sockets(), reason="this kernel gives us no socket for ICMP")
async def test_this_machine_answers_itself():
    probe = PingProbe(url="x", count=2, gap_s=0.2, timeout_s=30.0, interval_s=60)
    pinged = await ping(probe, HERE, SystemClock())

    assert len(pinged.times_ms) == 2
    assert pinged.ttl == 64


async def test_bytes_that_are_no_reply_of_ours_are_passed_over():
    with Kernel(ManualClock()) as kernel:
        exchange = module._Exchange(kernel, 4, 1.0, kernel.clock)
        exchange.send()
        for junk in (b"", os.urandom(HEAD_BYTES), b"\0\0\0\0\0\0\0\1" + bytes(16)):
            kernel.far.send(junk)
        for _ in range(4):
            exchange.receive()

        assert exchange.is_whole
        assert len(exchange.times_ms) == 1
