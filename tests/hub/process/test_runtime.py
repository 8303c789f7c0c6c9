"""Python's own settings in a hub."""

import asyncio
import gc
import sys
import weakref

import pytest

from muster.clock import ManualClock
from muster.hub.process.runtime import (
    EVERY_S,
    FIRST_S,
    LASTING,
    LONGEST_S,
    QUIET_S,
    SWITCH_S,
    THRESHOLDS,
    Runtime,
    Turns,
)


@pytest.fixture(autouse=True)
def settings():
    """Those of the process are the tests' own again afterwards."""
    before, interval_s = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.set_threshold(*before)
    sys.setswitchinterval(interval_s)
    gc.unfreeze()


class Ring:
    def __init__(self):
        self.ring = self


async def test_what_the_start_made_is_looked_at_no_more():
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(Runtime(clock=ManualClock()).run())
        await asyncio.sleep(0)
        frozen = gc.get_freeze_count()
        job.cancel()

    assert gc.get_threshold() == THRESHOLDS
    assert frozen > 1_000
    assert sys.getswitchinterval() == pytest.approx(SWITCH_S)


def test_what_is_left_in_a_ring_is_found():
    ring = weakref.ref(Ring())

    assert Runtime(clock=ManualClock()).collect() >= 1
    assert ring() is None


def test_what_was_put_aside_is_found_within_the_hour():
    runtime, ring = Runtime(clock=ManualClock()), weakref.ref(Ring())
    gc.freeze()
    gc.collect()
    kept = ring() is not None

    assert kept
    assert runtime.collect() >= 1
    assert ring() is None


def test_what_lives_through_some_rounds_is_put_aside_before_all_is_looked_at():
    runtime = Runtime(clock=ManualClock())
    gc.collect()
    gc.unfreeze()
    gc.disable()
    try:
        runtime.put_aside()
        early = gc.get_freeze_count()
        for _ in range(LASTING):
            gc.collect(1)
        runtime.put_aside()
    finally:
        gc.enable()

    assert early == 0
    assert gc.get_freeze_count() > 1_000
    assert gc.get_count()[2] == 0


def turns_of(grows, end):
    turns = Turns(0.0)
    return [now for now in range(int(end)) if turns.is_due(now, has_grown=grows(now))]


def test_what_the_start_took_goes_back_before_a_storm_is_over():
    assert turns_of(lambda now: now < 200, FIRST_S + 2 * LONGEST_S)[0] == FIRST_S


def test_a_storm_that_lasts_gives_back_once_a_minute_and_when_it_is_over():
    last = FIRST_S + LONGEST_S + 20
    found = turns_of(lambda now: now <= last, EVERY_S)

    assert found == [FIRST_S, FIRST_S + 1 + LONGEST_S, last + QUIET_S]


def test_where_nothing_grows_it_is_soon_after_the_start_and_then_once_an_hour():
    second = FIRST_S + QUIET_S

    assert turns_of(lambda now: False, 2 * EVERY_S) == [FIRST_S, second, second + EVERY_S]
