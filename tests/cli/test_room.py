"""`muster room`."""

import pytest

ROOMS = [{"id": "r-1", "name": "lab", "nodes": 2}, {"id": "r-2", "name": "edge", "nodes": 0}]


@pytest.fixture(autouse=True)
def rooms(hub):
    hub.answers["GET /api/v1/rooms"] = ROOMS


def test_rooms_are_listed_for_people_and_for_scripts(hub):
    _, out, _ = hub.run("room", "list")

    assert out.splitlines() == ["ROOM  NODES  ID", "lab   2      r-1", "edge  0      r-2"]
    assert hub.json("room", "list") == ROOMS


def test_no_rooms_is_a_sentence_that_says_what_to_do(hub):
    hub.answers["GET /api/v1/rooms"] = []

    assert hub.run("room", "list")[1] == "No rooms. Make one: muster room create NAME\n"


def test_a_room_is_made_and_shown(hub):
    hub.answers["POST /api/v1/rooms"] = {"id": "r-3", "name": "new"}

    assert hub.run("room", "create", "new") == (0, "", "room new is made\n")
    assert hub.json("room", "create", "new")["id"] == "r-3"
    assert hub.asked[0] == ("POST", "/api/v1/rooms", {"name": "new"})


@pytest.mark.parametrize("wanted", ["lab", "r-1"])
def test_a_room_goes_by_name_or_id(hub, wanted):
    assert hub.run("room", "rename", wanted, "loft")[0] == 0
    assert hub.run("room", "remove", wanted)[0] == 0

    assert hub.asked[1] == ("PATCH", "/api/v1/rooms/r-1", {"name": "loft"})
    assert hub.asked[3] == ("DELETE", "/api/v1/rooms/r-1", None)


def test_a_room_that_is_not_there_says_how_to_make_it(hub):
    code, out, err = hub.run("room", "remove", "attic")

    assert (code, out) == (5, "")
    assert err == "muster: no room 'attic'; make it: muster room create attic\n"
