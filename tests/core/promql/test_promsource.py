"""The series of a space as PromQL sees them, over real journal, head and engine."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.loopcalls import LoopCalls
from muster.core.promql.promcolumns import ColumnReader
from muster.core.promql.promnames import MetricNames, labels_of_tags
from muster.core.promql.promselections import KeptSelections, Places
from muster.core.promql.promsource import PromSource, TagLabels
from muster.core.writes.stocks import shown_tags
from muster.model.influx import STOCK
from muster.promql.errors import ExecutionError
from muster.promql.matchers import Matcher
from muster.promql.parser import parse_selector
from muster.testing.influxstore import InfluxStore

MS = 1_000_000


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path) as opened:
        now_ms = opened.clock.now_ns() // MS
        opened.now_ms = now_ms
        for name in ("telegraf", "prometheus"):
            await opened.databases.create(opened.login, name)
        await opened.write("telegraf", line(now_ms, 'cpu,host=a idle=1.5,on=t,n=7i,s="text"'))
        await opened.write("telegraf", line(now_ms - 1_000, "cpu,host=b idle=2"))
        await opened.write("prometheus", line(now_ms, "up,host=a value=1"))
        yield opened


def line(time_ms, text):
    return f"{text} {time_ms * MS}".encode()


def source(house, *names, most=100):
    databases = [house.databases.database(house.space.id, name) for name in names]
    stocks = {str(house.stocks.find(each, "autogen").id) for each in databases}
    loop = LoopCalls(asyncio.get_running_loop(), 5.0)
    reader = ColumnReader(head=house.head, store=house.plane.store, on_loop=loop, most_values=1_000)
    return PromSource(
        places=Places(house.space.id, frozenset(stocks), own=False),
        names=MetricNames(house.plane.catalogue),
        labels=TagLabels(),
        kept=KeptSelections(),
        catalogue=house.plane.catalogue,
        reader=reader,
        on_loop=loop,
        most_series=most,
    )


async def found(house, text, *names):
    asked = source(house, *(names or ("telegraf", "prometheus")))
    span = house.now_ms - 60_000, house.now_ms
    series = await asyncio.to_thread(asked.select, parse_selector(text), *span)
    return {each.labels: each.values.tolist() for each in series.samples()}


async def test_fields_are_metrics_and_strings_are_none(house):
    assert await found(house, '{__name__=~"cpu.*",host="a"}') == {
        (("__name__", "cpu_idle"), ("host", "a")): [1.5],
        (("__name__", "cpu_n"), ("host", "a")): [7],
        (("__name__", "cpu_on"), ("host", "a")): [1],
    }


async def test_a_field_called_value_has_the_measurements_name(house):
    assert list(await found(house, "up")) == [(("__name__", "up"), ("host", "a"))]
    assert await found(house, "up", "telegraf") == {}
    assert await found(house, "nothing") == {}


async def test_matchers_are_asked_of_the_shown_labels(house):
    assert list(await found(house, 'cpu_idle{host!="a",db="",node=""}')) == [
        (("__name__", "cpu_idle"), ("host", "b"))
    ]


async def test_labels_that_are_no_tags_of_their_name_are_matched_too(house):
    await house.write("telegraf", line(house.now_ms, "of,a.b=1,node=n,a=1,host=h value=1"))
    labels = (("__name__", "of"), ("a", "1"), ("a_b", "1"), ("host", "h"), ("node", "n"))

    for text in ('a_b="1"', 'node="n"', 'a="1",host="h"', 'b=""', 'a="1",a!="2",node!=""'):
        assert list(await found(house, f"of{{{text}}}")) == [labels]
    for text in ('a="2"', 'a="1",a="2"', 'node="m"', 'b="1"', 'host="g"', 'a_b="2"'):
        assert await found(house, f"of{{{text}}}") == {}


async def test_series_that_other_labels_have_are_not_looked_at(house):
    for number in range(5):
        await house.write("telegraf", line(house.now_ms, f"many,a={number} value=1"))
    asked = source(house, "telegraf", most=2)

    assert (
        len((await asyncio.to_thread(asked.select, parse_selector('many{a="1"}'), 0, 1)).labels)
        == 1
    )
    with pytest.raises(ExecutionError, match="more than 2 series match"):
        await asyncio.to_thread(asked.select, parse_selector('many{a!="1"}'), 0, 1)


async def test_one_series_in_two_databases_is_one(house):
    await house.write("telegraf", line(house.now_ms - 2_000, "up,host=a value=5"))
    await house.write("telegraf", line(house.now_ms, "up,host=a value=1"))

    assert list((await found(house, "up")).values()) == [[5, 1]]


async def test_names_are_listed_without_their_samples(house):
    asked = source(house, "telegraf", "prometheus")
    series = await asyncio.to_thread(asked.series, [Matcher("host", "=", "b")], 0, 1)

    assert series == [(("__name__", "cpu_idle"), ("host", "b"))]


async def test_more_series_than_may_be_read_are_refused(house):
    asked = source(house, "telegraf", "prometheus", most=2)
    with pytest.raises(ExecutionError, match="more than 2 series match"):
        await asyncio.to_thread(asked.select, [Matcher("host", "!=", "")], 0, 1)
    assert len(await asyncio.to_thread(asked.series, [Matcher("host", "!=", "")], 0, 1)) == 5


KEYS = st.sampled_from(
    ["a", "a.b", "a_b", "_a", "node", "_node", "__node", "space", "db", "__name__"]
)
TAGS = st.dictionaries(KEYS, st.sampled_from("12")).map(lambda tags: tuple(sorted(tags.items())))


@given(TAGS, st.booleans())
def test_labels_are_those_of_the_shown_tags(tags, is_of_stock):
    own = tuple(tag for tag in tags if tag[0] != "space")
    if is_of_stock:
        tags = tuple(sorted((*tags, (STOCK, "s"))))
    shown = shown_tags(tags) if is_of_stock else own

    assert TagLabels()[tags] == ("s" if is_of_stock else "", labels_of_tags(shown))
