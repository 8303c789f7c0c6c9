"""One command on a hundred machines: a hundred nodes, each with a key of its own."""

import asyncio
import json

import pytest
from processes import Hub, free_port_base

from muster.agent.joining.claim import claim
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.proxy import ProxySetting

pytestmark = pytest.mark.scenario
MANY, AT_ONCE = 100, 10


@pytest.fixture
def hub(tmp_path):
    started = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


async def test_a_hundred_machines_with_one_token_are_a_hundred_nodes(hub, tmp_path):
    token = Secret(hub.muster("token", "create", "--uses", str(MANY), "--json")["token"])
    turns = asyncio.Semaphore(AT_ONCE)

    async def join(index):
        async with turns:
            return await claim(
                tmp_path / f"agents/{index}", token, clock=SystemClock(),
                facts=lambda: Facts(hostname="web"), proxy=ProxySetting("none"),
            )  # fmt: skip

    async with asyncio.TaskGroup() as jobs:
        joining = [jobs.create_task(join(index)) for index in range(MANY)]
    nodes = hub.muster("node", "list", "--json")
    files = [json.loads(path.read_text()) for path in tmp_path.glob("agents/*/identity/node.json")]

    assert len(joining) == len(nodes) == MANY
    assert len({node["id"] for node in nodes}) == MANY
    assert len({node["name"] for node in nodes}) == MANY
    assert {file["node"] for file in files} == {node["id"] for node in nodes}
    assert len({file["sha256"] for file in files}) == MANY
    assert hub.muster("token", "list", "--json")[0]["used"] == MANY
