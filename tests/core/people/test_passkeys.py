"""Passkeys through their life, with an authenticator in software."""

import pytest

from muster.core.people.passkeys import CHALLENGE_S, MAX_PASSKEYS
from muster.core.people.webauthn import PasskeyRefused, Site
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    NotFound,
    StepUpRequired,
    Unauthenticated,
)
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR, House
from tests.core.authenticator import PRESENT, VERIFIED, Authenticator

GOOD = Secret("correct horse battery")
SITE = Site("hub.example", "https://hub.example:7443")
HERE, FLOW = "10.0.0.1", "f" * 64


class Gate(House):
    async def furnish(self):
        self.ada = await self.add("ada", Role.ADMIN)
        self.bob = await self.add("bob", Role.VIEWER)
        self.device = Authenticator()

    async def add(self, name, role):
        return await self.accounts.create_user(OPERATOR, self.space.id, name, GOOD, role)

    async def by_password(self, name="ada"):
        signed = await self.accounts.sign_in(name, GOOD, address=HERE)
        return signed.cookie.reveal()

    async def actor(self, cookie):
        return await self.accounts.actor(cookie, HERE)

    async def enrol(self, cookie, device=None, name="laptop", **wrong):
        actor = await self.actor(cookie)
        options = self.passkeys.offer_creation(actor, SITE)
        made = (device or self.device).create(options, **wrong)
        return await self.passkeys.create(actor, cookie, SITE, made, name)

    async def enter(self, device=None, **wrong):
        options = self.passkeys.offer_sign_in(FLOW, SITE, HERE)
        used = (device or self.device).get(options, **wrong)
        return await self.passkeys.sign_in(FLOW, SITE, used, address=HERE)

    async def step_up(self, cookie, device=None, **wrong):
        options = self.passkeys.offer_step_up(cookie, SITE)
        used = (device or self.device).get(options, **wrong)
        return await self.passkeys.step_up(cookie, SITE, used, HERE)

    async def need_one(self):
        await self.accounts.update_user(OPERATOR, self.ada.id, require_passkey=True)

    def newest(self):
        return self.records.audit.events(spaces=None, limit=1)[0].event


@pytest.fixture
async def gate():
    with Gate() as gate:
        await gate.furnish()
        yield gate


async def test_a_passkey_is_made_and_opens_the_door_alone(gate):
    cookie = await gate.by_password()
    passkey, again = await gate.enrol(cookie)
    signed = await gate.enter()

    assert again is None
    assert (passkey.name, passkey.domain, passkey.user) == ("laptop", "hub.example", gate.ada.id)
    assert signed.actor.name == "ada"
    assert gate.accounts.sessions.method_of(signed.cookie.reveal()) == "passkey"
    assert gate.passkeys.passkeys(signed.actor)[0].used_ns == gate.clock.now_ns()
    assert gate.newest().detail == "passkey"


async def test_several_passkeys_of_one_user_all_work_and_know_of_each_other(gate):
    cookie, second = await gate.by_password(), Authenticator(counts=False)
    first, _ = await gate.enrol(cookie)
    await gate.enrol(cookie, second, "phone")
    options = gate.passkeys.offer_creation(await gate.actor(cookie), SITE)

    assert (await gate.enter(second)).actor.name == "ada"
    assert (await gate.enter(second)).actor.name == "ada"  # a synced one does not count
    assert first.id in [each["id"] for each in options["excludeCredentials"]]


async def test_a_challenge_is_used_once(gate):
    await gate.enrol(await gate.by_password())
    options = gate.passkeys.offer_sign_in(FLOW, SITE, HERE)
    used = gate.device.get(options)
    await gate.passkeys.sign_in(FLOW, SITE, used, address=HERE)

    with pytest.raises(Unauthenticated):
        await gate.passkeys.sign_in(FLOW, SITE, used, address=HERE)


async def test_a_challenge_is_of_the_browser_that_asked_and_of_its_minutes(gate):
    await gate.enrol(await gate.by_password())
    options = gate.passkeys.offer_sign_in(FLOW, SITE, HERE)
    used = gate.device.get(options)
    with pytest.raises(Unauthenticated):
        await gate.passkeys.sign_in("g" * 64, SITE, used, address=HERE)
    gate.clock.advance(CHALLENGE_S)
    with pytest.raises(Unauthenticated):
        await gate.passkeys.sign_in(FLOW, SITE, used, address=HERE)


