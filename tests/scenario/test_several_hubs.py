"""One agent at two hubs: each gets what it may have, and the end of one is not the other's."""

import signal

import pytest
from processes import Agent, Hub, free_port_base, run, until

pytestmark = pytest.mark.scenario


@pytest.fixture
def hubs(tmp_path):
    hubs = [Hub(tmp_path / name, free_port_base(), command="hub") for name in ("home", "office")]
    yield hubs
    for hub in hubs:
        hub.stop()


def join(hub, folder, *words):
    token = hub.muster("token", "create")
    line = ("agent", "claim", "--token-file", "-", "--data", str(folder), "--json", *words)
    return run(*line, stdin=token)["node"]


def measurements(hub, node):
    from attacker import operator

    listed = operator(hub, "GET", f"/api/v1/series?node={node}")
    return {each["measurement"] for each in listed}


def ask(hub, node, method):
    from attacker import operator

    body = {"method": method, "arguments": {}}
    answer = operator(hub, "POST", f"/api/v1/nodes/{node}/ask", body)
    return answer.get("result", answer)


def hub_of(agent, name):
    status = agent.status()
    found = [each for each in status["hubs"] if each["name"] == name] if status else []
    return found[0] if found else None


def epoch_of(agent, name):
    """Of its spool; None while that one gives way to the next."""
    hub = hub_of(agent, name)
    return hub["spool"]["epoch"] if hub and hub["spool"] else None


def link_of(agent, name):
    """Nothing while the agent does not answer."""
    hub = hub_of(agent, name)
    return hub["link"] if hub and hub["link"] else {"state": "", "code": ""}


def test_each_hub_has_a_node_of_its_own_and_what_it_may_have(hubs, tmp_path):
    home, work = hubs
    folder = tmp_path / "node"
    first = join(home, folder)
    agent = Agent(folder)
    try:
        home.live(first)
        # joined while the agent runs, and limited before it has anything
        second = join(work, folder, "--hub-name", "office", "--only", "mem")
        work.live(second)
        assert second != first
        until("values come", lambda: measurements(work, second))
        until("all values come", lambda: len(measurements(home, first)) > 5)
        assert measurements(work, second) == {"mem"}

        told = ask(work, second, "status")
        assert {each["name"] for each in told["collectors"]} == {"mem"}
        assert told["hubs"] == [] and told["node"]["node"] == second
        listed = run("agent", "hubs", "--data", str(folder), "--json")
        assert [(each["name"], each["only"]) for each in listed] == [
            ("main", None),
            ("office", ["mem"]),
        ]

        run("agent", "allow", "office", "--only", "mem,cpu", "--data", str(folder))
        until("more comes", lambda: "cpu" in " ".join(measurements(work, second)))
        epoch = until("its spool is known", lambda: epoch_of(agent, "office"))
        run("agent", "allow", "office", "--only", "mem", "--data", str(folder))
        until("less is spooled", lambda: epoch_of(agent, "office") not in (None, epoch))
        until("the link is open", lambda: link_of(agent, "office")["state"] == "open")
        work.live(second)
        assert len(work.muster("node", "list", "--json")) == 1
    finally:
        agent.stop()


def test_one_hub_that_is_down_or_revokes_is_nothing_to_the_other(hubs, tmp_path):
    home, work = hubs
    folder = tmp_path / "node"
    first = join(home, folder)
    second = join(work, folder, "--hub-name", "office")
    agent = Agent(folder)
    try:
        home.live(first)
        work.live(second)

        work.muster("node", "revoke", second, "--reason", "lost")
        until("it knows", lambda: link_of(agent, "office")["code"] == "node_revoked")
        until("the other's is open", lambda: link_of(agent, "main")["state"] == "open")
        assert not (folder / "revoked.json").exists()
        assert (folder / "hubs/office/revoked.json").exists()

        home.stop(signal.SIGKILL)
        until("it sees", lambda: link_of(agent, "main")["state"] not in ("", "open"))
        until("it still knows", lambda: link_of(agent, "office")["code"] == "node_revoked")
    finally:
        agent.stop()


def test_one_machine_is_one_node_of_a_hub(hubs, tmp_path):
    home, _ = hubs
    join(home, tmp_path / "node")
    line = ("agent", "claim", "--token-file", "-", "--data", str(tmp_path / "node"))

    refused = run(*line, "--hub-name", "twice", ok=False, stdin=home.muster("token", "create"))
    assert (refused.returncode, "as main" in refused.stderr) == (25, True), refused.stderr
    assert len(home.muster("node", "list", "--json")) == 1


def test_one_hub_is_left_while_the_agent_runs(hubs, tmp_path):
    home, work = hubs
    folder = tmp_path / "node"
    first = join(home, folder)
    second = join(work, folder, "--hub-name", "office")
    agent = Agent(folder)
    try:
        work.live(second)
        run("agent", "unclaim", "--hub-name", "office", "--data", str(folder))

        assert not (folder / "hubs/office").exists()
        until("the link is gone", lambda: work.node(second)["state"] != "live")
        assert home.live(first)
        assert [each["name"] for each in agent.told()["hubs"]] == ["main"]
    finally:
        agent.stop()
