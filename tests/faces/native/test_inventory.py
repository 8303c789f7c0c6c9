"""Routes of nodes."""

import pytest

from muster.errors import InputError, NotFound
from muster.faces.native.inventory import NodeFace, working_space
from muster.faces.native.nodeview import NodeViews
from muster.model.access import Actor, Role
from muster.model.inventory import Link, NodeState, RoomRule
from muster.pki import keys
from muster.testing.house import OPERATOR
from tests.faces.native.calling import CallingHouse


class Links:
    def state_of(self, node):
        return (NodeState.LIVE, "") if node.name == "web" else (NodeState.OFFLINE, "No contact.")

    def link_of(self, node):
        return Link(address="10.1.2.3")

    async def ask(self, node, method, arguments):
        return {"method": method, **arguments}


class Hall(CallingHouse):
    def furnish(self):
        links = Links()
        views = NodeViews(inventory=self.inventory, links=links, local=lambda: "")
        self.serve(NodeFace(inventory=self.inventory, links=links, views=views).routes())

    async def names(self, **query):
        return [node["name"] for node in await self.call("GET", "/api/v1/nodes", query=query)]

    async def node(self, host, *rooms):
        return (
            await self.claim(await self.token(rooms=rooms), key=keys.make_key(), host=host)
        ).node


@pytest.fixture
def hall():
    hall = Hall()
    hall.open()
    hall.furnish()
    yield hall
    hall.close()


async def test_nodes_are_listed_by_name_room_and_state(hall):
    await hall.node("web", "edge")
    await hall.node("db", "edge", "lab")
    room = hall.inventory.rooms(OPERATOR)[0]

    assert await hall.names() == ["db", "web"]
    assert await hall.names(room="lab") == ["db"]
    assert await hall.names(room=room.id) == ["db", "web"]
    assert await hall.names(room="edge", state="live") == ["web"]
    assert await hall.names(room="nowhere") == []
    with pytest.raises(InputError, match="'asleep'"):
        await hall.names(state="asleep")


async def test_nodes_are_listed_page_by_page_in_the_order_of_their_ids(hall):
    nodes = sorted([await hall.node(f"n{number}") for number in range(5)], key=lambda node: node.id)
    names = [node.name for node in nodes]

    assert await hall.names(limit="2") == names[:2]
    assert await hall.names(limit="2", after=nodes[1].id) == names[2:4]
    assert await hall.names(limit="2", after=nodes[3].id) == names[4:]
    assert await hall.names(after=nodes[0].id) == names[1:]
    assert await hall.names(after="", limit="10000") == names
    assert await hall.names(limit="1", state="offline", after=nodes[1].id) == [names[2]]


@pytest.mark.parametrize("limit", ["0", "10001", "-1", "ten"])
async def test_a_page_has_at_most_ten_thousand_nodes(hall, limit):
    with pytest.raises(InputError, match="limit"):
        await hall.names(limit=limit)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("", ["a", "b", "c", "web"]),
        ("live", ["web"]),
        ("revoked", []),
        ("offline", ["a", "b", "c"]),
    ],
)
async def test_nodes_are_listed_by_state(hall, state, expected):
    for host in ("web", "a", "b", "c"):
        await hall.node(host)

    assert await hall.names(state=state) == expected


async def test_one_node_comes_with_its_credentials(hall):
    node = await hall.node("web")
    view = await hall.call("GET", "/api/v1/nodes/{id}", id=node.id)

    assert view["credential"] == view["credentials"][0]
    assert "credentials" not in (await hall.call("GET", "/api/v1/nodes"))[0]


async def test_a_node_is_renamed_revoked_and_removed(hall):
    node = await hall.node("web")
    path = "/api/v1/nodes/{id}"
    renamed = await hall.call("PATCH", path, {"name": "quay"}, id=node.id)
    revoked = await hall.call("POST", f"{path}/revoke", {"reason": "lost"}, id=node.id)
    status = await hall.call("DELETE", path, id=node.id)

    assert renamed["name"] == "quay"
    assert (revoked["revoked_reason"], revoked["credential"]["state"]) == ("lost", "revoked")
    assert status == 204
    assert await hall.names() == []


