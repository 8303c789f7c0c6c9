"""Nodes, rooms and spaces, as people see and change them."""

import pytest

from muster.core.changes import NodeChange
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound, Unauthenticated
from muster.model.access import Actor, Role
from muster.model.inventory import Facts, Room, Space
from muster.pki import keys
from muster.testing.house import OPERATOR

NOWHERE = "00000000-0000-4000-8000-000000000000"


def member(house, role=Role.ADMIN):
    return Actor(name="ada", roles={house.space.id: role})


async def node_of(house, host="web"):
    return (await house.claim(await house.token(), key=keys.make_key(), host=host)).node


def test_the_first_space_is_made_once(house):
    assert house.inventory.ensure_space("Other") == house.space
    assert house.inventory.spaces() == [house.space]
    assert house.inventory.space(house.space.id) == house.space
    with pytest.raises(NotFound):
        house.inventory.space(NOWHERE)


async def test_a_node_is_renamed_and_forgets_why_it_was_called_so(house):
    await node_of(house)
    second = await node_of(house)
    assert (second.name, second.renamed_from) == ("web-2", "web")
    changed = await house.inventory.edit(member(house), second.id, name="db")

    assert house.inventory.find(second.id) == changed
    assert (changed.name, changed.renamed_from) == ("db", "")
    assert house.told[-1] == (second.id, NodeChange.EDITED)


async def test_a_taken_name_is_refused(house):
    await node_of(house, "db")
    node = await node_of(house)

    with pytest.raises(Conflict, match="'db'"):
        await house.inventory.edit(OPERATOR, node.id, name="db")


async def test_an_edit_that_changes_nothing_tells_nobody(house):
    node = await node_of(house)
    told = len(house.told)
    await house.inventory.edit(OPERATOR, node.id, name=node.name, rooms=())

    assert len(house.told) == told


async def test_a_node_moves_between_rooms_of_its_space_only(house):
    node = await node_of(house)
    room = await house.rooms.create(member(house), house.space.id, "edge")
    away = Space(NOWHERE, "Away")
    event = house.records.audit.events(spaces=None, limit=1)[0].event
    house.records.nodes.create_space(away, event)
    far = Room("0f0f0f0f-0000-4000-8000-000000000000", NOWHERE, "far")
    house.records.nodes.create_room(far, event)
    changed = await house.inventory.edit(member(house), node.id, rooms=[room.id, room.id])

    assert changed.rooms == (room.id,)
    with pytest.raises(NotFound):
        await house.inventory.edit(OPERATOR, node.id, rooms=[far.id])
    with pytest.raises(InputError):
        await house.inventory.edit(OPERATOR, node.id, rooms=["x"] * 101)


async def test_rooms_are_made_renamed_and_removed_and_their_nodes_are_told_of(house):
    room = await house.rooms.create(member(house), house.space.id, "edge")
    node = await node_of(house)
    await house.inventory.edit(OPERATOR, node.id, rooms=[room.id])
    house.told.clear()
    renamed = await house.rooms.edit(member(house), room.id, name="quay")
    await house.rooms.remove(member(house), room.id)

    assert renamed.name == "quay"
    assert house.told == [(node.id, NodeChange.EDITED)] * 2
    assert house.inventory.rooms(OPERATOR) == []
    assert house.inventory.find(node.id).rooms == ()


async def test_a_space_has_only_so_many_rooms(house, monkeypatch):
    monkeypatch.setattr("muster.core.nodes.rooms.MAX_ROOMS", 1)
    await house.rooms.create(OPERATOR, house.space.id, "one")

    with pytest.raises(LimitExceeded):
        await house.rooms.create(OPERATOR, house.space.id, "two")


async def test_an_editor_edits_and_does_not_revoke_or_remove(house):
    node, editor = await node_of(house), member(house, Role.EDITOR)
    await house.inventory.edit(editor, node.id, name="db")

    for attempt in (
        house.inventory.revoke(editor, node.id, ""),
        house.inventory.remove(editor, node.id),
    ):
        with pytest.raises(Denied, match="that takes an admin"):
            await attempt


async def test_what_is_not_there_is_not_found_and_asks_for_sign_in_first(house):
    for id in (NOWHERE, "", "../x", "\ud800"):
        with pytest.raises(NotFound):
            house.inventory.node(OPERATOR, id)
        with pytest.raises(Unauthenticated):
            house.inventory.node(None, id)


async def test_a_reason_is_bounded_and_printable(house):
    node = await node_of(house)
    for reason in ("x" * 201, "a\nb"):
        with pytest.raises(InputError, match="reason"):
            await house.inventory.revoke(OPERATOR, node.id, reason)

    assert house.inventory.find(node.id).revoked_ns == 0


async def test_facts_are_written_only_when_they_are_news(house):
    node = await node_of(house)
    told = len(house.told)
    await house.inventory.update_facts(node.id, Facts(hostname="web"))
    assert len(house.told) == told
    await house.inventory.update_facts(node.id, Facts(hostname="web", os="x\n" + "y" * 500))
    await house.inventory.update_facts(NOWHERE, Facts())

    assert len(house.told) == told + 1
    assert house.inventory.find(node.id).facts.os.startswith("x?yyy")


async def test_last_seen_times_are_written_in_batches(house):
    node = await node_of(house)
    house.inventory.touch({node.id: 77})

    assert house.inventory.find(node.id).last_seen_ns == 77


async def test_every_change_is_on_record_with_who_and_what(house):
    node = await node_of(house)
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    await house.inventory.edit(member(house), node.id, name="db")
    await house.rooms.edit(member(house), room.id, name="quay")
    await house.rooms.remove(member(house), room.id)
    await house.inventory.revoke(member(house), node.id, "lost")
    await house.inventory.remove(member(house), node.id)
    events = [each.event for each in house.audit.events(OPERATOR)]

    assert [(each.action, each.detail) for each in reversed(events)][3:] == [
        ("room.create", "edge"),
        ("node.edit", "db"),
        ("room.rename", "quay"),
        ("room.remove", "quay"),
        ("node.revoke", "lost"),
        ("node.remove", "db"),
    ]
    assert {each.space for each in events} == {house.space.id}
