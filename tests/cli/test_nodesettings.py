"""`muster node settings`."""

import pytest

NODES = [{"id": "n-1", "name": "web-01"}, {"id": "n-2", "name": "db-01"}]
TOLD = [
    {"key": "collect.disabled", "value": ["temp"], "default": []},
    {"key": "log_level", "value": "info", "default": "info"},
]
FOUND = [
    {
        "key": "collect.disabled",
        "here": ["temp"],
        "there": [],
        "here_default": False,
        "there_default": True,
    },
    {"key": "new", "here": 6, "there": None, "here_default": False, "there_default": False},
]


@pytest.fixture(autouse=True)
def answers(hub):
    hub.answers["GET /api/v1/nodes"] = NODES
    hub.answers["GET /api/v1/nodes/n-1/settings"] = TOLD
    hub.answers["POST /api/v1/nodes/n-1/settings/compare"] = FOUND


def test_what_is_not_the_default_is_shown(hub):
    assert hub.run("node", "settings", "web-01")[1].splitlines() == [
        "SETTING           VALUE     DEFAULT",
        "collect.disabled  ['temp']  (none)",
    ]
    assert hub.json("node", "settings", "web-01") == TOLD[:1]
    assert hub.json("node", "settings", "web-01", "--all") == TOLD


def test_two_nodes_are_laid_side_by_side(hub):
    out = hub.run("node", "settings", "web-01", "--diff", "db-01")[1]

    assert out.splitlines() == [
        "SETTING           web-01    db-01",
        "collect.disabled  ['temp']  (default) (none)",
        "new               6         (unknown)",
    ]
    assert hub.asked[-1][2] == {"node": "n-2"}
    assert hub.json("node", "settings", "web-01", "--diff", "db-01") == FOUND


def test_machines_that_are_alike_are_said_to_be(hub):
    hub.answers["POST /api/v1/nodes/n-1/settings/compare"] = []

    assert hub.run("node", "settings", "web-01", "--diff", "db-01")[1] == "No setting differs.\n"
