"""Who may do what, and how a refusal reads."""

import pytest

from muster.core.access import home_of, may, own_rooms, require, require_object, spaces_of
from muster.errors import Denied, NotFound, Unauthenticated
from muster.model.access import ALLOWED, ALLOWED_IN_ROOM, Action, Actor, Role

HOME, AWAY = "1", "2"
OPERATOR = Actor(name="operator", operator=True)


def actor(**roles):
    return Actor(name="ada", roles={{"home": HOME, "away": AWAY}[at]: r for at, r in roles.items()})


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_allows_what_its_table_says_and_only_in_its_space(role, action):
    ada = actor(home=role)

    assert may(ada, action, HOME) is may(ada, action) is (action in ALLOWED[role])
    assert not may(ada, action, AWAY)


@pytest.mark.parametrize("action", Action)
def test_the_operator_may_everything_and_nobody_nothing(action):
    assert require(OPERATOR, action, AWAY) is OPERATOR
    with pytest.raises(Unauthenticated):
        require(None, action)
    with pytest.raises(Denied):
        require(actor(), action)


def test_a_refusal_says_what_who_and_who_can_help():
    with pytest.raises(Denied) as refusal:
        require(actor(home=Role.VIEWER), Action.NODE_EDIT, HOME, name="Harbour Lab")

    assert str(refusal.value) == (
        "you may not change nodes in Harbour Lab: that takes an editor, you are a viewer; "
        "an admin of Harbour Lab can give you the editor role"
    )


def test_a_refusal_without_any_role_says_so():
    with pytest.raises(Denied, match="no role in this space"):
        require(actor(away=Role.ADMIN), Action.NODE_READ, HOME)


def test_what_lies_in_anothers_space_does_not_exist():
    with pytest.raises(NotFound, match="no such node"):
        require_object(actor(away=Role.ADMIN), Action.NODE_READ, HOME, "node")


def test_what_lies_in_ones_own_space_exists_and_may_be_denied():
    with pytest.raises(Denied):
        require_object(actor(home=Role.VIEWER), Action.NODE_EDIT, HOME, "node")
    with pytest.raises(Unauthenticated):
        require_object(None, Action.NODE_EDIT, HOME, "node")


def test_the_spaces_of_an_actor_are_those_where_it_may():
    ada = actor(home=Role.VIEWER, away=Role.EDITOR)

    assert spaces_of(ada, Action.NODE_READ) == {HOME, AWAY}
    assert spaces_of(ada, Action.NODE_EDIT) == {AWAY}
    assert spaces_of(OPERATOR, Action.NODE_EDIT) is None


def test_an_actor_works_in_one_space_and_the_operator_in_all():
    assert home_of(actor(home=Role.VIEWER, away=Role.EDITOR)) == HOME
    assert home_of(actor()) == ""
    assert home_of(OPERATOR) is None


ROOM = "r"
BOB = Actor(name="bob", room_roles={ROOM: Role.EDITOR})


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_in_a_room_allows_what_its_table_says_and_only_there(role, action):
    bob = Actor(name="bob", room_roles={ROOM: role})
    allowed = action in ALLOWED_IN_ROOM[role]

    assert may(bob, action, HOME, [ROOM, "other"]) is may(bob, action) is allowed
    assert not may(bob, action, HOME, ["other"])
    assert not may(bob, action, HOME)


def test_the_higher_of_a_role_in_the_space_and_one_in_the_room_counts():
    ada = Actor(name="ada", roles={HOME: Role.VIEWER}, room_roles={ROOM: Role.EDITOR})

    assert may(ada, Action.NODE_EDIT, HOME, [ROOM])
    assert not may(ada, Action.NODE_EDIT, HOME, ["other"])
    assert may(ada, Action.NODE_READ, HOME, ["other"])


def test_what_is_in_no_room_of_ones_own_does_not_exist():
    assert require_object(BOB, Action.NODE_READ, HOME, "node", rooms=[ROOM]) is BOB
    with pytest.raises(NotFound):
        require_object(BOB, Action.NODE_READ, HOME, "node", rooms=["other"])
    with pytest.raises(NotFound):
        require_object(BOB, Action.NODE_READ, HOME, "space")


def test_a_refusal_says_that_a_role_is_one_in_a_room():
    with pytest.raises(Denied, match="you are an editor of one of its rooms"):
        require_object(BOB, Action.NODE_REMOVE, HOME, "node", rooms=[ROOM])


def test_who_has_roles_in_rooms_alone_has_no_space():
    assert spaces_of(BOB, Action.NODE_READ) == frozenset()
    assert own_rooms(BOB, Action.NODE_EDIT) == {ROOM}
    assert own_rooms(BOB, Action.NODE_REMOVE) == frozenset()
    assert own_rooms(OPERATOR, Action.NODE_READ) == frozenset()
