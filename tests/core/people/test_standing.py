"""The spaces a user has a role in, wholly or in a room."""

import pytest

from muster.core.people.standing import Standing, merged
from muster.errors import Denied, NotFound
from muster.model.access import Actor, Role, User
from muster.testing.house import OPERATOR


def user(roles=None, room_roles=None):
    return User(
        id="u",
        name="bob",
        password_hash="",
        created_ns=1,
        roles=roles or {},
        room_roles=room_roles or {},
    )


async def test_a_role_in_a_room_is_one_in_its_space(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    standing = Standing(records=house.records.nodes)
    bob = user(room_roles={room.id: Role.VIEWER, "gone": Role.ADMIN})

    assert standing.spaces(bob) == {house.space.id}
    assert standing.home(bob) == house.space.id
    assert standing.spaces(user({"s": Role.VIEWER})) == {"s"}
    assert standing.home(user()) == ""


async def test_admins_manage_who_has_a_role_in_their_space(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    standing = Standing(records=house.records.nodes)
    bob = user(room_roles={room.id: Role.VIEWER})
    admin = Actor(name="ada", roles={house.space.id: Role.ADMIN})

    assert standing.manages(admin, bob)
    assert standing.manages(OPERATOR, bob)
    assert not standing.manages(admin, user({"elsewhere": Role.VIEWER}))
    assert not standing.manages(Actor(name="x", room_roles={room.id: Role.ADMIN}), bob)


async def test_nobody_gives_roles_where_they_manage_no_people(house):
    away = await house.spaces.create(OPERATOR, "Away")
    far = await house.rooms.create(OPERATOR, away.id, "far")
    standing = Standing(records=house.records.nodes)
    admin = Actor(name="ada", roles={house.space.id: Role.ADMIN})
    editor = Actor(name="eve", roles={house.space.id: Role.EDITOR})
    standing.require_given(admin, [house.space.id], [])

    for spaces, rooms in (([away.id], []), ([], [far.id]), (["gone"], []), ([], ["gone"])):
        with pytest.raises(NotFound):
            standing.require_given(admin, spaces, rooms)
    with pytest.raises(NotFound, match="no such space"):
        standing.require_given(OPERATOR, ["gone"], [])
    with pytest.raises(Denied):
        standing.require_given(editor, [house.space.id], [])


def test_a_role_of_none_is_taken_away():
    held = {"a": Role.VIEWER, "b": Role.ADMIN}

    assert merged(held, {"b": None, "c": Role.EDITOR}) == {"a": Role.VIEWER, "c": Role.EDITOR}


async def test_a_change_of_roles_is_told_in_words_and_where_it_is_felt(house):
    away = await house.spaces.create(OPERATOR, "Away")
    far = await house.rooms.create(OPERATOR, away.id, "far")
    standing = Standing(records=house.records.nodes)
    bob = user({house.space.id: Role.VIEWER})
    roles, rooms = {house.space.id: Role.EDITOR}, {far.id: None}

    assert standing.told(roles, rooms) == ["editor in Home", "no role in far"]
    assert standing.touched(bob, {}, rooms) == away.id
    assert standing.touched(bob, roles, rooms) == house.space.id
    assert standing.touched(bob, {}, {}) == house.space.id
