import pytest

LAB = {"id": "r-1", "name": "lab", "by_rule": False}
WEB = {"id": "r-2", "name": "web", "by_rule": True}
NODE = {
    "id": "n-1",
    "name": "web-01",
    "space": {"id": "s", "name": "Home"},
    "rooms": [LAB, WEB],
}
BARE = NODE | {"id": "n-2", "name": "db-01", "rooms": []}


@pytest.fixture(autouse=True)
def nodes(hub):
    hub.answers["GET /api/v1/nodes"] = [NODE, BARE]
    hub.answers["GET /api/v1/rooms"] = [LAB, WEB]
    hub.answers["PATCH /api/v1/nodes/n-1"] = NODE | {"rooms": [WEB]}
    hub.answers["PATCH /api/v1/nodes/n-2"] = BARE | {"rooms": [LAB]}


def changes(hub):
    return [(target, body) for method, target, body in hub.asked if method == "PATCH"]


def test_rooms_are_shown_with_how_the_node_came_into_them_and_nothing_is_changed(hub):
    code, out, _ = hub.run("node", "rooms", "web-01")

    assert (code, out.splitlines()) == (
        0,
        ["ROOM  BY    ID", "lab   hand  r-1", "web   rule  r-2"],
    )
    assert hub.run("node", "rooms", "db-01")[1] == "db-01 is in no room.\n"
    assert hub.json("node", "rooms", "web-01") == [LAB, WEB]
    assert changes(hub) == []


def test_rooms_are_set_by_name_and_what_they_are_then_is_shown(hub):
    assert hub.json("node", "rooms", "db-01", "lab") == [LAB]

    assert changes(hub) == [("/api/v1/nodes/n-2", {"rooms": ["r-1"]})]


def test_a_node_leaves_all_rooms_when_that_is_said_and_those_of_a_rule_stay(hub):
    code, out, _ = hub.run("node", "rooms", "web-01", "--none")

    assert (code, out) == (0, "ROOM  BY    ID\nweb   rule  r-2\n")
    assert changes(hub) == [("/api/v1/nodes/n-1", {"rooms": []})]


def test_none_and_rooms_do_not_go_together(hub):
    code, _, error = hub.run("node", "rooms", "web-01", "lab", "--none")

    assert (code, error) == (2, "muster: --none goes without rooms\n")
    assert hub.asked == []
