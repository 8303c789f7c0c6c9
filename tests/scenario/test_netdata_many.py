"""A crowd of simulated Netdata agents on one hub: all come online, and all come back."""

import asyncio

import msgspec
import pytest
from netdatasim import Fleet, eventually, free_port, now_s
from processes import DEADLINE_S, Hub, free_port_base

from muster.log import Secret
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.installation import install
from muster.testing.netdata.keypairs import key_pairs
from muster.testing.netdata.quirks import QUICK, V1_45, V2_10

pytestmark = pytest.mark.scenario
MANY, AT_ONCE = 1_000, 20
WAITS = msgspec.structs.replace(QUICK, claim_pauses_s=(0.3, 0.4, 0.5, 0.6))


async def test_a_thousand_agents_are_a_thousand_nodes_also_after_a_restart(tmp_path):
    base, port = free_port_base(), free_port()
    words = (base, "--netdata-port", str(port))  # the web's takes 256 connections of one network
    hub = await asyncio.to_thread(Hub, tmp_path / "hub", *words, command="hub")
    async with Fleet(hub) as fleet:
        fleet.url = f"https://127.0.0.1:{port}"
        keys = key_pairs(MANY)
        wish = Wish(url=fleet.url, token=Secret(await fleet.token(uses=MANY)))
        turns = asyncio.Semaphore(AT_ONCE)

        async def join(number):
            async with turns:
                quirks = V2_10 if number % 2 else V1_45
                disk = install(f"crowd-{number}", now_s=now_s(), key=next(keys))
                agent = fleet.make(disk, quirks=quirks, waits=WAITS)
                claimed = await agent.claim(wish)
                assert claimed.is_good, claimed
                fleet.start(agent)
                await agent.until(lambda: agent.is_ready)

        async with asyncio.TaskGroup() as jobs:
            for number in range(MANY):
                jobs.create_task(join(number))

        async def all_live():
            nodes = await fleet.muster("node", "list", "--json")
            return [node for node in nodes if node["state"] == "live"][MANY - 1 :] and nodes

        nodes = await eventually("all are live", all_live)
        ids = {agent.own.node_id for agent in fleet.agents}
        assert len(ids) == len(nodes) == MANY
        assert await asyncio.to_thread(hub.stop) == 0, hub.said()
        fleet.hub = hub = await asyncio.to_thread(Hub, tmp_path / "hub", *words, command="hub")
        for agent in fleet.agents:
            await agent.until(lambda agent=agent: agent.onlines >= 2, DEADLINE_S)
        again = await eventually("all are live again", all_live)

        assert {node["id"] for node in again} == ids
        assert all(agent.violations == [] for agent in fleet.agents)
    assert await asyncio.to_thread(hub.stop) == 0, hub.said()
