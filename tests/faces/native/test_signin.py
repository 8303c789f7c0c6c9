"""Sign-in by provider and passkey, over HTTP: cookies, redirects, second factor, step-up."""

from urllib.parse import parse_qs, urlsplit

import pytest

from muster.errors import FirstPasskeyRequired, SecondFactorRequired, Unauthenticated
from muster.faces.native.sessionview import COOKIE
from muster.faces.native.signin import FLOW_COOKIE
from muster.testing.house import OPERATOR
from tests.core.authenticator import Authenticator
from tests.faces.native.entrance import Entrance


@pytest.fixture
async def entrance(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path)
        yield entrance


async def need_passkey(entrance):
    await entrance.accounts.update_user(OPERATOR, entrance.user.id, require_passkey=True)


async def test_one_is_told_by_what_one_may_sign_in(entrance):
    offer = await entrance.browser().json("GET /api/v1/signin")
    there = await entrance.browser("10.0.0.1:7443").json("GET /api/v1/signin")

    assert offer == {"providers": [{"name": "corp", "label": "corp"}], "passkeys": ""}
    assert "open it by a name" in there["passkeys"]


async def test_one_leaves_for_the_provider_and_comes_back_signed_in(entrance):
    browser = entrance.browser()
    back = await browser.by_provider()

    assert (back.status, back.headers["location"]) == (303, "/account")
    assert (await browser.json("GET /api/v1/session"))["user"]["name"] == "ada@corp"


async def test_the_cookie_of_the_way_is_kept_from_scripts_and_survives_the_way_back(entrance):
    browser = entrance.browser()
    gone = await browser.call("GET /api/v1/signin/oidc/{name}", name="corp")

    flow = browser.headers[0]
    assert gone.status == 302
    assert flow.startswith(f"{FLOW_COOKIE}=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert f"; {flag}" in flow
    await browser.by_provider()
    assert "SameSite=Strict" in browser.headers[-1]
    assert browser.headers[-1].startswith(f"{COOKIE}=")


async def test_the_way_back_leads_to_the_name_one_came_by_and_under_its_prefix(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path, prefix="/muster")
        gone = await entrance.browser("Other.example").call(
            "GET /api/v1/signin/oidc/{name}", name="corp"
        )
    asked = parse_qs(urlsplit(gone.headers["location"]).query)

    assert asked["redirect_uri"] == [
        "https://other.example/muster/api/v1/signin/oidc/corp/callback"
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"nonce": "x"}, "nonce"), ({"aud": "x"}, "audience"), ({"groups": []}, "no_group")],
)
async def test_a_refusal_leads_back_to_the_sign_in_page_with_its_reason(entrance, wrong, reason):
    entrance.fake.wrong = wrong
    browser = entrance.browser()
    back = await browser.by_provider()

    assert (back.status, back.headers) == (303, {"location": f"/sign-in?failed={reason}"})
    assert COOKIE not in browser.cookies


async def test_a_planted_answer_signs_nobody_in(entrance):
    """Login CSRF: the attacker's own code and state, in the victim's browser."""
    attacker, victim = entrance.browser(), entrance.browser()
    gone = await attacker.call("GET /api/v1/signin/oidc/{name}", name="corp")
    query = entrance.fake.authorize(gone.headers["location"])
    await victim.call("GET /api/v1/signin/oidc/{name}", name="corp")
    back = await victim.call("GET /api/v1/signin/oidc/{name}/callback", query=query, name="corp")

    assert back.headers["location"] == "/sign-in?failed=state"
    assert COOKIE not in victim.cookies


async def test_a_provider_that_is_away_or_unknown_leads_back_too(entrance):
    entrance.fake.down = "/.well-known/openid-configuration"
    browser = entrance.browser()
    for name, reason in (("corp", "unavailable"), ("nobody", "not_found")):
        back = await browser.call("GET /api/v1/signin/oidc/{name}", name=name)
        assert back.headers["location"] == f"/sign-in?failed={reason}"


async def test_signing_out_says_where_the_provider_is_left(tmp_path):
    with Entrance() as entrance:
        await entrance.furnish(tmp_path, sign_out=True)
        browser = entrance.browser()
        await browser.by_provider()
        left = await browser.json("DELETE /api/v1/session")
        await browser.sign_in()
        plain = await browser.call("DELETE /api/v1/session")

    assert left["leave"].startswith("https://id.example/leave?client_id=muster")
    assert plain.status == 204


async def test_a_passkey_signs_in_alone(entrance):
    browser, device = entrance.browser(), Authenticator()
    await browser.sign_in()
    await browser.enrol(device)
    other = entrance.browser()
    answer = await other.by_passkey(device)

    assert answer.status == 200
    assert (await other.json("GET /api/v1/session"))["user"]["name"] == "ada"


async def test_a_passkey_of_another_origin_signs_nobody_in(entrance):
    browser, device = entrance.browser(), Authenticator()
    await browser.sign_in()
    await browser.enrol(device)
    device.origin = "https://hub.example:9999"

    with pytest.raises(Unauthenticated):
        await entrance.browser().by_passkey(device)


async def test_a_second_factor_is_wanted_and_given(entrance):
    browser, device = entrance.browser(), Authenticator()
    await browser.sign_in()
    await browser.enrol(device)
    await need_passkey(entrance)
    answer = await browser.sign_in()
    half = browser.cookies[COOKIE]

    assert (answer.status, answer.body) == (202, b'{"second_factor":"passkey"}')
    with pytest.raises(SecondFactorRequired):
        await browser.call("GET /api/v1/session")
    with pytest.raises(SecondFactorRequired):
        await browser.call("GET /api/v1/users")
    assert (await browser.step_up(device)).status == 204
    assert browser.cookies[COOKIE] != half
    assert (await browser.call("GET /api/v1/session")).status == 200
    browser.cookies[COOKIE] = half
    with pytest.raises(Unauthenticated):
        await browser.call("GET /api/v1/session")


async def test_the_first_passkey_is_made_where_there_is_none(entrance):
    await need_passkey(entrance)
    browser, device = entrance.browser(), Authenticator()
    await browser.sign_in()
    with pytest.raises(FirstPasskeyRequired):
        await browser.call("GET /api/v1/session")
    made = await browser.enrol(device)

    assert made.status == 201
    assert (await browser.call("GET /api/v1/session")).status == 200


async def test_a_step_up_keeps_the_cookie_of_a_whole_session(entrance):
    browser, device = entrance.browser(), Authenticator()
    await browser.sign_in()
    await browser.enrol(device)
    cookie = browser.cookies[COOKIE]
    entrance.clock.advance(3600)
    answer = await browser.step_up(device)

    assert (answer.status, answer.headers) == (204, {})
    assert browser.cookies[COOKIE] == cookie
    assert not (await entrance.accounts.actor(cookie, "10.0.0.1")).is_stale
