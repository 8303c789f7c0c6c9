"""Routes of API tokens."""

import json

import msgspec
import pytest

from muster.errors import Denied, InputError, NotFound
from muster.faces.native.apitokens import ApiTokenFace
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.house import OPERATOR, House

PATH = "/api/v1/api-tokens"


class Desk(House):
    """A house, its routes of API tokens, and a viewer."""

    async def furnish(self):
        routes = ApiTokenFace(api_tokens=self.api_tokens).routes()
        self.routes = {(route.method, route.path): route.handler for route in routes}
        await self.accounts.create_user(
            OPERATOR, self.space.id, "vera", Secret("a good password"), Role.VIEWER
        )
        self.vera = Actor(name="vera", roles={self.space.id: Role.VIEWER}, session="s")

    async def call(self, method, path=PATH, body=None, *, actor=None, **match):
        data = body if isinstance(body, bytes) else msgspec.json.encode(body or {})
        request = Request(
            method=method, path=path, match=match, body=data, actor=actor or self.vera
        )
        answer = await self.routes[method, path](request)
        return json.loads(answer.body) if answer.body else answer.status


@pytest.fixture
async def desk():
    desk = Desk()
    desk.open()
    await desk.furnish()
    yield desk
    desk.close()


async def test_a_token_is_shown_once_and_never_again(desk):
    made = await desk.call("POST", body={"name": "ci", "ttl_s": 3600})
    (listed,) = await desk.call("GET")

    now_ns = desk.clock.now_ns()
    assert made == {
        "id": listed["id"],
        "token": made["token"],
        "name": "ci",
        "user": "vera",
        "role": "viewer",
        "expires_ns": now_ns + 3600 * 10**9,
    }
    assert listed == {
        "id": made["id"],
        "name": "ci",
        "user": "vera",
        "role": "viewer",
        "state": "valid",
        "created_ns": now_ns,
        "expires_ns": made["expires_ns"],
        "used_ns": 0,
        "revoked_ns": 0,
        "actions": [],
        "spaces": [],
        "rooms": [],
    }
    assert (await desk.api_tokens.authenticate(Secret(made["token"]), "")).name == "vera"


async def test_a_revoked_token_is_listed_as_that(desk):
    made = await desk.call("POST")
    assert await desk.call("DELETE", PATH + "/{id}", id=made["id"]) == 204

    (listed,) = await desk.call("GET")
    assert (listed["state"], listed["revoked_ns"]) == ("revoked", desk.clock.now_ns())
    with pytest.raises(NotFound):
        await desk.call("DELETE", PATH + "/{id}", id="x")


async def test_the_operator_names_the_owner_and_may_give_less(desk):
    made = await desk.call("POST", body={"user": "vera", "role": "viewer"}, actor=OPERATOR)
    with pytest.raises(Denied, match="at most what its owner is"):
        await desk.call("POST", body={"user": "vera", "role": "admin"}, actor=OPERATOR)

    assert (made["user"], made["role"]) == ("vera", "viewer")


@pytest.mark.parametrize(
    "body",
    [
        {"ttl_s": 0},
        {"ttl_s": -1},
        {"ttl_s": 1e300},
        {"ttl_s": 366 * 86_400},
        {"role": "root"},
        {"name": 1},
        {"more": 1},
        b"[]",
        b"{",
    ],
)
async def test_a_body_of_another_shape_makes_nothing(desk, body):
    with pytest.raises(InputError):
        await desk.call("POST", body=body)

    assert await desk.call("GET") == []
