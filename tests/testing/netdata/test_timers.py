import asyncio

from muster.testing.netdata.timers import Timers


async def test_what_is_due_at_once_is_called_at_once():
    called = []
    Timers().later(0.0, lambda: called.append(1))

    assert called == [1]


async def test_what_is_due_later_is_called_by_the_loop():
    done = asyncio.Event()
    Timers().later(0.001, done.set)

    async with asyncio.timeout(60):
        await done.wait()


async def test_what_is_forgotten_or_closed_is_never_called():
    called = []
    timers = Timers()
    timers.later(0.001, lambda: called.append("forgotten"))()
    timers.later(0.001, lambda: called.append("closed"))
    timers.close()
    timers.later(0.0, lambda: called.append("too late"))
    done = asyncio.Event()
    Timers().later(0.01, done.set)
    async with asyncio.timeout(60):
        await done.wait()

    assert called == []
