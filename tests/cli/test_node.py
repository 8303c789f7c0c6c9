"""`muster node`."""

import pytest

from muster.cli.node import find_node, outline
from muster.errors import Conflict

NODE = {
    "id": "n-1",
    "name": "web-01",
    "space": {"id": "s", "name": "Home"},
    "rooms": [{"id": "r-1", "name": "lab"}],
    "labels": {"site": "a"},
    "ephemeral_s": 0,
    "state": "live",
    "cause": "",
    "last_seen_ns": 10**18,
    "facts": {"os": "Debian 12", "kernel": "6.1", "cores": 4, "agent_version": "1"},
    "link": {
        "dialect": "muster",
        "mode": "push",
        "tls": "TLS 1.3",
        "since_ns": 10**18,
        "address": "10.0.0.7",
        "round_trip_ms": 1.25,
        "unsent": 0,
    },
    "credential": {
        "serial": "0a",
        "sha256": "ff",
        "issuer": "agents",
        "not_after_ns": 4 * 10**18,
    },
}
MARKS = [
    {
        "time_ns": 10**18,
        "kinds": ["recreated"],
        "starts": 2,
        "text": "container recreated (2 starts)",
    }
]
PENDING = NODE | {
    "id": "n-2",
    "name": "db-01",
    "rooms": [],
    "state": "pending",
    "cause": "never seen",
    "last_seen_ns": 0,
    "link": None,
    "credential": None,
}


@pytest.fixture(autouse=True)
def nodes(hub):
    hub.answers["GET /api/v1/nodes"] = [NODE, PENDING]
    hub.answers["GET /api/v1/nodes/n-1"] = NODE
    hub.answers["GET /api/v1/nodes/n-1/marks"] = MARKS
    hub.answers["POST /api/v1/nodes/n-1/revoke"] = {}


def test_the_shape_that_scripts_rely_on(hub):
    first, second = hub.json("node", "list")

    assert first == {
        "id": "n-1",
        "name": "web-01",
        "space": "Home",
        "rooms": ["lab"],
        "labels": {"site": "a"},
        "state": "live",
        "link": {
            "dialect": "muster",
            "mode": "push",
            "via": None,
            "since": "2001-09-09T01:46:40Z",
            "last_seen": "2001-09-09T01:46:40Z",
        },
        "credential": {"serial": "0a", "not_after": "2096-10-02T07:06:40Z", "sha256": "ff"},
    }
    assert second == outline(PENDING)
    assert second["credential"] is None
    assert set(second["link"].values()) == {None}


def test_people_get_a_table(hub):
    head, first, second = hub.run("node", "list")[1].splitlines()

    assert head.split("  ")[0] == "STATE"
    assert first.split()[:4] == ["live", "web-01", "Home", "lab"]
    assert second.split() == ["pending", "db-01", "Home", "-", "-", "never", "-", "n-2"]


def test_no_nodes_says_how_to_get_one(hub):
    hub.answers["GET /api/v1/nodes"] = []

    assert hub.run("node", "list")[1] == "No nodes yet. Make a token: muster token create\n"


def test_filters_are_left_to_the_hub(hub):
    hub.run("node", "list", "--room", "la b", "--state", "live")

    assert hub.asked[0][1] == "/api/v1/nodes?room=la+b&state=live"


def test_one_node_is_shown_whole(hub):
    _, out, _ = hub.run("node", "show", "web-01")

    for text in ("Debian 12, kernel 6.1, 4 cores", "TLS 1.3", "1.2 ms", "0a"):
        assert text in out
    assert hub.json("node", "show", "n-1") == NODE | {"marks": MARKS}


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("rename", "web-01", "www"), ("PATCH", "/api/v1/nodes/n-1", {"name": "www"})),
        (
            ("revoke", "web-01", "--reason", "sold"),
            ("POST", "/api/v1/nodes/n-1/revoke", {"reason": "sold"}),
        ),
        (("remove", "n-1"), ("DELETE", "/api/v1/nodes/n-1", None)),
    ],
)
def test_a_node_goes_by_name_or_id(hub, words, sent):
    code, out, _ = hub.run("node", *words)

    assert (code, out) == (0, "")
    assert hub.asked[-1] == sent


@pytest.mark.parametrize(
    ("dialect", "says"), [("muster", "renewal is refused"), ("netdata", "its agent is banned")]
)
def test_what_a_revoked_node_is_refused_is_said_by_its_dialect(hub, dialect, says):
    hub.answers["GET /api/v1/nodes"] = [NODE | {"link": NODE["link"] | {"dialect": dialect}}]
    _, _, err = hub.run("node", "revoke", "web-01")

    assert err == f"web-01 is revoked: its link is cut, {says}, its history stays\n"


def test_a_node_that_is_not_there_names_those_that_are(hub):
    assert hub.run("node", "remove", "mail") == (
        5, "", "muster: no node 'mail'; there are db-01, web-01\n",
    )  # fmt: skip


def test_a_name_that_two_nodes_have_is_not_guessed():
    class Twins:
        def get(self, path):
            return [NODE, NODE | {"id": "n-3"}]

    with pytest.raises(Conflict, match=r"use the id: n-1 \(Home\), n-3 \(Home\)"):
        find_node(Twins(), "web-01")


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("--label", "rack=7"), {"labels": {"site": "a", "rack": "7"}}),
        (("--no-label", "site"), {"labels": {}}),
        (("--ephemeral", "2h"), {"ephemeral_s": 7200}),
        (("--ephemeral", "never"), {"ephemeral_s": 0}),
    ],
)
def test_labels_and_the_time_to_stay_away_are_set(hub, words, sent):
    hub.answers["GET /api/v1/nodes"] = [NODE]
    hub.answers["PATCH /api/v1/nodes/n-1"] = NODE

    assert hub.run("node", "set", "web-01", *words) == (0, "", "web-01 is set\n")
    assert hub.json("node", "set", "web-01", *words) == NODE
    assert hub.asked[-1] == ("PATCH", "/api/v1/nodes/n-1", sent)


def test_setting_nothing_of_a_node_says_what_there_is_to_set(hub):
    hub.answers["GET /api/v1/nodes"] = [NODE]
    code, _, err = hub.run("node", "set", "web-01")

    assert code == 2
    assert "--label" in err


def test_nodes_of_one_space_are_asked_for(hub):
    hub.answers["GET /api/v1/spaces"] = [{"id": "s", "name": "Home"}]
    hub.answers["GET /api/v1/nodes"] = [NODE]
    hub.json("node", "list", "--space", "Home")

    assert hub.asked[-1][1] == "/api/v1/nodes?space=s"


def test_a_node_that_was_changed_is_printed_as_the_interface_has_it(hub):
    for change in ("PATCH /api/v1/nodes/n-1", "POST /api/v1/nodes/n-1/revoke"):
        hub.answers[change] = NODE

    assert hub.json("node", "rename", "n-1", "web-07") == NODE
    assert hub.json("node", "revoke", "n-1") == NODE
