"""Rows of before the start: there once all their segments are stored."""

import asyncio

import pytest

from muster.errors import Starting
from muster.store.replay import Replay


async def test_without_segments_nothing_is_waited_for():
    replay = Replay()
    replay.expect([])

    await replay.wait(0)

    assert replay.is_done


async def test_who_waits_goes_on_when_the_last_segment_is_stored():
    replay = Replay()
    replay.expect([3, 4, 7])
    replay.stored(4)
    early = replay.is_done
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(replay.wait(60))
        await asyncio.sleep(0)
        replay.stored(7)

    assert not early
    assert replay.is_done


async def test_who_has_waited_long_enough_is_told_what_is_left():
    replay = Replay()
    replay.expect([3, 4, 7])
    replay.stored(3)

    with pytest.raises(Starting, match="2 segments are left") as caught:
        await replay.wait(0)

    assert (caught.value.code, caught.value.status) == ("starting", 503)
    assert caught.value.retry_after_s > 0


async def test_what_is_stored_later_does_not_matter():
    replay = Replay()
    replay.expect([1])
    replay.stored(1)
    replay.stored(2)

    assert replay.is_done
