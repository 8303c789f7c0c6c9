"""Leaving a hub and coming back: without its folder, as another node, in another space."""

import json
import shutil
import uuid

import pytest
from processes import Agent, Hub, claim, free_port_base, run, until

from muster.agent.exits import Exit

pytestmark = pytest.mark.scenario


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    started = Hub(tmp_path_factory.mktemp("hub"), free_port_base(), command="hub")
    yield started
    assert started.stop() == 0, started.said()


def token(hub, *words):
    return hub.muster("token", "create", *words, "--json")["token"]


def claimed(hub, data, *words):
    """Claim a folder; the id of its node."""
    done = claim(data, token(hub, *words))
    assert done.returncode == 0, done.stderr
    assert "Agent was successfully claimed." in done.stderr
    return json.loads((data / "identity/node.json").read_text())["node"]


def state_of(hub, node, state):
    def ask():
        found = hub.node(node)
        return found if found and found["state"] == state else None

    return until(f"{node} is {state}", ask)


def lived(hub, data):
    """Run a folder's agent until it is live, and stop it; what it ended with."""
    agent = Agent(data)
    try:
        node = until("the agent answers", agent.status)["node"]["node"]
        hub.live(node)
    finally:
        code = agent.stop()
    return code


def test_without_its_identity_a_machine_has_no_access_and_stays_listed(hub, tmp_path):
    node = claimed(hub, tmp_path / "a")
    agent = Agent(tmp_path / "a")
    try:
        hub.live(node)
        (tmp_path / "a/identity").unlink()
        shutil.rmtree(tmp_path / "a/identities")
        hub.muster("node", "show", node, "--json")
    finally:
        agent.stop()
    again = run("agent", "run", "--data", str(tmp_path / "a"), ok=False)

    assert again.returncode == Exit.NOT_CLAIMED
    seen = state_of(hub, node, "offline")
    shown = hub.muster("node", "show", node, "--json")
    assert shown["last_seen_ns"] > shown["created_ns"] > 0
    assert shown["cause"], "why it is not seen"
    assert seen["id"] == node
    hub.muster("node", "remove", node)
    assert hub.node(node) is None


def test_a_machine_comes_back_by_the_steps_as_the_node_it_names(hub, tmp_path):
    """Check the folder, stop, make an id, claim with it, start."""
    data = tmp_path / "a"
    first = claimed(hub, data)
    lived(hub, data)
    assert (data / "identity").is_dir()
    shutil.rmtree(data)
    wanted = str(uuid.uuid4())
    words = ("agent", "claim", "--token-file", "-", "--data", str(data), "--id", wanted)
    done = run(*words, ok=False, stdin=token(hub))
    assert done.returncode == 0, done.stderr
    lived(hub, data)

    nodes = {node["id"]: node["state"] for node in hub.muster("node", "list", "--json")}
    assert {first, wanted} <= set(nodes)
    assert first != wanted
    state_of(hub, first, "offline")


def test_a_container_made_anew_on_a_new_volume_is_another_node(hub, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    first = claimed(hub, old)
    assert lived(hub, old) == 0
    shutil.rmtree(old)  # docker rm --volumes
    second = claimed(hub, new)
    assert lived(hub, new) == 0

    assert first != second
    assert hub.muster("node", "show", second, "--json")["renamed_from"], "its name was taken"


def live_nodes(hub):
    return [each["id"] for each in hub.muster("node", "list", "--json") if each["state"] == "live"]


def test_a_machine_that_moves_to_another_space_is_live_there_alone(hub, tmp_path):
    hub.muster("space", "create", "Away")
    data = tmp_path / "a"
    before = claimed(hub, data)
    lived(hub, data)
    assert run("agent", "unclaim", "--data", str(data), ok=False).returncode == 0
    after = claimed(hub, data, "--space", "Away")
    agent = Agent(data)
    try:
        hub.live(after)
        state_of(hub, before, "offline")
        nodes = {node["id"]: node for node in hub.muster("node", "list", "--json")}
        assert nodes[after]["space"] == "Away"
        assert nodes[before]["space"] != "Away"
        until("no double is live", lambda: live_nodes(hub) == [after])
    finally:
        agent.stop()


def test_a_claim_without_rooms_is_in_none_but_all_nodes(hub, tmp_path):
    node = claimed(hub, tmp_path / "a")

    assert hub.node(node)["rooms"] == []
    listed = hub.muster("node", "list", "--room", "All nodes", "--json")
    assert node in [each["id"] for each in listed]
