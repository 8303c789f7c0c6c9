"""Whether the wall clock may be believed when something is forgotten for good by it.

A machine that starts with its clock in 2099 would find everything past its time. So the time
of the last tidying is kept on disk, and a clock that has moved on further than a hub is usually
off must first hold for a day, counted by the clock that no one can set.
The kept time goes back only by the same rule: a machine without a battery starts in 1970, and
that must not make the present look like a leap.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from muster.clock import Clock, span_ns
from muster.store.files import write_private

log = logging.getLogger(__name__)

LEAP_NS = span_ns(timedelta(days=30))
CONFIRM_S = 86_400.0


class _Kept(msgspec.Struct, frozen=True):
    tidied_ns: int


class WallTime:
    """Judges the wall clock. Any thread may ask; any of its verbs may block on the disk.

    `newest` is asked once, on a hub that has kept no time yet: when the newest thing was stored
    before this start, 0 for a hub that is new.
    """

    def __init__(self, *, file: Path, newest: Callable[[int], int], clock: Clock) -> None:
        self._file = file
        self._newest = newest
        self._clock = clock
        self._lock = threading.Lock()
        self._started_ns = clock.now_ns()
        self._kept_ns = 0
        self._moved: float | None = None  # monotonic time at which the clock was first found off

    def is_plausible(self) -> bool:
        """Whether the clock of now may be pruned by. Errors: Unavailable."""
        with self._lock:
            return self._is_plausible()

    def _is_plausible(self) -> bool:
        now_ns, kept_ns = self._clock.now_ns(), self._last_ns()
        if abs(now_ns - kept_ns) <= LEAP_NS:
            self._moved = None
            return True
        if self._moved is None:
            self._moved = self._clock.monotonic()
            log.warning(
                "the wall clock has leapt; nothing is forgotten until it has held for a day",
                extra={"days": round((now_ns - kept_ns) / span_ns(timedelta(days=1)))},
            )
        if self._clock.monotonic() - self._moved >= CONFIRM_S:
            return True
        return now_ns < kept_ns  # by an earlier clock less is forgotten, never more

    def tidied(self) -> None:
        """Keep the time, since it was pruned by. Errors: Unavailable."""
        with self._lock:
            self._tidied()

    def _tidied(self) -> None:
        now_ns = self._clock.now_ns()
        held = self._moved is not None and self._clock.monotonic() - self._moved >= CONFIRM_S
        if now_ns > self._kept_ns or held:
            self._keep(now_ns)
            self._moved = None

    def _last_ns(self) -> int:
        if not self._kept_ns:
            try:
                self._kept_ns = msgspec.json.decode(self._file.read_bytes(), type=_Kept).tidied_ns
            except (OSError, msgspec.MsgspecError):  # none yet, or damaged
                self._keep(self._newest(self._started_ns) or self._clock.now_ns())
        return self._kept_ns

    def _keep(self, time_ns: int) -> None:
        write_private(self._file, msgspec.json.encode(_Kept(tidied_ns=time_ns)))
        self._kept_ns = time_ns
