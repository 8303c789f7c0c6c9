"""Continuous queries run at their times, one of each at once."""

import asyncio
import logging

import pytest

from muster.clock import ManualClock
from muster.core.influxql.continuous import ContinuousQueries, Settings
from muster.core.influxql.queryregistry import QueryRegistry
from muster.influxql.answers.results import StatementResult
from muster.influxql.execution.writing import written
from muster.influxql.printing.printer import format
from muster.model.influx import ContinuousQuery, Database
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOON_S = 1_795_694_400  # 2026-11-26T12:00:00Z


def query(name="q", resample="", group="time(1m)"):
    text = (
        f"CREATE CONTINUOUS QUERY {name} ON d {resample} BEGIN SELECT mean(v)"
        f" INTO d.autogen.n FROM d.autogen.m GROUP BY {group} END"
    )
    return ContinuousQuery(name=name, query=text)


class Book:
    """The databases of a hub, as far as this asks for them."""

    def __init__(self, *queries):
        self.queries = queries

    def every(self):
        yield Database(space="s", name="d", number=1, queries=tuple(self.queries))


class Answers:
    """Keeps what is asked. `error` is what it answers; `gate` holds it up."""

    def __init__(self):
        self.asked = []
        self.error = ""
        self.bug = None
        self.gate = None

    async def answer(self, asked, statement, number):
        self.asked.append((asked, statement))
        if self.gate is not None:
            await self.gate.wait()
        if self.bug is not None:
            raise self.bug
        return StatementResult(0, () if self.error else (written(3),), error=self.error)


@pytest.fixture
def clock():
    return ManualClock((NOON_S + 10) * 10**9)


@pytest.fixture
def answers():
    return Answers()


def made(clock, answers, *queries, settings=None):
    return ContinuousQueries(
        databases=Book(*queries),
        answers=answers,
        registry=QueryRegistry(clock=clock),
        clock=clock,
        settings=settings or Settings(),
    )


async def run_due(continuous):
    found = continuous.due()
    for due in found:
        await continuous.turn(due)
    return found


async def test_a_query_waits_for_its_first_turn_and_runs_once_for_each(clock, answers):
    continuous = made(clock, answers, query())

    assert await run_due(continuous) == []
    clock.advance(50)
    assert len(await run_due(continuous)) == 1
    clock.advance(59)
    assert await run_due(continuous) == []
    clock.advance(1)
    assert len(await run_due(continuous)) == 1

    start = NOON_S * 10**9
    asked, statement = answers.asked[0]
    assert f"time >= {start} AND time < {start + 60 * 10**9}" in format(statement)
    assert (asked.login.admin, asked.login.space) == (True, "s")
    counts = continuous.counts("s")
    assert (counts.ran, counts.failed, counts.written) == (2, 0, 6)


async def test_turns_that_were_missed_are_not_made_up_for(clock, answers):
    continuous = made(clock, answers, query())
    continuous.due()

    clock.advance(600)

    assert len(await run_due(continuous)) == 1
    assert f"time < {(NOON_S + 600) * 10**9}" in format(answers.asked[0][1])


async def test_one_that_still_runs_is_not_begun_again(clock, answers):
    continuous = made(clock, answers, query())
    continuous.due()
    clock.advance(60)
    (due,) = continuous.due()
    clock.advance(60)

    assert continuous.due() == []
    assert continuous.counts("s").skipped == 1
    await continuous.turn(due)
    clock.advance(60)
    assert len(continuous.due()) == 1


async def test_few_read_at_the_same_time(clock, answers):
    answers.gate = asyncio.Event()
    queries = [query("a"), query("b"), query("c")]
    continuous = made(clock, answers, *queries, settings=Settings(at_once=2))
    continuous.due()
    clock.advance(60)

    async with asyncio.TaskGroup() as jobs:
        for due in continuous.due():
            jobs.create_task(continuous.turn(due))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        under_way = len(answers.asked)
        answers.gate.set()

    assert (under_way, len(answers.asked)) == (2, 3)


async def test_a_failure_is_told_and_counted_and_the_next_turn_runs(clock, answers, caplog):
    continuous = made(clock, answers, query())
    continuous.due()
    answers.error = "retention policy not found: p"
    clock.advance(60)
    await run_due(continuous)
    answers.error, answers.bug = "", ValueError("a bug")
    clock.advance(60)
    await run_due(continuous)
    answers.bug = None
    clock.advance(60)
    await run_due(continuous)

    counts = continuous.counts("s")
    assert (counts.ran, counts.failed) == (1, 2)
    records = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert records[0].error == "retention policy not found: p"
    assert (records[0].query, records[0].database) == ("q", "d")


async def test_a_query_that_cannot_run_is_told_once(clock, answers, caplog):
    continuous = made(clock, answers, ContinuousQuery(name="q", query="SELECT v FROM m"))

    for _ in range(3):
        assert continuous.due() == []
        clock.advance(3_600)

    assert continuous.counts("s").failed == 1
    assert len(caplog.records) == 1


async def test_a_clock_that_is_set_back_keeps_no_query_waiting(clock, answers):
    continuous = made(clock, answers, query())
    continuous.due()
    clock.jump(-3_600)
    continuous.due()

    clock.advance(60)

    assert len(continuous.due()) == 1


async def test_a_query_that_was_dropped_runs_no_more(clock, answers):
    book = Book(query())
    continuous = made(clock, answers)
    continuous._databases = book
    continuous.due()
    book.queries = ()
    clock.advance(60)

    assert continuous.due() == []


async def test_nothing_runs_where_it_is_switched_off(clock, answers):
    await made(clock, answers, query(), settings=Settings(enabled=False)).run()


async def test_what_it_writes_can_be_asked_for(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOON_S + 10 - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        lines = [f"m,t=a v={at} {(NOON_S + at) * 10**9}" for at in range(120)]
        await house.write("d", "\n".join(lines).encode())
        made_text = (
            "CREATE CONTINUOUS QUERY q ON d RESAMPLE FOR 2m BEGIN"
            " SELECT mean(v) INTO n FROM m GROUP BY time(1m), * END"
        )
        await house.ask(made_text, {"db": "d"})
        continuous = ContinuousQueries(
            databases=house.databases,
            answers=house.evaluator(house.queries),
            registry=house.registry,
            clock=house.clock,
            settings=Settings(),
        )
        continuous.due()
        house.clock.advance(110)
        (due,) = continuous.due()
        await continuous.turn(due)

        body = await house.ask("SELECT * FROM n GROUP BY *", {"db": "d", "epoch": "s"})

    assert b'"tags":{"t":"a"}' in body
    assert b'"values":[[%d,29.5],[%d,89.5]]' % (NOON_S, NOON_S + 60) in body
    assert continuous.counts(house.space.id).written == 2
