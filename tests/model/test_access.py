"""The table of roles."""

from muster.model.access import ALLOWED, Action, Role, covers


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
