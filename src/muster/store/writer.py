"""The one thread that moves rows from the journal into the engine, and drops old days.

Per segment: parts into the engine, each exactly once by its token; then names and marks in
one SQLite transaction; then the head hears of it; then the journal has its file back. A
step that fails is tried again, later and later: until then the journal keeps the segment.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple, Protocol

import msgspec

from muster.clock import Clock, span_ns
from muster.errors import MusterError, Unavailable
from muster.ports.series import SeriesStore
from muster.store.catalogue.cataloguefile import Marks, Newest
from muster.store.journal.journal import Journal
from muster.store.journal.tail import SegmentFile
from muster.store.readback import ReadBack, Summary

log = logging.getLogger(__name__)

_LOOK_S = 20.0  # between two looks at the clock
_TIDY_S = 3600.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the writer and of retention."""

    retention: timedelta = timedelta(days=30)  # how long values are kept, in whole days
    # how long sums by the hour are kept, if longer than values; 0: as long as those
    hours_retention: timedelta = timedelta(0)
    # how long after a fault the engine is tried again; doubled up to a minute
    backoff: timedelta = timedelta(seconds=1)
    # how long a stop waits for rows that are on their way into the engine
    drain: timedelta = timedelta(seconds=5)


class Engine(SeriesStore, Protocol):
    """A SeriesStore that has to be started."""

    def open(self) -> None: ...
    def settle(self) -> None:
        """Wait until what was deleted burdens no question any more. Errors: Unavailable."""
        ...

    def roll(self, now_ns: int) -> bool:
        """Sum up one more hour that is due, for long ranges; whether there was one.

        Errors: Unavailable; then it is due again.
        """
        ...


class Marker(Protocol):
    """What the writer needs of the catalogue."""

    def mark(self, marks: Marks | None) -> None: ...


class State(NamedTuple):
    """For the hub's pulse. `failing` says why rows do not reach the engine; empty: they do."""

    ready: bool  # the engine has started
    failing: str
    segment: int  # newest in the engine
    values: int  # moved since the start


