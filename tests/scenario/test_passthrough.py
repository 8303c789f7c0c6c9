"""A space whose values pass through: seen while they are new, and gone with the hub's process."""

import pytest
from processes import Agent, Hub, claim, free_port_base, until

pytestmark = pytest.mark.scenario


def test_values_that_pass_through_are_seen_live_and_gone_when_the_hub_starts_again(tmp_path):
    base, agents = free_port_base(), [tmp_path / "kept", tmp_path / "passing"]
    hub = Hub(tmp_path / "hub", base, command="hub")
    try:
        hub.muster("space", "create", "Through")
        hub.muster("space", "set", "Through", "--pass-through", "on")
        tokens = [
            hub.muster("token", "create", "--space", space, "--json")["token"]
            for space in (hub.muster("space", "list", "--json")[0]["name"], "Through")
        ]
        for data, token in zip(agents, tokens, strict=True):
            assert claim(data, token).returncode == 0
        running = [Agent(data) for data in agents]
        ids = [node["id"] for node in hub.muster("node", "list", "--json")]
        for node in ids:
            until(f"values of {node} are seen", lambda node=node: values(hub, node))
        for agent in running:
            assert agent.stop() == 0
        listed = hub.muster("node", "list", "--json")
        (through,) = [node["id"] for node in listed if node["space"] == "Through"]
        (kept,) = set(ids) - {through}
        assert values(hub, through)
    finally:
        assert hub.stop() == 0
    hub = Hub(tmp_path / "hub", base, command="hub")
    try:
        assert values(hub, kept)
        assert not values(hub, through)
    finally:
        hub.stop()


def values(hub, node):
    """Values of a node that a query of the last minutes finds."""
    frame = hub.muster("query", "--measurement", "mem", "--last", "10m", "--node", node, "--json")
    return frame["rows"]
