"""How Netdata agents come in: a listener of their own, an admin's yes, the way out of the hub."""

import asyncio

import pytest
from netdatasim import CLOCK, Fleet, eventually, free_port
from processes import Hub, free_port_base

from muster.log import Secret
from muster.testing.netdata.certificates import self_signed
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.quirks import V1_45, V2_10

pytestmark = pytest.mark.scenario

POLICY = """
[[rule]]
name = "the lab"
label = { where = "lab" }
kind = "claim"
action = "approve"
"""


async def test_a_listener_of_their_own_serves_agents_and_nothing_else(tmp_path):
    port = free_port()
    words = ("--netdata-port", str(port))
    hub = await asyncio.to_thread(Hub, tmp_path / "hub", free_port_base(), *words, command="hub")
    try:
        async with Fleet(hub) as fleet:
            fleet.url = f"https://127.0.0.1:{port}"
            agent = await fleet.join(children=("child",))
            for host in agent.disk.machine.hosts:
                await fleet.until_node(host, "live")
            reply = await fleet.raw(port, "GET /api/v1/nodes HTTP/1.1\r\nHost: x\r\n\r\n")
            assert agent.onlines == 1
        assert reply.split(b" ")[1] in (b"403", b"404", b"421"), reply[:200]
    finally:
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()


@pytest.mark.parametrize("quirks", [V1_45, V2_10], ids=["1.45", "2.10"])
async def test_a_claim_that_an_admin_has_to_allow_comes_in_by_being_made_again(tmp_path, quirks):
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    (data / "hub.toml").write_text(f'[enrol]\npolicy = "{policy}"\n')
    hub = await asyncio.to_thread(Hub, data, free_port_base(), command="hub")
    try:
        async with Fleet(hub) as fleet:
            agent = fleet.make(quirks=quirks)
            wish = Wish(url=fleet.url, token=Secret(await fleet.token()))
            first, second = await agent.claim(wish), await agent.claim(wish)
            assert (first.exit_code, second.exit_code, first.tries) == (14, 14, 1)
            (waiting,) = await fleet.muster("approval", "list", "--json")
            await fleet.muster("approval", "approve", waiting["id"])
            assert (await agent.claim(wish)).is_good
            fleet.start(agent)
            await agent.until(lambda: agent.is_ready)
            assert await fleet.until_node(agent.own, "live")
    finally:
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()


async def test_a_hub_that_stops_sends_its_agents_away_in_good_order(tmp_path):
    hub = await asyncio.to_thread(Hub, tmp_path / "hub", free_port_base(), command="hub")
    async with Fleet(hub) as fleet:
        agents = [await fleet.join(quirks=quirks) for quirks in (V1_45, V2_10)]
        links = [agent.link for agent in agents]
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()

        async def all_gone():
            return not any(agent.is_online for agent in agents)

        await eventually("the links are gone", all_gone)
        assert ["DisconnectReq" in link.conversation.heard for link in links] == [True, True]
        assert not any(agent.is_banned for agent in agents)


@pytest.mark.parametrize("how", ["signed itself", "of the hub's CA"])
async def test_an_insecure_agent_comes_in_where_the_certificate_signed_itself_alone(tmp_path, how):
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    if how == "signed itself":
        pem = tmp_path / "self.pem"
        pem.write_text(self_signed("other.example", CLOCK.now_ns()))
        pem.chmod(0o600)
        (data / "hub.toml").write_text(f'[web]\ncertificate = "{pem}"\nkey = "{pem}"\n')
    hub = await asyncio.to_thread(Hub, data, free_port_base(), command="hub")
    try:
        async with Fleet(hub) as fleet:
            agent = fleet.make(insecure=True)
            assert (await agent.claim(await fleet.wish())).is_good
            fleet.start(agent)
            if how == "signed itself":
                await agent.until(lambda: agent.is_ready)
            else:
                await agent.until(lambda: "local issuer" in agent.why)
    finally:
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()
