"""Which node is in which rooms, and who may see which nodes."""

import random

import msgspec
import pytest

from muster.core.nodes.rules import fitter, traits_of
from muster.errors import InputError, NotFound
from muster.model.access import Action, Actor, AuditEvent, Role, Scope
from muster.model.inventory import Facts, Room, RoomRule, Space, SpaceSettings
from muster.pki import keys
from muster.testing.house import OPERATOR

AWAY = Space("0a0a0a0a-0000-4000-8000-000000000000", "Away")
EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


async def node_of(house, host="web-1", **change):
    node = (await house.claim(await house.token(), key=keys.make_key(), host=host)).node
    return await house.inventory.edit(OPERATOR, node.id, **change)


async def room_of(house, name, rule=None, **options):
    return await house.rooms.create(OPERATOR, house.space.id, name, rule=rule, **options)


def watcher(*rooms):
    return Actor(name="bob", room_roles={room.id: Role.VIEWER for room in rooms})


async def test_a_node_is_in_the_rooms_it_was_put_into_and_in_those_whose_rule_fits(house):
    edge, web = await room_of(house, "edge"), await room_of(house, "web", RoomRule(hosts=("web*",)))
    await room_of(house, "db", RoomRule(hosts=("db*",)))
    node = await node_of(house, rooms=[edge.id])

    assert set(house.roster.rooms_of(node)) == {edge.id, web.id}
    assert house.roster.members(web.id) == {node.id}
    assert node.rooms == (edge.id,)


async def test_a_node_moves_when_what_rules_look_at_changes(house):
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    site = await room_of(house, "site", RoomRule(labels={"site": "a"}))
    lan = await room_of(house, "lan", RoomRule(networks=("10.0.0.0/8",)))
    node = await node_of(house)
    assert house.roster.members(web.id) == {node.id}

    await house.inventory.edit(OPERATOR, node.id, labels={"site": "a"})
    assert house.roster.members(site.id) == {node.id}
    await house.inventory.update_facts(node.id, Facts(hostname="db-1"), "10.9.9.9")

    assert house.roster.members(web.id) == set()
    assert house.roster.members(lan.id) == {node.id}


async def test_a_rule_that_changes_or_goes_moves_nodes(house):
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    node, other = await node_of(house), await node_of(house, "db-1")
    assert house.roster.members(web.id) == {node.id}
    await house.rooms.edit(OPERATOR, web.id, rule=RoomRule(hosts=("db*",)))
    assert house.roster.members(web.id) == {other.id}
    await house.rooms.edit(OPERATOR, web.id, rule=None)

    assert house.roster.members(web.id) == set()
    assert house.roster.rooms_of(other) == ()


async def test_a_rule_is_of_its_own_space(house):
    house.records.nodes.create_space(AWAY, EVENT)
    far = await house.rooms.create(OPERATOR, AWAY.id, "far", rule=RoomRule(hosts=("*",)))
    node = await node_of(house)

    assert house.roster.rooms_of(node) == ()
    assert house.roster.members(far.id) == set()


async def test_a_node_that_goes_is_in_no_room(house):
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    node = await node_of(house)
    assert house.roster.members(web.id) == {node.id}
    await house.inventory.remove(OPERATOR, node.id)

    assert house.roster.members(web.id) == set()


async def test_rooms_are_worked_out_once_until_something_changes(house, monkeypatch):
    await room_of(house, "web", RoomRule(hosts=("web*",)))
    node = await node_of(house)
    first = house.roster.rooms_of(node)
    reads = []
    monkeypatch.setattr(house.records.nodes, "rooms", lambda *_: reads.append(1))

    assert house.roster.rooms_of(msgspec.structs.replace(node, last_seen_ns=5)) is first
    assert reads == []


async def test_what_was_worked_out_before_anybody_asks_is_there_when_they_do(house, monkeypatch):
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    node = await node_of(house)
    house.roster.warm()
    monkeypatch.setattr(house.records.nodes, "nodes", lambda *_: pytest.fail("read again"))

    assert house.roster.members(web.id) == {node.id}


async def test_who_has_a_role_in_a_room_sees_its_nodes_as_they_are_now(house):
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    node = await node_of(house)
    bob = watcher(web)
    before = house.roster.scope_of(bob, Action.NODE_READ)
    assert house.roster.scope_of(bob, Action.NODE_READ) is before
    other = await node_of(house, "web-2")

    assert before == Scope(frozenset(), frozenset({node.id}))
    assert house.roster.scope_of(bob, Action.NODE_READ).nodes == {node.id, other.id}
    assert house.roster.scope_of(bob, Action.NODE_EDIT) == Scope()


