"""API tokens: who makes, sees and ends them, and whom they stand for."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from muster.core.people.apitokens import MAX_TOKENS, ApiTokens, ApiTokenSettings
from muster.errors import Denied, InputError, LimitExceeded, NotFound, Unauthenticated, Unavailable
from muster.log import Secret
from muster.model.access import Actor, Role, User
from muster.model.inventory import Space
from muster.testing.house import OPERATOR, House
from muster.wire.apitoken import encode_api_token

HERE = "10.1.2.3"
DAY_S = 86_400


class Office(House):
    """A house with an admin, an editor and a viewer, and an admin of another space."""

    def open(self):
        super().open()
        self.away = Space("0a0a0a0a-0000-4000-8000-000000000000", "Away")
        self.records.nodes.create_space(self.away, self.event("space.create"))
        self.users = {}
        for name, role, space in (
            ("ada", Role.ADMIN, self.space),
            ("eddi", Role.EDITOR, self.space),
            ("vera", Role.VIEWER, self.space),
            ("away", Role.ADMIN, self.away),
        ):
            user = User(
                id=f"0b0b0b0b-0000-4000-8000-0000000{name}",
                name=name,
                password_hash="",
                roles={space.id: role},
                created_ns=1,
            )
            self.records.people.create_user(user, self.event("user.create"))
            self.users[name] = user

    def event(self, action):
        from muster.core.audit import make_event

        return make_event(self.clock, OPERATOR, action, "x")

    def who(self, name, token=""):
        return Actor(
            name=name, roles=self.users[name].roles, session="" if token else "s", token=token
        )

    async def make(self, owner="vera", **given):
        return await self.api_tokens.create(self.who(owner), **given)

    async def update(self, name, **change):
        user = msgspec.structs.replace(self.users[name], **change)
        before = self.records.people.user(user.id)
        event = self.event("user.update")
        self.records.people.update_user(user, event, before=before, end_sessions=True)

    def audit_of(self, action):
        events = self.records.audit.events(spaces=None, limit=1000)
        return [each.event for each in events if each.event.action == action]


@pytest.fixture
def office():
    office = Office()
    office.open()
    yield office
    office.close()


async def ids(office, actor):
    return [token.id for token, _ in office.api_tokens.tokens(actor)]


async def test_a_token_stands_for_its_owner_by_name_role_and_space(office):
    made = await office.make("eddi", name="ci")
    actor = await office.api_tokens.authenticate(made.text, HERE)

    assert actor == Actor(
        name="eddi",
        roles={office.space.id: Role.EDITOR},
        address=HERE,
        token=made.record.id,
        reaches_hub=False,
    )


async def test_a_token_may_be_less_than_its_owner_and_never_more(office):
    made = await office.make("ada", role=Role.VIEWER)
    actor = await office.api_tokens.authenticate(made.text, HERE)
    with pytest.raises(Denied, match="at most what its owner is: viewer, not editor"):
        await office.make("vera", role=Role.EDITOR)

    assert actor.roles == {office.space.id: Role.VIEWER}
    with pytest.raises(Denied, match="you are a viewer"):
        await office.tokens.create(actor, office.space.id)


async def test_a_token_acts_only_where_its_owner_is_that_much(office):
    both = {office.space.id: Role.VIEWER, office.away.id: Role.ADMIN}
    await office.update("vera", roles=both)
    admin = await office.make("vera")
    viewer = await office.make("vera", role=Role.VIEWER)

    actor = await office.api_tokens.authenticate(admin.text, HERE)
    assert actor.roles == {office.away.id: Role.ADMIN}
    actor = await office.api_tokens.authenticate(viewer.text, HERE)
    assert actor.roles == dict.fromkeys(both, Role.VIEWER)


async def test_nothing_on_disk_opens_anything(office, tmp_path):
    made = await office.make()
    office.records.backup(tmp_path / "copy.sqlite")

    text = made.text.reveal()
    dump = (tmp_path / "copy.sqlite").read_bytes()
    assert text.encode() not in dump
    assert text[5:48].encode() not in dump
    assert "mat1_" not in repr(made)


async def test_unknown_expired_revoked_and_malformed_get_the_same_answer(office):
    expired = await office.make(lifetime=timedelta(days=1))
    revoked = await office.make()
    await office.api_tokens.revoke(office.who("vera"), revoked.record.id)
    office.clock.advance(DAY_S)
    wrong = (encode_api_token(bytes(32)), expired.text, revoked.text, Secret("x"), Secret(""))
    told = set()
    for text in wrong:
        with pytest.raises(Unauthenticated) as refusal:
            await office.api_tokens.authenticate(text, HERE)
        told.add((type(refusal.value), str(refusal.value), refusal.value.code))
        assert await office.api_tokens.actor(text, HERE) is None

    assert len(told) == 1


async def test_a_token_is_good_to_the_last_moment_of_its_life(office):
    made = await office.make()
    office.clock.advance(90 * DAY_S - 1)
    assert await office.api_tokens.authenticate(made.text, HERE)
    assert office.api_tokens.state_of(made.record) == "valid"
    office.clock.advance(1)

    assert await office.api_tokens.actor(made.text, HERE) is None
    assert office.api_tokens.state_of(made.record) == "expired"


@pytest.mark.parametrize(
    "lifetime", [timedelta(0), timedelta(seconds=-1), timedelta(days=365, seconds=1)]
)
async def test_a_token_lives_at_most_a_year(office, lifetime):
    with pytest.raises(InputError, match="365 days"):
        await office.make(lifetime=lifetime)


async def test_settings_make_the_longest_life_shorter_and_not_longer(office):
    for longest, days in ((timedelta(days=7), 7), (timedelta(days=9999), 365)):
        settings = ApiTokenSettings(lifetime_max=longest)
        tokens = ApiTokens(records=office.records, clock=office.clock, settings=settings)
        await tokens.create(office.who("vera"), lifetime=timedelta(days=days))
        with pytest.raises(InputError):
            await tokens.create(office.who("vera"), lifetime=timedelta(days=days + 1))


@pytest.mark.parametrize("name", ["x" * 101, "line\nbreak"])
async def test_a_name_is_short_and_prints(office, name):
    with pytest.raises(InputError, match="name of an API token"):
        await office.make(name=name)


@pytest.mark.parametrize(
    ("change", "still"),
    [
        ({"disabled": True}, False),
        ({"roles": {}}, False),
        ({"password_hash": "new"}, True),
    ],
)
async def test_a_token_ends_with_what_its_owner_loses(office, change, still):
    made = await office.make("eddi")
    await office.update("eddi", **change)

    assert (await office.api_tokens.actor(made.text, HERE) is not None) is still
    await office.update("eddi")
    assert (await office.api_tokens.actor(made.text, HERE) is not None) is still


async def test_an_owner_who_is_made_less_keeps_the_tokens_that_are_no_more(office):
    editor, viewer = await office.make("eddi"), await office.make("eddi", role=Role.VIEWER)
    await office.update("eddi", roles={office.space.id: Role.VIEWER})

    assert await office.api_tokens.actor(editor.text, HERE) is None
    assert await office.api_tokens.actor(viewer.text, HERE) is not None


async def test_a_token_goes_with_its_owner(office):
    made = await office.make("eddi")
    await office.accounts.remove_user(OPERATOR, office.users["eddi"].id)

    assert await office.api_tokens.actor(made.text, HERE) is None


async def test_the_last_use_is_kept_to_the_minute(office):
    made = await office.make()
    seen = []
    for _ in range(5):
        await office.api_tokens.authenticate(made.text, HERE)
        seen.append(office.records.api_tokens.token(made.record.id).used_ns)
        office.clock.advance(30)

    assert seen[0] == seen[1] > 0
    assert seen[2] == seen[3] == seen[0] + 60 * 10**9
    assert seen[4] > seen[3]


async def test_a_full_disk_keeps_no_token_from_reading(office, monkeypatch):
    made = await office.make()

    def full(id, used_ns):
        raise Unavailable("disk is full")

    monkeypatch.setattr(office.records.api_tokens, "touch", full)

    assert await office.api_tokens.authenticate(made.text, HERE)


async def test_wrong_tokens_are_slowed_down_per_network_and_right_ones_never(office):
    made = await office.make()

    async def guess(number, address="10.1.2.99"):
        try:
            await office.api_tokens.authenticate(encode_api_token(bytes([number] * 32)), address)
        except (Unauthenticated, LimitExceeded) as error:
            return error.code

    codes = await asyncio.gather(*(guess(number) for number in range(40)))

    assert codes.count("unauthenticated") == 30
    assert codes.count("limit_exceeded") == 10
    assert await guess(1, "10.9.9.9") == "unauthenticated"
    assert await office.api_tokens.authenticate(made.text, HERE)


async def test_a_refusal_is_on_record_once_a_minute_and_network(office):
    made = await office.make()
    await office.api_tokens.revoke(office.who("vera"), made.record.id)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await office.api_tokens.authenticate(made.text, HERE)

    (event,) = office.audit_of("api_token.use")
    assert (event.object, event.outcome, event.address, event.space) == (
        made.record.id, "unauthenticated", HERE, office.space.id,
    )  # fmt: skip


async def test_making_and_ending_are_on_record(office):
    made = await office.make("eddi", name="ci", role=Role.VIEWER)
    await office.api_tokens.revoke(office.who("ada"), made.record.id)

    (create,), (revoke,) = (office.audit_of(f"api_token.{verb}") for verb in ("create", "revoke"))
    assert (create.actor, create.object, create.detail, create.space) == (
        "eddi", made.record.id, "viewer for eddi: ci", office.space.id,
    )  # fmt: skip
    assert (revoke.actor, revoke.object) == ("ada", made.record.id)


async def test_what_a_token_does_is_on_record_as_done_by_it(office):
    made = await office.make("ada")
    actor = await office.api_tokens.authenticate(made.text, HERE)
    await office.tokens.create(actor, office.space.id)

    (event,) = office.audit_of("token.create")
    assert event.actor == f"ada by API token {made.record.id}"


async def test_a_token_makes_no_other(office):
    made = await office.make("ada")
    actor = await office.api_tokens.authenticate(made.text, HERE)

    with pytest.raises(Denied, match="makes no other"):
        await office.api_tokens.create(actor)


async def test_a_token_ends_itself_and_no_other_unless_it_is_an_admins(office):
    mine, other = await office.make("eddi", role=Role.VIEWER), await office.make("eddi")
    actor = await office.api_tokens.authenticate(mine.text, HERE)
    with pytest.raises(Denied, match="no other than itself"):
        await office.api_tokens.revoke(actor, other.record.id)
    await office.api_tokens.revoke(actor, mine.record.id)
    admin = await office.api_tokens.authenticate((await office.make("ada")).text, HERE)
    await office.api_tokens.revoke(admin, other.record.id)

    assert await office.api_tokens.actor(mine.text, HERE) is None
    assert await office.api_tokens.actor(other.text, HERE) is None


async def test_everybody_sees_the_own_ones_admins_those_of_their_spaces(office):
    made = {name: (await office.make(name)).record.id for name in office.users}

    assert await ids(office, office.who("vera")) == [made["vera"]]
    assert set(await ids(office, office.who("ada"))) == set(made.values()) - {made["away"]}
    assert await ids(office, office.who("away")) == [made["away"]]
    assert set(await ids(office, OPERATOR)) == set(made.values())
    with pytest.raises(Unauthenticated):
        office.api_tokens.tokens(None)


async def test_nobody_but_admins_ends_anothers(office):
    made = await office.make("eddi")
    for name in ("vera", "away"):
        with pytest.raises(NotFound):
            await office.api_tokens.revoke(office.who(name), made.record.id)
    with pytest.raises(NotFound):
        await office.api_tokens.revoke(office.who("ada"), "../etc")
    await office.api_tokens.revoke(office.who("ada"), made.record.id)

    assert await office.api_tokens.actor(made.text, HERE) is None


async def test_an_admin_of_one_space_ends_no_token_that_acts_in_another(office):
    roles = {office.space.id: Role.VIEWER, office.away.id: Role.VIEWER}
    await office.update("vera", roles=roles)
    made = await office.make("vera")

    with pytest.raises(Denied):
        await office.api_tokens.revoke(office.who("ada"), made.record.id)


async def test_the_operator_makes_tokens_for_anybody_and_says_for_whom(office):
    made = await office.api_tokens.create(OPERATOR, user="vera")
    by_id = await office.api_tokens.create(OPERATOR, user=office.users["eddi"].id)
    with pytest.raises(InputError, match="say whose token it is to be; there are ada, away"):
        await office.api_tokens.create(OPERATOR)
    with pytest.raises(NotFound, match="'nobody'"):
        await office.api_tokens.create(OPERATOR, user="nobody")
    await office.update("vera", disabled=True)
    with pytest.raises(Denied, match="disabled"):
        await office.api_tokens.create(OPERATOR, user="vera")

    assert (made.owner.name, by_id.owner.name) == ("vera", "eddi")


async def test_the_only_user_need_not_be_named():
    house = House()
    house.open()
    await house.accounts.create_user(
        OPERATOR, house.space.id, "admin", Secret("a good password"), Role.ADMIN
    )
    made = await house.api_tokens.create(OPERATOR)
    house.close()

    assert (made.owner.name, made.record.role) == ("admin", Role.ADMIN)


async def test_nobody_makes_a_token_in_anothers_name(office):
    assert (await office.make("vera", user="vera")).owner.name == "vera"
    with pytest.raises(Denied, match="made by its owner"):
        await office.make("ada", user="vera")
    for name in ("vera", "away"):
        with pytest.raises(NotFound, match="no such user"):
            await office.make(name, user="eddi")


async def test_a_user_has_a_bounded_number_of_tokens(office):
    for _ in range(MAX_TOKENS):
        await office.make()
    with pytest.raises(LimitExceeded, match="up to 100"):
        await office.make()
    assert await office.make("eddi")
    office.clock.advance(121 * DAY_S)

    assert await office.make()


async def test_a_token_acts_in_rooms_where_its_owner_is_that_much(office):
    rooms = [await office.rooms.create(OPERATOR, office.space.id, name) for name in ("a", "b")]
    held = {rooms[0].id: Role.EDITOR, rooms[1].id: Role.VIEWER}
    await office.update("vera", roles={}, room_roles=held)
    made = await office.api_tokens.create(OPERATOR, user="vera")
    actor = await office.api_tokens.actor(made.text, HERE)

    assert made.record.role is Role.EDITOR
    assert (actor.roles, actor.room_roles) == ({}, {rooms[0].id: Role.EDITOR})
    assert made.record.id in await ids(office, office.who("ada"))
    await office.rooms.remove(OPERATOR, rooms[0].id)
    assert await office.api_tokens.actor(made.text, HERE) is None


async def test_no_token_is_forgotten_by_a_clock_that_has_leapt(office):
    first = await office.make()
    office.api_tokens._may_forget = lambda: False
    office.clock.advance(121 * DAY_S)
    second = await office.make()

    known = [each.id for each in office.records.api_tokens.tokens()]
    assert known == [second.record.id, first.record.id]
