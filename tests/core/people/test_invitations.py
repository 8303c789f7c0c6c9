"""Invitations: made, followed once, ended."""

import asyncio
from datetime import timedelta

import pytest

from muster.core.people.invitations import Answered, NoInvitation
from muster.core.people.webauthn import PasskeyRefused, Site
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.testing.house import OPERATOR, House
from tests.core.authenticator import Authenticator

GOOD = Secret("correct horse battery")
SITE = Site("hub.example", "https://hub.example:7443")
HERE, FLOW = "10.0.0.1", "f" * 64


class Porch(House):
    def admin(self, space=None, **proof):
        return Actor(name="root", roles={space or self.space.id: Role.ADMIN}, **proof)

    async def invite(self, name="ada", role=Role.EDITOR, **options):
        return await self.invitations.create(self.admin(), self.space.id, name, role, **options)

    async def accept(self, secret, *, password=GOOD, device=None, holder=FLOW, **options):
        credential = None
        if device:
            offered = self.invitations.offer_passkey(secret, FLOW, SITE, HERE)
            credential = device.create(offered)
        given = Answered(secret=secret, password=password, credential=credential)
        return await self.invitations.accept(given, holder, SITE, address=HERE, **options)

    def events(self, limit=1):
        return [each.event for each in self.records.audit.events(spaces=None, limit=limit)]


@pytest.fixture
def porch():
    with Porch() as porch:
        yield porch


async def test_who_is_invited_chooses_a_password_and_is_signed_in(porch):
    made = await porch.invite()
    shown = porch.invitations.show(made.secret, HERE)
    signed = await porch.accept(made.secret)

    assert (shown.name, shown.created_by) == ("ada", "root")
    assert signed.actor.roles == {porch.space.id: Role.EDITOR}
    again = await porch.accounts.sign_in("ada", GOOD, address=HERE)
    assert again.actor.name == "ada"
    assert [each.action for each in porch.events(3)][1:] == ["session.sign_in", "invitation.accept"]


async def test_who_is_invited_may_go_without_a_password(porch):
    made, device = await porch.invite(), Authenticator()
    signed = await porch.accept(made.secret, password=None, device=device)
    options = porch.passkeys.offer_sign_in(FLOW, SITE, HERE)
    again = await porch.passkeys.sign_in(FLOW, SITE, device.get(options), address=HERE)

    assert again.actor.name == signed.actor.name == "ada"
    assert porch.records.people.user_named("ada").password_hash == ""


async def test_a_passkey_made_at_the_door_is_a_second_factor(porch):
    made = await porch.invite()
    signed = await porch.accept(made.secret, device=Authenticator())
    user = porch.records.people.user_named("ada")
    await porch.accounts.update_user(OPERATOR, user.id, require_passkey=True)

    assert (await porch.accounts.actor(signed.cookie.reveal(), HERE)).is_whole


async def test_a_passkey_of_another_browser_is_refused_and_the_invitation_stays(porch):
    made = await porch.invite()
    with pytest.raises(PasskeyRefused):
        await porch.accept(made.secret, device=Authenticator(), holder="g" * 64)

    assert porch.invitations.show(made.secret, HERE).name == "ada"


async def test_a_passkey_for_another_invitation_is_refused(porch):
    made, other = await porch.invite(), await porch.invite("bob")
    offered = porch.invitations.offer_passkey(other.secret, FLOW, SITE, HERE)
    given = Answered(secret=made.secret, credential=Authenticator().create(offered))

    with pytest.raises(PasskeyRefused, match="somebody else"):
        await porch.invitations.accept(given, FLOW, SITE, address=HERE)


async def test_a_link_is_good_once(porch):
    made = await porch.invite()
    await porch.accept(made.secret)

    with pytest.raises(NoInvitation):
        await porch.accept(made.secret)
    assert porch.invitations.invitations(OPERATOR)[0].used_ns == porch.clock.now_ns()


async def test_a_link_that_many_follow_at_once_lets_in_one(porch):
    made = await porch.invite()
    tries = [porch.accept(made.secret) for _ in range(8)]
    ended = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(not isinstance(each, Exception) for each in ended) == 1
    assert {type(each) for each in ended if isinstance(each, Exception)} <= {Conflict, NoInvitation}
    assert [each.name for each in porch.records.people.users()] == ["ada"]


async def test_a_link_ends_by_itself_and_when_it_is_revoked(porch):
    made = await porch.invite(lifetime=timedelta(hours=1))
    porch.clock.advance(3600)
    other = await porch.invite("bob")
    await porch.invitations.revoke(porch.admin(), other.record.id)
    for gone in (made, other):
        with pytest.raises(NoInvitation):
            await porch.accept(gone.secret)
    states = [porch.invitations.state_of(each) for each in porch.invitations.invitations(OPERATOR)]

    assert states == ["revoked", "expired"]
    assert porch.events()[0].action == "invitation.revoke"


