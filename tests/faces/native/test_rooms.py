"""Routes of rooms."""

import pytest

from muster.errors import Conflict, InputError, NotFound
from muster.faces.native.rooms import RoomFace
from muster.pki import keys
from muster.testing.house import OPERATOR
from tests.faces.native.calling import CallingHouse

PATH = "/api/v1/rooms"
ONE = "/api/v1/rooms/{id}"
RULE = {"labels": {}, "hosts": ["web*"], "networks": []}


class Hall(CallingHouse):
    def furnish(self):
        self.serve(RoomFace(rooms=self.rooms, inventory=self.inventory).routes())


@pytest.fixture
def hall():
    with Hall() as hall:
        hall.furnish()
        yield hall


async def test_rooms_are_made_listed_changed_and_removed(hall):
    await hall.claim(await hall.token(), key=keys.make_key(), host="web-1")
    made = await hall.call("POST", PATH, {"name": "edge", "rule": {"hosts": ["WEB*"]}})
    changed = await hall.call(
        "PATCH", ONE, {"name": "quay", "agent_lifetime_s": 7200}, id=made["id"]
    )
    listed = await hall.call("GET", PATH)
    status = await hall.call("DELETE", ONE, id=made["id"])

    assert made == {
        "id": made["id"],
        "name": "edge",
        "space": {"id": hall.space.id, "name": "Home"},
        "rule": RULE,
        "agent_lifetime_s": 0,
        "nodes": 1,
    }
    assert changed == made | {"name": "quay", "agent_lifetime_s": 7200}
    assert listed == [changed]
    assert status == 204
    assert await hall.call("GET", PATH) == []


async def test_a_rule_of_null_goes_and_one_that_is_not_named_stays(hall):
    made = await hall.call("POST", PATH, {"name": "edge", "rule": RULE})
    renamed = await hall.call("PATCH", ONE, {"name": "quay"}, id=made["id"])
    without = await hall.call("PATCH", ONE, {"rule": None}, id=made["id"])

    assert (renamed["rule"], without["rule"]) == (RULE, None)


async def test_a_rule_is_looked_at_before_it_is_used(hall):
    web = (await hall.claim(await hall.token(), key=keys.make_key(), host="web-1")).node
    await hall.claim(await hall.token(), key=keys.make_key(), host="db-1")

    assert await hall.call("POST", f"{PATH}/preview", {"rule": RULE}) == [
        {"id": web.id, "name": "web-1"}
    ]
    with pytest.raises(InputError, match="not a network"):
        await hall.call("POST", f"{PATH}/preview", {"rule": {"networks": ["x"]}})


async def test_rooms_are_listed_by_space(hall):
    away = await hall.spaces.create(OPERATOR, "Away")
    await hall.call("POST", PATH, {"name": "edge"})
    far = await hall.call("POST", PATH, {"name": "edge", "space": away.id})

    assert await hall.call("GET", PATH, query={"space": away.id}) == [far]
    with pytest.raises(NotFound):
        await hall.call("GET", PATH, query={"space": "gone"})


async def test_all_nodes_cannot_be_changed(hall):
    with pytest.raises(Conflict, match="'All nodes'"):
        await hall.call("DELETE", ONE, id=hall.space.id)
