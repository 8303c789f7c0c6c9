"""Databases are made, changed and dropped within a space, each change with its event."""

import asyncio

import msgspec
import pytest

from muster.clock import DAY_NS
from muster.core.audit import make_event
from muster.core.databases.databasebook import DatabaseBook, DatabaseNotFound, PolicyNotFound
from muster.core.databases.databases import Databases, DatabaseSettings
from muster.core.databases.fieldkinds import Wish
from muster.core.databases.retention import PolicySpec
from muster.errors import Conflict, Denied, InputError, LimitExceeded, Unavailable
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import ContinuousQuery, Login, Subscription
from muster.model.inventory import Space
from muster.model.metric import Kind
from muster.testing.house import OPERATOR

ROOT = Actor(name="influx user root", address="10.0.0.1")
S = Subscription(name="s", mode="ANY", destinations=("http://u:pw@h:1", "udp://h:2"))


@pytest.fixture
def root(house):
    return Login(space=house.space.id, actor=ROOT, name="root", admin=True)


def told(house):
    """Action, object and detail of what was done, oldest first."""
    stored = house.records.audit.events(spaces=None, limit=100)
    events = [each.event for each in reversed(stored)]
    return [
        (event.action, event.object, event.detail)
        for event in events
        if event.actor == ROOT.name and event.address == "10.0.0.1"
    ]


def other(house, **settings):
    return Databases(
        book=DatabaseBook(records=house.records.influx),
        clock=house.clock,
        settings=DatabaseSettings(**settings),
        kinds=house.field_kinds,
        points=house.points,
    )


async def test_databases_are_listed_in_the_order_of_their_making(house, root):
    for name in ("d2", "d1"):
        await house.databases.create(root, name)

    assert [each.name for each in house.databases.listed(root.space)] == ["d2", "d1"]
    assert house.databases.database(root.space, "d1").created_ns == house.clock.now_ns()
    assert told(house) == [("database.create", "d2", ""), ("database.create", "d1", "")]


async def test_a_database_made_again_is_the_same_and_tells_nothing(house, root):
    first = await house.databases.create(root, "d1")

    assert await house.databases.create(root, "d1") == first
    assert await house.databases.create(root, "d1", PolicySpec()) == first
    assert len(told(house)) == 1
    with pytest.raises(Conflict, match="conflicts with an existing policy"):
        await house.databases.create(root, "d1", PolicySpec(duration_ns=DAY_NS))


async def test_many_who_make_the_same_database_at_once_make_one(house, root):
    made = await asyncio.gather(*(house.databases.create(root, "d1") for _ in range(9)))

    assert len({each.number for each in made}) == 1


@pytest.mark.parametrize(("name", "policy"), [("", ""), ("a/b", ""), ("d1", "a/b")])
async def test_bad_names_make_nothing(house, root, name, policy):
    with pytest.raises(InputError, match=r"^invalid name$"):
        await house.databases.create(root, name, PolicySpec(name=policy))
    assert house.databases.listed(root.space) == []


async def test_a_space_holds_so_many_databases(house, root):
    few = other(house, databases_max=1)
    await few.create(root, "d1")
    await few.create(root, "d1")

    with pytest.raises(LimitExceeded, match="up to 1 databases"):
        await few.create(root, "d2")


async def test_another_spaces_databases_are_not_there(house, root):
    away = SpaceId("0a0a0a0a-0000-4000-8000-000000000000")
    event = make_event(house.clock, OPERATOR, "space.create", away)
    house.records.nodes.create_space(Space(away, "Away"), event)
    stranger = msgspec.structs.replace(root, space=away)
    await house.databases.create(root, "d1")

    assert house.databases.find(away, "d1") is None
    with pytest.raises(DatabaseNotFound, match=r"^database not found: d1$"):
        await house.databases.create_policy(stranger, "d1", PolicySpec(name="p"))
    assert await house.databases.drop(stranger, "d1") is None
    assert await house.databases.drop_policy(stranger, "d1", "autogen") is None
    await house.databases.create(stranger, "d1")
    assert len(house.databases.listed(root.space)) == len(house.databases.listed(away)) == 1


async def test_dropping_a_database_twice_is_fine(house, root):
    made = await house.databases.create(root, "d1")

    assert await house.databases.drop(root, "d1") == made
    assert await house.databases.drop(root, "d1") is None
    assert [event[0] for event in told(house)] == ["database.create", "database.drop"]


async def test_policies_come_change_and_go(house, root):
    await house.databases.create(root, "d1")
    spec = PolicySpec(name="p", duration_ns=3 * DAY_NS)
    await house.databases.create_policy(root, "d1", spec, default=True)
    await house.databases.create_policy(root, "d1", spec, default=True)
    spec = PolicySpec(name="p", duration_ns=4 * DAY_NS)
    await house.databases.alter_policy(root, "d1", spec)
    _, policy = house.databases.target(root.space, "d1")
    assert (policy.name, policy.duration_ns) == ("p", 4 * DAY_NS)

    assert await house.databases.drop_policy(root, "d1", "p") == policy
    assert await house.databases.drop_policy(root, "d1", "p") is None
    assert await house.databases.drop_policy(root, "d1", "") is None
    assert told(house)[1:] == [
        ("policy.create", "d1", "p"),
        ("policy.alter", "d1", "p"),
        ("policy.drop", "d1", "p"),
    ]


async def test_a_write_is_told_which_default_policy_was_dropped(house, root):
    await house.databases.create(root, "d1", PolicySpec(name="b"))
    await house.databases.drop_policy(root, "d1", "b")

    with pytest.raises(PolicyNotFound, match=r"^retention policy not found: b$"):
        house.databases.policy(root.space, "d1")
    with pytest.raises(PolicyNotFound, match=r"^retention policy not found: norp$"):
        house.databases.policy(root.space, "d1", "norp")
    for look in (house.databases.policy, house.databases.target):
        with pytest.raises(DatabaseNotFound):
            look(root.space, "nodb")


