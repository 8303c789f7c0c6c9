"""A node that has more series than it may have keeps what fits, and says so at both ends."""

import asyncio

import pytest
from processes import Agent, Hub, claim, free_port_base, until

from muster.net.client import Target, request

pytestmark = pytest.mark.scenario


@pytest.fixture
def hub(tmp_path):
    limits = tmp_path / "hub.toml"
    limits.write_text("[store.catalogue]\nnode_series = 40\n")
    hub = Hub(tmp_path / "hub", free_port_base(), "--config", str(limits), command="hub")
    yield hub
    hub.stop()


@pytest.fixture
def agent(hub, tmp_path):
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(tmp_path / "agent", token).returncode == 0
    agent = Agent(tmp_path / "agent")
    yield agent
    agent.stop()


def ask(hub, path):
    return asyncio.run(request(Target(socket=hub.data / "hub.sock"), "GET", path)).json()


def test_a_node_over_its_series_goes_on_with_those_it_has(hub, agent):
    def acknowledged():
        status = agent.status()
        spool = status["spool"] if status else None
        return spool if spool and spool["refused_values"] and spool["acked"] >= 5 else None

    spool = until("five batches are acknowledged in part", acknowledged)
    id = until("the node is there", lambda: hub.muster("node", "list", "--json"))[0]["id"]
    node = ask(hub, f"/api/v1/nodes/{id}")
    offers = ask(hub, f"/api/v1/series?node={id}")

    assert "a node may have 40 series (store.catalogue.node_series)" in spool["refusal"]
    assert node["state"] == "live"
    assert node["cause"].startswith("Not all is kept: new series of node")
    assert 0 < sum(len(offer["fields"]) for offer in offers) <= 40
    assert sum("keeps only part" in line for line in agent.err) == 1
