"""Requests that run are listed, and can be ended."""

import asyncio

import pytest

from muster.clock import ManualClock
from muster.core.influxql.queryregistry import NOT_LISTED, QueryInterrupted, QueryRegistry
from muster.errors import Conflict, NotFound


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def registry(clock):
    return QueryRegistry(clock=clock)


def test_what_runs_is_listed_with_how_long_it_has_run(registry, clock):
    with registry.running("s", lambda: "SELECT 1", "d") as query:
        clock.advance(1.25)
        listed = registry.listed("s")
        elsewhere = registry.listed("other")

    assert listed == [(query, 1_000_000_000)]
    assert elsewhere == []
    assert registry.listed("s") == []
    assert (query.number, query.text, query.database, query.status) == (
        1,
        "SELECT 1",
        "d",
        "running",
    )


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, 0), (5e-7, 500), (0.0012345, 1_000_000)])
def test_short_spans_are_told_in_small_units(registry, clock, seconds, shown):
    with registry.running("s", lambda: "q", "") as query:
        clock.advance(seconds)

        assert registry.listed("s") == [(query, shown)]


def test_what_ran_is_counted(registry, clock):
    with registry.running("s", lambda: "q", ""):
        clock.advance(2)
        counts = registry.counts("s")
        assert (counts.executed, counts.finished) == (1, 0)

    assert (counts.executed, counts.finished, counts.duration_s) == (1, 1, 2.0)
    assert registry.counts("other").executed == 0


async def test_a_wait_ends_when_its_request_is_killed(registry):
    with registry.running("s", lambda: "q", "") as query:
        asyncio.get_running_loop().call_soon(registry.kill, "s", query.number)
        with pytest.raises(QueryInterrupted, match="query interrupted"):
            async with query.interruptible():
                await asyncio.Event().wait()
        with pytest.raises(QueryInterrupted):
            async with query.interruptible():
                pass

        assert query.status == "killed"


async def test_a_timeout_within_is_none_of_an_interruption(registry):
    with registry.running("s", lambda: "q", "") as query, pytest.raises(TimeoutError):
        async with query.interruptible():
            raise TimeoutError


async def test_what_must_not_stop_halfway_goes_on_and_who_would_end_it_is_told(registry):
    with registry.running("s", lambda: "q", "") as query:
        told = f"query {query.number} goes on: it deletes"
        with query.finishing("it deletes"), pytest.raises(Conflict, match=told):
            registry.kill("s", query.number)
        with pytest.raises(QueryInterrupted):
            query.check()
        registry.kill("s", query.number)


def test_a_request_of_another_space_cannot_be_ended(registry):
    with registry.running("s", lambda: "q", "") as query:
        for space, number in (("other", query.number), ("s", 99)):
            with pytest.raises(NotFound, match=f"no such query id: {number}"):
                registry.kill(space, number)

        query.check()


async def test_what_is_not_listed_runs_to_its_end():
    async with NOT_LISTED.interruptible():
        NOT_LISTED.check()


def test_what_is_over_at_once_is_counted_and_never_listed(registry, clock):
    started = registry.now
    clock.advance(0.5)
    registry.ran("s", started)
    counts = registry.counts("s")

    assert registry.listed("s") == []
    assert (counts.executed, counts.finished, counts.duration_s) == (1, 1, 0.5)
