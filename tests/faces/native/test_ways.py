"""One's own ways to sign in, over HTTP."""

import pytest

from muster.errors import Conflict, Denied, NotFound, SignInAgain, StepUpRequired, Unauthenticated
from muster.faces.native.sessionview import COOKIE
from muster.testing.house import OPERATOR
from tests.core.authenticator import Authenticator
from tests.faces.native.entrance import Entrance

BEGIN, BACK = "GET /api/v1/signin/oidc/{name}", "GET /api/v1/signin/oidc/{name}/callback"
WAYS = "GET /api/v1/session/ways"
UNLINK = "DELETE /api/v1/session/identities/{id}"
FIRST = "POST /api/v1/session/first-password"
NEW = "another good password"


@pytest.fixture
async def entrance(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path)
        yield entrance


async def link(browser, **query):
    """Leave for the provider and come back, as a browser does: a Strict cookie stays behind."""
    gone = await browser.call(BEGIN, name="corp", query={"link": "1"} | query)
    if "/authorize" not in gone.headers["location"]:
        return gone
    answer = browser.entrance.fake.authorize(gone.headers["location"])
    session = browser.cookies.pop(COOKIE, "")
    back = await browser.call(BACK, name="corp", query=answer)
    browser.cookies.setdefault(COOKIE, session)
    return back


def newest(entrance, count=1):
    return [each.event for each in entrance.records.audit.events(spaces=None, limit=count)]


async def test_who_is_signed_in_links_an_identity_and_signs_in_by_it(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    back = await link(browser)

    assert (back.status, back.headers) == (303, {"location": "/account"})
    (told,) = newest(entrance)
    assert (told.actor, told.action, told.object, told.detail) == (
        "ada", "identity.link", "ada", "corp",
    )  # fmt: skip
    ways = await browser.json(WAYS)
    assert [(each["provider"], each["linked"]) for each in ways["identities"]] == [("corp", True)]
    assert ways["has_password"] is True
    other = entrance.browser()
    await other.by_provider()
    assert (await other.json("GET /api/v1/session"))["user"]["name"] == "ada"


async def test_groups_take_no_roles_from_who_has_linked(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    await link(browser)
    entrance.fake.wrong = {"groups": []}
    other = entrance.browser()
    back = await other.by_provider()

    assert back.headers["location"] == "/account"
    assert entrance.records.people.user(entrance.user.id).roles == entrance.user.roles


async def test_a_link_takes_a_session_and_a_recent_one(entrance):
    stranger, browser = entrance.browser(), entrance.browser()
    assert (await link(stranger)).headers["location"] == "/account?failed=unauthenticated"
    await browser.sign_in()
    entrance.clock.advance(3600)
    assert (await link(browser)).headers["location"] == "/account?failed=sign_in_again"
    with pytest.raises(SignInAgain):
        await browser.call("POST /api/v1/session/ways")
    await browser.sign_in()
    await browser.enrol(Authenticator())
    assert (await browser.call("POST /api/v1/session/ways")).status == 204
    entrance.clock.advance(3600)
    assert (await link(browser)).headers["location"] == "/account?failed=step_up_required"
    with pytest.raises(StepUpRequired):
        await browser.call("POST /api/v1/session/ways")

    assert entrance.records.signin.identities() == []


async def test_a_link_ends_with_the_session_that_asked_for_it(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    gone = await browser.call(BEGIN, name="corp", query={"link": "1"})
    await browser.call("DELETE /api/v1/session")
    answer = entrance.fake.authorize(gone.headers["location"])
    back = await browser.call(BACK, name="corp", query=answer)

    assert back.headers == {"location": "/account?failed=session"}
    assert entrance.records.signin.identities() == []


async def test_an_identity_of_another_user_stays_theirs(entrance):
    await entrance.browser().by_provider()  # makes the user ada@corp
    browser = entrance.browser()
    await browser.sign_in()
    back = await link(browser)

    assert back.headers == {"location": "/account?failed=linked_elsewhere"}
    assert (await browser.json(WAYS))["identities"] == []


async def test_what_is_linked_already_is_no_error(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    await link(browser)
    before = newest(entrance)

    assert (await link(browser, next="/nodes")).headers["location"] == "/nodes"
    assert newest(entrance) == before


async def test_a_provider_that_says_no_leads_back_to_the_account(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    entrance.fake.wrong = {"nonce": "x"}

    assert (await link(browser)).headers == {"location": "/account?failed=nonce"}


async def test_a_linked_identity_is_taken_away_with_its_sessions(entrance):
    browser, other = entrance.browser(), entrance.browser()
    await browser.sign_in()
    await link(browser)
    await other.by_provider()
    (identity,) = (await browser.json(WAYS))["identities"]
    assert (await browser.call(UNLINK, id=identity["id"])).status == 204

    assert (await browser.json(WAYS))["identities"] == []
    assert newest(entrance)[0].action == "identity.unlink"
    with pytest.raises(Unauthenticated):
        await other.json("GET /api/v1/session")
    with pytest.raises(NotFound):
        await browser.call(UNLINK, id=identity["id"])


async def test_the_identity_that_made_a_user_stays(entrance):
    browser = entrance.browser()
    await browser.by_provider()
    ways = await browser.json(WAYS)
    (identity,) = ways["identities"]

    assert (identity["linked"], ways["has_password"]) == (False, False)
    with pytest.raises(Denied, match="made you a user"):
        await browser.call(UNLINK, id=identity["id"])


async def test_the_last_way_in_is_not_taken_away(entrance):
    browser = entrance.browser()
    await browser.sign_in()
    await link(browser)
    (identity,) = (await browser.json(WAYS))["identities"]
    with entrance.records.people._database.change() as writer:
        writer.execute("UPDATE users SET password_hash = ''")
    with pytest.raises(Conflict, match="set a password first"):
        await browser.call(UNLINK, id=identity["id"])

    assert (await browser.json(WAYS))["identities"] == [identity]


async def test_who_has_no_password_sets_one_and_stays_signed_in(entrance):
    browser = entrance.browser()
    await browser.by_provider()
    assert (await browser.call(FIRST, {"new": NEW})).status == 204

    assert (await browser.json(WAYS))["has_password"] is True
    assert newest(entrance)[0].detail == "first password"
    await entrance.browser().sign_in("ada@corp", NEW)
    with pytest.raises(Conflict, match="change it"):
        await browser.call(FIRST, {"new": NEW + "!"})


async def test_a_first_password_takes_a_recent_sign_in(entrance):
    browser = entrance.browser()
    await browser.by_provider()
    entrance.clock.advance(3600)

    with pytest.raises(SignInAgain):
        await browser.call(FIRST, {"new": NEW})


async def test_the_operator_has_no_ways_of_its_own(entrance):
    browser = entrance.browser()
    browser.actor = OPERATOR

    with pytest.raises(NotFound):
        await browser.json(WAYS)
