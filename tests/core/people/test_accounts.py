"""Sign-in, sessions and users."""

import asyncio
from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.core.nodes.inventory import Inventory
from muster.core.people.accounts import Accounts
from muster.core.people.passwords import Passwords
from muster.core.people.sessions import AccountSettings
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from muster.log import Secret
from muster.model.access import Actor, Role
from muster.store.keystore import PasswordFile
from muster.store.records.records import SqliteRecords
from muster.testing.house import LIGHT, House

GOOD, BAD = Secret("correct horse battery"), Secret("wrong horse battery")
OPERATOR = Actor(name="operator", operator=True)


class People:
    def __init__(self, records, folder):
        self.clock = ManualClock()
        self.records = records
        self.space = Inventory(records=records.nodes, clock=self.clock).ensure_space("Home").id
        self.accounts = Accounts(
            records=records,
            clock=self.clock,
            settings=AccountSettings(),
            passwords=Passwords(hasher=LIGHT),
        )
        self.file = PasswordFile(path=folder / "admin-password")

    async def start(self):
        path = await self.accounts.first_start(self.space, self.file)
        return Secret(path.read_text().strip())

    async def sign_in(self, name, password, address="10.0.0.1", **options):
        return await self.accounts.sign_in(name, password, address=address, **options)

    async def add(self, name, role):
        return await self.accounts.create_user(OPERATOR, self.space, name, GOOD, role)


@pytest.fixture
def people(tmp_path):
    with SqliteRecords() as records:
        yield People(records, tmp_path)


async def test_first_start_makes_an_admin_whose_password_only_the_owner_can_read(people):
    password = await people.start()
    signed = await people.sign_in("admin", password)

    assert signed.actor.roles == {people.space: Role.ADMIN}
    assert people.file.write(password).stat().st_mode & 0o777 == 0o600


async def test_a_second_start_makes_nobody(people):
    await people.start()

    assert await people.accounts.first_start(people.space, people.file) is None


@pytest.mark.parametrize("name", ["operator", "hub", "system"])
async def test_nobody_takes_the_name_of_the_hub_itself(people, name):
    with pytest.raises(InputError, match="something else in the audit log"):
        await people.add(name, Role.ADMIN)


async def test_an_api_token_sets_no_password_not_even_its_owners(people):
    boss = await people.add("boss", Role.ADMIN)
    ada = await people.add("ada", Role.VIEWER)
    script = Actor(name="boss", roles=boss.roles, token="k3x7")
    tries = (
        people.accounts.change_password(script, GOOD, BAD),
        people.accounts.update_user(script, ada.id, password=BAD),
        people.accounts.update_user(script, boss.id, password=BAD),
        people.accounts.update_user(script, boss.id, require_passkey=False),
        people.accounts.create_user(script, people.space, "eve", BAD, Role.ADMIN),
    )
    for attempt in tries:
        with pytest.raises(Denied, match="an API token changes no sign-in; sign in"):
            await attempt
    changed = await people.accounts.update_user(script, ada.id, role=Role.EDITOR)

    assert changed.roles == {people.space: Role.EDITOR}
    assert await people.sign_in("boss", GOOD)
    assert await people.sign_in("ada", GOOD)


async def test_a_cookie_stands_for_its_user_until_signed_out(people):
    await people.add("ada", Role.EDITOR)
    cookie = (await people.sign_in("ada", GOOD)).cookie.reveal()
    actor = await people.accounts.actor(cookie, "10.0.0.1")
    await people.accounts.sessions.end(cookie)

    assert (actor.name, actor.roles) == ("ada", {people.space: Role.EDITOR})
    assert await people.accounts.actor(cookie, "10.0.0.1") is None


async def test_sign_in_gives_a_new_session_and_ends_the_one_that_came_along(people):
    await people.add("ada", Role.EDITOR)
    old = (await people.sign_in("ada", GOOD)).cookie.reveal()
    new = (await people.sign_in("ada", GOOD, replaces=old)).cookie.reveal()

    assert new != old
    assert await people.accounts.actor(old, "") is None
    assert await people.accounts.actor(new, "") is not None


async def test_unknown_wrong_and_disabled_get_the_same_answer(people):
    ada = await people.add("ada", Role.EDITOR)
    texts = set()
    for name, password in (("ada", BAD), ("nobody", GOOD)):
        with pytest.raises(Unauthenticated) as refusal:
            await people.sign_in(name, password)
        texts.add(str(refusal.value))
    await people.accounts.update_user(OPERATOR, ada.id, disabled=True)
    with pytest.raises(Unauthenticated) as refusal:
        await people.sign_in("ada", GOOD)

    assert texts == {str(refusal.value)}


