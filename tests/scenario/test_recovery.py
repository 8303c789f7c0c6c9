"""A machine that slept longer than its certificate: back by itself, within bounds."""

import contextlib
import json
import shutil
import sqlite3
import time

import pytest
from processes import Agent, Hub, claim, free_port_base, run, until

from muster.clock import SECOND_NS, SystemClock

pytestmark = pytest.mark.scenario

DAY_S = 86_400


@pytest.fixture
def short_hub(tmp_path, monkeypatch):
    """A hub whose certificates live for twelve seconds."""
    monkeypatch.setenv("MUSTER_ENROL_AGENT_LIFETIME", "12s")
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    yield hub
    hub.stop()


def claimed(hub, folder):
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(folder, token).returncode == 0
    return folder


def node_of(agent):
    return until("the agent answers", agent.status)["node"]["node"]


def sleep_until_ended(folder):
    """Wait until the certificate of a folder has ended."""
    ends_ns = json.loads((folder / "identity/node.json").read_bytes())["not_after_ns"]
    left_s = (ends_ns - SystemClock().now_ns()) / SECOND_NS
    time.sleep(max(0.0, left_s + 1))


def ended_days_ago(hub, days):
    """Let a hub that is stopped believe that its certificates ended so long ago."""
    with contextlib.closing(sqlite3.connect(hub.data / "records.sqlite")) as records:
        span_ns = days * DAY_S * SECOND_NS
        records.execute("UPDATE credentials SET not_after_ns = not_after_ns - ?", (span_ns,))
        records.commit()


@pytest.mark.parametrize(("days", "back"), [(0, True), (40, True), (100, False)])
def test_a_machine_that_slept_is_back_as_the_same_node_or_asks_after_too_long(
    short_hub, tmp_path, days, back
):
    folder = claimed(short_hub, tmp_path / "agent")
    agent = Agent(folder)
    node = node_of(agent)
    short_hub.live(node)
    assert agent.stop() == 0
    assert short_hub.stop() == 0
    sleep_until_ended(folder)
    ended_days_ago(short_hub, days)
    base = int(short_hub.ready["web"].rsplit(":", 1)[1])
    hub = Hub(short_hub.data, base, command="hub")
    agent = Agent(folder)
    try:
        if not back:
            link = until("it asks", lambda: link_in(agent, "recovery_waiting"))
            assert "90 days" in link["cause"]
            assert "muster approval list" in run("agent", "status", "--data", str(folder))
            waiting = hub.muster("approval", "list", "--json")[0]
            assert waiting["kind"] == "recovery"
            hub.muster("approval", "approve", waiting["id"])
        hub.live(node)
        assert node_of(agent) == node
        assert len(hub.muster("node", "list", "--json")) == 1
    finally:
        agent.stop()
        hub.stop()


def is_replaced(hub, node, serial):
    """Whether the hub lets in by another certificate of a node than this one alone."""
    listed = hub.muster("node", "show", node, "--json")["credentials"]
    states = {each["serial"]: each["state"] for each in listed}
    return states.get(serial) != "active" and "active" in states.values()


def link_in(agent, code):
    status = agent.status()
    return status["link"] if status and status["link"]["code"] == code else None


def test_a_restored_snapshot_with_a_replaced_certificate_asks_an_administrator(short_hub, tmp_path):
    folder = claimed(short_hub, tmp_path / "agent")
    agent = Agent(folder)
    node = node_of(agent)
    short_hub.live(node)
    snapshot = tmp_path / "snapshot"
    shutil.copytree(folder, snapshot, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    serial = json.loads((snapshot / "identity/node.json").read_bytes())["serial"]
    until("the renewed one is in use", lambda: is_replaced(short_hub, node, serial))
    assert agent.stop() == 0
    shutil.rmtree(folder)
    snapshot.rename(folder)
    agent = Agent(folder)
    try:
        until("it asks", lambda: link_in(agent, "recovery_waiting"))
        waiting = short_hub.muster("approval", "list", "--json")[0]
        assert "replaced" in waiting["why"]
        short_hub.muster("approval", "approve", waiting["id"])
        short_hub.live(node)
        assert not short_hub.muster("node", "clones", "--json")
    finally:
        agent.stop()


def test_a_revoked_machine_does_not_come_back_by_a_kept_token(short_hub, tmp_path):
    token = short_hub.muster("token", "create", "--uses", "5", "--json")["token"]
    folder = tmp_path / "agent"
    assert claim(folder, token).returncode == 0
    agent = Agent(folder)
    node = node_of(agent)
    short_hub.live(node)
    short_hub.muster("node", "revoke", node)
    until("it noted that", lambda: (folder / "revoked.json").exists() or None)
    agent.stop()
    run("agent", "unclaim", "--data", str(folder))
    words = ("agent", "claim", "--data", str(folder))
    refused = run(*words, ok=False, env={"MUSTER_CLAIM_TOKEN": token})
    forced = run(*words, "--force-new", ok=False, env={"MUSTER_CLAIM_TOKEN": token})

    assert refused.returncode == 36
    assert "--force-new" in refused.stderr
    assert forced.returncode == 0
