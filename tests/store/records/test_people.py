"""Users and sessions on disk."""

import msgspec
import pytest

from muster.errors import Conflict, NotFound
from muster.model.access import AuditEvent, Role, User
from muster.model.inventory import Room, Space
from muster.ports.records import Session
from muster.store.records.records import SqliteRecords

EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")


@pytest.fixture
def people():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_space(Space("s2", "Away"), EVENT)
        records.people.events = lambda: len(records.audit.events(spaces=None, limit=1000))
        yield records.people


def user(id="u", name="ada", **roles):
    return User(id=id, name=name, password_hash="h", roles=roles or {"s": Role.ADMIN}, created_ns=1)


def session(id="x", user="u", created_ns=10, seen_ns=10):
    return Session(
        id_sha256=id, user=user, created_ns=created_ns, seen_ns=seen_ns, address="10.0.0.1"
    )


def test_a_user_is_read_as_written(people):
    ada = user(s=Role.ADMIN, s2=Role.VIEWER)
    people.create_user(ada, EVENT)

    assert people.user("u") == people.user_named("ada") == ada
    assert people.users() == [ada]
    assert people.user_named("bob") is None


def test_a_name_is_used_once(people):
    people.create_user(user(), EVENT)

    with pytest.raises(Conflict, match="'ada'"):
        people.create_user(user("u2"), EVENT)


def test_every_space_keeps_an_enabled_admin(people):
    ada = user(s=Role.ADMIN, s2=Role.ADMIN)
    people.create_user(ada, EVENT)
    people.create_user(user("u2", "bob", s=Role.ADMIN), EVENT)
    before = people.events()
    for roles, disabled in (({"s": Role.ADMIN}, False), ({"s2": Role.EDITOR}, False), ({}, True)):
        changed = msgspec.structs.replace(ada, roles=roles or ada.roles, disabled=disabled)
        with pytest.raises(Conflict, match="last admin"):
            people.update_user(changed, EVENT, before=ada, end_sessions=False)
    with pytest.raises(Conflict, match="last admin"):
        people.remove_user("u", EVENT)

    assert people.user("u") == ada
    assert people.events() == before
    people.remove_user("u2", EVENT)


def test_what_is_not_there_cannot_be_changed(people):
    with pytest.raises(NotFound):
        people.update_user(user("gone"), EVENT, before=user("gone"), end_sessions=False)
    with pytest.raises(NotFound):
        people.remove_user("gone", EVENT)


def test_a_change_made_from_what_is_no_more_is_refused(people):
    ada = user(s=Role.EDITOR)
    people.create_user(ada, EVENT)
    disabled = msgspec.structs.replace(ada, disabled=True)
    people.update_user(disabled, EVENT, before=ada, end_sessions=True)
    renewed = msgspec.structs.replace(ada, password_hash="new")
    with pytest.raises(Conflict, match="meanwhile"):
        people.update_user(renewed, EVENT, before=ada, end_sessions=True)

    assert people.user("u") == disabled


@pytest.mark.parametrize("change", [{"password_hash": "new"}, {"disabled": True}])
def test_no_session_starts_on_what_was_checked_and_changed_since(people, change):
    ada = user(s=Role.EDITOR)
    people.create_user(ada, EVENT)
    changed = msgspec.structs.replace(ada, **change)
    people.update_user(changed, EVENT, before=ada, end_sessions=True)
    with pytest.raises(Conflict):
        people.add_session(session("a"), "", EVENT, password_hash="h")

    assert people.session("a") is None


def test_sessions_follow_their_user(people):
    people.create_user(user(), EVENT)
    people.create_user(user("u2", "bob"), EVENT)
    people.add_session(session("a"), "", EVENT, password_hash="h")
    people.add_session(session("b"), "a", EVENT, password_hash="h")
    assert people.session("a") is None
    assert people.session("b") == session("b")
    people.update_user(user(), EVENT, before=user(), end_sessions=True)
    assert people.session("b") is None
    people.add_session(session("c"), "", EVENT, password_hash="h")
    people.remove_user("u", EVENT)

    assert people.session("c") is None


def test_a_session_is_touched_ended_and_forgotten(people):
    people.create_user(user(), EVENT)
    for id, created_ns, seen_ns in (("a", 10, 10), ("b", 20, 20), ("c", 20, 99)):
        started = session(id, created_ns=created_ns, seen_ns=seen_ns)
        people.add_session(started, "", EVENT, password_hash="h")
    people.touch_session("b", 50)
    people.touch_session("c", 50)
    assert (people.session("b").seen_ns, people.session("c").seen_ns) == (50, 99)

    assert people.prune_sessions(15, 60) == 2
    before = people.events()
    people.end_session("c", EVENT)
    people.end_session("c", EVENT)
    assert people.session("c") is None
    assert people.events() == before + 1


def test_roles_in_rooms_are_kept_and_go_with_their_room():
    with SqliteRecords() as records:
        records.nodes.create_space(Space("s", "Home"), EVENT)
        records.nodes.create_room(Room("r", "s", "edge"), EVENT)
        bob = msgspec.structs.replace(user(), room_roles={"r": Role.EDITOR})
        records.people.create_user(
            msgspec.structs.replace(bob, room_roles={"r": Role.EDITOR, "gone": Role.VIEWER}), EVENT
        )
        assert records.people.user("u") == bob
        changed = msgspec.structs.replace(bob, room_roles={"r": Role.VIEWER})
        records.people.update_user(changed, EVENT, before=bob, end_sessions=False)
        assert records.people.users() == [changed]
        records.nodes.remove_room("r", EVENT)

        assert records.people.user("u").room_roles == {}
