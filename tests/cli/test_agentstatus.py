"""`muster agent status`."""

import pytest

from muster.agent.status import PATH
from muster.cli import main
from muster.cli.agentstatus import collector_state, print_probes
from muster.cli.exits import Exit

LINK = {
    "state": "live",
    "since_ns": 10**18,
    "hub": "hub:7444",
    "proxy": "",
    "cause": "",
    "ack_ms": 2.0,
    "retry_s": 0.0,
    "clock_skew_s": 0.001,
    "renewal_due_ns": 10**18,
    "renewal_error": "",
}
COLLECTOR = {
    "name": "cpu",
    "enabled": True,
    "failing": False,
    "values": 10,
    "interval_s": 1,
    "runs": 5,
    "failures": 0,
    "last_error": "",
}
STATUS = {
    "version": "1",
    "compiled": True,
    "node": {"name": "web-01", "node": "n-1", "not_after_ns": 10**18},
    "link": LINK,
    "spool": {
        "values": 0,
        "batches": 0,
        "lost_values": 0,
        "refused_values": 7,
        "refusal": "a node may have 5 series",
        "fault": "",
        "bytes": 1,
        "max_bytes": 9,
    },
    "process": {"rss_bytes": 1 << 24, "cpu_percent": 0.2},
    "collectors": [COLLECTOR, COLLECTOR | {"name": "temp", "values": 0}],
}


def run(tmp_path, capsys):
    code = main.main(["agent", "status", "--data", str(tmp_path / "agent")])
    said = capsys.readouterr()
    return int(code), said.out, said.err


def test_an_agent_that_does_not_run_says_how_to_start_it(tmp_path, capsys):
    code, out, err = run(tmp_path, capsys)

    assert (code, out) == (Exit.UNAVAILABLE, "")
    assert err.endswith("start it: muster agent run\n")


def test_the_status_of_a_running_agent_is_shown(listen):
    agent_ = listen("agent.sock")
    agent_.answers[f"GET {PATH}"] = STATUS
    _, out, _ = agent_.run("agent", "status")

    assert "web-01 (n-1)" in out
    assert "16.0 MiB, 0.2 % of a core" in out
    rows = [line.split() for line in out.splitlines()[-2:]]
    assert rows[0][:3] == ["cpu", "every", "1"]
    assert rows[1][:3] == ["temp", "nothing", "here"]
    assert agent_.json("agent", "status") == STATUS


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "every 1 s"),
        ({"enabled": False, "failing": True}, "disabled"),
        ({"failing": True}, "failing"),
        ({"values": 0}, "nothing here"),
    ],
)
def test_a_collector_is_in_one_of_four_states(given, state):
    assert collector_state(COLLECTOR | given) == state


def test_probes_are_shown_with_who_gave_them(capsys):
    probe = {"kind": "ping", "target": "nas", "hub": "", "interval_s": 15, "runs": 3, "fault": ""}
    print_probes([probe, probe | {"hub": "main", "fault": "no such host"}])
    _, own, given = capsys.readouterr().out.splitlines()

    assert own.split() == ["ping", "nas", "every", "15", "s", "settings", "3", "-"]
    assert given.endswith("no such host")