async def test_a_challenge_of_one_deed_is_none_of_another(gate):
    cookie = await gate.by_password()
    await gate.enrol(cookie)
    options = gate.passkeys.offer_sign_in(FLOW, SITE, HERE)

    with pytest.raises(PasskeyRefused):
        await gate.passkeys.step_up(cookie, SITE, gate.device.get(options), HERE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://hub.example.evil"},
        {"domain": "evil.example"},
        {"flags": PRESENT},
        {"user": b"another"},
        {"user": b""},
        {"signature": b"0"},
        {"challenge": "AAAA"},
    ],
)
async def test_a_wrong_use_opens_nothing_and_is_told_once_a_minute(gate, wrong):
    await gate.enrol(await gate.by_password())
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await gate.enter(**wrong)
    events = gate.records.audit.events(spaces=None, limit=3)

    assert [each.event.outcome for each in events] == ["unauthenticated", "ok", "ok"]


async def test_an_unknown_passkey_and_a_disabled_user_get_one_answer(gate):
    await gate.enrol(await gate.by_password("bob"))
    with pytest.raises(Unauthenticated) as unknown:
        await gate.enter(Authenticator())
    await gate.accounts.update_user(OPERATOR, gate.bob.id, disabled=True)
    with pytest.raises(Unauthenticated) as disabled:
        await gate.enter()

    assert str(unknown.value) == str(disabled.value)


async def test_a_count_that_goes_back_is_refused_and_told(gate):
    cookie = await gate.by_password()
    await gate.enrol(cookie)
    await gate.enter(count=50)
    for count in (50, 49, 0):
        with pytest.raises(Unauthenticated):
            await gate.enter(count=count)
        told = [each.event for each in gate.records.audit.events(spaces=None, limit=3)]
        copied = next(each for each in told if each.action == "passkey.copied")
        assert (copied.actor, copied.outcome) == ("ada", "passkey_refused")
    with pytest.raises(PasskeyRefused, match="copy"):
        await gate.step_up(cookie, count=50)

    assert (await gate.enter(count=51)).actor.name == "ada"


async def test_a_password_alone_begins_no_whole_session_where_a_passkey_is_wanted(gate):
    await gate.enrol(await gate.by_password())
    await gate.need_one()
    cookie = await gate.by_password()
    assert not (await gate.actor(cookie)).is_whole
    signed = await gate.step_up(cookie)

    assert (await gate.actor(signed.cookie.reveal())).is_whole
    assert await gate.actor(cookie) is None
    assert (await gate.enter()).actor.is_whole


async def test_a_password_alone_makes_no_second_passkey(gate):
    """Else the password would be enough after all."""
    await gate.enrol(await gate.by_password())
    await gate.need_one()
    actor = await gate.actor(await gate.by_password())

    with pytest.raises(Denied, match="show the passkey you have"):
        gate.passkeys.offer_creation(actor, SITE)


async def test_the_first_passkey_makes_a_session_whole(gate):
    await gate.need_one()
    cookie = await gate.by_password()
    _, signed = await gate.enrol(cookie)

    assert signed.actor.is_whole
    assert await gate.actor(cookie) is None


async def test_a_stale_session_shows_a_passkey_before_it_makes_another(gate):
    cookie = await gate.by_password()
    await gate.enrol(cookie)
    gate.clock.advance(601)
    with pytest.raises(StepUpRequired):
        await gate.enrol(cookie, Authenticator())
    assert await gate.step_up(cookie) is None

    assert (await gate.enrol(cookie, Authenticator()))[1] is None


async def test_a_step_up_takes_ones_own_passkey(gate):
    await gate.enrol(await gate.by_password())
    other, device = await gate.by_password("bob"), Authenticator()
    await gate.enrol(other, device)

    with pytest.raises(PasskeyRefused, match="somebody else"):
        await gate.step_up(other, gate.device)
    with pytest.raises(PasskeyRefused):
        await gate.step_up(other, device, flags=VERIFIED)


async def test_a_step_up_without_a_passkey_for_this_name_says_what_else(gate):
    cookie = await gate.by_password()
    with pytest.raises(NotFound, match="sign in anew"):
        gate.passkeys.offer_step_up(cookie, SITE)
    with pytest.raises(Unauthenticated):
        gate.passkeys.offer_step_up("nobody", SITE)


