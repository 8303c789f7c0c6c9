"""A field has one kind within a shard, and what is refused says why."""

import asyncio

import msgspec
import pytest

from muster.clock import DAY_NS, SECOND_NS
from muster.core.audit import make_event
from muster.core.databases.fieldkinds import FieldKinds, FieldTypeConflict, Wish
from muster.errors import Conflict
from muster.model.access import Actor
from muster.model.influx import HOUR_NS, Login
from muster.model.metric import Kind
from muster.testing.house import OPERATOR
from muster.wire.writesieve import DISAGREE

MONDAY_NS = 1_577_664_000 * SECOND_NS  # 2019-12-30T00:00:00Z
WEEK_NS = 7 * DAY_NS


@pytest.fixture
async def place(house):
    """A database and its policy."""
    root = Login(space=house.space.id, actor=Actor(name="root"), name="root", admin=True)
    database = await house.databases.create(root, "d1")
    return database, database.policy("")


@pytest.fixture
def kinds(house):
    return house.field_kinds


def wish(time_ns=MONDAY_NS, measurement="m", **fields):
    return Wish(time_ns, measurement, tuple(fields.items()))


def conflict(is_now, was, field="v"):
    return (
        f'field type conflict: input field "{field}" on measurement "m" is type {is_now},'
        f" already exists as type {was}"
    )


async def test_the_first_point_of_a_field_says_its_kind(kinds, place):
    assert await kinds.admit(*place, [wish(v=Kind.FLOAT)]) == [""]
    answers = await kinds.admit(
        *place, [wish(v=Kind.INTEGER), wish(v=Kind.FLOAT), wish(w=Kind.STRING)]
    )

    assert answers == [conflict("integer", "float"), "", ""]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Kind.INTEGER, "integer"),
        (Kind.UNSIGNED, "unsigned"),
        (Kind.BOOLEAN, "boolean"),
        (Kind.STRING, "string"),
    ],
)
async def test_kinds_have_influxdbs_words(kinds, place, kind, word):
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])

    assert await kinds.admit(*place, [wish(v=kind)]) == [conflict(word, "float")]


async def test_what_a_refused_point_brings_besides_stays_unknown(kinds, place):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    await kinds.admit(*place, [wish(a=Kind.FLOAT, v=Kind.STRING)])

    assert kinds.fields(database, policy.name, "m") == {"v": {Kind.FLOAT}}


async def test_another_week_may_have_another_kind(kinds, place):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    later = wish(MONDAY_NS + WEEK_NS, v=Kind.STRING)

    assert await kinds.admit(*place, [later]) == [""]
    assert kinds.fields(database, policy.name, "m") == {"v": {Kind.FLOAT, Kind.STRING}}
    assert kinds.fields(database, policy.name, "n") == {}
    assert [shard.start_ns for shard in kinds.shards(database, policy.name)] == [
        MONDAY_NS,
        MONDAY_NS + WEEK_NS,
    ]


async def test_points_of_one_write_that_disagree_on_a_new_field_keep_nothing(kinds, place):
    with pytest.raises(FieldTypeConflict, match=r"^field type conflict$"):
        await kinds.admit(*place, [wish(v=Kind.FLOAT), wish(v=Kind.INTEGER)])

    assert await kinds.admit(*place, [wish(v=Kind.STRING)]) == [""]


async def test_a_new_shard_refuses_all_of_them_and_keeps_the_first_kind(kinds, place):
    wishes = [wish(v=Kind.FLOAT), wish(v=Kind.INTEGER), wish(MONDAY_NS - 1, v=Kind.INTEGER)]

    assert await kinds.settle(*place, wishes) == [DISAGREE, DISAGREE, ""]
    assert await kinds.admit(*place, [wish(v=Kind.INTEGER)]) == [conflict("integer", "float")]


async def test_a_shard_that_is_there_refuses_those_behind_the_first(kinds, place):
    await kinds.admit(*place, [wish(x=Kind.FLOAT)])
    wishes = [wish(v=Kind.FLOAT), wish(v=Kind.INTEGER, w=Kind.FLOAT), wish(w=Kind.STRING)]

    assert await kinds.settle(*place, wishes) == ["", conflict("integer", "float"), ""]
    assert await kinds.admit(*place, [wish(w=Kind.FLOAT)]) == [conflict("float", "string", "w")]


