"""`muster room`."""

import pytest

SPACE = {"id": "s-1", "name": "Home"}
RULE = {"labels": {"site": "a"}, "hosts": ["web-*", "www*"], "networks": []}
ROOMS = [
    {"id": "r-1", "name": "lab", "space": SPACE, "nodes": 2, "rule": RULE, "agent_lifetime_s": 0},
    {"id": "r-2", "name": "edge", "space": SPACE, "nodes": 0, "rule": None,
     "agent_lifetime_s": 86_400},
]  # fmt: skip


@pytest.fixture(autouse=True)
def rooms(hub):
    hub.answers["GET /api/v1/rooms"] = ROOMS
    hub.answers["GET /api/v1/spaces"] = [SPACE | {"nodes": 3}]
    hub.answers["PATCH /api/v1/rooms/r-1"] = ROOMS[0]


def test_rooms_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("room", "list")

    assert [line.split() for line in out.splitlines()[1:]] == [
        ["All", "nodes", "Home", "3", "-", "-", "s-1"],
        ["lab", "Home", "2", "site=a", "web-*|www*", "-", "r-1"],
        ["edge", "Home", "0", "-", "1d", "r-2"],
    ]
    assert hub.json("room", "list") == ROOMS


def test_rooms_of_one_space_are_asked_for(hub):
    hub.run("room", "list", "--space", "Home")

    assert hub.asked[1][1] == "/api/v1/rooms?space=s-1"


def test_a_room_is_made_and_shown(hub):
    hub.answers["POST /api/v1/rooms"] = {"id": "r-3", "name": "new"}

    assert hub.run("room", "create", "new") == (0, "", "room new is made\n")
    assert hub.json("room", "create", "new")["id"] == "r-3"
    assert hub.asked[0] == ("POST", "/api/v1/rooms", {"name": "new"})


def test_a_room_is_made_with_a_rule_in_a_space(hub):
    hub.answers["POST /api/v1/rooms"] = {"id": "r-3", "name": "new"}
    words = ("--label", "site=a", "--host", "web-*", "--host", "www*", "--space", "Home")
    hub.run("room", "create", "new", *words, "--agent-lifetime", "12h")

    assert hub.asked[-1][2] == {
        "name": "new",
        "space": "s-1",
        "rule": RULE,
        "agent_lifetime_s": 43_200,
    }


def test_a_rule_is_set_and_taken_away(hub):
    assert hub.run("room", "set", "lab", "--network", "10.0.0.0/8")[2] == "room lab is set\n"
    assert hub.json("room", "set", "lab", "--no-rule") == ROOMS[0]
    sent = [body for method, _, body in hub.asked if method == "PATCH"]

    assert sent[0] == {"rule": {"labels": {}, "hosts": [], "networks": ["10.0.0.0/8"]}}
    assert sent[1] == {"rule": None}


@pytest.mark.parametrize("words", [(), ("--no-rule", "--host", "x")])
def test_what_says_nothing_or_two_things_is_refused(hub, words):
    assert hub.run("room", "set", "lab", *words)[0] == 2
    assert hub.asked == []


def test_a_rule_shows_its_nodes_before_it_is_used(hub):
    hub.answers["POST /api/v1/rooms/preview"] = [{"id": "n-1", "name": "web-1"}]
    _, out, _ = hub.run("room", "preview", "--host", "web-*")

    assert out.splitlines() == ["NODE   ID", "web-1  n-1"]
    assert hub.json("room", "preview", "--host", "web-*") == [{"id": "n-1", "name": "web-1"}]
    assert hub.run("room", "preview")[0] == 2


@pytest.mark.parametrize("wanted", ["lab", "r-1"])
def test_a_room_goes_by_name_or_id(hub, wanted):
    assert hub.run("room", "rename", wanted, "loft")[0] == 0
    assert hub.run("room", "remove", wanted)[0] == 0

    assert hub.asked[1] == ("PATCH", "/api/v1/rooms/r-1", {"name": "loft"})
    assert hub.asked[3] == ("DELETE", "/api/v1/rooms/r-1", None)


def test_a_renamed_room_is_printed_as_the_interface_has_it(hub):
    hub.answers["PATCH /api/v1/rooms/r-1"] = ROOMS[0]

    assert hub.json("room", "rename", "lab", "loft") == ROOMS[0]


def test_a_room_that_is_not_there_says_how_to_make_it(hub):
    code, out, err = hub.run("room", "remove", "attic")

    assert (code, out) == (5, "")
    assert err == "muster: no room 'attic'; make it: muster room create attic\n"


def test_of_two_rooms_of_one_name_the_space_tells(hub):
    hub.answers["GET /api/v1/rooms"] = [*ROOMS, ROOMS[0] | {"id": "r-9"}]
    code, _, err = hub.run("room", "remove", "lab")

    assert code != 0
    assert "--space" in err
