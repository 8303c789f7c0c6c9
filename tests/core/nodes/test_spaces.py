"""Spaces, as people make and change them."""

import pytest

from muster.core.access import may, require
from muster.core.nodes.spaces import check_lifetime
from muster.errors import Conflict, Denied, InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import Action, Actor, Role
from muster.model.inventory import Approval, NetdataKeep, Node, SpaceSettings
from muster.store.records.nodes import add_node
from muster.testing.house import OPERATOR


async def admin_of(house):
    """A user who is admin at home, as the next request finds them."""
    await house.accounts.create_user(
        OPERATOR, house.space.id, "ada", Secret("a good password"), Role.ADMIN
    )
    return actor_of(house)


def actor_of(house):
    user = house.records.people.user_named("ada")
    return Actor(name="ada", roles=user.roles, session="x")


async def test_who_makes_a_space_is_its_admin(house):
    ada = await admin_of(house)
    lab = await house.spaces.create(ada, "Lab")
    ada = actor_of(house)

    assert ada.roles == {house.space.id: Role.ADMIN, lab.id: Role.ADMIN}
    assert house.spaces.spaces(ada) == [house.space, lab]
    assert house.spaces.space(ada, lab.id, Action.SPACE_MANAGE) == lab


async def test_a_space_of_the_operator_is_nobodys_yet(house):
    ada = await admin_of(house)
    lab = await house.spaces.create(OPERATOR, "Lab")

    assert house.spaces.spaces(ada) == [house.space]
    for id in (lab.id, "gone", "../x"):
        with pytest.raises(NotFound):
            house.spaces.space(ada, id)


async def test_only_an_admin_makes_and_changes_spaces(house):
    editor = Actor(name="bob", roles={house.space.id: Role.EDITOR})

    with pytest.raises(Denied):
        await house.spaces.create(editor, "Lab")
    with pytest.raises(Denied):
        await house.spaces.edit(editor, house.space.id, name="x")


@pytest.mark.parametrize("days", [-1, 36_501])
async def test_values_are_not_kept_for_less_than_a_day_or_for_ever(house, days):
    with pytest.raises(InputError, match="keep_days"):
        await house.spaces.edit(OPERATOR, house.space.id, settings=SpaceSettings(keep_days=days))


async def test_name_and_settings_are_changed_and_on_record(house):
    settings = SpaceSettings(agent_lifetime_s=7200, approval=Approval.ALWAYS)
    changed = await house.spaces.edit(OPERATOR, house.space.id, name="House", settings=settings)
    again = await house.spaces.edit(OPERATOR, house.space.id, name="House")
    events = [each.event.action for each in house.audit.events(OPERATOR)]

    assert house.inventory.spaces() == [changed] == [again]
    assert (changed.name, changed.settings) == ("House", settings)
    assert events.count("space.edit") == 1


async def test_names_and_lifetimes_that_cannot_be_are_refused(house, monkeypatch):
    await house.spaces.create(OPERATOR, "Lab")
    with pytest.raises(Conflict, match="'Lab'"):
        await house.spaces.create(OPERATOR, "Lab")
    with pytest.raises(Conflict):
        await house.spaces.edit(OPERATOR, house.space.id, name="Lab")
    with pytest.raises(InputError):
        await house.spaces.create(OPERATOR, "")
    with pytest.raises(InputError, match="1 h to 90 days"):
        settings = SpaceSettings(agent_lifetime_s=60)
        await house.spaces.edit(OPERATOR, house.space.id, settings=settings)
    monkeypatch.setattr("muster.core.nodes.spaces.MAX_SPACES", 2)
    with pytest.raises(LimitExceeded):
        await house.spaces.create(OPERATOR, "More")


async def test_a_space_goes_when_it_is_empty_and_not_the_hubs_own(house):
    with pytest.raises(Conflict, match="hub's own"):
        await house.spaces.remove(OPERATOR, house.space.id)
    lab = await house.spaces.create(OPERATOR, "Lab")
    with house.records.nodes._database.change() as writer:
        add_node(writer, Node(id="n", space=lab.id, name="web"))
    with pytest.raises(Conflict, match="1 nodes"):
        await house.spaces.remove(OPERATOR, lab.id)
    await house.inventory.remove(OPERATOR, "n")
    await house.spaces.remove(OPERATOR, lab.id)

    assert house.inventory.spaces() == [house.space]


async def test_who_has_a_role_in_a_room_sees_its_space(house):
    room = await house.rooms.create(OPERATOR, house.space.id, "edge")
    await house.spaces.create(OPERATOR, "Lab")
    bob = Actor(name="bob", room_roles={room.id: Role.ADMIN, "gone": Role.ADMIN})

    assert house.spaces.spaces(bob) == [house.space]
    with pytest.raises(Denied):
        await house.spaces.create(bob, "x")


