"""Runs one hub as this process: its event loop, its signals, its end.

uvloop carries twice the rate of TLS streams; where it is not installed, asyncio's own loop
serves as well.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from muster.ending import BoundedEnd, leave
from muster.errors import cause_of
from muster.hub.app import Hub, Ready
from muster.hub.process import memory

log = logging.getLogger(__name__)

THREADS = 16  # mostly waiting for the disk, which takes several changes at once


def serve(hub: Hub, ready: Ready) -> None:
    """Run a hub on an event loop of its own until SIGTERM or SIGINT. Errors: as `Hub.run`."""
    os.umask(0o077)
    memory.settle()
    end = BoundedEnd()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            threads = ThreadPoolExecutor(THREADS, thread_name_prefix="asyncio")
            runner.get_loop().set_default_executor(threads)
            runner.run(_run(hub, ready, end))
    finally:
        end.came()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The fastest event loop that is installed."""
    try:
        import uvloop
    except ImportError:
        log.info("uvloop is not installed; asyncio's own event loop serves, more slowly")
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _run(hub: Hub, ready: Ready, end: BoundedEnd) -> None:
    """Run a hub until a signal says stop, and then no longer than `end` lets it."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        hub.stop()
        end.begin()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hub.reload)
    try:
        await hub.run(ready)
    except BaseExceptionGroup as group:
        raise cause_of(group) from group
    if hub.left_behind:
        leave()
