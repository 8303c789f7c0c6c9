"""Python's own settings in a hub."""

import asyncio
import gc
import sys
import weakref

import pytest

from muster.clock import ManualClock
from muster.hub.runtime import LASTING, SWITCH_S, THRESHOLDS, Runtime


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
