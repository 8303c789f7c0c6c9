"""Each kind of probe ends in points, whatever happens."""

import asyncio
import socket

import pytest

from muster.agent.probing import run as module
from muster.agent.probing.resolve import Resolver
from muster.agent.probing.run import ProbeRunner
from muster.clock import SystemClock
from muster.collectors.probes.ping import Pinged
from muster.model.probe import DnsProbe, HttpProbe, PingProbe, Reach


def runner(**names):
    def look_up(host, _family):
        if host not in names:
            raise OSError
        return names[host]

    return ProbeRunner(SystemClock(), Resolver(look_up))


async def fields_of(probe, reach=Reach.ANY, **names):
    outcome = await runner(**names).run(probe, reach, 5)
    assert all(each.time_ns == 5 for each in outcome.points)
    return dict(outcome.points[0].fields), outcome.fault


@pytest.mark.parametrize(
    ("probe", "fields"),
    [
        (PingProbe(url="nowhere"), {"result_code": 1}),
        (DnsProbe(server="nowhere"), {"result_code": 2}),
        (
            HttpProbe(url="http://nowhere/"),
            {"result_code": 5, "result_type": "dns_error"},
        ),
    ],
)
async def test_a_name_that_is_not_known_has_each_kinds_own_code(probe, fields):
    found, fault = await fields_of(probe)

    assert found == fields
    assert "nowhere" in fault


@pytest.mark.parametrize(
    "probe", [PingProbe(url="in"), DnsProbe(server="in"), HttpProbe(url="http://in/")]
)
async def test_what_a_probe_may_not_reach_is_an_error_with_the_reason(probe):
    found, fault = await fields_of(probe, Reach.PUBLIC, **{"in": ["10.0.0.1"]})

    assert found["result_code"] in (2, 3)
    assert "may not reach" in fault


async def test_pings_that_are_lost_are_told(monkeypatch):
    async def lose(probe, address, clock):
        return Pinged(sent=2, times_ms=(1.0,))

    monkeypatch.setattr(module.icmp, "ping", lose)
    found, fault = await fields_of(PingProbe(url="10.0.0.1"))

    assert found["percent_packet_loss"] == 50.0
    assert fault == "1 of 2 got no reply"


async def test_an_answer_that_never_comes_is_a_time_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        found, fault = await fields_of(HttpProbe(url=url, timeout_s=0.1))
        assert (found["result_code"], fault) == (4, "no answer in time")
        probe = DnsProbe(server="127.0.0.1", port=port, network="tcp", timeout_s=0.1)
        found, fault = await fields_of(probe)
        assert (found["result_code"], fault) == (1, "no answer in time")


async def test_a_page_that_says_something_else_fails_in_words():
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found, fault = await fields_of(HttpProbe(url=f"http://127.0.0.1:{port}/", match="yes"))

    assert (found["response_string_match"], found["result_code"]) == (0, 1)
    assert fault == "response string mismatch"
