import asyncio

from muster.faces.native.rounds import Rounds


async def test_each_has_its_turn_and_the_earlier_ones_first():
    rounds, came = Rounds(), []
    loop = asyncio.get_running_loop()

    async def wait(name, wait_s):
        began = loop.time()
        await rounds.turn(wait_s)
        came.append((name, loop.time() - began >= wait_s))

    async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
        jobs.create_task(wait("late", 0.3))
        jobs.create_task(wait("early", 0.0))

    assert came == [("early", True), ("late", True)]


async def test_who_is_gone_holds_up_nobody_and_an_earlier_one_moves_the_timer():
    rounds = Rounds()
    far, gone, near = rounds.turn(3600), rounds.turn(0), rounds.turn(0)
    gone.cancel()
    async with asyncio.timeout(60):
        await near

    assert not far.done()
    assert len(rounds._waiting) == 1
    far.cancel()
    rounds._timer.cancel()
