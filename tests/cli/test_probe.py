"""`muster probe`."""

import pytest

SPACES = [
    {"id": "s-1", "name": "Home", "main": True},
    {"id": "s-2", "name": "Other", "main": False},
]
PING = {"kind": "ping", "url": "8.8.4.4", "interval_s": 15}
DNS = {
    "kind": "dns_query",
    "server": "9.9.9.9",
    "domain": ".",
    "record_type": "NS",
    "interval_s": 60,
}
RUNNERS = [
    {"node": "n-1", "name": "web-1", "fault": ""},
    {"node": "n-2", "name": "db", "fault": "old"},
]
PROBES = [
    {"id": "p-1", "probe": PING, "enabled": True, "runners": RUNNERS},
    {"id": "p-2", "probe": DNS, "enabled": False, "runners": []},
]
PATH = "/api/v1/spaces/s-1/probes"


@pytest.fixture(autouse=True)
def probes(hub):
    hub.answers["GET /api/v1/spaces"] = SPACES
    hub.answers[f"GET {PATH}"] = PROBES
    hub.answers[f"POST {PATH}"] = PROBES[0]
    hub.answers["GET /api/v1/nodes"] = [{"id": "n-1", "name": "web-1", "space": SPACES[0]}]
    hub.answers["GET /api/v1/rooms"] = [{"id": "r-1", "name": "web", "space": SPACES[0]}]


def test_probes_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("probe", "list")

    assert [line.split("  ")[0] for line in out.splitlines()[1:]] == ["ping", "dns_query"]
    assert "web-1, db (old)" in out
    assert "9.9.9.9 . NS" in out
    assert "off" in out
    assert hub.json("probe", "list") == PROBES


def test_a_probe_is_made_for_nodes_and_rooms(hub):
    words = ("--node", "web-1", "--room", "web", "--room", "All nodes", "--interval", "30s")
    code, _, err = hub.run("probe", "add", "ping", "8.8.4.4", "--count", "3", *words)

    assert (code, err) == (0, "probe 8.8.4.4 is made: web-1, db (old)\n")
    assert hub.asked[-1] == (
        "POST",
        PATH,
        {
            "probe": {"kind": "ping", "url": "8.8.4.4", "count": 3, "interval_s": 30},
            "nodes": ["n-1"],
            "rooms": ["r-1", "s-1"],
        },
    )


def test_each_kind_has_its_own_options(hub):
    hub.run("probe", "add", "dns", "9.9.9.9", "--record-type", "MX", "--timeout", "500ms")
    assert hub.asked[-1][2]["probe"] == {
        "kind": "dns_query",
        "server": "9.9.9.9",
        "record_type": "MX",
        "timeout_s": 0.5,
    }
    hub.run("probe", "add", "http", "https://x.example/", "--follow", "--no-verify")
    assert hub.asked[-1][2]["probe"] == {
        "kind": "http_response",
        "url": "https://x.example/",
        "follow_redirects": True,
        "verify": False,
    }
    code, _, err = hub.run("probe", "add", "ping", "x", "--match", "y")

    assert code != 0
    assert "match is for http" in err


def test_a_probe_is_found_by_id_and_target(hub):
    hub.answers[f"PATCH {PATH}/p-1"] = PROBES[0]
    hub.answers[f"DELETE {PATH}/p-2"] = None
    assert hub.run("probe", "set", "8.8.4.4", "--off")[2] == "probe 8.8.4.4 is off\n"
    assert hub.asked[-1] == ("PATCH", f"{PATH}/p-1", {"enabled": False})
    assert hub.run("probe", "remove", "p-2")[0] == 0
    code, _, err = hub.run("probe", "remove", "1.1.1.1")

    assert code != 0
    assert "muster probe list" in err


def test_a_trial_shows_its_points_and_fails_as_a_check_does(hub):
    point = {
        "measurement": "ping",
        "tags": {"url": "8.8.4.4"},
        "fields": {"maximum_response_ms": 1.5},
    }
    tried = {"node": "n-1", "name": "web-1", "points": [point], "fault": "1 of 2 got no reply"}
    hub.answers[f"POST {PATH}/test"] = tried
    code, out, err = hub.run("probe", "test", "ping", "8.8.4.4", "--node", "web-1")

    assert code == 8
    assert "1.500" in out
    assert "1 of 2 got no reply" in err
    assert hub.asked[-1][2]["node"] == "n-1"


def test_a_trial_from_here_needs_no_hub(hub):
    code, out, _ = hub.run("probe", "test", "http", "http://127.0.0.1:1/", "--here")

    assert code == 8
    assert "connection_failed" in out
    assert hub.asked == []


def test_a_probe_is_changed_in_what_is_named_alone(hub):
    hub.answers[f"PATCH {PATH}/p-1"] = PROBES[0]
    words = ("--target", "8.8.8.8", "--interval", "1m", "--ip", "any", "--room", "All nodes")
    code, _, err = hub.run("probe", "set", "8.8.4.4", *words)

    assert (code, err) == (0, "probe 8.8.4.4 is changed: web-1, db (old)\n")
    assert hub.asked[-1] == (
        "PATCH",
        f"{PATH}/p-1",
        {
            "probe": {"kind": "ping", "url": "8.8.8.8", "interval_s": 60, "ip": ""},
            "nodes": [],
            "rooms": ["s-1"],
        },
    )


@pytest.mark.parametrize(
    "words", [(), ("--match", "x"), ("--by-hub", "--node", "web-1"), ("--no-verify",)]
)
def test_a_change_that_says_nothing_or_is_of_another_kind_is_refused(hub, words):
    code, _, _ = hub.run("probe", "set", "p-1", *words)

    assert code == 2


def test_a_probe_goes_back_to_the_hubs_own_agent(hub):
    hub.answers[f"PATCH {PATH}/p-1"] = PROBES[0]
    hub.run("probe", "set", "p-1", "--by-hub", "--on")

    assert hub.asked[-1][2] == {"nodes": [], "rooms": [], "enabled": True}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("http", "ftp://x"), "not an address like https://example.org/: 'ftp://x'"),
        (("ping", "nas", "--interval", "1s"), "--interval is 5s to 1d, not 1s"),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_the_hub_is_asked(hub, words, told):
    code, _, err = hub.run("probe", "add", *words)

    assert (code, hub.asked) == (2, [])
    assert told in err
