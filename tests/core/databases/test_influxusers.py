"""Users of InfluxDB's wire, what they are granted, and how that is told."""

import msgspec
import pytest

from muster.core.audit import make_event
from muster.core.databases import influxusers
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import Login, Privilege
from muster.model.inventory import Space
from muster.testing.house import OPERATOR

ROOT = Actor(name="influx user root")
PW = Secret("r")


@pytest.fixture
async def root(house):
    login = Login(space=house.space.id, actor=ROOT, name="root", admin=True)
    await house.databases.create(login, "d1")
    return login


@pytest.fixture
def away(house, root):
    space = SpaceId("0a0a0a0a-0000-4000-8000-000000000000")
    event = make_event(house.clock, OPERATOR, "space.create", space)
    house.records.nodes.create_space(Space(space, "Away"), event)
    return msgspec.structs.replace(root, space=space)


def told(house):
    stored = house.records.audit.events(spaces=None, limit=100)
    events = [each.event for each in reversed(stored)]
    return [
        (event.action, event.object, event.detail)
        for event in events
        if event.action.startswith("influx_user")
    ]


async def test_users_are_listed_in_the_order_of_their_making(house, root):
    for name in ("rd", "al"):
        await house.influx_users.create(root, name, PW)

    assert [user.name for user in house.influx_users.users(root.space)] == ["rd", "al"]
    assert not house.influx_users.has_admin()
    await house.influx_users.create(root, "root", PW, admin=True)
    assert house.influx_users.has_admin()
    assert told(house)[-1] == ("influx_user.create", "root", "admin")


async def test_no_password_is_kept_or_told(house, root):
    user = await house.influx_users.create(root, "rd", Secret("very-secret"))

    assert user.password_hash.startswith("$argon2id$")
    assert "very-secret" not in repr(house.records.audit.events(spaces=None, limit=100))


async def test_the_same_user_again_is_fine_and_another_is_not(house, root, away):
    user = await house.influx_users.create(root, "rd", PW)

    assert await house.influx_users.create(root, "rd", PW) == user
    for login, password, admin in (
        (root, Secret("zzz"), False),
        (root, PW, True),
        (away, PW, False),
    ):
        with pytest.raises(Conflict, match=r"^user already exists$"):
            await house.influx_users.create(login, "rd", password, admin=admin)
    assert len(told(house)) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("", "^username required$"), ("a\n", "print"), ("a" * 101, "up to 100")]
)
async def test_bad_names_make_nobody(house, root, name, text):
    with pytest.raises(InputError, match=text):
        await house.influx_users.create(root, name, PW)


async def test_a_password_is_not_empty(house, root):
    with pytest.raises(InputError, match="1 to 256"):
        await house.influx_users.create(root, "rd", Secret(""))


async def test_a_space_has_so_many_users(house, root, monkeypatch):
    monkeypatch.setattr(influxusers, "MAX_USERS", 1)
    await house.influx_users.create(root, "rd", PW)

    with pytest.raises(LimitExceeded, match="up to 1 users"):
        await house.influx_users.create(root, "wr", PW)


async def test_a_grant_takes_the_place_of_the_one_before(house, root):
    await house.influx_users.create(root, "rd", PW)
    await house.influx_users.grant(root, "rd", "d1", Privilege.READ)
    await house.influx_users.grant(root, "rd", "d1", Privilege.WRITE)

    assert house.influx_users.grants(root, "rd") == {"d1": Privilege.WRITE}
    assert told(house)[1:] == [
        ("influx_user.grant", "rd", "READ on d1"),
        ("influx_user.grant", "rd", "WRITE on d1"),
    ]


async def test_a_part_of_all_that_is_revoked_leaves_the_other(house, root):
    await house.influx_users.create(root, "al", PW)
    await house.influx_users.grant(root, "al", "d1", Privilege.ALL)
    await house.influx_users.revoke(root, "al", "d1", Privilege.READ)
    assert house.influx_users.grants(root, "al") == {"d1": Privilege.WRITE}

    await house.influx_users.revoke(root, "al", "d1", Privilege.ALL)
    assert house.influx_users.grants(root, "al") == {"d1": Privilege.NONE}
    assert told(house)[-1] == ("influx_user.revoke", "al", "NO PRIVILEGES on d1")


async def test_what_is_so_already_is_not_told(house, root):
    await house.influx_users.create(root, "rd", PW)
    for _ in range(2):
        await house.influx_users.grant(root, "rd", "d1", Privilege.READ)
        await house.influx_users.set_admin(root, "rd", True)

    assert len(told(house)) == 3


async def test_admins_are_made_and_unmade(house, root):
    await house.influx_users.create(root, "al", PW)
    await house.influx_users.set_admin(root, "al", True)
    assert house.influx_users.has_admin()
    await house.influx_users.set_admin(root, "al", False)

    assert not house.influx_users.has_admin()
    assert told(house)[1:] == [
        ("influx_user.grant", "al", "admin"),
        ("influx_user.revoke", "al", "admin"),
    ]


async def test_a_password_is_changed(house, root):
    before = await house.influx_users.create(root, "rd", PW)
    await house.influx_users.set_password(root, "rd", Secret("new"))
    (after,) = house.influx_users.users(root.space)

    assert after.password_hash != before.password_hash
    assert told(house)[-1] == ("influx_user.password", "rd", "")


async def test_whom_nobody_knows_is_told_so(house, root, away):
    await house.influx_users.create(root, "rd", PW)
    users = house.influx_users
    for login, name in ((root, "nobody"), (away, "rd")):
        for change in (
            users.drop(login, name),
            users.set_password(login, name, PW),
            users.set_admin(login, name, True),
            users.grant(login, name, "d1", Privilege.READ),
            users.revoke(login, name, "d1", Privilege.READ),
        ):
            with pytest.raises(NotFound, match=r"^user not found$"):
                await change
        with pytest.raises(NotFound, match=r"^user not found$"):
            users.grants(login, name)


async def test_grants_are_on_databases_that_are_there(house, root):
    await house.influx_users.create(root, "rd", PW)
    for change in (house.influx_users.grant, house.influx_users.revoke):
        with pytest.raises(NotFound, match=r"^database not found: nodb$"):
            await change(root, "rd", "nodb", Privilege.READ)


async def test_a_dropped_user_and_a_dropped_databases_grants_are_gone(house, root):
    await house.influx_users.create(root, "rd", PW)
    await house.influx_users.create(root, "wr", PW)
    await house.influx_users.grant(root, "wr", "d1", Privilege.WRITE)
    await house.influx_users.drop(root, "rd")
    await house.databases.drop(root, "d1")

    assert [user.name for user in house.influx_users.users(root.space)] == ["wr"]
    assert house.influx_users.grants(root, "wr") == {}
