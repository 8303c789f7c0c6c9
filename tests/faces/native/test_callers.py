"""People come by cookie, programs by API token; never both at once."""

import pytest

from muster.errors import InputError, LimitExceeded, Unauthenticated
from muster.faces.native.callers import Callers, bearer_of
from muster.faces.native.sessionview import COOKIE
from muster.log import Secret
from muster.model.access import Role
from muster.net.http import Request
from muster.testing.house import OPERATOR, House
from muster.wire.apitoken import encode_api_token

GOOD = "a good password"
WRONG = encode_api_token(bytes(32)).reveal()


@pytest.fixture
async def house():
    house = House()
    house.open()
    home = house.space.id
    await house.accounts.create_user(OPERATOR, home, "ada", Secret(GOOD), Role.ADMIN)
    signed = await house.accounts.sign_in("ada", Secret(GOOD), address="10.0.0.1")
    house.cookie = {COOKIE: signed.cookie.reveal()}
    house.made = await house.api_tokens.create(OPERATOR, role=Role.VIEWER)
    house.callers = Callers(accounts=house.accounts, api_tokens=house.api_tokens)
    yield house
    house.close()


def request(authorization=None, cookies=None):
    headers = {} if authorization is None else {"authorization": authorization}
    return Request(
        method="GET", path="/", headers=headers, cookies=cookies or {}, address="10.0.0.1"
    )


async def test_a_cookie_brings_a_person_and_a_token_a_program(house):
    person = await house.callers.actor(request(cookies=house.cookie))
    program = await house.callers.actor(request(f"Bearer {house.made.text.reveal()}"))

    assert (person.name, person.token) == ("ada", "")
    assert (program.name, program.token, program.session) == ("ada", house.made.record.id, "")
    assert program.roles == {house.space.id: Role.VIEWER}
    assert await house.callers.actor(request()) is None


async def test_who_has_to_show_a_passkey_by_now_is_let_in_no_more(house):
    user = house.records.people.user_named("ada")
    assert (await house.callers.still(request(cookies=house.cookie))).name == "ada"
    await house.accounts.update_user(OPERATOR, user.id, require_passkey=True)

    assert await house.callers.still(request(cookies=house.cookie)) is None


@pytest.mark.parametrize("token", [WRONG, "x", ""])
async def test_a_cookie_and_a_token_together_are_refused_whatever_they_are(house, token):
    for cookies in (house.cookie, {COOKIE: ""}):
        with pytest.raises(InputError, match="one of them"):
            await house.callers.actor(request(f"Bearer {token}", cookies))


@pytest.mark.parametrize("token", [WRONG, "x", "", "\udc80", "a b", "mat1_"])
async def test_a_wrong_token_is_not_nobody_but_refused(house, token):
    with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
        await house.callers.actor(request(f"Bearer {token}"))


async def test_wrong_tokens_are_slowed_down(house):
    codes = []
    for _ in range(31):
        with pytest.raises((Unauthenticated, LimitExceeded)) as refusal:
            await house.callers.actor(request(f"Bearer {WRONG}"))
        codes.append(refusal.value.code)

    assert codes == ["unauthenticated"] * 30 + ["limit_exceeded"]


async def test_the_password_of_a_proxy_in_front_is_passed_over(house):
    assert bearer_of(request("Basic YTpi")) is None
    assert (await house.callers.actor(request("Basic YTpi", house.cookie))).name == "ada"


def test_the_scheme_is_read_in_any_case():
    assert bearer_of(request("bearer  x ")).reveal() == "x"
    assert bearer_of(request("Bearerx")) is None


async def test_what_was_let_in_is_looked_at_again_and_not_counted(house):
    good = request(f"Bearer {house.made.text.reveal()}")
    assert (await house.callers.still(good)).name == "ada"
    assert (await house.callers.still(request(cookies=house.cookie))).name == "ada"
    await house.api_tokens.revoke(OPERATOR, house.made.record.id)
    for _ in range(50):
        assert await house.callers.still(good) is None

    with pytest.raises(Unauthenticated):
        await house.callers.actor(good)


async def test_who_is_known_without_waiting_is_who_is_known_with_it(house):
    program = request(f"Bearer {house.made.text.reveal()}")
    for each in (request(cookies=house.cookie), program):
        actor = await house.callers.actor(each)  # and its use is noted
        assert house.callers.actor_now(each) == actor

    house.clock.advance(3_600)
    assert house.callers.actor_now(program) is None
    assert house.callers.actor_now(request(cookies=house.cookie)) is None


async def test_whoever_is_wrong_or_both_is_nobody_without_waiting(house):
    good = f"Bearer {house.made.text.reveal()}"
    await house.callers.actor(request(good))
    known = house.callers.actor_now(request(good))
    await house.api_tokens.revoke(OPERATOR, house.made.record.id)

    assert known.token == house.made.record.id
    assert house.callers.actor_now(request(good)) is None
    assert house.callers.actor_now(request(good, house.cookie)) is None
    assert house.callers.actor_now(request(f"Bearer {WRONG}")) is None
    assert house.callers.actor_now(request(cookies={COOKIE: "x"})) is None
    assert house.callers.actor_now(request()) is None


async def test_a_session_that_has_ended_is_nobody_at_once(house):
    known = house.callers.actor_now(request(cookies=house.cookie))
    await house.accounts.sessions.end(house.cookie[COOKIE])

    assert known.name == "ada"
    assert house.callers.actor_now(request(cookies=house.cookie)) is None