@pytest.mark.parametrize("seconds", [0, 3600, 90 * 86_400])
def test_a_lifetime_within_bounds_is_taken(seconds):
    assert check_lifetime(seconds) == seconds


async def test_an_admin_of_another_space_neither_makes_spaces_nor_manages_the_hub(house):
    ada = await admin_of(house)
    lab = await house.spaces.create(ada, "Lab")
    assert may(actor_of(house), Action.HUB_MANAGE)
    user = house.records.people.user_named("ada")
    eve = await house.accounts.create_user(
        OPERATOR, lab.id, "eve", Secret("a good password"), Role.ADMIN
    )
    signed = await house.accounts.sign_in("eve", Secret("a good password"), address="::1")
    token = await house.api_tokens.create(OPERATOR, user=eve.id)
    program = await house.api_tokens.actor(token.text, "::1")

    for actor in (signed.actor, program):
        assert may(actor, Action.USER_MANAGE, lab.id)
        assert not may(actor, Action.HUB_MANAGE)
        with pytest.raises(Denied, match="hub's own space"):
            require(actor, Action.HUB_MANAGE)
        with pytest.raises(Denied, match="hub's own space"):
            await house.spaces.create(actor, "More")
    weak = await house.api_tokens.create(OPERATOR, user=user.id, role=Role.VIEWER)
    assert not (await house.api_tokens.actor(weak.text, "::1")).reaches_hub


async def test_the_hubs_own_space_comes_first_whatever_it_is_called(house):
    await house.spaces.create(OPERATOR, "Abbey")

    assert [space.name for space in house.spaces.spaces(OPERATOR)] == ["Home", "Abbey"]
    assert house.inventory.ensure_space("x") == house.space


async def test_whether_a_space_keeps_values_follows_its_settings_at_once(house):
    lab = await house.spaces.create(OPERATOR, "Lab")
    assert house.spaces.keeps(lab.id)
    await house.spaces.edit(OPERATOR, lab.id, settings=SpaceSettings(store=False))

    assert not house.spaces.keeps(lab.id)
    assert house.spaces.keeps(house.space.id)
    await house.spaces.edit(OPERATOR, lab.id, settings=SpaceSettings())
    assert house.spaces.keeps(lab.id)


async def test_netdata_values_are_kept_from_when_that_was_set_and_no_longer_than_that(house):
    def settings(*contexts, store=True):
        return SpaceSettings(netdata_keep=NetdataKeep(contexts, 5, since_s=1), store=store)

    now_s = house.clock.now_ns() // 1_000_000_000
    home = house.space.id
    await house.spaces.edit(OPERATOR, home, settings=settings("system.*"))
    first = house.spaces.netdata_keep(home)
    house.clock.advance(60)
    await house.spaces.edit(OPERATOR, home, settings=settings("system.*", "disk.io"))
    more = house.spaces.netdata_keep(home)
    await house.spaces.edit(OPERATOR, home, settings=settings())
    off = house.spaces.netdata_keep(home)
    await house.spaces.edit(OPERATOR, home, settings=settings("*"))

    assert first == NetdataKeep(("system.*",), 5, now_s)
    assert more == NetdataKeep(("system.*", "disk.io"), 5, now_s)
    assert off.contexts == ()
    assert house.spaces.netdata_keep(home).since_s == now_s + 60
    assert house.spaces.netdata_keeps() == {home: house.spaces.netdata_keep(home)}
    await house.spaces.edit(OPERATOR, home, settings=settings("*", store=False))
    assert house.spaces.netdata_keep(home).contexts == ()
    assert house.spaces.netdata_keeps() == {}


@pytest.mark.parametrize(
    "keep",
    [
        NetdataKeep(("system.*; drop",)),
        NetdataKeep(("",)),
        NetdataKeep(("a",) * 51),
        NetdataKeep(("a",), 0),
        NetdataKeep(("a",), 3_601),
    ],
)
async def test_what_is_no_choice_of_netdata_values_is_refused(house, keep):
    with pytest.raises(InputError):
        await house.spaces.edit(OPERATOR, house.space.id, settings=SpaceSettings(netdata_keep=keep))


async def test_who_keeps_something_of_a_space_hears_that_it_is_gone(house):
    lab = await house.spaces.create(OPERATOR, "Lab")
    gone = []

    async def follow(space):
        gone.append(space)

    house.spaces.when_removed(follow)
    with pytest.raises(Conflict):
        await house.spaces.remove(OPERATOR, house.space.id)
    await house.spaces.remove(OPERATOR, lab.id)

    assert gone == [lab.id]
