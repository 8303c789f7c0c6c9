"""What an agent is told of who asks."""

import uuid

import pytest

from muster.faces.netdata.permissions import HUB, Permission, headers_of, role_at
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR


@pytest.mark.parametrize(
    ("role", "told", "permissions"),
    [
        (Role.VIEWER, "observer", "0xb"),
        (Role.EDITOR, "troubleshooter", "0x1b"),
        (Role.ADMIN, "admin", "0x2bb"),
    ],
)
def test_each_role_becomes_one_of_theirs_with_its_permissions(role, told, permissions):
    headers = dict(headers_of("ada", role))

    assert headers["X-Netdata-Role"] == told
    assert headers["X-Netdata-Permissions"] == permissions
    assert len(headers) == 3


@pytest.mark.parametrize("role", list(Role))
def test_nobody_may_change_an_agents_configuration(role):
    given = int(dict(headers_of("ada", role))["X-Netdata-Permissions"], 16)

    for forbidden in ("EDIT_CONFIG", "EDIT_NOTIFICATIONS", "EDIT_SILENCING"):
        assert not given & Permission[forbidden]


def test_the_account_is_a_uuid_of_ones_own_that_stays_the_same():
    ada, again, bob = (dict(headers_of(name, Role.VIEWER)) for name in ("ada", "ada", "bob"))

    assert str(uuid.UUID(ada["X-Netdata-Account-Id"])) == ada["X-Netdata-Account-Id"]
    assert ada == again
    assert ada["X-Netdata-Account-Id"] != bob["X-Netdata-Account-Id"]


def test_a_name_that_would_break_a_header_is_not_in_any():
    assert all(
        text.isascii() and text.isprintable() for _, text in headers_of("\r\nX: 1", "viewer")
    )


def test_the_hub_itself_has_a_viewers_rights():
    assert dict(HUB)["X-Netdata-Permissions"] == "0xb"


def test_the_role_is_the_highest_in_the_nodes_space_and_rooms():
    actor = Actor(name="ada", roles={"s1": Role.VIEWER}, room_roles={"r1": Role.EDITOR})

    assert role_at(actor, "s1", ()) is Role.VIEWER
    assert role_at(actor, "s1", ("r1", "r2")) is Role.EDITOR
    assert role_at(actor, "s2", ()) is Role.VIEWER
    assert role_at(OPERATOR, "s2", ()) is Role.ADMIN
