"""Sign-in by cookie, and users."""

import json

import msgspec
import pytest

from muster.errors import Denied, Unauthenticated
from muster.faces.native.account import SessionFace, UserFace, actor_of
from muster.faces.native.sessionview import COOKIE, HubName, SessionViews
from muster.log import Secret
from muster.model.access import Role
from muster.net.http import Request
from muster.testing.house import OPERATOR, House

GOOD, NEW = "a good password", "a better password"


class Hall(House):
    """A house with the routes of accounts and one browser."""

    def __init__(self):
        super().__init__()
        self.cookies = {}

    async def furnish(self):
        hub = HubName(name="harbour", version="1", id=self.authority.hub)
        views = SessionViews(inventory=self.inventory, spaces=self.spaces, hub=hub)
        routes = [
            *SessionFace(accounts=self.accounts, views=views).routes(),
            *UserFace(accounts=self.accounts, inventory=self.inventory).routes(),
        ]
        self.routes = {(route.method, route.path): route.handler for route in routes}
        self.user = await self.accounts.create_user(
            OPERATOR, self.space.id, "ada", Secret(GOOD), Role.ADMIN
        )

    async def call(self, method, path, body=None, **match):
        request = Request(
            method=method,
            path=path,
            match=match,
            cookies=self.cookies,
            address="10.0.0.1",
            body=msgspec.json.encode(body or {}),
        )
        actor = await actor_of(self.accounts, request)
        return await self.routes[method, path](msgspec.structs.replace(request, actor=actor))

    async def sign_in(self, password=GOOD):
        answer = await self.call("POST", "/api/v1/session", {"name": "ada", "password": password})
        cookie = answer.headers["set-cookie"]
        self.cookies = {COOKIE: cookie.split(";")[0].partition("=")[2]}
        return answer


@pytest.fixture
async def hall():
    hall = Hall()
    hall.open()
    await hall.furnish()
    yield hall
    hall.close()


async def test_signing_in_says_who_where_and_with_what_hub(hall):
    answer = await hall.sign_in()
    again = await hall.call("GET", "/api/v1/session")

    assert json.loads(answer.body) == json.loads(again.body)
    assert json.loads(again.body) == {
        "user": {"name": "ada", "role": "admin"},
        "space": {"id": hall.space.id, "name": "Home"},
        "spaces": [{"id": hall.space.id, "name": "Home", "role": "admin", "rooms": []}],
        "hub": {"name": "harbour", "version": "1", "id": hall.authority.hub},
    }


async def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(hall):
    cookie = (await hall.sign_in()).headers["set-cookie"]

    assert cookie.startswith("__Host-muster=")
    for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert f"; {flag}" in cookie
    assert "Domain" not in cookie


async def test_who_is_signed_out_is_told_so(hall):
    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "\udc80", "a\x00b"])
async def test_a_cookie_that_is_nobodys_is_nobodys(hall, cookie):
    hall.cookies = {COOKIE: cookie}

    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")


async def test_signing_out_ends_the_session_and_clears_the_cookie(hall):
    await hall.sign_in()
    answer = await hall.call("DELETE", "/api/v1/session")

    assert answer.status == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")


async def test_signing_in_again_gives_another_session_and_ends_the_first(hall):
    await hall.sign_in()
    first = dict(hall.cookies)
    await hall.sign_in()

    assert hall.cookies != first
    hall.cookies = first
    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")


async def test_a_session_that_somebody_else_chose_is_never_taken_on(hall):
    """Session fixation: a cookie that was planted in the browser before the sign-in."""
    planted = {COOKIE: "A" * 43}
    hall.cookies = dict(planted)
    await hall.sign_in()
    assert hall.cookies != planted
    hall.cookies = planted

    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")


async def test_anybody_changes_the_own_password_and_signs_in_anew(hall):
    await hall.sign_in()
    path = "/api/v1/session/password"
    with pytest.raises(Denied):
        await hall.call("POST", path, {"old": "wrong password", "new": NEW})
    await hall.call("POST", path, {"old": GOOD, "new": NEW})

    with pytest.raises(Unauthenticated):
        await hall.call("GET", "/api/v1/session")
    assert (await hall.sign_in(NEW)).status == 200


async def test_users_are_listed_without_their_hashes(hall):
    await hall.sign_in()
    answer = await hall.call("GET", "/api/v1/users")

    assert json.loads(answer.body) == [
        {
            "id": hall.user.id,
            "name": "ada",
            "role": "admin",
            "roles": {hall.space.id: "admin"},
            "room_roles": {},
            "created_ns": hall.clock.now_ns(),
            "disabled": False,
            "require_passkey": False,
            "has_password": True,
            "passkeys": 0,
            "providers": [],
        }
    ]


async def test_a_user_is_made_changed_and_removed(hall):
    await hall.sign_in()
    path = "/api/v1/users"
    new = {"name": "bob", "password": GOOD, "role": "viewer"}
    made = json.loads((await hall.call("POST", path, new)).body)
    changed = await hall.call(
        "PATCH", path + "/{id}", {"role": "editor", "disabled": True}, id=made["id"]
    )
    gone = await hall.call("DELETE", path + "/{id}", id=made["id"])

    assert made["role"] == "viewer"
    assert json.loads(changed.body)["role"] == "editor"
    assert json.loads(changed.body)["disabled"] is True
    assert gone.status == 204
    assert [user.name for user in hall.accounts.users(OPERATOR)] == ["ada"]
