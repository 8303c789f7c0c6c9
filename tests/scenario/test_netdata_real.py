"""A real Netdata agent, as its makers publish it, with this hub as its cloud.

`MUSTER_TEST_NETDATA` names the agent (`netdata`), `MUSTER_TEST_NETDATACLI` its command line tool,
and `MUSTER_TEST_NETDATA_CLAIM` the claim script of 1.x (`netdata-claim.sh`). Without them all of
this is skipped.
"""

import contextlib
import json
import uuid

import pytest
from attacker import anchors, ask, operator
from netdatareal import ALERT, COMMAND, ONLINE_S, PROGRAM, SCRIPT, Netdata, need, program, version
from processes import Hub, free_port_base, until

pytestmark = pytest.mark.scenario
CUT_S = 5.0  # of the agent's own view; the hub's is measured elsewhere


@pytest.fixture(autouse=True, scope="module")
def programs():
    program(PROGRAM)
    program(COMMAND)
    if version() < (2, 0):
        program(SCRIPT)


def start_hub(folder):
    words = ("--netdata-port", str(free_port_base()))
    return Hub(folder, free_port_base(), *words, command="hub")


@pytest.fixture(scope="module")
def hub(programs, tmp_path_factory):
    started = start_hub(tmp_path_factory.mktemp("hub") / "data")
    yield started
    assert started.stop() == 0, started.said()


@pytest.fixture
def make(tmp_path_factory):
    """Makes agents that trust a hub; they end with the test."""
    made = []

    def make(hub, name):
        made.append(Netdata(tmp_path_factory.mktemp("nd") / "a", name, anchors(hub)))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def online(hub, tmp_path_factory):
    """One agent that is claimed, for all tests that only look."""
    agent = Netdata(tmp_path_factory.mktemp("nd") / "a", "looked-at", anchors(hub))
    try:
        start_whole(agent)
        claim_again(hub, agent)
        agent.until_online()
        hub.live(agent.name)
        yield agent
    finally:
        agent.stop()


def start_whole(agent):
    """Start it with its main collector: on a busy machine 1.45 now and then comes without."""
    for _ in range(3):
        agent.start()
        with contextlib.suppress(AssertionError):
            until("cpu", lambda: agent.get("/api/v1/chart", chart="system.cpu")[0] == 200, 20)
            return
        agent.stop()
    raise AssertionError(f"it does not measure the machine: {agent.said()}")


def token_of(hub, *more):
    words = ("token", "create", "--dialect", "netdata", "--uses", "20", *more, "--json")
    return hub.muster(*words)["token"]


def enter(hub, agent):
    """Claim it in the way of its version and bring it online; its node."""
    agent.start()
    claim_again(hub, agent)
    agent.until_online()
    return hub.live(agent.name)


def claim_again(hub, agent, token=None):
    return agent.claim(hub.ready["web"], token or token_of(hub))


def told(hub, agent, what):
    return operator(hub, "GET", f"/api/v1/nodes/{agent.node_id()}/netdata/{what}")


# Claim


def test_claim_conf_brings_an_agent_online_into_the_rooms_it_names(hub, make):
    need(oldest=(2, 0))
    hub.muster("room", "create", "Lab")
    agent = make(hub, "by-file").start()
    agent.write_claim(hub.ready["web"], token_of(hub, "--room", "Lab"), rooms="Lab")
    said = agent.command("reload-claiming-state")
    agent.until_online()
    node = hub.live("by-file")

    assert "claimed" in said
    assert node["link"]["dialect"] == "netdata"
    assert "Lab" in str(node["rooms"])
    assert agent.node_id() == node["id"]


def test_the_environment_claims_at_the_port_for_netdata_agents(hub, make):
    need(oldest=(2, 0))
    agent = make(hub, "by-environment")
    agent.start(
        NETDATA_CLAIM_URL=f"https://{hub.ready['netdata']}", NETDATA_CLAIM_TOKEN=token_of(hub)
    )
    agent.until_online()

    assert hub.live("by-environment")["id"] == agent.node_id()


