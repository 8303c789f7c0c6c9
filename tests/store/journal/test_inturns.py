"""Many calls on the event loop, some in each turn."""

import asyncio

from muster.clock import ManualClock
from muster.store.journal.inturns import InTurns


async def test_others_have_their_turn_between_many():
    seen = []
    turns = InTurns(seen.append, ManualClock())
    asyncio.get_running_loop().call_soon(seen.append, "other")

    turns.add(range(1000))
    assert len(seen) < 1000
    for _ in range(10):
        await asyncio.sleep(0)

    place = seen.index("other")
    assert 0 < place < 1000
    assert [each for each in seen if each != "other"] == list(range(1000))


async def test_what_takes_long_ends_a_turn():
    clock, seen = ManualClock(), []

    def take(item):
        seen.append(item)
        clock.advance(1)

    turns = InTurns(take, clock)
    turns.add(range(3))

    assert seen == [0]


async def test_what_comes_later_waits_for_what_came_before():
    seen = []
    turns = InTurns(seen.append, ManualClock())
    turns.add(range(300))
    turns.add([300, 301])
    for _ in range(10):
        await asyncio.sleep(0)

    assert seen == list(range(302))


async def test_a_few_are_taken_at_once():
    seen = []
    InTurns(seen.append, ManualClock()).add("ab")

    assert seen == ["a", "b"]