async def test_it_refuses_all_where_they_disagree_once_more(kinds, place):
    await kinds.admit(*place, [wish(x=Kind.FLOAT)])
    wishes = [wish(v=Kind.FLOAT), wish(v=Kind.STRING), wish(w=Kind.FLOAT), wish(w=Kind.STRING)]

    assert await kinds.settle(*place, wishes) == [DISAGREE] * 4


async def test_they_may_disagree_in_two_shards(kinds, place):
    wishes = [wish(v=Kind.FLOAT), wish(MONDAY_NS - 1, v=Kind.INTEGER)]

    assert await kinds.admit(*place, wishes) == ["", ""]


async def test_two_writes_at_once_agree_on_a_kind(kinds, place):
    first, second = await asyncio.gather(
        kinds.admit(*place, [wish(v=Kind.FLOAT)]), kinds.admit(*place, [wish(v=Kind.INTEGER)])
    )

    assert (first, second) == ([""], [conflict("integer", "float")])


async def test_kinds_are_known_after_a_restart(kinds, place, house):
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    again = FieldKinds(records=house.records.influx_shards)

    assert await again.admit(*place, [wish(v=Kind.STRING)]) == [conflict("string", "float")]


async def test_what_is_known_is_not_written_again(kinds, place, house, monkeypatch):
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    monkeypatch.setattr(house.records.influx_shards, "add", None)

    assert await kinds.admit(*place, [wish(v=Kind.FLOAT)]) == [""]


async def test_shards_of_another_length_end_where_others_begin(kinds, place):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    hourly = msgspec.structs.replace(policy, shard_ns=HOUR_NS)
    monthly = msgspec.structs.replace(policy, shard_ns=30 * DAY_NS)
    after = MONDAY_NS + WEEK_NS

    assert kinds.span(database, hourly, MONDAY_NS + HOUR_NS) == (MONDAY_NS, after)
    assert kinds.span(database, hourly, after) == (after, after + HOUR_NS)
    assert kinds.span(database, monthly, after)[0] == after
    assert kinds.span(database, monthly, MONDAY_NS - 1)[1] == MONDAY_NS


async def test_shards_of_another_length_are_kept_too(kinds, place):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    monthly = msgspec.structs.replace(policy, shard_ns=30 * DAY_NS)
    before = wish(MONDAY_NS - 1, v=Kind.STRING)
    assert await kinds.admit(database, monthly, [before]) == [""]

    assert await kinds.admit(
        database, policy, [msgspec.structs.replace(before, fields=(("v", Kind.FLOAT),))]
    ) == [conflict("float", "string")]


async def test_a_measurement_that_is_gone_may_have_any_kind_again(kinds, place):
    await kinds.admit(*place, [wish(v=Kind.FLOAT), wish(measurement="n", v=Kind.FLOAT)])
    await kinds.forget_measurement(place[0], "m")

    assert await kinds.admit(*place, [wish(v=Kind.STRING)]) == [""]
    assert (await kinds.admit(*place, [wish(measurement="n", v=Kind.STRING)]))[0]


async def test_a_shard_that_is_dropped_is_gone(kinds, place, house):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    (shard,) = kinds.shards(database, policy.name)
    assert kinds.shard(shard.number) == shard
    for _ in range(2):
        await kinds.drop_shard(shard.number, make_event(house.clock, OPERATOR, "shard.drop", "d1"))
    assert kinds.shard(shard.number) is None

    assert kinds.shards(database, policy.name) == ()
    assert await kinds.admit(*place, [wish(v=Kind.STRING)]) == [""]


async def test_nothing_is_known_of_a_database_that_was_dropped(kinds, place, house):
    database, policy = place
    await kinds.admit(*place, [wish(v=Kind.FLOAT)])
    root = Login(space=house.space.id, actor=Actor(name="root"), name="root", admin=True)
    await house.databases.drop(root, "d1")
    kinds.reload()

    assert kinds.shards(database, policy.name) == ()
    with pytest.raises(Conflict):
        await kinds.admit(*place, [wish(v=Kind.FLOAT)])


async def test_no_points_ask_for_nothing(kinds, place):
    assert await kinds.admit(*place, []) == []
