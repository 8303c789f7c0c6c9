import msgspec

from muster.agent.probestatus import ProbeStatus


def test_a_probe_that_has_not_run_yet_shows_that():
    status = ProbeStatus(kind="ping", target="x", hub="", interval_s=5)

    assert msgspec.to_builtins(status) == {
        "kind": "ping",
        "target": "x",
        "hub": "",
        "interval_s": 5,
        "runs": 0,
        "skipped": 0,
        "last_run_ns": 0,
        "fault": "",
    }
