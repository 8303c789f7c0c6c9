"""Routes of one's own passkeys and of those of others."""

import pytest

from muster.errors import Unauthenticated
from muster.log import Secret
from muster.model.access import Role
from muster.testing.house import OPERATOR
from tests.core.authenticator import Authenticator
from tests.faces.native.entrance import GOOD, Browser, Entrance

ONE = "/api/v1/passkeys/{id}"


@pytest.fixture
async def entrance(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path)
        yield entrance


@pytest.fixture
async def browser(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    return browser


async def test_passkeys_are_made_named_required_and_removed(browser):
    made = await browser.enrol(Authenticator())
    listed = await browser.json("GET /api/v1/passkeys")
    (passkey,) = listed["passkeys"]

    assert made.status == 201
    assert (listed["required"], listed["needed"], listed["obstacle"]) == (False, False, "")
    assert {key: passkey[key] for key in ("name", "domain", "used_ns", "synced")} == {
        "name": "laptop",
        "domain": "hub.example",
        "used_ns": 0,
        "synced": False,
    }
    assert "public_key" not in passkey
    renamed = await browser.json(f"PATCH {ONE}", {"name": "desk"}, id=passkey["id"])
    assert renamed["name"] == "desk"
    wanted = await browser.json("PATCH /api/v1/passkeys", {"required": True})
    assert (wanted["required"], wanted["needed"]) == (True, True)
    await browser.json("PATCH /api/v1/passkeys", {"required": False})
    assert (await browser.call(f"DELETE {ONE}", id=passkey["id"])).status == 204
    assert (await browser.json("GET /api/v1/passkeys"))["passkeys"] == []


async def test_an_obstacle_is_told(entrance):
    browser = entrance.browser("10.0.0.1")
    await browser.sign_in()

    assert "open it by a name" in (await browser.json("GET /api/v1/passkeys"))["obstacle"]


async def test_making_one_takes_a_session(entrance):
    with pytest.raises(Unauthenticated):
        await entrance.browser().call("POST /api/v1/passkeys/options")


async def test_an_admin_and_the_operator_see_and_remove_those_of_others(entrance, browser):
    bob = await entrance.accounts.create_user(
        OPERATOR, entrance.space.id, "bob", Secret(GOOD), Role.VIEWER
    )
    other = entrance.browser()
    await other.sign_in("bob")
    await other.enrol(Authenticator(), "phone")
    operator = Browser(entrance, actor=OPERATOR)
    path = "/api/v1/users/{id}/passkeys"
    for who in (browser, operator):
        (listed,) = await who.json(f"GET {path}", id=bob.id)
        assert listed["name"] == "phone"
    users = {each["name"]: each["passkeys"] for each in await browser.json("GET /api/v1/users")}
    assert users == {"ada": 0, "bob": 1}
    await operator.call(f"DELETE {path}/{{passkey}}", id=bob.id, passkey=listed["id"])

    assert await browser.json(f"GET {path}", id=bob.id) == []
