"""Sums out of head and engine make the answers that single points make."""

import math
import random

import numpy as np
import pytest

from muster.clock import DAY_NS, SECOND_NS, ManualClock
from muster.core.influxql.influxsource import StoredSource
from muster.core.influxql.pointsums import Asked, sums_of
from muster.core.querying.pointreader import PointReader
from muster.core.writes.pointwrites import Target, Writer
from muster.errors import LimitExceeded
from muster.influxql.answers.render import Style, to_json
from muster.influxql.execution.execute import Request, execute
from muster.influxql.syntax.parser import parse_query
from muster.model.metric import Kind
from muster.model.query import Selector
from muster.store.head.head import Head
from muster.testing.influxasking import documents, equal
from muster.testing.influxstore import InfluxStore
from muster.testing.remotewriting import request_v1
from muster.testing.series import MemoryStore
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusparts import Version

NOW_S = 1_800_000_000
HOUR_NS = 3_600 * SECOND_NS
LARGE = (1 << 53) - 1


class PointsOnly(StoredSource):
    def partials(self, *_):
        return None


def reader_of(house, head=None, most_values=1_000_000):
    return PointReader(
        head=head or house.head,
        store=house.plane.store,
        on_loop=lambda work: work(),
        most_values=most_values,
    )


def source_of(house, made=StoredSource, head=None):
    return made(names=house.names(), reader=reader_of(house, head), exact=False)


@pytest.fixture
async def house(tmp_path):
    begun = ManualClock((NOW_S - 10 * 86_400) * SECOND_NS)  # what is older may be in the engine
    async with InfluxStore(tmp_path, engine=MemoryStore(), head=Head(clock=begun)) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        yield house


def answer(source, text):
    request = Request("d", "", NOW_S * SECOND_NS)
    found = to_json(execute(source, parse_query(text), request), Style("ns"))
    return documents(found.decode())


def refs_of(house):
    return house.plane.catalogue.find(Selector(measurement="m"), None)