async def test_an_address_in_place_of_a_name_is_told(gate):
    actor = await gate.actor(await gate.by_password())
    site = Site("10.0.0.1", "https://10.0.0.1:7443")

    with pytest.raises(InputError, match="open it by a name"):
        gate.passkeys.offer_creation(actor, site)
    with pytest.raises(InputError, match="open it by a name"):
        gate.passkeys.offer_sign_in(FLOW, site, HERE)


async def test_programs_and_the_operator_make_no_passkeys(gate):
    program = Actor(name="ada", roles=gate.ada.roles, token="t")
    for actor in (program, OPERATOR):
        with pytest.raises(Denied):
            gate.passkeys.offer_creation(actor, SITE)
    with pytest.raises(Unauthenticated):
        gate.passkeys.offer_creation(None, SITE)


async def test_a_passkey_is_renamed_and_removed_by_its_owner(gate):
    cookie = await gate.by_password()
    passkey, _ = await gate.enrol(cookie)
    actor = await gate.actor(cookie)
    assert (await gate.passkeys.rename(actor, passkey.id, "desk")).name == "desk"
    other = await gate.actor(await gate.by_password("bob"))
    for deed in (
        gate.passkeys.rename(other, passkey.id, "x"),
        gate.passkeys.remove(other, passkey.id),
    ):
        with pytest.raises(NotFound):
            await deed
    await gate.passkeys.remove(actor, passkey.id)

    assert gate.passkeys.passkeys(actor) == []
    assert gate.newest().action == "passkey.remove"
    with pytest.raises(Unauthenticated):
        await gate.enter()


async def test_the_last_passkey_stays_where_signing_in_takes_one(gate):
    cookie = await gate.by_password()
    passkey, _ = await gate.enrol(cookie)
    actor = await gate.actor(cookie)
    await gate.passkeys.require_own(actor, True)
    with pytest.raises(Conflict, match="last passkey"):
        await gate.passkeys.remove(actor, passkey.id)
    await gate.enrol(cookie, Authenticator(), "phone")
    await gate.passkeys.remove(actor, passkey.id)

    assert [each.name for each in gate.passkeys.passkeys(actor)] == ["phone"]


async def test_nobody_requires_a_passkey_of_themselves_without_one(gate):
    actor = await gate.actor(await gate.by_password())
    with pytest.raises(Denied, match="make a passkey first"):
        await gate.passkeys.require_own(actor, True)

    assert gate.passkeys.wanted(actor) == (False, False)


async def test_an_admin_removes_the_lost_passkey_of_another(gate):
    passkey, _ = await gate.enrol(await gate.by_password("bob"))
    admin = await gate.actor(await gate.by_password())
    assert gate.passkeys.passkeys(admin, gate.bob.id) == [passkey]
    viewer = await gate.actor(await gate.by_password("bob"))
    with pytest.raises(Denied):
        gate.passkeys.passkeys(viewer, gate.ada.id)
    cookie = await gate.by_password("bob")
    await gate.passkeys.remove(admin, passkey.id, gate.bob.id)

    assert await gate.actor(cookie) is None  # the device may be in other hands
    assert gate.passkeys.passkeys(OPERATOR, gate.bob.id) == []
    with pytest.raises(NotFound):
        await gate.passkeys.remove(OPERATOR, passkey.id, gate.bob.id)


async def test_a_passkey_is_known_once(gate):
    cookie = await gate.by_password()
    await gate.enrol(cookie)
    with pytest.raises(Conflict):
        await gate.enrol(cookie)
    with pytest.raises(Conflict):
        await gate.enrol(await gate.by_password("bob"))


async def test_a_user_has_so_many_passkeys_and_no_more(gate):
    cookie = await gate.by_password()
    for _ in range(MAX_PASSKEYS):
        await gate.enrol(cookie, Authenticator())
    with pytest.raises(LimitExceeded):
        await gate.enrol(cookie, Authenticator())


async def test_a_name_that_does_not_print_makes_no_passkey(gate):
    with pytest.raises(InputError):
        await gate.enrol(await gate.by_password(), name="a\nb")


async def test_strangers_try_so_many_times_a_minute(gate):
    with pytest.raises(LimitExceeded):
        for _ in range(200):
            gate.passkeys.offer_sign_in(FLOW, SITE, HERE)


async def test_a_removed_user_takes_passkeys_along(gate):
    passkey, _ = await gate.enrol(await gate.by_password("bob"))
    await gate.accounts.remove_user(OPERATOR, gate.bob.id)

    assert gate.records.passkeys.passkey(passkey.id) is None
    assert gate.newest().action == "user.remove"