@pytest.mark.parametrize("text", ["", "minv1_", "minv1_" + "a" * 43, "a" * 5000, "\udc80"])
async def test_what_is_no_invitation_opens_nothing(porch, text):
    await porch.invite()

    with pytest.raises(NoInvitation):
        porch.invitations.show(Secret(text), HERE)


async def test_the_secret_is_nowhere_on_the_hub(porch):
    made = await porch.invite()
    secret = made.secret.reveal().removeprefix("minv1_")

    assert secret not in repr(made)
    assert not any(secret in repr(each) for each in porch.invitations.invitations(OPERATOR))
    assert not any(secret in repr(each) for each in porch.events(10))


async def test_neither_password_nor_passkey_is_not_enough(porch):
    made = await porch.invite()
    with pytest.raises(InputError):
        await porch.accept(made.secret, password=None)
    with pytest.raises(InputError):
        await porch.accept(made.secret, password=Secret("short"))

    assert (await porch.accept(made.secret)).actor.name == "ada"


async def test_a_name_is_free_when_it_is_invited_and_when_it_comes(porch):
    made = await porch.invite()
    await porch.accounts.create_user(OPERATOR, porch.space.id, "ada", GOOD, Role.VIEWER)
    with pytest.raises(Conflict):
        await porch.accept(made.secret)
    with pytest.raises(Conflict):
        await porch.invite()
    with pytest.raises(InputError):
        await porch.invite("operator")

    assert porch.invitations.show(made.secret, HERE).used_ns == 0


async def test_only_who_manages_people_there_invites_and_ends(porch):
    other = await porch.spaces.create(OPERATOR, "Customers")
    made = await porch.invite()
    viewer = Actor(name="eve", roles={porch.space.id: Role.VIEWER})
    with pytest.raises(Denied):
        await porch.invitations.create(viewer, porch.space.id, "x", Role.VIEWER)
    with pytest.raises(NotFound):
        await porch.invitations.create(porch.admin(), other.id, "x", Role.VIEWER)
    with pytest.raises(NotFound):
        await porch.invitations.revoke(porch.admin(other.id), made.record.id)
    with pytest.raises(NotFound):
        await porch.invitations.revoke(porch.admin(), other.id)
    with pytest.raises(Denied):
        await porch.invitations.create(porch.admin(token="t"), porch.space.id, "x", Role.VIEWER)

    assert porch.invitations.invitations(porch.admin(other.id)) == []
    assert porch.invitations.invitations(porch.admin()) == [made.record]


async def test_an_invitation_into_rooms_alone(porch):
    room = await porch.rooms.create(OPERATOR, porch.space.id, "edge")
    made = await porch.invite(role=None, room_roles={room.id: Role.VIEWER})
    signed = await porch.accept(made.secret)

    assert (signed.actor.roles, signed.actor.room_roles) == ({}, {room.id: Role.VIEWER})
    with pytest.raises(InputError):
        await porch.invite("bob", role=None)


async def test_a_space_that_is_gone_takes_its_invitations_along(porch):
    other = await porch.spaces.create(OPERATOR, "Customers")
    made = await porch.invitations.create(OPERATOR, other.id, "ada", Role.ADMIN)
    await porch.spaces.remove(OPERATOR, other.id)

    with pytest.raises(NoInvitation):
        await porch.accept(made.secret)
    assert porch.records.people.user_named("ada") is None


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=31), timedelta(days=-1)])
async def test_a_lifetime_is_within_the_settings(porch, lifetime):
    with pytest.raises(InputError):
        await porch.invite(lifetime=lifetime)


async def test_strangers_look_so_many_times_a_minute(porch):
    with pytest.raises(LimitExceeded):
        for _ in range(200):
            try:
                porch.invitations.show(Secret("x"), HERE)
            except NoInvitation:
                continue


async def test_those_that_ended_long_ago_are_forgotten(porch):
    await porch.invite()
    porch.clock.advance(38 * 86_400)

    assert await porch.invitations.prune() == 1
    assert porch.invitations.invitations(OPERATOR) == []


async def test_an_invitation_ends_with_its_inviters_role(porch):
    await porch.accounts.create_user(OPERATOR, porch.space.id, "root", GOOD, Role.ADMIN)
    await porch.accounts.create_user(OPERATOR, porch.space.id, "other", GOOD, Role.ADMIN)
    made, root = await porch.invite(), porch.records.people.user_named("root")
    await porch.accounts.update_user(OPERATOR, root.id, roles={porch.space.id: Role.EDITOR})

    with pytest.raises(NoInvitation):
        await porch.accept(made.secret)
    assert [each.action for each in porch.events(2)] == ["invitation.revoke", "user.update"]
