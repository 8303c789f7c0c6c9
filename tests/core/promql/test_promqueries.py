"""Questions of Prometheus' API over a hub's databases."""

import asyncio
import json
import threading

import msgspec
import pytest

from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.core.promql.promqueries import Asked, PromQueries
from muster.errors import Denied, LimitExceeded
from muster.model.influx import Privilege
from muster.promql import api
from muster.promql.api import Data, Question
from muster.promql.errors import QueryTimeout
from muster.testing.influxstore import InfluxStore

MS = 1_000_000


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path) as opened:
        for name in ("one", "two"):
            await opened.databases.create(opened.login, name)
            text = f"up,db_of={name} value=1 {opened.clock.now_ns()}"
            await opened.write(name, text.encode())
        opened.prom = PromQueries(
            queries=opened.queries,
            databases=opened.databases,
            stocks=opened.stocks,
            registry=opened.registry,
        )
        yield opened


async def values(house, login, database="", policy=""):
    now_ms = house.clock.now_ns() // MS
    question = api.query({"query": ["up"]}, now_ms)
    data = await house.prom.answer(Asked(login, database, policy), question)
    return [each["metric"]["db_of"] for each in json.loads(data.text)["result"]]


async def test_without_a_name_all_databases_are_asked(house):
    assert await values(house, house.login) == ["one", "two"]
    assert await values(house, house.login, "two") == ["two"]


async def test_only_what_may_be_read_is_read(house):
    login = house.login.__class__(
        space=house.space.id,
        actor=house.login.actor,
        name="reader",
        grants={"one": Privilege.READ, "two": Privilege.WRITE},
    )

    assert await values(house, login) == ["one"]
    with pytest.raises(Denied, match="may not read the database 'two'"):
        await values(house, login, "two")


async def test_what_is_not_there_is_told(house):
    with pytest.raises(DatabaseNotFound):
        await values(house, house.login, "three")
    with pytest.raises(PolicyNotFound):
        await values(house, house.login, "one", "week")


async def test_an_answer_that_takes_longer_than_its_timeout_is_given_up(house):
    def work(source, limits):
        while True:
            limits.look()

    with pytest.raises(QueryTimeout):
        await house.prom.answer(Asked(house.login), Question(work, timeout_ms=1))


async def test_a_timeout_of_nothing_is_over_at_once(house):
    question = Question(lambda source, limits: Data(b"[]"), timeout_ms=-1, steps=1)

    with pytest.raises(QueryTimeout):
        await house.prom.answer(Asked(house.login), question)


async def test_what_runs_is_listed(house):
    seen = []

    def work(source, limits):
        seen.extend(each.text for each, _ in house.registry.listed(house.space.id))
        return Data(b"[]")

    await house.prom.answer(Asked(house.login, text="up"), Question(work))
    assert seen == ["up"]


async def test_what_is_killed_is_given_up(house):
    begun = threading.Event()

    def work(source, limits):
        begun.set()
        while True:
            limits.look()

    async def killed():
        with pytest.raises(QueryInterrupted):
            await house.prom.answer(Asked(house.login, text="up"), Question(work))

    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(killed())
        await asyncio.to_thread(begun.wait)
        ((running, _),) = house.registry.listed(house.space.id)
        house.registry.kill(house.space.id, running.number)


async def test_a_long_range_is_read_in_parts(tmp_path):
    async with InfluxStore(tmp_path) as house:
        await house.databases.create(house.login, "one")
        now_ms = house.clock.now_ns() // MS
        lines = "\n".join(f"up value={at} {(now_ms - at * 1_000) * MS}" for at in range(300))
        await house.write("one", lines.encode())
        queries = house.over(house.head)
        queries.settings = msgspec.structs.replace(queries.settings, max_rows=100)
        prom = PromQueries(
            queries=queries,
            databases=house.databases,
            stocks=house.stocks,
            registry=house.registry,
        )
        given = {"query": ["max_over_time(up[10s])"], "step": ["10"]}
        given |= {"start": [str(now_ms / 1e3 - 290)], "end": [str(now_ms / 1e3)]}
        data = await prom.answer(Asked(house.login), api.query_range(given, 100))
        (found,) = json.loads(data.text)["result"]
        values = [value for _, value in found["values"]]
        assert values == ["299", *map(str, range(290, 0, -10))]

        too_much = api.query({"query": ["max_over_time(up[200s])"]}, now_ms)
        with pytest.raises(LimitExceeded, match="more than 100 single values"):
            await prom.answer(Asked(house.login), too_much)


async def test_what_the_engine_gave_before_needs_no_thread(house):
    await house.settle()
    question = api.query({"query": ["up"]}, house.clock.now_ns() // MS)
    asked = Asked(house.login)

    assert house.prom.at_once(asked, question) is None
    first = await house.prom.answer(asked, question, is_tried=True)

    assert house.prom.at_once(asked, question) == first


async def test_few_series_are_found_at_once_unless_a_pattern_is_tried_on_them(house):
    await house.settle()
    now_ms, asked = house.clock.now_ns() // MS, Asked(house.login)
    await house.prom.answer(asked, api.query({"query": ["up"]}, now_ms))  # what they have is kept
    plain, pattern = (
        api.query({"query": [text]}, now_ms) for text in ('up{no!="a"}', 'up{no!~"a.*"}')
    )

    assert house.prom.at_once(asked, pattern) is None
    found = house.prom.at_once(asked, plain)

    assert found is not None
    assert found == await house.prom.answer(asked, pattern)


async def test_what_may_take_long_goes_to_a_thread_at_first(house):
    now_ms = house.clock.now_ns() // MS
    inside = api.query({"query": ["max_over_time(up[5m:1m])"]}, now_ms)
    at_steps = api.query_range(
        {"query": ["up"], "start": ["0"], "end": ["100"], "step": ["1"]}, 11_000
    )
    long = api.query({"query": ["up" + "+up" * 40]}, now_ms)

    assert (inside.steps, at_steps.steps, long.steps) == (0, 101, 0)
