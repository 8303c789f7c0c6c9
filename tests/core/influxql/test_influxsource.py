"""Stored points as InfluxQL sees them, beside the same points in memory."""

import random
import struct

import numpy as np
import pytest

from muster.clock import DAY_NS, SECOND_NS
from muster.core.influxql.influxsource import StoredSource
from muster.core.querying.pointreader import PointReader
from muster.core.writes.pointwrites import Target, Writer
from muster.influxql.source import Place, Wanted
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.model.metric import Batch, Kind, Layout, Series
from muster.model.query import Selector
from muster.store.head.head import Head
from muster.testing.cohorts import block_of
from muster.testing.influxmemory import MemorySource
from muster.testing.influxstore import InfluxStore
from muster.testing.remotewriting import request_v1
from muster.testing.series import MemoryStore
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusparts import Version

NOW_S = 1_800_000_000
WEEK_NS = 7 * DAY_NS
ALWAYS = (MIN_TIME_NS, MAX_TIME_NS)
VALUE = Wanted("value", DataType.FLOAT)
NODE = NodeId("0de00000-0000-4000-8000-000000000001")


def source_of(
    house, *, exact=True, by_shard=True, head=None, most_values=1_000_000, most_series=1_000
):
    def at_once(work):
        return work()

    reader = PointReader(
        head=head or house.head, store=house.plane.store, on_loop=at_once, most_values=most_values
    )
    names = house.names(most_series=most_series)
    return StoredSource(names=names, reader=reader, exact=exact, by_shard=by_shard)


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        yield house


