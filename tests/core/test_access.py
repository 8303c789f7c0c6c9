"""Who may do what, and how a refusal reads."""

import pytest

from muster.core.access import home_of, may, require, require_object, spaces_of
from muster.errors import Denied, NotFound, Unauthenticated
from muster.model.access import ALLOWED, Action, Actor, Role

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