async def test_a_node_is_asked_a_live_question(hall):
    node = await hall.node("web")
    path = "/api/v1/nodes/{id}/ask"
    answer = await hall.call("POST", path, {"method": "top", "arguments": {"n": 5}}, id=node.id)

    assert answer == {"result": {"method": "top", "n": 5}}
    for method in ("", "Top", "a b", "a" * 65, "../x"):
        with pytest.raises(InputError):
            await hall.call("POST", path, {"method": method}, id=node.id)


async def test_a_node_gets_labels_and_a_time_to_stay_away(hall):
    node = await hall.node("web")
    change = {"labels": {"site": "a"}, "ephemeral_s": 3600}
    view = await hall.call("PATCH", "/api/v1/nodes/{id}", change, id=node.id)

    assert (view["labels"], view["ephemeral_s"]) == ({"site": "a"}, 3600)
    for wrong in ({"labels": {"A B": "x"}}, {"ephemeral_s": 1}, {"ephemeral_s": 10**9}):
        with pytest.raises(InputError):
            await hall.call("PATCH", "/api/v1/nodes/{id}", wrong, id=node.id)


async def test_rooms_by_rule_are_shown_and_listed_by_like_any(hall):
    node = await hall.node("web", "edge")
    await hall.rooms.create(OPERATOR, hall.space.id, "all web", rule=RoomRule(hosts=("web*",)))
    view = await hall.call("GET", "/api/v1/nodes/{id}", id=node.id)

    assert {room["name"]: room["by_rule"] for room in view["rooms"]} == {
        "edge": False,
        "all web": True,
    }
    assert await hall.names(room="all web") == ["web"]


async def test_all_nodes_is_the_space_itself(hall):
    await hall.node("web")

    assert await hall.names(room="All nodes") == ["web"]
    assert await hall.names(room=hall.space.id) == ["web"]
    assert await hall.names(space=hall.space.id) == ["web"]
    with pytest.raises(NotFound):
        await hall.names(space="elsewhere")


def test_something_new_goes_where_its_maker_is_at_home(hall):
    home = hall.space.id
    member = Actor(name="ada", roles={home: Role.EDITOR})

    assert working_space(hall.inventory, OPERATOR) == home
    assert working_space(hall.inventory, member) == home
    with pytest.raises(NotFound):
        working_space(hall.inventory, Actor(name="x", room_roles={"gone": Role.VIEWER}))


async def test_who_has_a_role_in_a_room_is_at_home_in_its_space(hall):
    room = await hall.rooms.create(OPERATOR, hall.space.id, "edge")
    bob = Actor(name="bob", room_roles={room.id: Role.VIEWER})

    assert working_space(hall.inventory, bob) == hall.space.id


async def test_a_misspelt_field_is_refused_and_changes_nothing(hall):
    node = await hall.node("web")
    with pytest.raises(InputError, match="nmae"):
        await hall.call("PATCH", "/api/v1/nodes/{id}", {"nmae": "db"}, id=node.id)

    assert await hall.names() == ["web"]


async def test_who_has_a_role_in_a_room_learns_nothing_of_other_rooms(hall):
    node = await hall.node("web", "edge", "secret")
    room = next(each for each in hall.inventory.rooms(OPERATOR) if each.name == "edge")
    bob = Actor(name="bob", room_roles={room.id: Role.EDITOR})
    path = "/api/v1/nodes/{id}"
    shown = await hall.call("GET", path, actor=bob, id=node.id)
    changed = await hall.call("PATCH", path, {"name": "db"}, actor=bob, id=node.id)
    (listed,) = await hall.call("GET", "/api/v1/nodes", actor=bob)

    for view in (shown, changed, listed):
        assert [each["name"] for each in view["rooms"]] == ["edge"]
    assert await hall.call("GET", "/api/v1/nodes", actor=bob, query={"room": "secret"}) == []