def test_the_agents_own_claim_api_claims_by_the_key_of_its_file(hub, make):
    need(oldest=(2, 0))
    agent = make(hub, "by-api").start()
    key_file = agent.lib / "netdata_random_session_id"
    wish = {"url": hub.ready["web"], "token": token_of(hub), "rooms": ""}
    status, refused = agent.get("/api/v3/claim", key=str(uuid.uuid4()), **wish)
    assert status == 400, refused
    _, claimed = agent.get("/api/v3/claim", key=key_file.read_text().strip(), **wish)
    agent.until_online()

    assert json.loads(claimed)["success"] is True, claimed
    assert hub.live("by-api")["id"] == agent.node_id()


def test_the_claim_script_of_2_x_writes_what_the_agent_claims_by(hub, make):
    need(oldest=(2, 0))
    program(SCRIPT)
    agent = make(hub, "by-new-script").start()
    code, said = agent.run_script(f"-token={token_of(hub)}", f"-url={hub.ready['web']}")
    agent.until_online()

    assert code == 0, said
    assert hub.live("by-new-script")["id"] == agent.node_id()


def test_a_wrong_token_is_told_to_who_claims(hub, make):
    need(oldest=(2, 0))
    agent = make(hub, "no-token").start()
    said = claim_again(hub, agent, token="nonsense")

    assert "token" in said.lower(), said
    assert not agent.link()["agent-claimed"]
    assert hub.node("no-token") is None


def test_a_hub_that_is_not_trusted_is_not_claimed_to(hub, make):
    need(oldest=(2, 0))
    agent = make(hub, "no-trust").start()
    for name in ("trusted.pem", "cloud_fullchain.pem"):
        (agent.cloud / name).unlink()
    claim_again(hub, agent)

    assert not agent.link()["agent-claimed"]
    assert hub.node("no-trust") is None


def test_the_claim_script_of_1_x_claims_and_tells_the_agent(hub, make):
    need(below=(2, 0))
    agent, url = make(hub, "by-script").start(), f"-url={hub.ready['web']}"
    wrong, _ = agent.run_script("-token=nonsense", url)
    nowhere, _ = agent.run_script(f"-token={token_of(hub)}", url, "-rooms=nowhere")
    unknown, _ = agent.run_script("-what")
    hub.muster("room", "create", "Cellar")
    words = ("--claim-token", token_of(hub), "--claim-url", hub.ready["web"])
    code, said = agent.run_script(*words, "--claim-rooms", "Cellar")
    agent.until_online()
    node = hub.live("by-script")

    assert (wrong, nowhere, unknown, code) == (12, 10, 1, 0), said
    assert "successfully claimed" in said
    assert "Cellar" in str(node["rooms"])
    assert agent.node_id() == node["id"]


def test_a_claim_of_1_x_with_another_key_needs_an_id_of_its_own_and_an_admin(hub, make):
    need(below=(2, 0))
    agent, url = make(hub, "script-other-key"), f"-url={hub.ready['web']}"
    before = enter(hub, agent)
    agent.stop()
    until("it is offline", lambda: hub.node(agent.name)["state"] == "offline")
    agent.forget_claim(key=True)
    agent.start()
    token, id = token_of(hub), f"-id={uuid.uuid4()}"
    same_id, _ = agent.run_script(f"-token={token}", url)
    waits, _ = agent.run_script(f"-token={token}", url, id)
    (waiting,) = _waiting(hub, agent.name)
    hub.muster("approval", "approve", waiting["id"], "--as", "existing")
    code, said = agent.run_script(f"-token={token}", url, id)
    agent.until_online()

    assert (same_id, waits, code) == (13, 14, 0), said
    assert hub.live(agent.name)["id"] == before["id"]


# What is seen of it


