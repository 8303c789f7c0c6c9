"""What a plan was made of, looked at again."""

import pytest

from muster.core.influxql.watches import watch_of
from muster.influxql.source import Place
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOW_S = 1_800_000_000
NOW = NOW_S * 10**9
DAY = 86_400 * 10**9
PLACE = Place("d", "autogen", "m")
LATELY = NOW - DAY, NOW + 1


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        await house.write("d", f"m,a=1 v=1,w=1i {NOW}".encode())
        yield house


def watching(house, places=(PLACE,), planned=LATELY, span=LATELY):
    return watch_of(house.names(), places, planned, span)


async def test_a_range_may_touch_the_same_shards_or_others(house):
    watch = watching(house)

    assert watch.is_still(LATELY)
    assert watch.is_still((NOW - 20 * DAY, NOW))
    assert watch.is_still((None, None))
    assert not watch.is_still((NOW - 20 * DAY, NOW - 19 * DAY))


@pytest.mark.parametrize(
    ("line", "is_still"),
    [
        (f"m,a=1 v=2,w=2i {NOW + 1}", True),
        (f"n,a=1 v=2 {NOW}", False),  # a field of the shard
        (f"m,a=2 v=1 {NOW}", False),
        (f"m,a=1 z=1 {NOW}", False),
        (f"m,a=1 v=1 {NOW - 20 * DAY}", False),
    ],
)
async def test_what_came_since_is_seen(house, line, is_still):
    watch = watching(house)
    before = watch.is_still(LATELY)
    await house.write("d", line.encode())

    assert before
    assert watch.is_still(LATELY) is is_still


@pytest.mark.parametrize(("planned", "is_still"), [(LATELY, True), ((None, None), False)])
async def test_what_the_plan_was_made_of_may_be_more_than_is_asked_for(house, planned, is_still):
    before = NOW - 20 * DAY
    await house.write("d", f"m,a=1 v=1 {before}".encode())
    watch = watching(house, planned=planned)
    await house.write("d", f"m,a=1 v=2,w=1i {before}".encode())  # w is new in that shard

    assert watch.is_still(LATELY) is is_still
    assert not watch.is_still((before, NOW))


async def test_a_database_that_is_gone_is_seen(house):
    watch = watching(house)
    await house.databases.drop(house.login, "d")

    assert not watch.is_still(LATELY)


@pytest.mark.parametrize(
    "places", [(), (PLACE, PLACE), (PLACE._replace(database="none"),), (Place("muster", "", "m"),)]
)
async def test_other_places_are_not_watched(house, places):
    assert watching(house, places) is None