async def test_a_session_ends_when_idle_and_at_its_absolute_age(people):
    await people.add("ada", Role.EDITOR)
    idle = (await people.sign_in("ada", GOOD)).cookie.reveal()
    used = (await people.sign_in("ada", GOOD)).cookie.reveal()
    days = []
    for _ in range(31):
        people.clock.advance(86_400)
        days.append(await people.accounts.actor(used, "") is not None)

    assert days == [True] * 29 + [False] * 2
    assert await people.accounts.actor(idle, "") is None
    assert await people.accounts.sessions.prune() == 2


async def test_a_full_disk_keeps_nobody_who_is_signed_in_from_reading(people, monkeypatch):
    await people.add("ada", Role.EDITOR)
    cookie = (await people.sign_in("ada", GOOD)).cookie.reveal()
    people.clock.advance(3600)

    def full(id_sha256, seen_ns):
        raise Unavailable("disk is full")

    monkeypatch.setattr(people.records.people, "touch_session", full)

    assert await people.accounts.actor(cookie, "") is not None


async def test_a_new_password_ends_all_sessions_of_the_user(people):
    ada = await people.add("ada", Role.EDITOR)
    cookie = (await people.sign_in("ada", GOOD)).cookie.reveal()
    await people.accounts.update_user(OPERATOR, ada.id, password=Secret("another long one"))

    assert await people.accounts.actor(cookie, "") is None


async def test_a_password_that_was_changed_while_it_is_checked_opens_no_session(
    people, monkeypatch
):
    ada = await people.add("ada", Role.EDITOR)
    check = Passwords.matches

    async def check_and_lose_time(self, password, known):
        is_right = await check(self, password, known)
        await people.accounts.update_user(OPERATOR, ada.id, password=Secret("another long one"))
        return is_right

    monkeypatch.setattr(Passwords, "matches", check_and_lose_time)

    with pytest.raises(Unauthenticated):
        await people.sign_in("ada", GOOD)


async def test_a_user_who_is_disabled_meanwhile_is_not_enabled_by_a_new_password(
    people, monkeypatch
):
    ada = await people.add("ada", Role.EDITOR)
    actor = (await people.sign_in("ada", GOOD)).actor
    hash_ = Passwords.hash

    async def hash_and_lose_time(self, password):
        hashed = await hash_(self, password)
        await people.accounts.update_user(OPERATOR, ada.id, disabled=True)
        return hashed

    monkeypatch.setattr(Passwords, "hash", hash_and_lose_time)

    with pytest.raises(Conflict, match="meanwhile"):
        await people.accounts.change_password(actor, GOOD, Secret("another long one"))
    assert people.accounts.users(OPERATOR)[0].disabled


async def test_failed_sign_ins_are_slowed_down_per_name(people):
    await people.add("ada", Role.EDITOR)
    for number in range(10):
        with pytest.raises(Unauthenticated):
            await people.sign_in("ada", BAD, address=f"10.0.{number}.1")
    with pytest.raises(LimitExceeded) as refusal:
        await people.sign_in("ada", GOOD)
    people.clock.advance(refusal.value.retry_after_s)

    assert refusal.value.retry_after_s > 0
    assert await people.sign_in("ada", GOOD)


async def test_failed_sign_ins_are_slowed_down_per_network(people):
    for number in range(30):
        with pytest.raises(Unauthenticated):
            await people.sign_in(f"name{number}", BAD, address=f"10.0.0.{number}")

    with pytest.raises(LimitExceeded):
        await people.sign_in("one more", BAD, address="10.0.0.99")


async def test_invented_names_do_not_fill_the_audit_log(people):
    for number in range(300):
        with pytest.raises((Unauthenticated, LimitExceeded)):
            await people.sign_in(f"name{number}", BAD, address=f"10.0.0.{number % 250}")
    actions = [each.event.action for each in people.records.audit.events(spaces=None, limit=1000)]

    assert actions.count("session.throttled") == 1
    assert actions.count("session.sign_in") == 30


async def test_parallel_guesses_count_before_they_are_answered(people):
    await people.add("ada", Role.EDITOR)

    async def guess():
        try:
            await people.sign_in("ada", BAD)
        except (Unauthenticated, LimitExceeded) as error:
            return error.code

    codes = await asyncio.gather(*(guess() for _ in range(25)))

    assert codes.count("unauthenticated") == 10


async def test_honest_sign_ins_are_never_slowed_down(people):
    await people.add("ada", Role.EDITOR)
    for _ in range(15):
        assert await people.sign_in("ada", GOOD)