async def test_a_database_without_policies_gets_the_one_it_is_made_again_with(house, root):
    await house.databases.create(root, "d1")
    await house.databases.drop_policy(root, "d1", "autogen")
    made = await house.databases.create(root, "d1", PolicySpec(name="p"))

    assert [policy.name for policy in made.policies] == ["p"]
    assert told(house)[-1] == ("policy.create", "d1", "p")


async def test_the_name_of_a_policy_is_looked_at_before_the_database(house, root):
    for spec, text in (
        (PolicySpec(name=""), "invalid name"),
        (PolicySpec(name="p", duration_ns=1), "at least 1h0m0s"),
    ):
        with pytest.raises(InputError, match=text):
            await house.databases.create_policy(root, "nodb", spec)


async def test_queries_and_subscriptions_come_and_go_with_their_events(house, root):
    await house.databases.create(root, "d1")
    query = ContinuousQuery(name="q", query="CREATE …")
    await house.databases.create_query(root, "d1", query)
    await house.databases.create_subscription(root, "d1", "autogen", S)
    database = house.databases.database(root.space, "d1")
    assert (database.queries, database.policy("").subscriptions) == ((query,), (S,))
    await house.databases.drop_query(root, "d1", "q")
    await house.databases.drop_subscription(root, "d1", "autogen", "s")

    database = house.databases.database(root.space, "d1")
    assert (database.queries, database.policy("").subscriptions) == ((), ())
    assert told(house)[1:] == [
        ("continuous_query.create", "d1", "q"),
        ("subscription.create", "d1", "autogen.s to http://u:[REDACTED]@h:1, udp://h:2"),
        ("continuous_query.drop", "d1", "q"),
        ("subscription.drop", "d1", "autogen.s"),
    ]
    assert await house.databases.drop_query(root, "d1", "q") == database
    assert await house.databases.drop_query(root, "nodb", "q") is None
    with pytest.raises(DatabaseNotFound):
        await house.databases.drop_subscription(root, "nodb", "autogen", "s")


async def test_a_bad_destination_is_told_before_all_else(house, root):
    bad = msgspec.structs.replace(S, destinations=("bad dest",))

    with pytest.raises(InputError, match=r"^invalid subscription URL: bad dest$"):
        await house.databases.create_subscription(root, "nodb", "autogen", bad)


async def test_what_agents_send_is_a_database_to_read_alone(house, root):
    own = house.databases.database(root.space, "muster")

    assert house.databases.is_own(own)
    assert own.policy("").name == "autogen"
    assert house.databases.listed(root.space) == []
    assert await house.databases.create(root, "muster") == own
    for change in (
        house.databases.drop(root, "muster"),
        house.databases.create_policy(root, "muster", PolicySpec(name="p")),
        house.databases.drop_policy(root, "muster", "autogen"),
    ):
        with pytest.raises(Denied, match="database muster is built in"):
            await change
    with pytest.raises(Denied):
        house.databases.target(root.space, "muster")
    assert told(house) == []


def test_the_own_database_is_listed_or_absent_as_is_set(house, root):
    assert [each.name for each in other(house, list_own=True).listed(root.space)] == ["muster"]
    assert other(house, own="").find(root.space, "muster") is None
    assert other(house, own="").find(root.space, "") is None


async def test_databases_are_there_after_a_restart(house, root):
    await house.databases.create(root, "d1")
    assert other(house).listed(root.space) == house.databases.listed(root.space)


async def test_points_go_before_what_is_known_of_them(house, root):
    database = await house.databases.create(root, "d1")
    wish = Wish(0, "m", (("v", Kind.FLOAT),))
    await house.field_kinds.admit(database, database.policy(""), [wish])
    (shard,) = house.field_kinds.shards(database, "autogen")
    house.points.away = True
    for change in (
        house.databases.drop(root, "d1"),
        house.databases.drop_policy(root, "d1", "autogen"),
        house.databases.drop_shard(root, shard.number),
    ):
        with pytest.raises(Unavailable):
            await change
    assert house.databases.listed(root.space) == [database]
    assert house.field_kinds.shard(shard.number) == shard

    house.points.away = False
    await house.databases.drop_policy(root, "d1", "autogen")
    assert house.field_kinds.shard(shard.number) is None
    await house.databases.drop(root, "d1")
    assert house.points.removed == ["d1.autogen", "d1"]


async def test_a_shard_is_dropped_by_who_has_its_space(house, root):
    database = await house.databases.create(root, "d1")
    wish = Wish(0, "m", (("v", Kind.FLOAT),))
    await house.field_kinds.admit(database, database.policy(""), [wish])
    (shard,) = house.field_kinds.shards(database, "autogen")
    await house.databases.drop_shard(msgspec.structs.replace(root, space="away"), shard.number)
    assert house.points.removed == []
    for _ in range(2):
        await house.databases.drop_shard(root, shard.number)

    assert house.points.removed == [f"d1.autogen#{shard.number}"]
    assert told(house)[1:] == [("shard.drop", "d1", f"autogen, shard {shard.number}")]


async def test_the_built_in_database_shows_those_that_settings_name(house, root):
    for name in ("telegraf", "other"):
        await house.databases.create(root, name)
    shown = house.databases.shown_in_own(house.space.id)

    assert [each.name for each in shown] == ["telegraf"]
    assert house.databases.shown_in_own("elsewhere") == []