def lines_of(seed, count=300):
    """Points of four weeks; a field's kind changes from week to week."""
    chance = random.Random(seed)
    found = {}
    for _ in range(count):
        time_ns = (NOW_S - chance.randrange(28 * 86_400) // 600 * 600) * SECOND_NS
        week = (time_ns - 4 * DAY_NS) // WEEK_NS
        number = chance.randrange(100)
        value = (f"{number}i", f"{number}.5", f'"text {number}"', "true")[week % 4]
        tags = chance.choice(("", ",a=1", ",a=2", ",a=1,b=x", ",node=mine,space=s"))
        fields = chance.choice((f"v={value}", f"w={number}i", f"v={value},w={number}i"))
        found[tags, time_ns] = f"m{tags} {fields} {time_ns}"
    return "\n".join([*found.values(), f"other n=1 {NOW_S * SECOND_NS}"]).encode()


def listed(rows):
    return [
        (each.series, each.times.tolist(), [column.cells() for column in each.columns])
        for each in rows
        if len(each.times)
    ]


def compare(found, wanted, place, start_ns, end_ns):
    assert found.fields(place, start_ns, end_ns) == wanted.fields(place, start_ns, end_ns)
    series = wanted.series(place, start_ns, end_ns)
    assert found.series(place, start_ns, end_ns) == series
    for kind in (DataType.FLOAT, DataType.INTEGER, DataType.STRING, DataType.BOOLEAN):
        asked = [Wanted("v", kind), Wanted("w", DataType.FLOAT), Wanted("none", DataType.FLOAT)]
        numbers = list(range(len(series)))
        assert listed(found.rows(place, numbers, asked, start_ns, end_ns)) == listed(
            wanted.rows(place, numbers, asked, start_ns, end_ns)
        )


@pytest.mark.parametrize("seed", range(4))
async def test_it_tells_what_a_source_in_memory_tells(house, seed):
    memory = MemorySource()
    memory.create("d")
    first, second = lines_of(seed), lines_of(seed + 100)
    place = Place("d", "autogen", "m")
    chance = random.Random(seed)
    for lines in (first, second):
        memory.write("d", "autogen", lines)
        await house.write("d", lines)
        if lines is first:
            await house.settle()
        for head in (None, Head(clock=house.clock)) if lines is second else (None,):
            if head is not None:
                await house.settle()
            source = source_of(house, head=head)
            assert source.policies("d") == memory.policies("d")
            assert source.measurements("d", "autogen") == memory.measurements("d", "autogen")
            compare(source, memory, place, *ALWAYS)
            for _ in range(5):
                start = (NOW_S - chance.randrange(30 * 86_400)) * SECOND_NS
                end = start + chance.randrange(10 * 86_400) * SECOND_NS
                compare(source, memory, place, start, end)


async def test_what_is_not_there_is_nothing(house):
    source = source_of(house)
    for place in (
        Place("none", "autogen", "m"),
        Place("d", "none", "m"),
        Place("d", "autogen", "m"),
    ):
        assert source.measurements(place.database, place.policy) == []
        assert source.fields(place, *ALWAYS) == {}
        assert source.series(place, *ALWAYS) == []
        assert list(source.rows(place, [], [Wanted("v", DataType.FLOAT)], *ALWAYS)) == []
    assert source.policies("none") is None
    assert source.databases() == ["d"]


async def test_points_of_a_node_and_of_nobody_are_one_series(house):
    parsed = await house.writes.parse(b"m,host=x v=1 1800000000000000000", 1)
    target = Target(house.space.id, "d", "", 1)
    await house.writes.store(parsed, target, Writer(Identity("h", house.space.id, NODE), "web"))
    await house.write("d", b"m,host=web v=2 1800000001000000000")

    source, place = source_of(house), Place("d", "autogen", "m")

    (series,) = source.series(place, *ALWAYS)
    assert series.tags == (("host", "web"),)
    (rows,) = source.rows(place, [0], [Wanted("v", DataType.FLOAT)], *ALWAYS)
    assert rows.columns[0].values.tolist() == [1.0, 2.0]


async def send(house, *, node=NODE, space=None):
    layout = Layout((Series("cpu", (("db", "pg"),), "usage", Kind.FLOAT),))
    block = block_of(layout, {NOW_S * SECOND_NS: (7.0,)})
    identity = Identity("h", space or house.space.id, node)
    await house.ingest.accept(identity, "web", Batch("e", 1, (block,)))


async def test_what_agents_send_is_the_built_in_database_of_their_space(house):
    await send(house)
    await send(house, node=NodeId("0de00000-0000-4000-8000-000000000002"), space="elsewhere")
    await house.write("d", b"m v=1 1800000000000000000")

    source, place = source_of(house), Place("muster", "autogen", "cpu")

    assert source.measurements("muster", "autogen") == ["cpu"]
    assert source.measurements("d", "autogen") == ["m"]
    (series,) = source.series(place, *ALWAYS)
    assert series.tags == (("db", "pg"), ("host", "web"), ("node", NODE))
    assert source.fields(place, *ALWAYS) == {"usage": frozenset({DataType.FLOAT})}
    (rows,) = source.rows(place, [0], [Wanted("usage", DataType.FLOAT)], *ALWAYS)
    assert (rows.times.tolist(), rows.columns[0].values.tolist()) == ([NOW_S * SECOND_NS], [7.0])


async def test_values_of_tags_need_no_look_at_the_series(house):
    target = Target(house.space.id, "d", "", 1)
    lines = b"m,a=1,node=mine v=1\nm,a=2,b=x v=1,w=2\nn,a=3 v=1"
    await house.writes.store(await house.writes.parse(lines, 1), target, Writer())
    source = source_of(house, most_series=1)

    def told(name, database="d", policy="autogen"):
        found = source.tag_values(Place(database, policy, name), lambda key: key != "b")
        return found and {key: sorted(values) for key, values in found.items()}

    assert told("m") == {"a": ["1", "2"], "node": ["mine"]}
    assert told("n") == {"a": ["3"]}
    assert told("nope") == told("m", policy="other") == {}
    assert told("m", "nodb") is None
    assert told("system", "muster") is None


async def test_without_exactness_all_series_of_a_place_are_told(house):
    old = (NOW_S - 20 * 86_400) * SECOND_NS
    await house.write("d", f"m,a=1 v=1 {old}\nm,a=2 v=1 {NOW_S * SECOND_NS}".encode())
    place, now = Place("d", "autogen", "m"), NOW_S * SECOND_NS

    def tags(exact):
        found = source_of(house, exact=exact).series(place, now, now)
        return [series.tags for series in found]

    assert tags(True) == [(("a", "2"),)]
    assert tags(False) == [(("a", "1"),), (("a", "2"),)]


async def test_values_that_are_no_numbers_are_kept_and_not_shown(house):
    bits = (0x7FF0_0000_0000_0002, 0x7FF0_0000_0000_0000, 0x3FF0_0000_0000_0000)
    values = [struct.unpack("<d", struct.pack("<Q", each))[0] for each in bits]
    labels = (("__name__", "m"),)
    times_ms = [NOW_S * 1_000 + at for at in range(3)]
    message = request_v1([(labels, times_ms, values)])
    parsed = remote_parser().parse(message, Version.V1).parsed
    await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())
    source = source_of(house)
    refs = house.plane.catalogue.find(Selector(measurement="m"), None, 9)

    (found,) = PointReader(
        head=house.head, store=house.plane.store, on_loop=lambda work: work(), most_values=9
    ).values(refs, 0, 1 << 62)
    assert found.values.view(np.uint64).tolist() == list(bits)
    (rows,) = source.rows(Place("d", "autogen", "m"), [0], [VALUE], *ALWAYS)
    assert rows.columns[0].values.tolist() == [1.0]


