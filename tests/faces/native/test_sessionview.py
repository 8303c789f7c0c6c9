"""What a browser is told of its session."""

import json

import pytest

from muster.core.people.sessions import SignedIn
from muster.faces.native.sessionview import COOKIE, HubName, SessionViews, cookie_of
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR


@pytest.fixture
def views(house):
    hub = HubName(name="harbour", version="1", id="h")
    return SessionViews(inventory=house.inventory, spaces=house.spaces, hub=hub)


def signed(actor):
    return SignedIn(cookie=Secret("secret"), actor=actor, max_age_s=60)


async def test_who_has_a_role_in_a_room_alone_sees_that(house, views):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    view = views.of(Actor(name="ada", room_roles={room.id: Role.EDITOR}))

    assert (view.user.role, view.space.name) == (Role.EDITOR, "Home")
    assert view.spaces[0].role is None
    assert [(each.name, each.role) for each in view.spaces[0].rooms] == [("edge", Role.EDITOR)]


def test_a_session_begins_with_its_cookie(house, views):
    actor = Actor(name="ada", roles={house.space.id: Role.ADMIN})
    answer = views.signed_in(signed(actor))

    assert (answer.status, json.loads(answer.body)["user"]["name"]) == (200, "ada")
    assert answer.headers["set-cookie"] == cookie_of(signed(actor))
    assert cookie_of(signed(actor)).startswith(f"{COOKIE}=secret; Max-Age=60; Path=/;")


def test_a_session_that_lacks_its_second_factor_says_nothing_else(house, views):
    actor = Actor(name="ada", roles={house.space.id: Role.ADMIN}, is_whole=False)
    answer = views.signed_in(signed(actor))

    assert (answer.status, answer.body) == (202, b'{"second_factor":"passkey"}')
    assert "set-cookie" in answer.headers
