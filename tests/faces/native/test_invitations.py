"""Routes of invitations: for admins, and for who follows a link."""

import pytest

from muster.core.people.invitations import NoInvitation
from muster.errors import InputError
from muster.faces.native.sessionview import COOKIE
from muster.testing.house import OPERATOR
from tests.core.authenticator import Authenticator
from tests.faces.native.entrance import GOOD, Browser, Entrance

PATH = "/api/v1/invitations"


@pytest.fixture
async def entrance(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path)
        yield entrance


async def invite(entrance, **more):
    browser = entrance.browser()
    await browser.sign_in()
    made = await browser.json(f"POST {PATH}", {"name": "bob", "role": "viewer", **more})
    return browser, made


def secret_of(made):
    return made["link"].partition("#")[2]


async def test_the_link_is_told_once_and_its_secret_goes_to_no_server(entrance):
    browser, made = await invite(entrance)
    (listed,) = await browser.json(f"GET {PATH}")

    assert made["link"].startswith("https://hub.example:7443/invitation#minv1_")
    assert "link" not in listed
    assert {key: made[key] for key in listed} == listed
    assert (listed["name"], listed["state"], listed["created_by"]) == ("bob", "open", "ada")


async def test_at_the_hubs_own_socket_the_link_leads_to_the_hubs_own_address(entrance):
    made = await Browser(entrance, "localhost", OPERATOR).json(
        f"POST {PATH}", {"name": "bob", "role": "viewer"}
    )

    assert made["link"].startswith("https://own.example:7443/invitation#")


async def test_who_follows_the_link_is_told_by_whom_and_becomes_a_user(entrance):
    _, made = await invite(entrance)
    guest = entrance.browser()
    shown = await guest.json(f"POST {PATH}/show", {"secret": secret_of(made)})
    session = await guest.json(f"POST {PATH}/accept", {"secret": secret_of(made), "password": GOOD})

    assert (shown["name"], shown["hub"], shown["invited_by"]) == ("bob", "harbour", "ada")
    assert session["user"] == {"name": "bob", "role": "viewer"}
    assert (await guest.json("GET /api/v1/session"))["user"]["name"] == "bob"


async def test_a_guest_makes_a_passkey_in_place_of_a_password(entrance):
    _, made = await invite(entrance)
    guest, device = entrance.browser(), Authenticator()
    options = await guest.json(f"POST {PATH}/passkey", {"secret": secret_of(made)})
    body = {"secret": secret_of(made), "credential": device.create(options)}
    await guest.json(f"POST {PATH}/accept", body)
    other = entrance.browser()
    await other.by_passkey(device)

    assert (await other.json("GET /api/v1/session"))["user"]["name"] == "bob"


async def test_a_session_that_was_there_ends_with_the_new_one(entrance):
    browser, made = await invite(entrance)
    before = browser.cookies[COOKIE]
    await browser.json(f"POST {PATH}/accept", {"secret": secret_of(made), "password": GOOD})

    assert await entrance.accounts.actor(before, "10.0.0.1") is None


async def test_a_revoked_invitation_opens_nothing(entrance):
    browser, made = await invite(entrance)
    await browser.call(f"DELETE {PATH}/{{id}}", id=made["id"])

    with pytest.raises(NoInvitation):
        await entrance.browser().call(f"POST {PATH}/show", {"secret": secret_of(made)})


@pytest.mark.parametrize("ttl_s", [0, -1, 1e300, 91 * 86_400])
async def test_a_lifetime_out_of_range_is_refused(entrance, ttl_s):
    with pytest.raises(InputError):
        await invite(entrance, ttl_s=ttl_s)


async def test_a_lifetime_is_as_asked(entrance):
    _, made = await invite(entrance, ttl_s=3600)

    assert made["expires_ns"] - made["created_ns"] == 3600 * 10**9