async def test_names_that_were_looked_up_need_no_call_to_the_loop(house):
    await house.write("d", b"m,a=1 v=1 1800000000000000000")
    place = Place("d", "autogen", "m")
    source = source_of(house)
    names = source._names
    places = [names.whole(place._replace(policy="")), Place("none", "", "m")]
    names.size([*places, Place("muster", "autogen", "m")])
    names._on_loop = None

    assert source.policies("d")
    assert source.policies("none") is None
    assert source.fields(place, *ALWAYS) == {"v": frozenset({DataType.FLOAT})}
    assert [series.tags for series in source.series(place, *ALWAYS)] == [(("a", "1"),)]


async def test_names_of_all_time_need_no_look_at_points(house):
    old = (NOW_S - 20 * 86_400) * SECOND_NS
    await house.write("d", f"m,a=1 v=1 {old}\nm,a=2 v=1 {NOW_S * SECOND_NS}".encode())
    await house.settle()
    place = Place("d", "autogen", "m")
    source = source_of(house, head=Head(clock=house.clock), by_shard=False)

    recent = source.series(place, NOW_S * SECOND_NS, NOW_S * SECOND_NS)
    source._reader = None

    assert [series.tags for series in recent] == [(("a", "2"),)]
    assert [series.tags for series in source.series(place, *ALWAYS)] == [
        (("a", "1"),),
        (("a", "2"),),
    ]


async def test_points_of_memory_lie_as_matrices_and_the_last_ones_are_known(house):
    house.clock.advance(1_000 * 86_400)  # since when memory has all that came
    now_ns = house.clock.now_ns()
    rows = [f"m,h={h} v={at},w={at}i {now_ns + at}" for at in range(3) for h in "ab"]
    await house.write("d", "\n".join([*rows, f"m,h=c w=5i {now_ns}"]).encode())
    place, fields = Place("d", "autogen", "m"), [Wanted("v", DataType.FLOAT)]
    asked = [0, 1, 2], [*fields, Wanted("w", DataType.INTEGER)], now_ns, now_ns + 2
    source = source_of(house)

    found = sorted(source.matrices(place, *asked), key=lambda each: each.rows.tolist())

    assert [each.rows.tolist() for each in found] == [[0, 1], [3, 4], [5]]
    assert found[0].values.tolist() == [[0.0, 1.0, 2.0]] * 2
    assert found[1].times.tolist() == [now_ns, now_ns + 1, now_ns + 2]
    newest = source.latest(place, *asked)
    assert newest == [(now_ns + 2, 2.0)] * 2 + [None] + [(now_ns + 2, 2)] * 2 + [(now_ns, 5)]
    assert source.latest(place, [0], fields, now_ns, now_ns + 1) is None
    assert source.matrices(place, [0], [Wanted("v", DataType.INTEGER)], *asked[2:]) is None
