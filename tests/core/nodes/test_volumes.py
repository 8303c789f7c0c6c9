"""Bytes a day are those of the newest whole day, or of today as far as it went."""

import asyncio

import pytest

from muster.clock import DAY_NS, ManualClock
from muster.core.nodes import volumes as module
from muster.core.nodes.volumes import Volumes
from muster.errors import Unavailable
from muster.ports.series import Usage

NOON = 20_000 * DAY_NS + DAY_NS // 2
OWNERS = {1: "n1", 2: "n1", 3: "n2"}


class Store:
    """`days`: of each day what tag sets take, and in how many hours."""

    def __init__(self, days):
        self.days = days
        self.away = False

    def usage(self, day):
        if self.away:
            raise Unavailable("the engine is away")
        return Usage(*self.days.get(day, ({}, 0)))


def volumes(days, now_ns=NOON):
    store = Store(days)
    owners = lambda hashes: {one: OWNERS[one] for one in hashes if one in OWNERS}  # noqa: E731
    return Volumes(store=store, owners=owners, clock=ManualClock(now_ns)), store


async def test_tag_sets_of_a_node_count_together():
    some, _ = volumes({19_999: ({1: 10.4, 2: 5.2, 3: 1.0, 9: 50.0}, DAY_NS), 20_000: ({}, 0)})
    assert some.of("n1") is None
    await some.measure()

    assert (some.of("n1"), some.of("n2"), some.of("n3")) == (16, 1, None)


async def test_hours_that_there_are_values_of_stand_for_a_whole_day():
    some, _ = volumes({20_000: ({1: 100.0}, DAY_NS // 4)})
    await some.measure()

    assert some.of("n1") == 400


async def test_some_minutes_say_nothing():
    some, _ = volumes({19_999: ({1: 100.0}, DAY_NS // 200), 20_000: ({1: 100.0}, 0)})
    await some.measure()

    assert some.of("n1") is None


async def test_it_goes_on_where_the_engine_is_away(monkeypatch, caplog):
    some, store = volumes({19_999: ({1: 8.0}, DAY_NS)})
    store.away, slept = True, []

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError
        store.away = len(slept) < 2

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await some.run()

    assert slept == [module.FIRST_S, module.EVERY_S, module.EVERY_S]
    assert some.of("n1") == 8
    assert "not measured" in caplog.text
