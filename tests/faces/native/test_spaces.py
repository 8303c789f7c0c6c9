"""Routes of spaces."""

import json

import msgspec
import pytest

from muster.errors import Conflict, Denied, InputError, NotFound
from muster.faces.native.spaces import EditSpaceSettings, SpaceFace, role_in
from muster.model.access import Actor, Role
from muster.model.inventory import SpaceSettings
from muster.pki import keys
from muster.testing.house import OPERATOR
from tests.faces.native.calling import CallingHouse

PATH = "/api/v1/spaces"
ONE = "/api/v1/spaces/{id}"
PLAIN = json.loads(msgspec.json.encode(SpaceSettings()))


class Hall(CallingHouse):
    def furnish(self):
        self.serve(SpaceFace(spaces=self.spaces, inventory=self.inventory).routes())


@pytest.fixture
def hall():
    with Hall() as hall:
        hall.furnish()
        yield hall


async def test_spaces_are_made_listed_changed_and_removed(hall):
    made = await hall.call("POST", PATH, {"name": "Lab"})
    settings = PLAIN | {"agent_lifetime_s": 7200, "approval": "always"}
    changed = await hall.call("PATCH", ONE, {"name": "Loft", "settings": settings}, id=made["id"])
    shown = await hall.call("GET", ONE, id=made["id"])
    listed = await hall.call("GET", PATH)
    status = await hall.call("DELETE", ONE, id=made["id"])

    assert made == {
        "id": made["id"],
        "name": "Lab",
        "settings": PLAIN,
        "role": "admin",
        "nodes": 0,
        "main": False,
    }
    assert changed == shown == made | {"name": "Loft", "settings": settings}
    assert [each["name"] for each in listed] == ["Home", "Loft"]
    assert status == 204


async def test_a_setting_that_is_not_named_stays_as_it_is(hall):
    await hall.call("PATCH", ONE, {"settings": {"require_second_factor": True}}, id=hall.space.id)
    changed = await hall.call("PATCH", ONE, {"settings": {"approval": "never"}}, id=hall.space.id)

    assert changed["settings"] == PLAIN | {"require_second_factor": True, "approval": "never"}


def test_every_setting_of_a_space_can_be_changed():
    assert EditSpaceSettings.__struct_fields__ == SpaceSettings.__struct_fields__


async def test_who_has_a_role_in_a_room_sees_the_space_and_its_nodes_alone(hall):
    room = await hall.rooms.create(OPERATOR, hall.space.id, "edge")
    for rooms in ((room.id,), ()):
        await hall.claim(await hall.token(rooms=rooms), key=keys.make_key())
    await hall.call("POST", PATH, {"name": "Lab"})
    bob = Actor(name="bob", room_roles={room.id: Role.VIEWER})

    assert await hall.call("GET", PATH, actor=bob) == [
        {
            "id": hall.space.id,
            "name": "Home",
            "settings": PLAIN,
            "role": None,
            "nodes": 1,
            "main": True,
        }
    ]


async def test_what_cannot_be_is_refused(hall):
    made = await hall.call("POST", PATH, {"name": "Lab"})
    admin = Actor(name="ada", roles={hall.space.id: Role.ADMIN})
    viewer = Actor(name="eve", roles={hall.space.id: Role.VIEWER})

    with pytest.raises(Conflict):
        await hall.call("POST", PATH, {"name": "Lab"})
    with pytest.raises(InputError, match="approval"):
        await hall.call("PATCH", ONE, {"settings": {"approval": "maybe"}}, id=made["id"])
    with pytest.raises(NotFound):
        await hall.call("PATCH", ONE, {"name": "x"}, actor=admin, id=made["id"])
    with pytest.raises(Denied):
        await hall.call("DELETE", ONE, actor=viewer, id=hall.space.id)


def test_what_somebody_is_in_a_space(hall):
    viewer = Actor(name="eve", roles={hall.space.id: Role.VIEWER})

    assert role_in(OPERATOR, hall.space) is Role.ADMIN
    assert role_in(viewer, hall.space) is Role.VIEWER
    assert role_in(Actor(name="x"), hall.space) is role_in(None, hall.space) is None


async def test_of_what_is_kept_of_netdata_nodes_parts_are_changed(hall):
    home, path = hall.space.id, {"settings": {"netdata_keep": {"contexts": ["system.*"]}}}
    await hall.call("PATCH", ONE, path, id=home)
    changed = await hall.call("PATCH", ONE, {"settings": {"netdata_keep": {"step_s": 60}}}, id=home)
    again = await hall.call("PATCH", ONE, {"settings": changed["settings"]}, id=home)

    keep = changed["settings"]["netdata_keep"]
    assert (keep["contexts"], keep["step_s"]) == (["system.*"], 60)
    assert again == changed