class Writer:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(
        self,
        *,
        journal: Journal,
        catalogue: Marker,
        store: Engine,
        stored: Callable[[int], None],
        clock: Clock,
        settings: Settings,
        may_forget: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_forget` says whether the wall clock can be believed; it may raise Unavailable."""
        self._may_forget = may_forget
        self._journal = journal
        self._catalogue = catalogue
        self._store = store
        self._stored = stored
        self._clock = clock
        self._settings = settings
        self._back = ReadBack({})
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._stop_at = 0.0
        self._tidied_at: float | None = None
        self._between = threading.Lock()  # held while a segment moves
        self._state = State(False, "", 0, 0)

    def start(self, newest: Newest) -> None:
        """Begin; `newest` is that of the catalogue's marks. `stored` is called on this loop."""
        self._back = ReadBack(newest)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Store what is sealed, as far as `drain` lets, and end. Blocks."""
        self._stop_at = self._clock.monotonic() + self._settings.drain.total_seconds()
        self._stopping.set()
        self._journal.hurry()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:
        """Keep the writer between two segments: journal, catalogue and engine then agree.

        Errors: Unavailable when the segment that is on its way does not arrive in time.
        """
        if not self._between.acquire(timeout=timeout_s):
            usual = "a segment is on its way" if self._state.ready else "the engine is starting"
            reason = self._state.failing or usual
            raise Unavailable(f"the engine takes no rows at present: {reason}")
        try:
            yield
        finally:
            self._between.release()

    @property
    def state(self) -> State:
        return self._state

    def _run(self) -> None:
        if not self._insist("start", self._open):
            return
        self._state = self._state._replace(ready=True, failing="")
        while True:
            with self._between:
                self._tidy()
                rolled = self._roll()
            file = self._journal.sealed(0.0 if rolled else _LOOK_S)
            if file is not None:
                if not self._attempt(file):
                    return
            elif self._stopping.is_set():
                return

    def _open(self) -> None:
        """Start the engine; a fault that nobody foresaw is told as any other, and tried again."""
        try:
            self._store.open()
        except (MusterError, OSError):
            raise
        except Exception as error:
            log.exception("engine could not be started")
            raise Unavailable(f"the engine could not be started: {error!r}") from error

    def _attempt(self, file: SegmentFile) -> bool:
        """Move a segment; when that fails in a way nobody foresaw, it is tried again later."""
        try:
            with self._between:
                return self._move(file)
        except Exception as error:
            log.exception("segment could not be moved", extra={"segment": file.number})
            reason = f"journal segment {file.number}: {error}"
            self._state = self._state._replace(failing=reason)
            return not self._stopping.wait(max(1.0, self._settings.backoff.total_seconds()))

    def _move(self, file: SegmentFile) -> bool:
        """One segment; False when the writer has to stop before it is done."""
        reading = self._back.read(file)
        for part in reading.parts():
            if not self._insist(
                "append",
                lambda part=part: self._store.append(  # type: ignore[misc] # bound at once
                    part.token, part.rows, rewrites=part.rewrites
                ),
            ):
                return False
        summary = reading.summary
        marks = Marks(file.number, summary.sequences, summary.newest)
        if not self._insist("mark", lambda: self._catalogue.mark(marks)):
            return False
        self._tell(file.number)
        self._journal.release(file.number)
        self._report(file, summary)
        return True

    def _insist(self, what: str, action: Callable[[], None]) -> bool:
        """Do it until it works; False when the writer has to stop first, after a last try."""
        wait_s = self._settings.backoff.total_seconds()
        while True:
            is_last = self._stopping.is_set()
            if is_last and self._clock.monotonic() >= self._stop_at:
                return False
            try:
                action()
            except (MusterError, OSError) as error:
                log.warning("writer tries again", extra={"step": what, "error": str(error)})
                self._state = self._state._replace(failing=str(error))
                if is_last:
                    return False  # the journal keeps it for the next start
                self._stopping.wait(wait_s)
                wait_s = min(60.0, wait_s * 2)
            else:
                if self._state.failing:
                    self._state = self._state._replace(failing="")
                return True

    def _tell(self, number: int) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._stored, number)
        except RuntimeError:  # the loop has ended: the head is gone too
            log.debug("writer outlives its loop")

    def _report(self, file: SegmentFile, summary: Summary) -> None:
        values = self._state.values + summary.values
        self._state = self._state._replace(segment=file.number, values=values)
        if summary.damaged or summary.nameless:
            log.error(
                "journal segment was damaged",
                extra={
                    "segment": file.number,
                    "places": summary.damaged,
                    "blocks_without_names": summary.nameless,
                },
            )

    def _roll(self) -> bool:
        """An hour's minutes; where that fails, ranges are answered from rows all the same."""
        try:
            return self._store.roll(self._clock.now_ns())
        except MusterError as error:
            log.warning("an hour could not be summed up", extra={"error": str(error)})
        except Exception:
            log.exception("an hour could not be summed up")
        return False

    def _tidy(self) -> None:
        """Drop days beyond retention, once an hour. A failure waits for the next hour."""
        now = self._clock.monotonic()
        if self._tidied_at is not None and now - self._tidied_at < _TIDY_S:
            return
        self._tidied_at = now
        settings, now_ns = self._settings, self._clock.now_ns()
        longer = max(settings.retention, settings.hours_retention)
        horizons = [now_ns - span_ns(each) for each in (settings.retention, longer)]
        try:
            if not self._may_forget():
                return
            days = self._store.drop(*horizons)
        except MusterError as error:
            log.warning("old days could not be dropped", extra={"error": str(error)})
            return
        except Exception:  # a bug must not keep new rows from the engine
            log.exception("old days could not be dropped")
            return
        if days:
            log.info("old days dropped", extra={"days": days})
