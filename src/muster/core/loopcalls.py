"""Work of a query's thread that has to be done on the event loop, where names and head live."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from muster.errors import Unavailable

T = TypeVar("T")


class LoopCalls:
    """Calls from one other thread; on the loop itself they are made at once.

    After `end` the other makes none: whoever asked is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, wait_s: float) -> None:
        self._loop = loop
        self._wait_s = wait_s
        self._is_ended = False

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises on the loop. Blocks. Errors: Unavailable."""
        if asyncio._get_running_loop() is self._loop:
            return work()
        if self._is_ended:
            raise Unavailable("nobody waits for this answer any more")
        answer: Future[T] = Future()
        try:
            self._loop.call_soon_threadsafe(_run, work, answer)
        except RuntimeError as error:
            raise Unavailable("the hub ends; ask again later") from error
        if not wait([answer], self._wait_s).done:
            raise Unavailable("the hub is busy; ask again later")
        return answer.result()

    def end(self) -> None:
        """Let the thread come to its end at its next call."""
        self._is_ended = True


def _run(work: Callable[[], T], answer: "Future[T]") -> None:
    try:
        answer.set_result(work())
    except Exception as error:
        answer.set_exception(error)