def lines(chance, count=400):
    """Points of three weeks, of all kinds; one field's kind changes from week to week."""
    found = {}
    for _ in range(count):
        time_ns = (NOW_S - chance.randrange(21 * 86_400) // 300 * 300) * SECOND_NS
        week = (time_ns - 4 * DAY_NS) // (7 * DAY_NS)
        number = chance.randrange(-50, 50)
        tags = chance.choice(("", ",h=a", ",h=b", ",h=a,d=x", ",h=b,d=y"))
        field = chance.choice(
            (
                f"v={number}i",
                f"w={number / 8}",
                f"v={number}i,w=0.5",
                f's="text {number}"',
                f"b={'true' if number > 0 else 'false'}",
                f"big={chance.choice((LARGE, -LARGE, 1, number))}i",
            )
        )
        changing = f"c={number}i" if week % 2 else f"c={number}.25"
        found[tags, time_ns] = f"m{tags} {field},{changing} {time_ns}"
    return "\n".join(found.values()).encode()


def query(chance):
    name = chance.choice(("count", "sum", "mean", "min", "max", "spread", "first", "last"))
    call = f"{name}({chance.choice(('v', 'w', 'c', 's', 'b', 'big', '*'))})"
    call = chance.choice((call, call, f"{call}, last(v)", f"{call} * 2"))
    start = NOW_S - chance.randrange(1, 22 * 86_400)
    text = f"SELECT {call} FROM m"
    if chance.random() < 0.9:
        text += f" WHERE time >= {start}s"
        if chance.random() < 0.6:
            text += f" AND time < {start + chance.randrange(1, 10 * 86_400)}s"
        text += chance.choice(("", "", " AND h = 'a'", " AND v > 0"))
    every = chance.sample(["h", "d"], chance.randrange(3))
    if chance.random() < 0.7 and "WHERE" in text:
        windows = chance.choice(("5m", "1h", "90m", "1d", "1d, 6h", "7h", "1w", "7m, 13s"))
        every.append(f"time({windows})")
    text += f" GROUP BY {', '.join(every)}" if every else ""
    text += chance.choice(("", "", " fill(none)", " fill(3)"))
    text += chance.choice(("", " ORDER BY time DESC"))
    return text + chance.choice(("", "", " tz('Europe/Berlin')"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", ["head", "both", "engine"])
async def test_answers_are_those_of_single_points(house, seed, by):
    chance = random.Random(seed)
    await house.write("d", lines(chance))
    if by == "both":
        await house.settle()
        await house.write("d", lines(chance))
    head = None
    if by == "engine":
        await house.settle()
        head = Head(clock=house.clock)
    for _ in range(40):
        text = query(chance)
        found = answer(source_of(house, head=head), text)
        assert equal(found, answer(source_of(house, PointsOnly, head), text)), text


@pytest.mark.parametrize("is_stored", [False, True])
async def test_sums_of_large_integers_keep_each_digit(house, is_stored):
    await house.write("d", f"m v={LARGE}i 1\nm v={LARGE}i 2\nm v=1i 3\nm v=7i 60000000001".encode())
    head = None
    if is_stored:
        await house.settle()
        head = Head(clock=house.clock)
    (document,) = answer(source_of(house, head=head), "SELECT sum(v), mean(v) FROM m")
    (row,) = document["results"][0]["series"][0]["values"]
    assert row[1] == 2 * LARGE + 8

    asked = Asked("sum", Kind.INTEGER, 0, NOW_S * SECOND_NS, 60 * SECOND_NS)
    sums, unsure = sums_of(reader_of(house, head), refs_of(house), asked)
    assert unsure.tolist() == [0]
    assert sums.places.tolist() == []


async def test_one_integer_that_no_double_is_keeps_its_last_digit(house):
    await house.write("d", f"m v={(1 << 53) + 1}i 1".encode())

    (document,) = answer(source_of(house), "SELECT sum(v) FROM m")

    assert document["results"][0]["series"][0]["values"][0][1] == (1 << 53) + 1


async def test_the_newest_value_needs_no_search(house):
    await house.write("d", b"m,h=a v=1 1800000000000000000\nm,h=b v=2 1799999990000000000")

    class NoStore(MemoryStore):
        def aggregate(self, *_):
            raise AssertionError("asked")

    reader = PointReader(
        head=house.head, store=NoStore(), on_loop=lambda work: work(), most_values=10
    )
    span = 0, NOW_S * SECOND_NS + 1
    sums, unsure = sums_of(reader, refs_of(house), Asked("last", Kind.FLOAT, *span, 0))

    assert sorted(sums.values.tolist()) == [1.0, 2.0]
    assert sorted(sums.times.tolist()) == [1799999990 * SECOND_NS, NOW_S * SECOND_NS]
    assert not len(unsure)


async def test_a_later_newest_value_is_not_that_of_a_range(house):
    await house.write("d", b"m v=1 1799999990000000000\nm v=2 1800000000000000000")
    asked = Asked("last", Kind.FLOAT, 0, NOW_S * SECOND_NS, 0)

    sums, _ = sums_of(reader_of(house), refs_of(house), asked)

    assert sums.values.tolist() == [1.0]


async def test_buckets_count_as_what_is_read(house):
    rows = [f"m v={each} {each * SECOND_NS}" for each in range(1, 30)]
    await house.write("d", "\n".join(rows).encode())
    asked = Asked("mean", Kind.FLOAT, 0, 60 * SECOND_NS, SECOND_NS)

    with pytest.raises(LimitExceeded, match="more than 20"):
        sums_of(reader_of(house, most_values=20), refs_of(house), asked)


@pytest.mark.parametrize("function", ["count", "sum", "min", "first", "last"])
async def test_of_nothing_nothing_is_made(house, function):
    asked = Asked(function, Kind.STRING, 0, 60 * SECOND_NS, 0)
    sums, unsure = sums_of(reader_of(house), [], asked)
    assert not len(sums.places)
    assert not len(unsure)
    assert sums.values.dtype == np.object_


@pytest.mark.parametrize(
    "function", ["count", "sum", "mean", "min", "max", "spread", "first", "last"]
)
async def test_nan_and_infinities_are_not_there(house, function):
    at_ms = NOW_S * 1_000
    labels = (("__name__", "m"),)
    values = [math.nan, 2.0, math.inf, 1.0, -math.inf, math.nan]
    message = request_v1([(labels, [at_ms + at for at in range(len(values))], values)])
    parsed = remote_parser().parse(message, Version.V1).parsed
    await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())
    text = f"SELECT {function}(value) FROM m"

    for stored in (False, True):
        head = None
        if stored:
            await house.settle()
            head = Head(clock=house.clock)
        found = answer(source_of(house, head=head), text)
        assert found == answer(source_of(house, PointsOnly, head), text)
        assert found[0]["results"][0]["series"]
