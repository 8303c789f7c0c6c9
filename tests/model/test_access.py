"""The table of roles."""

from muster.model.access import (
    ALLOWED,
    ALLOWED_IN_ROOM,
    Action,
    Role,
    Scope,
    covers,
    highest,
)


def test_every_role_may_do_what_the_role_below_it_may():
    assert ALLOWED[Role.VIEWER] < ALLOWED[Role.EDITOR] < ALLOWED[Role.ADMIN]


def test_a_role_covers_itself_and_those_below_it():
    ladder = (Role.VIEWER, Role.EDITOR, Role.ADMIN)
    for place, role in enumerate(ladder):
        assert [covers(role, other) for other in ladder] == [at <= place for at in range(3)]


def test_an_admin_may_everything():
    assert ALLOWED[Role.ADMIN] == frozenset(Action)


def test_a_viewer_only_looks():
    assert all(action.value.endswith(".read") for action in ALLOWED[Role.VIEWER])


def test_only_an_admin_lets_machines_and_people_in_or_out():
    guarded = {Action.TOKEN_MANAGE, Action.USER_MANAGE, Action.NODE_REMOVE, Action.HUB_MANAGE}

    assert not guarded & ALLOWED[Role.EDITOR]


def test_a_role_in_a_room_never_allows_more_than_one_in_the_space():
    for role in Role:
        assert ALLOWED_IN_ROOM[role] < ALLOWED[role] or role is Role.VIEWER
        assert not ALLOWED_IN_ROOM[role] & {
            Action.ROOM_EDIT,
            Action.SPACE_MANAGE,
            Action.TOKEN_MANAGE,
            Action.USER_MANAGE,
            Action.AUDIT_READ,
            Action.HUB_MANAGE,
        }


def test_the_highest_of_some_roles():
    assert highest([Role.VIEWER, Role.ADMIN, Role.EDITOR]) is Role.ADMIN
    assert highest([]) is Role.VIEWER


def test_a_scope_holds_whole_spaces_and_single_nodes():
    scope = Scope(frozenset({"s"}), frozenset({"n"}))

    assert scope.holds("s", "x")
    assert scope.holds("other", "n")
    assert not scope.holds("other", "x")
    assert Scope(None).holds("any", "x")
    assert not Scope().holds("", "")
