"""A copied state folder: seen within a heartbeat, forked by one command, two nodes after it."""

import shutil

import pytest
from processes import Agent, Hub, claim, free_port_base, until

pytestmark = pytest.mark.scenario


@pytest.fixture
def hub(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield hub
    hub.stop()


def machine(folder, name):
    """Where an agent finds the ids of a machine of its own."""
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/machine-id").write_text(f"{name:0>32}\n")
    return {"MUSTER_MACHINE": str(folder)}


def open_clone(hub):
    def ask():
        found = [each for each in hub.muster("node", "clones", "--json") if each["state"] == "open"]
        return found[0] if found else None

    return until("an alarm", ask)


def test_a_copied_folder_is_noticed_and_forked_into_a_node_of_its_own(hub, tmp_path):
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(tmp_path / "web", token).returncode == 0
    first = Agent(tmp_path / "web", env=machine(tmp_path / "machine-1", "1"))
    copy = None
    try:
        status = until("the agent runs", first.status)
        node = status["node"]["node"]
        hub.live(node)
        shutil.copytree(
            tmp_path / "web",
            tmp_path / "copy",
            symlinks=True,
            ignore=shutil.ignore_patterns("*.sock"),
        )
        copy = Agent(tmp_path / "copy", env=machine(tmp_path / "machine-2", "2"))
        clone = open_clone(hub)

        assert clone["node"] == node
        assert clone["kind"] == "living"
        assert clone["holders"][1]["differs"] == ["machine id"]
        assert all(each["here"] for each in clone["holders"])
        hub.live(node)  # the first keeps its link
        waiting = until("the copy knows", lambda: _code(copy, "identity_copied"))
        assert "another machine" in waiting["cause"]

        hub.muster("node", "fork", node)

        def fresh():
            others = [each for each in hub.muster("node", "list", "--json") if each["id"] != node]
            return others[0] if others and others[0]["state"] == "live" else None

        other = until("a second node is live", fresh)
        assert other["rooms"] == hub.node(node)["rooms"]
        hub.live(node)
        assert first.told()["node"]["node"] == node
        assert copy.told()["node"]["node"] == other["id"]
        closed = hub.muster("node", "clones", "--json")[0]
        assert (closed["state"], closed["holders"][1]["became"]) == ("forked", other["id"])
    finally:
        first.stop()
        if copy:
            copy.stop()


def test_an_older_copy_with_a_replaced_certificate_is_noticed_and_forked_too(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSTER_ENROL_AGENT_LIFETIME", "12s")
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    first = copy = None
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "web", token).returncode == 0
        copied = shutil.ignore_patterns("*.sock")
        shutil.copytree(tmp_path / "web", tmp_path / "copy", symlinks=True, ignore=copied)
        first = Agent(tmp_path / "web", env=machine(tmp_path / "machine-1", "1"))
        node = until("the agent runs", first.status)["node"]
        hub.live(node["node"])
        until("it renewed", lambda: first.told()["node"]["serial"] != node["serial"] or None)
        hub.live(node["node"])
        copy = Agent(tmp_path / "copy", env=machine(tmp_path / "machine-2", "2"))
        clone = open_clone(hub)
        until("the copy knows", lambda: _code(copy, "identity_copied"))

        assert clone["kind"] == "retired"
        assert not hub.muster("approval", "list", "--json")
        hub.muster("node", "fork", node["node"])
        done = until("it is a node of its own", lambda: _became(hub))
        assert hub.live(done)["id"] != node["node"]
        assert hub.live(node["node"])
    finally:
        for each in (first, copy, hub):
            if each:
                each.stop()


def _became(hub):
    return hub.muster("node", "clones", "--json")[0]["holders"][1]["became"]


def _code(agent, code):
    status = agent.status()
    return status["link"] if status and status["link"]["code"] == code else None