def test_what_the_agent_is_and_has_is_known(hub, online):
    def named():
        shown = {each["id"]: each for each in told(hub, online, "contexts")["contexts"]}
        return shown if {"system.cpu", "system.load", "system.uptime"} <= set(shown) else None

    # What was lost on the way is asked for anew once a minute.
    contexts = until("its contexts are there", named, ONLINE_S)
    info = until(
        "its collectors are there",
        lambda: _with(told(hub, online, "info"), "collectors"),
    )

    assert contexts["system.cpu"]["units"] == "percentage"
    assert info["hostname"] == online.name
    assert info["machine"] == _own_guid(online)
    assert info["agent_version"] == json.loads(online.get("/api/v1/info")[1])["version"]


def test_values_through_the_hub_are_those_the_agent_gives_directly(hub, online):
    direct = until("it has measured", lambda: _at_least(8, _direct(online, after=-15)))
    first, last = min(direct), max(direct) - 1
    path = f"data?context=system.cpu&after={first - 1}&before={last}&points={last - first + 1}"
    data = told(hub, online, path)
    direct = _direct(online, after=first - 1, before=last)
    rows = dict(zip(data["times"], zip(*data["values"], strict=True), strict=True))
    both = set(rows) & set(direct)

    assert len(both) >= 5, (data, direct)
    for at in both:
        assert dict(zip(data["labels"], rows[at], strict=True)) == pytest.approx(
            direct[at], abs=1e-3
        )


def test_an_alert_is_listed_and_follows_the_agent(hub, online):
    def status(wanted):
        alerts = told(hub, online, "alerts")["alerts"]
        found = [each for each in alerts if (each["name"], each["status"]) == (ALERT, wanted)]
        return found[0] if found else None

    raised = until("the alert is raised", lambda: status("warning"))
    online.write_alert("crit")
    online.command("reload-health")
    until("the alert is critical", lambda: status("critical"))

    assert (raised["context"], raised["units"]) == ("system.uptime", "seconds")
    assert raised["value"] > 0


def test_processes_are_shown_by_a_function_of_the_agent(hub, online):
    names = [each["name"] for each in told(hub, online, "functions")["functions"]]
    if "processes" not in names:
        pytest.skip("this installation has no apps.plugin")
    path = f"/api/v1/nodes/{online.node_id()}/netdata/function"
    table = operator(hub, "POST", path, {"name": "processes", "timeout_s": 20})

    assert "netdata" in str(table["rows"])
    assert len(table["columns"]) == len(table["rows"][0])


def make_family(hub, make, name):
    """A parent, and a child that streams to it."""
    parent, child, key = make(hub, f"{name}-parent"), make(hub, f"{name}-child"), uuid.uuid4()
    (parent.config / "stream.conf").write_text(f"[{key}]\n  enabled = yes\n")
    (child.config / "stream.conf").write_text(
        f"[stream]\n  enabled = yes\n  destination = 127.0.0.1:{parent.port}\n  api key = {key}\n"
    )
    return parent, child


def said_of(agent, name):
    """(node id, claim id) of a host, by the word of an agent."""
    for each in agent.link()["node-instances"]:
        if each["hostname"] == name:
            return each["node-id"], each["claimed_id"]
    return None, None


def test_a_child_behind_a_parent_is_a_node_of_its_own(hub, make):
    parent, child = make_family(hub, make, "first")
    node = enter(hub, parent)
    child.start()
    behind = hub.live(child.name)

    assert behind["link"]["via"] == node["id"]
    path = f"/api/v1/nodes/{behind['id']}/netdata/data?context=system.load&after=-30&points=30"
    until("it can be asked", lambda: _with(operator(hub, "GET", path), "times"))
    child.stop()
    until("it is measured no more", lambda: hub.node(child.name)["state"] != "live")
    assert hub.node(parent.name)["state"] == "live"


