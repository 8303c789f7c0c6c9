"""Names of a space, looked up once."""

import itertools

import pytest

from muster.core.influxql import pointnames as module
from muster.core.influxql.pointnames import KnownNames
from muster.influxql.source import Place
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.model.metric import Kind
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOW_S = 1_800_000_000
NOW = NOW_S * 10**9
PLACE = Place("d", "autogen", "m")
ALWAYS = MIN_TIME_NS, MAX_TIME_NS


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        await house.write("d", f"m,a=1 v=1 {NOW}".encode())
        yield house


def names_of(house, known=None, calls=None):
    def on_loop(work):
        if calls is not None:
            calls.append(work)
        return work()

    return house.names(known, on_loop)


async def test_a_place_has_its_series_shards_and_kinds(house):
    names = names_of(house)
    found = names.database("d")
    (shard,) = names.every_shard(found, "autogen")

    assert names.whole(Place("d", "", "m")) == PLACE
    assert names.whole(Place("none", "", "m")) is None
    assert names.measurements(found, "autogen") == ["m"]
    assert names.kinds_in(shard) == {("m", "v"): Kind.FLOAT}
    assert [line.tags for line in names.lines(PLACE)] == [(("a", "1"),)]
    assert names.shards(found, "autogen", NOW, NOW) == (shard,)
    assert names.shards(found, "autogen", 0, 1) == ()
    assert names.size([PLACE, Place("none", "", "m")]) == 2


async def test_what_was_looked_up_is_not_asked_for_again(house):
    calls = []
    names = names_of(house, calls=calls)
    names.size([PLACE])
    before = len(calls)

    names.size([PLACE])
    names.lines(PLACE)

    assert len(calls) == before


async def test_many_series_are_counted_and_not_looked_up(house, monkeypatch):
    monkeypatch.setattr(module, "_MANY", 1)
    await house.write("d", f"m,a=2 v=1 {NOW}\nm,a=3 v=1 {NOW}".encode())
    names = names_of(house)
    monkeypatch.setattr(house.plane.catalogue, "find", None)

    assert names.size([PLACE]) == 4
    assert names.tag_values(PLACE, names.database("d"), bool) == {"a": {"1", "2", "3"}}
    assert names.size([PLACE._replace(policy="none")]) == 0


@pytest.mark.parametrize(
    "line", ["m,a=2 v=1 {now}", "m,a=1 w=1 {now}", "m,a=1 v=1 1700000000000000000", "n v=1 {now}"]
)
async def test_a_state_holds_until_something_new_is_written(house, line):
    known = KnownNames()
    before = names_of(house, known).state([PLACE], *ALWAYS)
    same = names_of(house, known).state([PLACE], *ALWAYS)

    await house.write("d", line.format(now=NOW).encode())
    after = names_of(house, known).state([PLACE], *ALWAYS)

    assert before.is_still(same)
    assert not before.is_still(after)


async def test_a_state_tells_ranges_in_other_shards_apart(house):
    await house.write("d", b"m,a=1 v=1 1700000000000000000")
    known = KnownNames()
    always = names_of(house, known).state([PLACE], *ALWAYS)
    recent = names_of(house, known).state([PLACE], NOW, NOW)

    assert not always.is_still(recent)


async def test_a_state_ends_with_its_database(house):
    known = KnownNames()
    before = names_of(house, known).state([PLACE], *ALWAYS)

    await house.databases.drop(house.login, "d")

    assert not before.is_still(names_of(house, known).state([PLACE], *ALWAYS))


@pytest.mark.parametrize(
    "line", [f"m,a=2 v=1 {NOW}", f"m,a=1 w=1 {NOW}", "m,a=1 v=1 1700000000000000000"]
)
async def test_there_is_another_edition_once_something_new_is_written(house, line):
    names = names_of(house)
    first = names.edition_now()
    await house.write("d", f"m,a=1 v=2 {NOW + 1}".encode())  # a value is nothing new

    assert names.edition_now() == first
    await house.write("d", line.encode())
    assert names.edition_now() != first


async def test_so_there_is_once_something_is_gone(house):
    (shard,) = house.field_kinds.shards(house.databases.find(house.space.id, "d"), "autogen")
    editions = [names_of(house).edition_now()]
    for change in (
        house.field_kinds.forget([shard], "m"),
        house.databases.create(house.login, "e"),
        house.stocks.drop([house.stocks.find(names_of(house).database("d"), "autogen")]),
        house.databases.drop(house.login, "d"),
    ):
        await change
        editions.append(names_of(house).edition_now())

    assert all(one != other for one, other in itertools.pairwise(editions))


def test_kinds_are_copied_where_they_have_grown():
    known, kinds = KnownNames(), {("m", "v"): Kind.FLOAT}
    first = known.kinds(1, kinds)
    again = known.kinds(1, kinds)
    kinds["m", "w"] = Kind.FLOAT

    assert again is first
    assert known.kinds(1, kinds) == kinds
    assert first == {("m", "v"): Kind.FLOAT}


def test_of_the_same_list_the_same_part_is_shown():
    known, refs = KnownNames(), []

    assert known.shown(refs, frozenset({""})) is refs
