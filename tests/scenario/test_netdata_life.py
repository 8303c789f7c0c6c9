"""The life of a link: restarts on both sides, claims anew, children, copies, revocation."""

import asyncio

import msgspec
import pytest
from netdatasim import Fleet, eventually
from processes import Hub, free_port_base

from muster.testing.netdata.quirks import QUICK, V1_45, V2_10

pytestmark = pytest.mark.scenario
BOTH = pytest.mark.parametrize("quirks", [V1_45, V2_10], ids=["1.45", "2.10"])


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub") / "data", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


@BOTH
async def test_an_agent_that_stops_is_offline_and_keeps_its_node_when_it_comes_back(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks)
        node = (await fleet.until_node(agent.own, "live"))["id"]
        await fleet.end(agent)
        await fleet.until_node(agent.own, "offline")
        again = fleet.start(fleet.make(agent.disk, quirks=quirks))
        await again.until(lambda: again.is_ready)

        assert (await fleet.until_node(agent.own, "live"))["id"] == node


async def test_a_killed_agent_is_offline_by_its_connections_end(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        await fleet.until_node(agent.own, "live")
        agent.kill()
        await fleet.until_node(agent.own, "offline")


async def test_an_agent_started_again_is_live_long_before_it_says_so_itself(hub):
    waits = msgspec.structs.replace(QUICK, live_s=1e3)
    async with Fleet(hub) as fleet:
        agent = await fleet.join(waits=waits)
        await fleet.end(agent)
        again = fleet.start(fleet.make(agent.disk, waits=waits))
        await again.until(lambda: again.is_ready)

        assert await fleet.until_node(agent.own, "live")


async def test_a_child_that_drops_is_stale_and_one_that_is_forgotten_offline(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(children=("child",))
        child = agent.disk.machine.hosts[1]
        await fleet.until_node(child, "live")
        agent.change_host(child, live=False)
        await fleet.until_node(child, "stale")
        agent.change_host(child, live=False, queryable=False)
        await fleet.until_node(child, "offline")
        agent.change_host(child, live=True)
        await fleet.until_node(child, "live")


async def test_children_go_offline_with_their_parents_link(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(children=("one", "two"))
        for host in agent.disk.machine.hosts:
            await fleet.until_node(host, "live")
        agent.kill()
        for host in agent.disk.machine.hosts:
            await fleet.until_node(host, "offline")


@BOTH
async def test_a_claim_again_while_online_keeps_node_and_rooms(hub, quirks):
    async with Fleet(hub) as fleet:
        agent = await fleet.join(quirks=quirks)
        before = await fleet.until_node(agent.own, "live")
        claimed = await agent.claim(await fleet.wish())
        assert claimed.is_good, claimed
        await agent.until(lambda: agent.onlines == 2)
        after = await fleet.until_node(agent.own, "live")

        assert (after["id"], after["rooms"]) == (before["id"], before["rooms"])


async def test_a_node_moves_between_rooms_and_its_agent_hears_nothing_of_it(hub):
    async with Fleet(hub) as fleet:
        for room in ("Attic", "Cellar"):
            await fleet.muster("room", "create", room)
        agent = await fleet.join(wish=await fleet.wish("--room", "Attic"), children=("child",))
        child = agent.disk.machine.hosts[1]
        for host in agent.disk.machine.hosts:
            assert (await fleet.until_node(host, "live"))["rooms"] == ["Attic"]
        for host, rooms in ((agent.own, ["Cellar"]), (child, ["Attic", "Cellar"])):
            await fleet.muster("node", "rooms", host.node_id, *rooms)
            node = await fleet.node(host)

            assert (sorted(node["rooms"]), node["state"]) == (rooms, "live")
        assert agent.onlines == 1


async def test_a_second_link_with_the_same_claim_is_shown_as_a_clone(hub):
    async with Fleet(hub) as fleet:
        agent = await fleet.join()
        await fleet.until_node(agent.own, "live")
        copy = fleet.start(fleet.make(agent.disk.copy()))

        async def seen():
            clones = await fleet.muster("node", "clones", "--json")
            return [each for each in clones if each["node"] == agent.own.node_id]

        assert await eventually("the clone is shown", seen)
        assert (await fleet.node(agent.own))["state"] == "live"
        copy.kill()


@BOTH
@pytest.mark.parametrize("how", ["revoke", "remove"])
async def test_who_is_shut_out_is_cut_banned_and_never_let_in(hub, quirks, how):
    waits = msgspec.structs.replace(QUICK, ban_s=0.3)
    async with Fleet(hub) as fleet:
        wish = await fleet.wish()
        agent = await fleet.join(quirks=quirks, waits=waits, wish=wish)
        node = agent.own.node_id
        if how == "revoke":
            await fleet.call("POST", f"/api/v1/nodes/{node}/revoke", {"reason": "stolen"})
        else:
            await fleet.call("DELETE", f"/api/v1/nodes/{node}")
        await agent.until(lambda: not agent.is_online)
        tried = agent.attempts
        await agent.until(lambda: agent.attempts >= tried + 3 and not agent.is_online)

        assert agent.is_banned
        assert agent.onlines == 1
        assert "/env" in agent.why, agent.why  # refused before any cryptography
        agent.reload_claiming_state()
        await agent.until(lambda: agent.is_banned)
        assert not (await agent.claim(wish)).is_good
        # Who was removed may be let in by a token that is made for that; who was revoked, never.
        anew = await agent.claim(await fleet.wish())
        assert anew.is_good == (how == "remove"), anew


async def test_a_hub_that_is_started_again_has_its_agents_and_what_they_said(tmp_path):
    base = free_port_base()
    hub = Hub(tmp_path / "hub", base, command="hub")
    async with Fleet(hub) as fleet:
        agents = [await fleet.join(quirks=quirks, children=("child",)) for quirks in (V1_45, V2_10)]
        hosts = [host for agent in agents for host in agent.disk.machine.hosts]
        nodes = [(await fleet.until_node(host, "live"))["id"] for host in hosts]

        async def has_contexts():
            told = [await fleet.netdata(host, "contexts") for host in hosts]
            return all(each["contexts"] for each in told)

        await eventually("all contexts are there", has_contexts)
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()
        for agent in agents:
            await agent.until(lambda agent=agent: not agent.is_online)
        fleet.hub = await asyncio.to_thread(Hub, tmp_path / "hub", base, command="hub")
        for agent in agents:
            await agent.until(lambda agent=agent: agent.onlines == 2)
        again = [(await fleet.until_node(host, "live"))["id"] for host in hosts]
        assert await has_contexts()

        assert again == nodes
        for agent in agents:
            assert agent.link.conversation.heard.count("SendNodeInstances") >= 1
    assert fleet.hub.stop() == 0, fleet.hub.said()