def test_a_child_that_claims_itself_is_the_same_node_to_hub_parent_and_child(hub, make):
    parent, child = make_family(hub, make, "second")
    enter(hub, parent)
    child.start()
    behind, claim = hub.live(child.name), parent.link()["claimed-id"]
    if version() >= (2, 0):  # 1.x tells its children nothing
        told = (behind["id"], claim)
        until("its parent tells it", lambda: said_of(child, child.name) == told, ONLINE_S)
    claim_again(hub, child)
    child.until_online()
    until("it speaks for itself", lambda: hub.live(child.name)["link"]["via"] is None, ONLINE_S)
    agreed = (behind["id"], child.link()["claimed-id"])

    assert hub.node(child.name)["id"] == child.node_id() == behind["id"]
    assert agreed[1] != claim
    until("its parent is told", lambda: said_of(parent, child.name) == agreed, ONLINE_S)


# Its life


def test_an_agent_comes_back_by_itself_after_a_restart_of_either_side(programs, make, tmp_path):
    hub = start_hub(tmp_path / "hub")
    agent = make(hub, "restarted")
    before = enter(hub, agent)
    until("contexts", lambda: _with(told(hub, agent, "contexts"), "contexts"))
    assert hub.stop() == 0, hub.said()
    until("its link has ended", lambda: not agent.link()["online"])
    again = Hub(tmp_path / "hub", *_ports_of(hub), command="hub")
    try:
        agent.until_online()
        back = again.live("restarted")
        agent.stop()
        until("it is offline", lambda: again.node("restarted")["state"] == "offline")
        agent.start()
        agent.until_online()
        last = again.live("restarted")

        assert back["id"] == last["id"] == before["id"]
        assert told(again, agent, "contexts")["contexts"]
    finally:
        assert again.stop() == 0, again.said()


def test_a_claim_anew_with_the_same_key_keeps_the_node(hub, make):
    agent = make(hub, "anew")
    before = enter(hub, agent)
    first = agent.link()["claimed-id"]
    agent.stop()
    agent.forget_claim(key=False)
    agent.start()  # 2.x claims by itself with what stands in claim.conf
    if version() < (2, 0):
        claim_again(hub, agent)
    agent.until_online()
    after = hub.live("anew")

    assert (agent.link()["claimed-id"] == first) == (version() < (2, 0))
    assert (after["id"], after["rooms"]) == (before["id"], before["rooms"])


def test_a_claim_anew_with_another_key_waits_for_an_admin(hub, make):
    need(oldest=(2, 0))
    agent = make(hub, "other-key")
    before = enter(hub, agent)
    agent.stop()
    until("it is offline", lambda: hub.node("other-key")["state"] == "offline")
    agent.forget_claim(key=True)
    agent.start()  # it claims by itself with what stands in claim.conf
    waits = until("it waits", lambda: _waiting(hub, "other-key"))
    said = agent.command("reload-claiming-state")
    assert not agent.link()["agent-claimed"]
    assert _waiting(hub, "other-key") == waits
    hub.muster("approval", "approve", waits[0]["id"], "--as", "existing")
    agent.command("reload-claiming-state")
    agent.until_online()

    assert "ErrProcessingClaim" in said, said
    assert len(waits) == 1
    assert hub.live("other-key")["id"] == before["id"]


def test_a_copy_of_an_agent_is_refused_and_shown_while_the_first_is_there(hub, make):
    first, copy = make(hub, "copied"), make(hub, "copy")
    node = enter(hub, first)
    copy.copy_identity(first)
    copy.start()

    def shown():
        return [
            each for each in hub.muster("node", "clones", "--json") if each["node"] == node["id"]
        ]

    until("the copy is shown", shown)
    assert first.link()["online"]
    assert not copy.link()["online"]
    assert hub.node("copied")["state"] == "live"


