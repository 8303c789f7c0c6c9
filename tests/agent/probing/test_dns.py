import asyncio
import contextlib
import ipaddress

import pytest

from muster.agent.probing.dns import ask, failed
from muster.clock import SystemClock
from muster.errors import ProtocolError, Unavailable
from muster.model.probe import DnsProbe

HERE = ipaddress.ip_address("127.0.0.1")


class NameServer(asyncio.DatagramProtocol):
    """Answers with the flags a test says; over UDP and TCP at one port."""

    def __init__(self, flags=0x8180, tcp_flags=0x8180, junk=b"", silent=False):
        self.flags, self.tcp_flags, self.junk, self.silent = flags, tcp_flags, junk, silent
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.asked.append("udp")
        if self.junk:
            self.transport.sendto(self.junk, addr)
        if not self.silent:
            self.transport.sendto(self.reply(data, self.flags), addr)

    def reply(self, query, flags):
        return query[:2] + flags.to_bytes(2, "big") + query[4:]

    async def serve(self, reader, writer):
        self.asked.append("tcp")
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        if not self.silent:
            reply = self.reply(query, self.tcp_flags)
            writer.write(len(reply).to_bytes(2, "big") + reply)
        writer.close()


@contextlib.asynccontextmanager
async def server(**options):
    own = NameServer(**options)
    tcp = await asyncio.start_server(own.serve, "127.0.0.1", 0)
    own.port = tcp.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: own, local_addr=("127.0.0.1", own.port))
    try:
        yield own
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()


def probe(port, timeout_s=30.0, **more):
    where = {"server": "127.0.0.1", "port": port, "domain": "example.org"}
    return DnsProbe(**where, timeout_s=timeout_s, **more)


async def test_an_answer_has_its_code_and_its_time():
    async with server() as own:
        asked = await ask(probe(own.port), HERE, SystemClock())

    assert (asked.rcode, asked.rcode_value, own.asked) == ("NOERROR", 0, ["udp"])
    assert asked.time_ms > 0


async def test_a_name_that_is_not_there_has_its_code_too():
    async with server(flags=0x8183) as own:
        assert (await ask(probe(own.port), HERE, SystemClock())).rcode == "NXDOMAIN"


async def test_it_is_asked_over_tcp_when_the_probe_says_so_or_the_answer_is_cut():
    async with server(flags=0x8380) as own:
        assert (await ask(probe(own.port), HERE, SystemClock())).rcode == "NOERROR"
        assert own.asked == ["udp", "tcp"]
        await ask(probe(own.port, network="tcp"), HERE, SystemClock())
        assert own.asked == ["udp", "tcp", "tcp"]


async def test_what_answers_another_question_is_passed_over():
    async with server(junk=b"\0\0\x81\x80junk") as own:
        assert (await ask(probe(own.port), HERE, SystemClock())).rcode == "NOERROR"


async def test_silence_ends_at_the_time_out():
    async with server(silent=True) as own:
        with pytest.raises(TimeoutError):
            await ask(probe(own.port, timeout_s=0.05), HERE, SystemClock())
        with pytest.raises(ProtocolError, match="too early"):
            await ask(probe(own.port, network="tcp"), HERE, SystemClock())
    assert failed(late=True).result == "timeout"


@pytest.mark.parametrize("network", ["udp", "tcp"])
async def test_where_nobody_listens_it_is_said(network):
    async with server() as own:
        port = own.port
    with pytest.raises(Unavailable, match="Connection refused"):
        await ask(probe(port, network=network), HERE, SystemClock())