async def test_a_scope_of_one_space_is_for_who_has_a_role_there(house):
    house.records.nodes.create_space(AWAY, EVENT)
    web = await room_of(house, "web", RoomRule(hosts=("web*",)))
    far = await house.rooms.create(OPERATOR, AWAY.id, "far")
    node = await node_of(house)
    both = Actor(name="ada", roles={house.space.id: Role.VIEWER, AWAY.id: Role.VIEWER})
    read, home = Action.NODE_READ, house.space.id

    assert house.roster.scope_of(both, read, home) == Scope(frozenset({home}))
    assert house.roster.scope_of(OPERATOR, read, AWAY.id) == Scope(frozenset({AWAY.id}))
    assert house.roster.scope_of(watcher(web, far), read, home).nodes == {node.id}
    for actor, space in ((watcher(web), AWAY.id), (OPERATOR, "gone")):
        with pytest.raises(NotFound):
            house.roster.scope_of(actor, read, space)


async def test_the_shortest_lifetime_that_is_asked_for_counts(house):
    short = await room_of(house, "short", agent_lifetime_s=3600)
    await room_of(house, "long", RoomRule(hosts=("web*",)), agent_lifetime_s=7200)
    node = await node_of(house, "db-1")
    assert house.roster.lifetime_s(node, 86_400) == 86_400
    web = await node_of(house)
    assert house.roster.lifetime_s(web, 600) == 7200
    settings = SpaceSettings(agent_lifetime_s=4000)
    await house.spaces.edit(OPERATOR, house.space.id, settings=settings)
    both = await house.inventory.edit(OPERATOR, web.id, rooms=[short.id])

    assert house.roster.lifetime_s(node, 86_400) == 4000
    assert house.roster.lifetime_s(both, 86_400) == 3600


async def test_chosen_rooms_are_of_the_space_and_not_too_many(house):
    edge = await room_of(house, "edge")

    assert house.roster.chosen(house.space.id, [edge.id, edge.id]) == (edge.id,)
    with pytest.raises(NotFound):
        house.roster.chosen(AWAY.id, [edge.id])
    with pytest.raises(InputError):
        house.roster.chosen(house.space.id, [edge.id] * 101)


async def test_rooms_are_known_by_name_in_order(house):
    await room_of(house, "b")
    await room_of(house, "a")

    assert [room.name for room in house.roster.rooms().values()] == ["a", "b"]
    assert all(isinstance(room, Room) for room in house.roster.rooms().values())


RULES = (
    None,
    RoomRule(hosts=("web*",)),
    RoomRule(labels={"site": "a"}),
    RoomRule(networks=("10.0.0.0/9",)),
    RoomRule(hosts=("*1",), labels={"site": "b"}),
)


@pytest.mark.parametrize("seed", range(5))
async def test_after_whatever_changes_members_are_those_that_are_in_or_fit(house, seed):
    dice = random.Random(seed)
    nodes = [await node_of(house, f"{dice.choice(('web', 'db'))}-{n}") for n in range(8)]
    rooms = []
    for _ in range(40):
        match dice.choice(("make", "rule", "gone", "labels", "put", "moves", "look")):
            case "make" if len(rooms) < 6:
                name = f"room {dice.random()}"
                rooms.append(await room_of(house, name, dice.choice(RULES)))
            case "rule" if rooms:
                room = dice.choice(rooms)
                await house.rooms.edit(OPERATOR, room.id, rule=dice.choice(RULES))
            case "gone" if rooms:
                room = rooms.pop(dice.randrange(len(rooms)))
                await house.rooms.remove(OPERATOR, room.id)
            case "labels":
                labels = {"site": dice.choice("abc")}
                await house.inventory.edit(OPERATOR, dice.choice(nodes).id, labels=labels)
            case "put" if rooms:
                chosen = [dice.choice(rooms).id]
                await house.inventory.edit(OPERATOR, dice.choice(nodes).id, rooms=chosen)
            case "moves":
                node, address = dice.choice(nodes), f"10.{dice.randrange(256)}.0.1"
                await house.inventory.update_facts(node.id, Facts(hostname="web-1"), address)
            case _:
                assert members(house) == expected(house)

    assert members(house) == expected(house)


def members(house):
    return {room.id: house.roster.members(room.id) for room in house.records.nodes.rooms()}


def expected(house):
    nodes = house.records.nodes.nodes()
    return {
        room.id: {
            node.id for node in nodes if room.id in node.rooms or fitter(room.rule)(traits_of(node))
        }
        for room in house.records.nodes.rooms()
    }
