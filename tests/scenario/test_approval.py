"""Machines wait, an admin decides on the command line, and the node is live: real processes."""

import json
import signal

import pytest
from processes import Agent, Hub, Process, claim, free_port_base, run, until

pytestmark = pytest.mark.scenario

POLICY = """
[[rule]]
name = "the lab"
label = { where = "lab" }
kind = "claim"
action = "approve"
"""


@pytest.fixture
def hub(tmp_path):
    data = tmp_path / "hub"
    data.mkdir(mode=0o700)
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    (data / "hub.toml").write_text(f'[enrol]\npolicy = "{policy}"\n')
    hub = Hub(data, free_port_base(), command="hub")
    hub.policy = policy
    yield hub
    hub.stop()


def waiting_claim(hub, folder, *words):
    token = hub.muster("token", "create", *words)
    asking = Process(
        "agent", "claim", "--token-file", "-", "--data", str(folder), "--wait", "10m", stdin=token
    )

    def queued():
        found = hub.muster("approval", "list", "--json")
        return found[0] if found else None

    return asking, until("somebody waits", queued), token


def test_a_claim_waits_an_admin_approves_it_and_the_node_is_live(hub, tmp_path):
    asking, waiting, _ = waiting_claim(hub, tmp_path / "node")
    until("the machine says that it waits", lambda: "admin has to let" in asking.said())
    shown = hub.muster("approval", "show", waiting["id"], "--json")
    assert (shown["kind"], shown["decision"]) == ("claim", "")
    assert hub.muster("node", "list", "--json") == []

    hub.muster("approval", "approve", waiting["id"], "--note", "rack 4")

    assert asking.ends() == 0, asking.said()
    agent = Agent(tmp_path / "node")
    try:
        node = hub.live(waiting["name"])
        assert node["id"] == hub.muster("approval", "show", waiting["id"], "--json")["node"]
    finally:
        agent.stop()
    done = [each["action"] for each in audit(hub)]
    assert {"approval.ask", "approval.approve", "node.claim_again"} <= set(done)


def test_a_machine_killed_while_it_waits_asks_on_and_is_let_in(hub, tmp_path):
    asking, waiting, token = waiting_claim(hub, tmp_path / "node")
    asking.stop(signal.SIGKILL)
    words = ("agent", "claim", "--token-file", "-", "--data", str(tmp_path / "node"))
    still = run(*words, "--no-wait", "--json", ok=False, stdin=token)
    assert still.returncode == 33
    assert json.loads(still.stdout) == {"state": "waiting", "request": waiting["id"]}
    assert len(hub.muster("approval", "list", "--json")) == 1

    hub.muster("approval", "approve", waiting["id"])

    claimed = run(*words, "--json", stdin=token)
    assert claimed["node"] == hub.muster("approval", "show", waiting["id"], "--json")["node"]


def test_a_denied_machine_is_told_why(hub, tmp_path):
    asking, waiting, _ = waiting_claim(hub, tmp_path / "node")

    hub.muster("approval", "deny", waiting["id"], "--note", "not one of ours")

    assert asking.ends() == 35
    assert "not one of ours" in asking.said()
    asking.stop()


def test_a_reinstalled_machine_goes_on_as_the_node_it_was(hub, tmp_path):
    env = {"MUSTER_MACHINE": str(machine(tmp_path / "machine"))}
    token = hub.muster("token", "create", "--label", "where=lab")
    words = ("agent", "claim", "--token-file", "-", "--data")
    run(*words, str(tmp_path / "old"), stdin=token, env=env)
    agent = Agent(tmp_path / "old", env=env)
    before = hub.live(hub.muster("node", "list", "--json")[0]["name"])
    agent.stop()
    until("it is away", lambda: hub.node(before["id"])["state"] != "live")

    again = hub.muster("token", "create", "--label", "where=lab")
    waits = run(*words, str(tmp_path / "new"), "--no-wait", ok=False, stdin=again, env=env)
    assert waits.returncode == 33
    (waiting,) = hub.muster("approval", "list", "--json")
    assert (waiting["kind"], waiting["looks_like"]["id"]) == ("reimage", before["id"])
    hub.muster("approval", "approve", waiting["id"], "--as", "existing")
    run(*words, str(tmp_path / "new"), stdin=again, env=env)
    agent = Agent(tmp_path / "new", env=env)
    try:
        assert hub.live(before["id"])["name"] == before["name"]
        assert len(hub.muster("node", "list", "--json")) == 1
        old = Agent(tmp_path / "old", env=env)
        until("the old key is refused", lambda: code_of(old) == "identity_copied")
        old.stop()
    finally:
        agent.stop()


def code_of(agent):
    """Why it has no link."""
    return ((agent.status() or {}).get("link") or {}).get("code")


def machine(folder):
    """A root with the ids of a machine that is not this one."""
    card = folder / "sys/class/net/eth0"
    (card / "device").mkdir(parents=True)
    (card / "address").write_text("52:54:00:12:34:56")
    return folder


def test_a_policy_lets_in_whom_it_names_and_is_read_again_when_it_changes(hub, tmp_path):
    token = hub.muster("token", "create", "--uses", "2", "--label", "where=lab")
    first = claim(tmp_path / "one", token)
    hub.policy.write_text('[[rule]]\nname = "nobody"\naction = "deny"\n')
    second = claim(tmp_path / "two", token)

    assert first.returncode == 0, first.stderr
    assert second.returncode == 35
    assert "nobody" in second.stderr


def test_a_token_for_other_machines_says_so(hub, tmp_path):
    for limit in (("--network", "192.0.2.0/24"), ("--host", "no-such-*")):
        told = claim(tmp_path / "node", hub.muster("token", "create", *limit))

        assert told.returncode == 34
        assert limit[1] in told.stderr


def audit(hub):
    from attacker import operator

    return operator(hub, "GET", "/api/v1/audit?limit=100")
