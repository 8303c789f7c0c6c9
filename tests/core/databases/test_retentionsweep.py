"""Shards that are over are dropped, and no others."""

import asyncio

import pytest

from muster.clock import DAY_NS
from muster.core.databases.fieldkinds import Wish
from muster.core.databases.retention import PolicySpec
from muster.core.databases.retentionsweep import RetentionSweep
from muster.errors import Unavailable
from muster.model.influx import HOUR_NS
from muster.model.metric import Kind


@pytest.fixture
def root(house):
    return house.influx_logins.login_of_nobody("")


@pytest.fixture
def sweep(house):
    return RetentionSweep(
        databases=house.databases,
        kinds=house.field_kinds,
        nodes=house.records.nodes,
        clock=house.clock,
        may_forget=lambda: True,
    )


async def filled(house, root, name, duration_ns):
    """A database with points of now and of each of three hours before."""
    database = await house.databases.create(root, name, PolicySpec(duration_ns=duration_ns))
    now_ns = house.clock.now_ns()
    wishes = [Wish(now_ns - ago * HOUR_NS, "m", (("v", Kind.FLOAT),)) for ago in range(4)]
    await house.field_kinds.admit(database, database.policy(""), wishes)
    return database


def shards(house, database):
    return house.field_kinds.shards(database, "autogen")


async def test_a_shard_goes_when_its_end_is_past_the_duration(house, root, sweep):
    database = await filled(house, root, "d1", HOUR_NS)
    oldest, second, *later = shards(house, database)  # it is a full hour, so second ends just now
    assert await sweep.sweep() == 1
    assert list(shards(house, database)) == [second, *later]
    house.clock.advance(1)
    assert await sweep.sweep() == 1

    assert list(shards(house, database)) == later
    assert house.points.removed == [f"d1.autogen#{each.number}" for each in (oldest, second)]
    newest = house.records.audit.events(spaces=None, limit=1)[0].event
    assert (newest.actor, newest.action, newest.object) == ("hub", "shard.drop", "d1")


async def test_what_is_for_ever_stays(house, root, sweep):
    database = await filled(house, root, "d1", 0)
    house.clock.advance(10 * 366 * 86_400)

    assert await sweep.sweep() == 0
    assert shards(house, database)


async def test_a_clock_that_is_not_believed_drops_nothing(house, root):
    database = await filled(house, root, "d1", HOUR_NS)
    house.clock.advance(DAY_NS / 1e9)
    unsure = RetentionSweep(
        databases=house.databases,
        kinds=house.field_kinds,
        nodes=house.records.nodes,
        clock=house.clock,
        may_forget=lambda: False,
    )

    assert await unsure.sweep() == 0
    assert len(shards(house, database)) == 4


async def test_what_fails_is_tried_again(house, root, sweep, caplog):
    database = await filled(house, root, "d1", HOUR_NS)
    house.clock.advance(DAY_NS / 1e9)
    house.points.away = True
    assert await sweep.sweep() == 0
    assert "was not dropped" in caplog.text
    house.points.away = False

    assert await sweep.sweep() == 4
    assert not shards(house, database)


async def test_it_goes_on_until_it_is_cancelled(house, sweep, monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await sweep.run()
    assert slept == [1_800.0] * 3


async def test_what_cannot_be_known_now_ends_nothing(house, sweep, monkeypatch, caplog):
    turns = []

    async def sleep(seconds):
        turns.append(seconds)
        if len(turns) == 3:
            raise asyncio.CancelledError

    def away():
        raise Unavailable("the disk is away")

    monkeypatch.setattr(asyncio, "sleep", sleep)
    sweep._may_forget = away
    with pytest.raises(asyncio.CancelledError):
        await sweep.run()

    assert caplog.text.count("retention put off") == 2