async def test_the_last_admin_stays(people):
    admin = await people.add("ada", Role.ADMIN)
    for attempt in (
        people.accounts.remove_user(OPERATOR, admin.id),
        people.accounts.update_user(OPERATOR, admin.id, role=Role.VIEWER),
        people.accounts.update_user(OPERATOR, admin.id, disabled=True),
    ):
        with pytest.raises(Conflict, match="last admin"):
            await attempt
    await people.add("bob", Role.ADMIN)

    await people.accounts.remove_user(OPERATOR, admin.id)
    assert [user.name for user in people.accounts.users(OPERATOR)] == ["bob"]


async def test_only_admins_manage_users_and_only_those_of_their_spaces(people):
    await people.add("ada", Role.ADMIN)
    viewer = Actor(name="vera", roles={people.space: Role.VIEWER})
    stranger = Actor(name="sam", roles={"00000000-0000-4000-8000-000000000000": Role.ADMIN})
    ada = people.accounts.users(OPERATOR)[0]

    with pytest.raises(Denied, match="you are a viewer"):
        people.accounts.users(viewer)
    assert people.accounts.users(stranger) == []
    with pytest.raises(NotFound):
        await people.accounts.remove_user(stranger, ada.id)


@pytest.mark.parametrize("password", ["short", "x" * 257])
async def test_a_password_has_a_least_and_a_greatest_length(people, password):
    with pytest.raises(InputError, match="10 to 256"):
        await people.accounts.create_user(
            OPERATOR, people.space, "ada", Secret(password), Role.VIEWER
        )


async def test_the_records_hold_no_usable_session(people, tmp_path):
    await people.add("ada", Role.EDITOR)
    cookie = (await people.sign_in("ada", GOOD)).cookie.reveal()
    people.records.backup(tmp_path / "copy.sqlite")

    dump = (tmp_path / "copy.sqlite").read_bytes()
    assert cookie.encode() not in dump
    assert GOOD.reveal().encode() not in dump


def test_the_idle_life_is_shorter_than_the_absolute_one():
    settings = AccountSettings()

    assert timedelta(0) < settings.session_idle < settings.session_absolute


@pytest.fixture
def house():
    with House() as house:
        yield house


async def test_roles_in_rooms_are_given_and_taken_by_admins_of_their_space(house):
    away = await house.spaces.create(OPERATOR, "Away")
    near = await house.rooms.create(OPERATOR, house.space.id, "near")
    far = await house.rooms.create(OPERATOR, away.id, "far")
    ada = Actor(name="ada", roles={house.space.id: Role.ADMIN}, session="x")
    bob = await house.accounts.create_user(
        ada, house.space.id, "bob", GOOD, None, {near.id: Role.VIEWER}
    )
    await house.accounts.update_user(OPERATOR, bob.id, room_roles={far.id: Role.EDITOR})

    with pytest.raises(NotFound):
        await house.accounts.update_user(ada, bob.id, room_roles={far.id: None})
    with pytest.raises(Denied):  # it would be felt in the other space
        await house.accounts.update_user(ada, bob.id, disabled=True)
    changed = await house.accounts.update_user(ada, bob.id, room_roles={near.id: Role.ADMIN})
    assert changed.room_roles == {near.id: Role.ADMIN, far.id: Role.EDITOR}
    signed = await house.accounts.sign_in("bob", GOOD, address="10.0.0.1")
    assert signed.actor.room_roles == changed.room_roles
    assert [user.name for user in house.accounts.users(ada)] == ["bob"]


async def test_a_user_keeps_at_least_one_role(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "near")
    bob = await house.accounts.create_user(
        OPERATOR, house.space.id, "bob", GOOD, None, {room.id: Role.VIEWER}
    )

    with pytest.raises(InputError, match="remove the user"):
        await house.accounts.update_user(OPERATOR, bob.id, room_roles={room.id: None})
    with pytest.raises(InputError, match="in rooms alone"):
        await house.accounts.update_user(OPERATOR, bob.id, role=Role.VIEWER)
    with pytest.raises(InputError, match="a role"):
        await house.accounts.create_user(OPERATOR, house.space.id, "eve", GOOD, None)


async def test_a_role_in_one_space_is_changed_without_the_others(house):
    away = await house.spaces.create(OPERATOR, "Away")
    bob = await house.accounts.create_user(OPERATOR, house.space.id, "bob", GOOD, Role.VIEWER)
    await house.accounts.update_user(OPERATOR, bob.id, roles={away.id: Role.EDITOR})
    ada = Actor(name="ada", roles={house.space.id: Role.ADMIN}, session="x")
    changed = await house.accounts.update_user(ada, bob.id, roles={house.space.id: None})

    assert changed.roles == {away.id: Role.EDITOR}
