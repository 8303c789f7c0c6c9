"""When the garbage collector runs."""

import asyncio
import gc
import weakref

import pytest

from muster.clock import ManualClock
from muster.hub.garbage import THRESHOLDS, Garbage


@pytest.fixture(autouse=True)
def collector():
    """The collector of the process is the tests' own again afterwards."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Ring:
    def __init__(self):
        self.ring = self


async def test_what_the_start_made_is_looked_at_no_more():
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(Garbage(clock=ManualClock()).run())
        await asyncio.sleep(0)
        frozen = gc.get_freeze_count()
        job.cancel()

    assert gc.get_threshold() == THRESHOLDS
    assert frozen > 1_000


def test_what_is_left_in_a_ring_is_found():
    ring = weakref.ref(Ring())

    assert Garbage(clock=ManualClock()).collect() >= 1
    assert ring() is None
