"""The hub as a process: how it starts, ends, and what a kill leaves."""

import json
import signal
from pathlib import Path

import pytest
from processes import Hub, Process, children, free_port_base, run, until

pytestmark = pytest.mark.scenario


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def place(tmp_path):
    return tmp_path / "data", free_port_base()


def test_a_stop_is_clean_and_a_second_start_keeps_hub_and_node(place):
    first = Hub(*place, env={})  # the program itself; the others of all tests are forked
    node = until("the local node", lambda: first.muster("node", "list", "--json"))[0]
    pins = first.muster("ca", "show", "--json")["pins"]
    assert first.stop() == 0, first.said()
    second = Hub(*place)
    try:
        again = second.live(node["id"])
        kept = second.muster("ca", "show", "--json")["pins"]
    finally:
        assert second.stop() == 0, second.said()

    assert again["name"] == node["name"]
    assert kept == pins


def test_a_hub_that_is_killed_takes_its_agent_along_and_comes_back(place):
    hub = Hub(*place)
    until("the local node", lambda: hub.muster("node", "list", "--json"))
    agents = until("the local agent runs", lambda: children(hub.process.pid))
    hub.stop(signal.SIGKILL)
    until("the agent ends too", lambda: all(is_gone(pid) for pid in agents) or None)
    again = Hub(*place)
    try:
        node = again.muster("node", "list", "--json")[0]
        assert again.live(node["id"])["state"] == "live"
    finally:
        assert again.stop() == 0, again.said()


def test_a_hub_alone_starts_no_agent(place):
    hub = Hub(*place, command="hub")
    try:
        assert hub.muster("node", "list", "--json") == []
        assert children(hub.process.pid) == []
    finally:
        assert hub.stop() == 0, hub.said()


def test_an_ephemeral_hub_works_and_leaves_nothing(tmp_path):
    words = ("hub", "--ephemeral", "--port-base", str(free_port_base()), "--json")
    hub = Process(*words, env={"TMPDIR": str(tmp_path)})
    data = Path(json.loads(hub.line())["data"])
    try:
        assert data.parent == tmp_path
        assert run("--data", str(data), "space", "list", "--json")
        assert "EPHEMERAL" in hub.said()
    finally:
        assert hub.stop() == 0, hub.said()
    assert list(tmp_path.iterdir()) == []
