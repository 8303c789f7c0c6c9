"""Rooms, as people make and change them."""

import pytest

from muster.core.changes import NodeChange
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.model.access import Actor, Role
from muster.model.inventory import RoomRule
from muster.pki import keys
from muster.testing.house import OPERATOR

WEB = RoomRule(hosts=("web*",))


def member(house, role=Role.EDITOR):
    return Actor(name="ada", roles={house.space.id: role})


async def node_of(house, host="web-1"):
    return (await house.claim(await house.token(), key=keys.make_key(), host=host)).node


async def test_a_room_is_made_with_its_rule_in_its_one_form(house):
    rule = RoomRule(hosts=("WEB*",))
    room = await house.rooms.create(
        member(house), house.space.id, "web", rule=rule, agent_lifetime_s=3600
    )

    assert (room.rule, room.agent_lifetime_s) == (WEB, 3600)
    assert house.inventory.rooms(OPERATOR) == [room]


async def test_only_nodes_that_come_or_go_are_told_of(house):
    web, db = await node_of(house), await node_of(house, "db-1")
    room = await house.rooms.create(member(house), house.space.id, "web", rule=WEB)
    assert house.told[-1] == (web.id, NodeChange.EDITED)
    house.told.clear()
    await house.rooms.edit(member(house), room.id, rule=RoomRule(hosts=("db*", "web*")))
    assert house.told == [(db.id, NodeChange.EDITED)]
    house.told.clear()
    await house.rooms.edit(member(house), room.id, name="all")

    assert {node for node, _ in house.told} == {web.id, db.id}


async def test_an_edit_that_changes_nothing_leaves_no_trace(house):
    room = await house.rooms.create(member(house), house.space.id, "web", rule=WEB)
    before = house.audit.events(OPERATOR)
    same = await house.rooms.edit(member(house), room.id, name="web", rule=WEB, agent_lifetime_s=0)

    assert same == room
    assert house.audit.events(OPERATOR) == before


async def test_a_preview_shows_what_a_rule_would_take_in_and_changes_nothing(house):
    web = await node_of(house)
    await node_of(house, "db-1")

    assert house.rooms.preview(member(house), house.space.id, WEB) == [web]
    assert house.inventory.rooms(OPERATOR) == []
    with pytest.raises(Denied):
        house.rooms.preview(member(house, Role.VIEWER), house.space.id, WEB)
    with pytest.raises(InputError):
        house.rooms.preview(member(house), house.space.id, RoomRule(networks=("x",)))


@pytest.mark.parametrize("name", ["All nodes", "all NODES ", "", "a\nb"])
async def test_a_name_that_stands_for_something_else_or_does_not_print_is_refused(house, name):
    with pytest.raises(InputError):
        await house.rooms.create(member(house), house.space.id, name)


async def test_all_nodes_is_there_and_stays(house):
    for attempt in (
        house.rooms.edit(member(house), house.space.id, name="x"),
        house.rooms.remove(member(house), house.space.id),
    ):
        with pytest.raises(Conflict, match="always there"):
            await attempt


async def test_who_names_all_nodes_names_no_room(house):
    node = await node_of(house)
    names = ["All nodes", house.space.id]
    changed = await house.inventory.edit(OPERATOR, node.id, rooms=names)
    made = await house.tokens.create(OPERATOR, house.space.id, rooms=names)

    assert changed.rooms == made.record.rooms == ()
    assert house.inventory.rooms(OPERATOR) == []


@pytest.mark.parametrize("seconds", [-1, 3599, 90 * 86_400 + 1])
async def test_a_lifetime_is_an_hour_to_ninety_days(house, seconds):
    with pytest.raises(InputError, match="1 h to 90 days"):
        await house.rooms.create(member(house), house.space.id, "x", agent_lifetime_s=seconds)


async def test_a_space_that_is_not_there_has_no_rooms(house, monkeypatch):
    with pytest.raises(NotFound):
        await house.rooms.create(OPERATOR, "gone", "x")
    monkeypatch.setattr("muster.core.nodes.rooms.MAX_ROOMS", 0)
    with pytest.raises(LimitExceeded):
        await house.rooms.create(OPERATOR, house.space.id, "x")


async def test_a_role_in_a_room_does_not_change_the_room(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "web", rule=WEB)
    bob = Actor(name="bob", room_roles={room.id: Role.ADMIN})

    for attempt in (
        house.rooms.edit(bob, room.id, rule=RoomRule(hosts=("*",))),
        house.rooms.remove(bob, room.id),
    ):
        with pytest.raises(Denied):
            await attempt


async def test_what_is_done_is_on_record(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "web", rule=WEB)
    await house.rooms.edit(OPERATOR, room.id, name="www")
    await house.rooms.edit(OPERATOR, room.id, rule=None)
    await house.rooms.remove(OPERATOR, room.id)
    events = [each.event for each in house.audit.events(OPERATOR)][:4]

    assert [(each.action, each.detail) for each in reversed(events)] == [
        ("room.create", "web"),
        ("room.rename", "www"),
        ("room.edit", "www"),
        ("room.remove", "www"),
    ]
