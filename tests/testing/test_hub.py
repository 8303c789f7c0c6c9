"""The hub of the tests is strict: what the real one would refuse, it refuses."""

import asyncio

import pytest

from muster.agent.joining.claim import claim
from muster.agent.joining.identity import load_identity
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.client import Target, request
from muster.net.proxy import ProxySetting
from muster.net.tls import client_context
from muster.net.websocket import WebSocketEnded, connect
from muster.testing.hub import FakeHub
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import Hello, Push

CLOCK = SystemClock()


@pytest.fixture
async def hub():
    async with FakeHub(clock=CLOCK) as hub:
        yield hub


async def test_it_shows_its_root_to_everybody(hub):
    target = Target(
        host="127.0.0.1", port=hub.enrol_port, context=client_context(hub.authority.anchors)
    )

    assert (await request(target, "GET", "/v1/trust")).body.decode() == hub.authority.anchors


async def test_a_batch_out_of_order_ends_the_link_and_is_remembered_as_a_fault(hub, tmp_path):
    proxy = ProxySetting("none")
    await claim(tmp_path, Secret(hub.make_token()), clock=CLOCK, facts=Facts, proxy=proxy)
    identity = load_identity(tmp_path)
    context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
    target = Target(host="127.0.0.1", port=hub.agents_port, context=context)
    codec = LinkCodec(Role.AGENT)
    socket = await connect(target, "/v1/link")
    messages = socket.messages()
    hello = Hello(versions=(1,), epoch="e", first=1, last=1, time_ns=1, facts=Facts())
    await socket.send(codec.send(hello))
    codec.receive(await anext(messages))

    await socket.send(codec.send(Push(sequence=1, key=False, body=b"")))

    with pytest.raises(WebSocketEnded):
        async with asyncio.timeout(60):
            async for _ in messages:
                pass
    await socket.close()
    await hub.until(lambda: bool(hub.errors))
    assert "batch 1 where 0 was due" in str(hub.errors[0])


async def test_a_stop_keeps_ports_and_what_was_stored(hub):
    ports = hub.agents_port, hub.enrol_port
    await hub.stop()
    await hub.start()

    assert (hub.agents_port, hub.enrol_port) == ports
