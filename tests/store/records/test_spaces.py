"""Spaces and rooms on disk."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Approval, Node, Room, RoomRule, Space, SpaceSettings
from muster.store.records.nodes import add_node
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
RULE = RoomRule(labels={"site": "a"}, hosts=("web-*",), networks=("10.0.0.0/8",))


@pytest.fixture
def records():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_space(Space("s2", "Away"), EVENT)
        yield records


def user(id, **roles):
    return User(id=id, name=id, password_hash="", roles=roles, created_ns=1)


def events(records):
    return len(records.audit.events(spaces=None, limit=1000))


def test_a_space_is_read_as_it_was_written(records):
    changed = Space("s", "House", SpaceSettings(agent_lifetime_s=3600, approval=Approval.ALWAYS))
    records.nodes.update_space(changed, EVENT)

    assert records.nodes.spaces() == [Space("s2", "Away"), changed]
    with pytest.raises(Conflict, match="'Away'"):
        records.nodes.update_space(Space("s", "Away"), EVENT)
    with pytest.raises(NotFound):
        records.nodes.update_space(Space("gone", "x"), EVENT)


def test_a_space_goes_with_its_rooms_when_nothing_is_in_it(records):
    records.nodes.create_room(Room("r", "s", "edge"), EVENT)
    records.people.create_user(user("ada", s=Role.ADMIN, s2=Role.ADMIN), EVENT)
    records.nodes.remove_space("s", EVENT)

    assert records.nodes.spaces() == [Space("s2", "Away")]
    assert records.nodes.rooms() == []
    assert records.people.user("ada").roles == {"s2": Role.ADMIN}
    with pytest.raises(NotFound):
        records.nodes.remove_space("s", EVENT)


def test_a_space_stays_while_a_node_or_somebody_at_home_nowhere_else_is_in_it(records):
    with records.nodes._database.change() as writer:
        add_node(writer, Node(id="n", space="s", name="web"))
    records.people.create_user(user("ada", s2=Role.ADMIN), EVENT)
    before = events(records)
    with pytest.raises(Conflict, match="1 nodes"):
        records.nodes.remove_space("s", EVENT)
    with pytest.raises(Conflict, match="1 users have a role in this space"):
        records.nodes.remove_space("s2", EVENT)

    assert events(records) == before


def test_nobody_is_left_without_a_role_when_a_room_or_space_goes(records):
    records.nodes.create_room(Room("r", "s2", "edge"), EVENT)
    bob = msgspec.structs.replace(user("bob"), room_roles={"r": Role.VIEWER})
    records.people.create_user(bob, EVENT)
    with pytest.raises(Conflict, match="1 users have a role in this room"):
        records.nodes.remove_room("r", EVENT)
    with pytest.raises(Conflict, match="1 users have a role in this space"):
        records.nodes.remove_space("s2", EVENT)
    also = msgspec.structs.replace(bob, roles={"s": Role.VIEWER})
    records.people.update_user(also, EVENT, before=bob, end_sessions=False)
    records.nodes.remove_space("s2", EVENT)

    assert records.people.user("bob").room_roles == {}


def test_a_room_is_read_as_it_was_written_and_every_change_is_counted(records):
    room = Room("r", "s", "web", RULE, 7200)
    versions = [records.nodes.rooms_version]
    records.nodes.create_room(room, EVENT)
    versions.append(records.nodes.rooms_version)
    assert records.nodes.rooms("s") == [room] == [records.nodes.room("r")]
    plain = msgspec.structs.replace(room, name="quay", rule=None)
    records.nodes.update_room(plain, EVENT)
    versions.append(records.nodes.rooms_version)
    assert records.nodes.room("r") == plain
    records.nodes.remove_room("r", EVENT)
    versions.append(records.nodes.rooms_version)

    assert records.nodes.rooms() == []
    assert len(set(versions)) == 4


def test_the_hubs_own_space_is_one_and_first(records):
    main = Space("m", "Zoo", main=True)
    records.nodes.create_space(main, EVENT)

    assert records.nodes.spaces()[0] == main
    with pytest.raises(Conflict):
        records.nodes.create_space(Space("m2", "Other", main=True), EVENT)
