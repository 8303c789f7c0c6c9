"""The end of a process, which takes no longer than it may.

A thread that waits for a disk or a peer holds up the end of the event loop, and the interpreter's
after it, for as long as it waits. So a timer runs from the signal on.
"""

import contextlib
import logging
import os
import sys
import threading
import traceback
from typing import NoReturn

log = logging.getLogger(__name__)

END_S = 10.0  # from the signal on; what was acknowledged is on disk at any moment


class BoundedEnd:
    """Leaves the process END_S after `begin`, and says what it waited for; unless it `came`."""

    def __init__(self) -> None:
        self._leaving = threading.Timer(END_S, _leave)
        self._leaving.daemon = True

    def begin(self) -> None:
        """The first signal to stop is here; a second changes nothing."""
        with contextlib.suppress(RuntimeError):
            self._leaving.start()

    def came(self) -> None:
        """All that was to be done is done."""
        self._leaving.cancel()


def _leave() -> None:
    names = {each.ident: each.name for each in threading.enumerate()}
    waits = {
        names.get(thread, str(thread)): "".join(traceback.format_stack(frame)[-2:])
        for thread, frame in sys._current_frames().items()
    }
    log.warning("the stop takes too long; the process leaves now", extra={"waits": waits})
    leave()


def leave() -> NoReturn:
    """End the process at once, threads and all; what was logged and printed gets out."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