def test_chosen_contexts_are_copied_in_a_space_that_wants_it(hub, make):
    hub.muster("space", "create", "Kept")
    hub.muster("space", "set", "Kept", "--netdata-keep", "system.load", "--netdata-step", "1s")
    agent = make(hub, "kept").start()
    claim_again(hub, agent, token_of(hub, "--space", "Kept"))
    agent.until_online()
    words = ("query", "--measurement", "system", "--field", "load1", "--node", "kept", "--csv")

    def copied():
        told = hub.muster(*words, "--tag", "context=system.load", ok=False)
        rows = told.stdout.splitlines()[1:] if told.returncode == 0 else []
        return [float(row.rsplit(",", 1)[1]) for row in rows]

    assert all(load > 0 for load in until("loads are copied", copied))


@pytest.mark.parametrize("how", ["revoke", "remove"])
def test_who_is_shut_out_is_banned_and_comes_back_in_no_way(hub, make, how):
    agent = make(hub, f"out-by-{how}")
    token = token_of(hub)
    agent.start()
    claim_again(hub, agent, token)
    agent.until_online()
    node = hub.live(agent.name)["id"]
    if how == "revoke":
        operator(hub, "POST", f"/api/v1/nodes/{node}/revoke", {"reason": "stolen"})
    else:
        operator(hub, "DELETE", f"/api/v1/nodes/{node}")
    until("its link is cut", lambda: not agent.link()["online"], CUT_S)
    agent.until_banned()
    status, _ = ask(hub.data / "hub.sock", "GET", f"/api/v1/nodes/{node}/netdata/contexts")
    agent.stop()
    agent.start()  # a ban is no more than a word in its memory: it tries, and is told anew
    agent.until_banned()
    assert not agent.link()["online"]
    agent.stop()
    agent.forget_claim(key=True)
    agent.start()  # and claims by itself with the token that is left in claim.conf
    said = claim_again(hub, agent, token)

    assert status in ((200, 409) if how == "revoke" else (404,))
    assert not agent.link()["agent-claimed"], said
    assert not agent.link()["online"]
    shown = hub.node(agent.name)
    assert shown is None or shown["state"] in ("revoked", "removed"), shown


def _waiting(hub, name):
    return [each for each in hub.muster("approval", "list", "--json") if each["name"] == name]


def _with(view, key):
    """The view, once it has something there."""
    return view if view[key] else None


def _own_guid(agent):
    (own,) = [each for each in agent.link()["node-instances"] if each["streaming-hops"] == 0]
    return own["mguid"]


def _direct(agent, **window):
    """Seconds it has measured and their values of system.cpu, of the agent's own port."""
    _, text = agent.get("/api/v1/data", chart="system.cpu", format="json", **window)
    table = json.loads(text)
    names = table["labels"][1:]
    rows = [row for row in table["data"] if row[1] is not None]  # 1.x tells of seconds before too
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _at_least(count, table):
    return table if len(table) >= count else None


def _ports_of(hub):
    """The words that give a hub the ports it had."""
    web, own = (hub.ready[door].rsplit(":", 1)[1] for door in ("web", "netdata"))
    return int(web), "--netdata-port", own


def test_what_the_table_of_nodes_asks_for_is_there(hub, online):
    """What faces/netdata/glances.py makes its numbers of: the mean of the last seconds."""

    def unit_of(context):
        listed = told(hub, online, "contexts")["contexts"]
        return next((each["units"] for each in listed if each["id"] == context), None)

    for context, least, unit in (
        ("system.cpu", {"user", "system"}, "percentage"),
        ("system.ram", {"free", "used"}, "MiB"),
        ("system.net", {"received", "sent"}, "kilobits/s"),
    ):

        def ask(context=context):
            data = told(hub, online, f"data?context={context}&after=-5&points=1")
            known = [label for label, column in zip(data["labels"], data["values"], strict=True)
                     if column and column[-1] is not None]  # fmt: skip
            return known or None

        assert least <= set(until(context, ask))
        assert until(f"{context} is listed", lambda context=context: unit_of(context)) == unit
