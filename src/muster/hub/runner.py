"""Runs one hub as this process: its event loop, its signals, its end.

uvloop carries twice the rate of TLS streams; where it is not installed, asyncio's own loop
serves as well.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from muster.errors import cause_of
from muster.hub.app import Hub, Ready
from muster.hub.process import memory

log = logging.getLogger(__name__)

END_S = 10.0  # from the signal on; what was acknowledged is on disk at any moment
THREADS = 16  # mostly waiting for the disk, which takes several changes at once


def serve(hub: Hub, ready: Ready) -> None:
    """Run a hub on an event loop of its own until SIGTERM or SIGINT. Errors: as `Hub.run`."""
    os.umask(0o077)
    memory.settle()
    leaving = threading.Timer(END_S, _leave)
    leaving.daemon = True
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            threads = ThreadPoolExecutor(THREADS, thread_name_prefix="asyncio")
            runner.get_loop().set_default_executor(threads)
            runner.run(_run(hub, ready, leaving))
    finally:
        leaving.cancel()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The fastest event loop that is installed."""
    try:
        import uvloop
    except ImportError:
        log.info("uvloop is not installed; asyncio's own event loop serves, more slowly")
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _run(hub: Hub, ready: Ready, leaving: threading.Timer) -> None:
    """Run a hub until a signal says stop, and then no longer than `leaving` lets it."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        hub.stop()
        with contextlib.suppress(RuntimeError):  # it has begun: a second signal
            leaving.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hub.reload)
    try:
        await hub.run(ready)
    except BaseExceptionGroup as group:
        raise cause_of(group) from group
    if hub.left_behind:
        _exit()


def _leave() -> None:
    """End a hub whose stop takes too long, and say what it waited for.

    A thread that waits for a disk or a peer would hold up the loop's end, and the process's.
    """
    names = {each.ident: each.name for each in threading.enumerate()}
    waits = {
        names.get(thread, str(thread)): "".join(traceback.format_stack(frame)[-2:])
        for thread, frame in sys._current_frames().items()
    }
    log.warning("the stop takes too long; the hub leaves now", extra={"waits": waits})
    _exit()


def _exit() -> None:
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
