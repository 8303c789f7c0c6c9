"""`muster space`."""

import argparse

import pytest

from muster.cli.hub_client import Hub, hub_of
from muster.cli.space import find_space, lifetime_text, own_space, space_id
from muster.errors import InputError, NotFound
from muster.net.client import Target

SETTINGS = {"agent_lifetime_s": 43_200, "approval": "policy", "store": True}
SPACES = [
    {"id": "s-1", "name": "Home", "role": "admin", "nodes": 3, "settings": SETTINGS},
    {"id": "s-2", "name": "Away", "role": None, "nodes": 1, "settings": SETTINGS},
]


@pytest.fixture(autouse=True)
def spaces(hub):
    hub.answers["GET /api/v1/spaces"] = SPACES
    hub.answers["PATCH /api/v1/spaces/s-1"] = SPACES[0]


def test_spaces_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("space", "list")

    assert out.splitlines()[1:] == [
        "Home   admin     3      policy    12h           s-1",
        "Away   in rooms  1      policy    12h           s-2",
    ]
    assert hub.json("space", "list") == SPACES


def test_a_space_is_made_renamed_and_removed(hub):
    hub.answers["POST /api/v1/spaces"] = {"id": "s-3", "name": "Lab"}

    assert hub.run("space", "create", "Lab") == (0, "", "space Lab is made\n")
    assert hub.run("space", "rename", "Home", "House")[2] == "Home is now House\n"
    assert hub.run("space", "remove", "s-2")[2] == "space Away is removed\n"
    changes = [each for each in hub.asked if each[0] != "GET"]
    assert changes == [
        ("POST", "/api/v1/spaces", {"name": "Lab"}),
        ("PATCH", "/api/v1/spaces/s-1", {"name": "House"}),
        ("DELETE", "/api/v1/spaces/s-2", None),
    ]


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (("--approval", "always"), {"approval": "always"}),
        (("--agent-lifetime", "7d"), {"agent_lifetime_s": 604_800}),
        (("--agent-lifetime", "default"), {"agent_lifetime_s": 0}),
        (("--second-factor", "required"), {"require_second_factor": True}),
        (("--pass-through", "off"), {"store": True}),
        (("--keep", "14d"), {"keep_days": 14}),
        (("--keep", "default"), {"keep_days": 0}),
        (("--netdata-keep", "off"), {"netdata_keep": {"contexts": []}}),
        (
            ("--netdata-keep", "system.*, disk.io", "--netdata-step", "1m"),
            {"netdata_keep": {"contexts": ["system.*", "disk.io"], "step_s": 60}},
        ),
    ],
)
def test_only_what_is_set_is_sent(hub, words, settings):
    assert hub.json("space", "set", "Home", *words) == SPACES[0]
    assert hub.asked[-1] == ("PATCH", "/api/v1/spaces/s-1", {"settings": settings})


def test_setting_nothing_says_what_there_is_to_set(hub):
    code, _, err = hub.run("space", "set", "Home")

    assert code == 2
    assert "--approval, --agent-lifetime, --second-factor, --pass-through, --keep, --net" in err


def test_values_are_kept_for_whole_days(hub, capsys):
    with pytest.raises(SystemExit):
        hub.run("space", "set", "Home", "--keep", "36h")

    assert "whole days, such as 14d" in capsys.readouterr().err


def test_who_lets_values_pass_through_is_told_what_becomes_of_those_that_are_kept(hub):
    passing = SPACES[0] | {"settings": SETTINGS | {"store": False}}
    hub.answers["PATCH /api/v1/spaces/s-1"] = passing
    _, _, told = hub.run("space", "set", "Home", "--pass-through", "on")

    assert hub.asked[-1] == ("PATCH", "/api/v1/spaces/s-1", {"settings": {"store": False}})
    assert told == (
        "space Home is set; its values are seen live and kept nowhere from now on; what is kept"
        " already stays until it is as old as the hub keeps values\n"
    )
    hub.answers["GET /api/v1/spaces"] = [passing]

    assert hub.run("space", "set", "Home", "--pass-through", "on")[2] == "space Home is set\n"


def test_a_space_goes_by_name_or_id_and_one_that_is_not_there_names_the_others(hub):
    client = Hub(Target(socket=hub.folder / "hub.sock"))

    assert find_space(client, "Home") == find_space(client, "s-1") == SPACES[0]
    assert space_id(client, argparse.Namespace(space="Away")) == "s-2"
    assert space_id(client, argparse.Namespace(space=None)) == ""
    with pytest.raises(NotFound, match="there are Home, Away"):
        find_space(client, "Attic")


def test_a_lifetime_is_shown_in_days_or_hours():
    assert [lifetime_text(each) for each in (0, 5_400, 86_400)] == ["", "1.5h", "1d"]


def test_without_a_name_the_hubs_own_space_is_meant_or_the_only_one(hub):
    options = argparse.Namespace(space="", data=hub.folder, hub="", token_file=None, ca_file=None)
    client = hub_of(options)
    home, away = {"id": "a", "name": "Home"}, {"id": "b", "name": "Away"}

    for known in ([away, home | {"main": True}], [home]):
        hub.answers["GET /api/v1/spaces"] = known
        assert own_space(client, options)["id"] == "a"
    hub.answers["GET /api/v1/spaces"] = [home, away]
    with pytest.raises(InputError, match="--space"):
        own_space(client, options)
    options.space = "Away"
    assert own_space(client, options) == away
