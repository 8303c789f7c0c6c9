"""A query's thread asks the event loop."""

import asyncio
import threading
from threading import Thread

import pytest

from muster.core.loopcalls import LoopCalls
from muster.errors import NotFound, Unavailable


async def test_work_is_done_on_the_loop_and_its_answer_comes_back():
    calls = LoopCalls(asyncio.get_running_loop(), 30)

    found = await asyncio.to_thread(lambda: calls(threading.get_ident))

    assert found == threading.get_ident()


async def test_what_the_work_raises_is_raised_where_it_was_asked_for():
    calls = LoopCalls(asyncio.get_running_loop(), 30)

    def work():
        raise NotFound("nothing")

    with pytest.raises(NotFound, match="nothing"):
        await asyncio.to_thread(lambda: calls(work))


async def test_after_the_end_nothing_is_asked_any_more():
    calls = LoopCalls(asyncio.get_running_loop(), 30)
    calls.end()

    with pytest.raises(Unavailable, match="nobody waits"):
        await asyncio.to_thread(lambda: calls(int))


async def test_a_loop_that_does_not_come_to_it_is_not_waited_for():
    calls = LoopCalls(asyncio.get_running_loop(), 0)
    ended = Thread(target=lambda: raised.append(error_of(calls)))
    raised = []
    ended.start()
    ended.join()  # meanwhile the loop stands still

    assert "busy" in str(raised[0])


async def test_on_the_loop_itself_work_is_done_at_once():
    assert LoopCalls(asyncio.get_running_loop(), 0)(int) == 0


def error_of(calls):
    try:
        calls(int)
    except Unavailable as error:
        return error


def test_a_loop_that_has_ended_is_not_asked():
    loop = asyncio.new_event_loop()
    loop.close()

    with pytest.raises(Unavailable, match="ends"):
        LoopCalls(loop, 30)(int)
