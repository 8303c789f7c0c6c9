"""Columns for PromQL out of a real head and engine."""

import asyncio

import pytest

from muster.core.loopcalls import LoopCalls
from muster.core.promql.promcolumns import ColumnReader
from muster.core.promql.promselections import selection_of
from muster.core.querying.pointreader import TakesLonger
from muster.errors import LimitExceeded
from muster.model.query import Selector
from muster.store.head.head import Head
from muster.testing.influxstore import InfluxStore

MS = 1_000_000


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path) as opened:
        opened.now_ms = opened.clock.now_ns() // MS
        await opened.databases.create(opened.login, "one")
        yield opened


async def write(house, *lines):
    text = "\n".join(f"{line} {(house.now_ms + at) * MS}" for at, line in lines)
    await house.write("one", text.encode())


def reader(house, head=None, most=1_000):
    loop = LoopCalls(asyncio.get_running_loop(), 5.0)
    return ColumnReader(
        head=head or house.head, store=house.plane.store, on_loop=loop, most_values=most
    )


def selection(house):
    refs = house.plane.catalogue.find(Selector(measurement="up"), None)
    labels = {}
    for ref in refs:
        key = tuple(tag for tag in ref.series.tags if tag[0] in ("a", "b"))
        labels.setdefault(key, []).append(ref)
    return selection_of(labels)


async def told(house, asked, start=-10_000):
    span = (house.now_ms + start) * MS, (house.now_ms + 10_000) * MS
    found = await asyncio.to_thread(asked.columns, selection(house), *span)
    return found, {
        each.labels[0][1]: [(each.times - house.now_ms).tolist(), each.values.tolist()]
        for each in found.samples()
    }


async def test_series_of_one_batch_share_their_times(house):
    await write(house, *((at, f"up,a={tag} value={at}") for at in (1, 2) for tag in "xyz"))
    found, series = await told(house, reader(house))

    assert series == {tag: [[1, 2], [1, 2]] for tag in "xyz"}
    assert len(found.values) == 6


async def test_series_without_samples_in_the_range_are_empty(house):
    await write(house, (-9_000, "up,a=x value=1"), (1, "up,a=y value=2"))
    found, series = await told(house, reader(house), start=0)

    assert series == {"y": [[1], [2]]}
    assert (len(found.labels), found.held) == (2, 1)


async def test_of_one_millisecond_the_last_counts(house):
    text = f"up,a=x value=1 {house.now_ms * MS}\nup,a=x value=2 {house.now_ms * MS + 1}"
    await house.write("one", text.encode())

    assert (await told(house, reader(house)))[1] == {"x": [[0], [2]]}


async def test_what_the_head_lacks_comes_from_the_engine(house):
    await write(house, *((at, f"up,a={tag} value={at}") for at in (1, 2, 3) for tag in "xy"))
    await write(house, (2, "up,a=z value=7"))
    await house.settle()
    empty = Head(clock=house.clock)
    empty.begin(house.plane.newest)

    assert (await told(house, reader(house, empty)))[1] == {
        "x": [[1, 2, 3], [1, 2, 3]],
        "y": [[1, 2, 3], [1, 2, 3]],
        "z": [[2], [7]],
    }


async def test_series_that_are_called_alike_are_one(house):
    await write(house, (1, "up,a=x value=1"), (2, "up,a=x value=2"), (3, "up,a=x,b=k value=3"))
    asked = selection(house)
    double = asked._replace(
        labels=type(asked.labels)([asked.labels[0]]),
        parts=[part._replace(owners=part.owners * 0) for part in asked.parts],
        is_plain=False,
    )
    span = 0, (house.now_ms + 10) * MS
    (found,) = (await asyncio.to_thread(reader(house).columns, double, *span)).samples()

    assert (found.times - house.now_ms).tolist() == [1, 2, 3]
    assert found.values.tolist() == [1, 2, 3]


async def test_no_more_is_read_than_may_be(house):
    await write(house, *((at, "up,a=x value=1") for at in range(5)))
    asked = reader(house, most=4)

    with pytest.raises(LimitExceeded, match="more than 4 single values"):
        await told(house, asked)
    asked.renew()
    with pytest.raises(LimitExceeded, match="more than 4 single values"):
        await told(house, asked)


async def test_head_and_engine_are_read_as_one(house):
    await write(house, *((at, f"up,a={tag} value={at}") for at in (1, 2) for tag in "xy"))
    await house.settle()
    house.clock.advance(5)
    fresh = Head(clock=house.clock)
    fresh.begin(house.plane.newest)
    house.ingest._head = fresh
    await write(house, *((at, f"up,a={tag} value={at}") for at in (6_000, 6_500) for tag in "xy"))

    expected = [[1, 2, 6_000, 6_500], [1, 2, 6_000, 6_500]]
    assert (await told(house, reader(house, fresh)))[1] == {"x": expected, "y": expected}


async def test_what_memory_has_is_the_same_on_the_loop_as_in_a_thread(house):
    await write(house, *((at, f"up,a={tag} value={at}") for at in (1, 2, 3) for tag in "xy"))
    await write(house, (2, "up,b=z other=7i"))
    there, _ = await told(house, reader(house), start=0)
    quick = reader(house)
    quick.at_once(1, 1)

    found = quick.columns(selection(house), house.now_ms * MS, (house.now_ms + 10_000) * MS)

    assert [list(each.values) for each in found.samples()] == [
        list(each.values) for each in there.samples()
    ]
    assert found.labels == there.labels
    for steps, looks in ((10_000, 1), (1, 1_000_000)):
        quick.at_once(steps, looks)
        with pytest.raises(TakesLonger):
            quick.columns(selection(house), house.now_ms * MS, (house.now_ms + 10_000) * MS)


async def test_the_newest_samples_are_those_of_the_columns(house):
    await write(house, *((at, f"up,a={tag} value={at}") for at in (1, 2, 3) for tag in "xy"))
    await write(house, (2, "up,b=z other=7i"))
    quick, asked = reader(house), selection(house)
    quick.at_once(1, 1)

    for end in (2, 3, 10):
        span = (house.now_ms + 1) * MS, (house.now_ms + end) * MS + 1
        found = quick.newest(asked, *span)
        wanted = list(quick.columns(asked, *span).samples())
        assert found is not None
        assert found.labels == [each.labels for each in wanted]
        assert found.values[:, 0].tolist() == [each.values[-1] for each in wanted]
        assert found.times[:, 0].tolist() == [each.times[-1] for each in wanted]
        assert found.there.all()
    assert quick.newest(asked, house.now_ms * MS, (house.now_ms + 1) * MS + 1) is None
    assert quick.newest(asked._replace(is_plain=False), *span) is None
