"""Sessions: whole or not, fresh or stale, and under another cookie when they become whole."""

from datetime import timedelta

import msgspec
import pytest

from muster.core.access import require
from muster.core.people.sessions import AccountSettings, Sessions
from muster.errors import (
    FirstPasskeyRequired,
    SecondFactorRequired,
    Unauthenticated,
)
from muster.log import Secret
from muster.model.access import Action, AuditEvent, Role
from muster.model.inventory import SpaceSettings
from muster.model.signin import Passkey
from muster.testing.house import OPERATOR, House

GOOD = Secret("correct horse battery")
EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
ADDRESS = "10.0.0.1"


class Lodge(House):
    async def furnish(self, trusted=(), **settings):
        self.sessions = Sessions(
            records=self.records,
            clock=self.clock,
            settings=AccountSettings(**settings),
            trusted=trusted,
        )
        self.user = await self.accounts.create_user(
            OPERATOR, self.space.id, "ada", GOOD, Role.ADMIN
        )

    async def start(self, **options):
        signed = await self.sessions.start(self.user, address=ADDRESS, **options)
        return signed.cookie.reveal()

    async def actor(self, cookie):
        return await self.sessions.actor(cookie, ADDRESS)

    def add_passkey(self):
        passkey = Passkey(
            id="k",
            user=self.user.id,
            name="key",
            domain="hub.example",
            public_key=b"",
            sign_count=0,
            created_ns=1,
        )
        self.records.passkeys.add_passkey(passkey, EVENT, most=1)

    async def require_passkey(self):
        self.user = await self.accounts.update_user(OPERATOR, self.user.id, require_passkey=True)

    def events(self, limit=1):
        return [each.event for each in self.records.audit.events(spaces=None, limit=limit)]


@pytest.fixture
def lodge():
    with Lodge() as lodge:
        yield lodge


async def test_a_session_says_how_it_began(lodge):
    await lodge.furnish()
    cookie = await lodge.start(method="oidc:corp")

    assert lodge.sessions.method_of(cookie) == "oidc:corp"
    assert lodge.sessions.method_of("") == lodge.sessions.method_of("x") == ""
    assert lodge.events()[0].detail == "oidc:corp"


@pytest.mark.parametrize("by", ["user", "hub", "space", "space of a room"])
async def test_a_session_lacks_the_second_factor_that_is_asked_for(lodge, by):
    await lodge.furnish(require_second_factor=by == "hub")
    if by == "user":
        await lodge.require_passkey()
    if by == "space":
        strict = SpaceSettings(require_second_factor=True)
        await lodge.spaces.edit(OPERATOR, lodge.space.id, settings=strict)
    if by == "space of a room":
        other = await lodge.spaces.create(OPERATOR, "Customers")
        strict = SpaceSettings(require_second_factor=True)
        await lodge.spaces.edit(OPERATOR, other.id, settings=strict)
        room = await lodge.rooms.create(OPERATOR, other.id, "edge")
        given = {room.id: Role.VIEWER}
        lodge.user = await lodge.accounts.update_user(OPERATOR, lodge.user.id, room_roles=given)
    actor = await lodge.actor(await lodge.start())

    assert not actor.is_whole
    with pytest.raises(SecondFactorRequired):
        require(actor, Action.HUB_READ)


async def test_what_is_not_asked_for_is_not_lacking(lodge):
    await lodge.furnish(trusted=["oidc:corp"])
    assert (await lodge.actor(await lodge.start())).is_whole

    await lodge.require_passkey()
    assert (await lodge.actor(await lodge.start(by_passkey=True))).is_whole
    assert (await lodge.actor(await lodge.start(method="oidc:corp"))).is_whole
    assert not (await lodge.actor(await lodge.start(method="oidc:other"))).is_whole


async def test_it_is_told_whether_a_passkey_is_to_be_shown_or_made(lodge):
    await lodge.furnish(require_second_factor=True)
    actor = await lodge.actor(await lodge.start())
    with pytest.raises(FirstPasskeyRequired):
        lodge.sessions.require_whole(actor)

    lodge.add_passkey()
    with pytest.raises(SecondFactorRequired) as lacking:
        lodge.sessions.require_whole(actor)
    assert lacking.value.code == "second_factor_required"
    lodge.sessions.require_whole(msgspec.structs.replace(actor, is_whole=True))


async def test_a_session_that_becomes_whole_goes_on_under_another_cookie(lodge):
    await lodge.furnish(require_second_factor=True)
    first = await lodge.start()
    lodge.clock.advance(3600)
    signed = await lodge.sessions.prove(first, ADDRESS)

    assert signed.actor.is_whole
    assert await lodge.actor(first) is None
    assert (await lodge.actor(signed.cookie.reveal())).is_whole
    assert signed.max_age_s == timedelta(days=30).total_seconds() - 3600
    assert lodge.events()[0].action == "session.second_factor"


async def test_a_whole_session_that_is_proved_again_keeps_its_cookie(lodge):
    await lodge.furnish()
    lodge.add_passkey()
    cookie = await lodge.start()
    lodge.clock.advance(601)
    assert (await lodge.actor(cookie)).is_stale
    assert await lodge.sessions.prove(cookie, ADDRESS) is None

    assert not (await lodge.actor(cookie)).is_stale
    assert lodge.events()[0].action == "session.step_up"


async def test_who_has_no_passkey_is_never_asked_to_show_one(lodge):
    await lodge.furnish()
    cookie = await lodge.start()
    lodge.clock.advance(86_400)

    assert not (await lodge.actor(cookie)).is_stale


async def test_a_session_is_fresh_for_ten_minutes(lodge):
    await lodge.furnish()
    lodge.add_passkey()
    cookie = await lodge.start()
    lodge.clock.advance(600)

    assert not (await lodge.actor(cookie)).is_stale


async def test_who_has_ended_proves_nothing(lodge):
    await lodge.furnish()
    cookie = await lodge.start()
    await lodge.sessions.end(cookie)
    for gone in (cookie, "", "x" * 500):
        with pytest.raises(Unauthenticated):
            await lodge.sessions.prove(gone, ADDRESS)
