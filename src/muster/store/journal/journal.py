"""The journal: batches are on disk here before they are acknowledged.

Appends of all links queue; one thread writes what is queued, syncs once, and wakes them all
(group commit). A segment that is full, old or broken is handed to the writer, which gives
its file back when the rows are in the engine. After any failed write or sync the segment is
abandoned where it was last whole, everything queued is refused, and a new one is tried later.

Bytes: store/journal/segment.py. Files: tail.py beside it. What waits for the engine: sealed.py.
Start: recovery.py.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from muster.clock import Clock
from muster.errors import LimitExceeded, Unavailable
from muster.model.ids import NodeId
from muster.model.metric import Block
from muster.ports.series import Cohort
from muster.store.journal.flights import Flight, Refusal, refuse
from muster.store.journal.inturns import InTurns
from muster.store.journal.sealed import SealedSegments
from muster.store.journal.segmentdisk import Disk, reason_of
from muster.store.journal.tail import SegmentFile, Source, Tail, recycle

log = logging.getLogger(__name__)

Sequences = dict[tuple[NodeId, str], int]

_AHEAD_S = 2.0  # without an append: then the next segment's file is made
_GROUP_BYTES = 16 << 20  # one commit holds no more, so that no append waits for long


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the journal."""

    segment_bytes: int = 64 << 20  # size of one file of the journal; on a small disk less
    segment_age: timedelta = timedelta(seconds=10)  # how long rows wait before the engine gets them
    waiting_bytes: int = 1 << 30  # rows that may wait for the engine; beyond it no more are taken
    reserve_bytes: int = 256 << 20  # disk that stays free: with less, the hub takes nothing more
    retry: timedelta = timedelta(seconds=2)  # how long after a failed write the journal tries again


class _Request(NamedTuple):
    source: Source
    blocks: Sequence[tuple[Cohort, Block]]
    landed: Callable[[int], None]
    future: "asyncio.Future[int]"
    bytes: int


class Journal:
    """See ports.journal.Journal. `submit` and `sequence` belong to the loop's thread."""

    def __init__(
        self, *, folder: Path, hub: str, clock: Clock, settings: Settings, disk: Disk | None = None
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._settings = settings
        self._retry_s = settings.retry.total_seconds()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)  # the commit thread
        self._ended = threading.Condition(self._lock)  # who asked for a segment's end
        self._sealed = SealedSegments()
        # Under the lock:
        self._queue: deque[_Request] = deque()
        self._queued_bytes = 0
        self._failures = 0
        self._refusal = ""
        self._retry_at = 0.0
        self._closing = False
        self._seal_asked = False
        # Of the loop:
        self._durable: Sequences = {}
        self._flights: dict[NodeId, Flight] = {}
        self._telling = InTurns(self._resolve, clock)
        # Of the commit thread:
        self._tail = Tail(
            folder=folder,
            hub=hub,
            segment_bytes=settings.segment_bytes,
            disk=disk or Disk(),
        )
        self._is_ready = False  # for the next segment
        self._first_rows_at: float | None = None
        self._sync_s = 0.0

    def adopt(
        self, segments: Sequence[SegmentFile], sequences: Sequences, next_number: int
    ) -> None:
        """Go on from what recovery found. Before `start`."""
        for one in segments:
            self._sealed.add(one)
        self._durable = dict(sequences)
        follows = bool(segments) and segments[-1].number == next_number - 1
        self._tail.adopt(next_number, segments[-1].end if follows else 0)

    def fit(self, disk_bytes: int) -> None:
        """Ask less of a small disk: a tenth as reserve, a 64th per segment. Before `start`."""
        wanted = self._settings
        self._settings = msgspec.structs.replace(
            wanted,
            reserve_bytes=min(wanted.reserve_bytes, disk_bytes // 10),
            segment_bytes=min(wanted.segment_bytes, max(1 << 20, disk_bytes // 64 & -4096)),
        )
        self._tail.segment_bytes = self._settings.segment_bytes

    @property
    def settings(self) -> Settings:
        """As they are in force."""
        return self._settings

    def start(self) -> None:
        """Take appends of the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Commit what is queued, end the segment, stop. Blocks: not from the loop's thread."""
        with self._lock:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def seal(self) -> None:
        """End the segment now, if one is open, so that its rows reach the engine."""
        with self._lock:
            self._seal_asked = True
            self._wake.notify()

    def drain(self, timeout_s: float) -> bool:
        """Whether all that was submitted before is in the engine in time. Blocks."""
        with self._lock:
            self._seal_asked = True
            self._wake.notify()
            if not self._ended.wait_for(lambda: not self._seal_asked, timeout_s):
                return False
        return self._sealed.drain(timeout_s)

    def submit(
        self,
        blocks: Sequence[tuple[Cohort, Block]],
        source: Source,
        landed: Callable[[int], None],
    ) -> "asyncio.Future[int]":
        """See ports.journal.Journal."""
        if self._loop is None:
            raise Unavailable("the journal is not open yet")
        size = sum(8 * len(b.times) + 8 * len(b.values) + len(b.present or b"") for _, b in blocks)
        if size > min(self._settings.segment_bytes // 2, _GROUP_BYTES):
            raise LimitExceeded(f"a batch of {size} bytes is too large", too_large=True)
        node, epoch, sequence = source
        future: asyncio.Future[int] = self._loop.create_future()
        flight = self._flights.get(node)
        if flight is not None and sequence <= flight.newest.get(epoch, 0):
            flight.waiters.append((epoch, sequence, future))
            return future
        with self._lock:
            self._admit(flight, size)
            flight = self._flights.setdefault(node, Flight(self._failures))
            self._queue.append(_Request(source, blocks, landed, future, size))
            self._queued_bytes += size
            self._wake.notify()
        flight.count += 1
        flight.newest[epoch] = sequence
        return future

    def sequence(self, node: NodeId, epoch: str) -> int:
        """See ports.journal.Journal."""
        return self._durable.get((node, epoch), 0)

    def forget(self, node: NodeId) -> None:
        """Drop what is known of a removed node."""
        for key in [key for key in self._durable if key[0] == node]:
            del self._durable[key]

    @property
    def refusal(self) -> str:
        """Why appends are refused at present; empty when they are not."""
        return self._refusal

    @property
    def waiting(self) -> int:
        """Appends that are not on disk yet."""
        return sum(flight.count for flight in self._flights.values())

    @property
    def unstored_bytes(self) -> int:
        """What waits for the engine."""
        return self._sealed.bytes + self._tail.file.end

    @property
    def sync_ms(self) -> float:
        """How long a commit takes, lately."""
        return self._sync_s * 1000

    def _admit(self, flight: Flight | None, size: int) -> None:
        """Refuse what can't be kept. Under the lock."""
        if flight is not None and flight.failures != self._failures:
            # An earlier batch of the node failed and its link does not know it yet: were
            # this one kept, the earlier would look acknowledged.
            raise Unavailable(self._refusal or "an earlier batch failed", self._retry_s)
        if self._closing:
            raise Unavailable("the hub is stopping", 5.0)
        if self._refusal and self._clock.monotonic() < self._retry_at:
            raise Unavailable(self._refusal, self._retry_s)
        unstored = self.unstored_bytes
        if unstored + self._queued_bytes + size > self._settings.waiting_bytes:
            raise Unavailable(
                f"the engine is behind: {unstored >> 20} MiB of rows wait for it", self._retry_s
            )

    def _resolve(self, done: tuple[_Request, int, Refusal | None]) -> None:
        """Tell one of its commit."""
        request, number, error = done
        node, epoch, sequence = request.source
        flight = self._flights[node]
        flight.count -= 1
        if not flight.count:
            del self._flights[node]
        if error is None:
            self._durable[(node, epoch)] = max(sequence, self.sequence(node, epoch))
            self._land(request, number)
        else:
            refuse(request.future, error)
        flight.tell(epoch, sequence, number, error)

    def _land(self, request: _Request, number: int) -> None:
        try:
            request.landed(number)
        except Exception as error:
            # The rows are safe; whoever wanted them at once is broken, and says so.
            log.exception("rows could not be handed on", extra={"node": request.source[0]})
            if not request.future.done():
                request.future.set_exception(error)
        if not request.future.done():
            request.future.set_result(number)

    def sealed(self, timeout_s: float) -> SegmentFile | None:
        """The oldest segment that is over and not released; None when there is none in time."""
        return self._sealed.oldest(timeout_s)

    def hurry(self) -> None:
        """Let `sealed` wait no more: the writer has to stop."""
        self._sealed.hurry()

    def release(self, number: int) -> None:
        """Its rows are in the engine: the file may be used again."""
        one = self._sealed.release(number)
        try:
            recycle(one.path, self._settings.segment_bytes)
        except OSError as error:  # it is found at the next start, and known to be stored
            log.warning("segment file is left", extra={"path": str(one.path), "error": str(error)})

    def _run(self) -> None:
        """The commit thread; what follows runs in it."""
        while True:
            is_idle = False
            with self._lock:
                if not (self._queue or self._closing or self._seal_asked):
                    is_idle = not self._wake.wait(self._idle_s())
                group = self._take()
                closing = self._closing and not group
                sealing = self._seal_asked and not self._queue
            if group:
                self._commit(group)
            if closing or sealing or self._age_s() >= self._settings.segment_age.total_seconds():
                self._end_segment()
            if closing:
                return
            if is_idle and not self._is_ready:
                self._is_ready = True
                self._tail.prepare(self._settings.reserve_bytes)

    def _age_s(self) -> float:
        """Of the oldest rows of the open segment; -1 for none."""
        if self._first_rows_at is None:
            return -1.0
        return self._clock.monotonic() - self._first_rows_at

    def _idle_s(self) -> float | None:
        age, most = self._age_s(), None if self._is_ready else _AHEAD_S
        if age < 0:
            return most
        left = max(0.01, self._settings.segment_age.total_seconds() - age)
        return left if most is None else min(left, most)

    def _take(self) -> list[_Request]:
        group: list[_Request] = []
        size = 0
        while self._queue and (not group or size + self._queue[0].bytes <= _GROUP_BYTES):
            request = self._queue.popleft()
            size += request.bytes
            group.append(request)
        self._queued_bytes -= size
        return group

    def _commit(self, group: list[_Request]) -> None:
        started = self._clock.monotonic()
        done = 0
        try:
            self._check_room()
            while done < len(group):
                count, is_full = self._write(group[done:], started)
                done += count
                if is_full:
                    self._end_segment()
        except OSError as error:
            self._fail(group[done:], reason_of(error))
        except Unavailable as error:
            self._fail(group[done:], str(error))
        except Exception as error:
            # Whatever it is, those who wait must hear of it, and the thread must live on.
            log.exception("journal failed")
            self._fail(group[done:], f"the journal failed: {error!r}")
        else:
            self._sync_s += 0.1 * (self._clock.monotonic() - started - self._sync_s)

    def _write(self, group: Sequence[_Request], started: float) -> tuple[int, bool]:
        """How many of a group are done with, and whether the segment is full."""
        try:
            count = self._tail.write([(one.source, one.blocks) for one in group])
        except LimitExceeded as error:  # it never fits: the others shall not wait for it
            self._tell(group[:1], 0, error)
            return 1, False
        if count:
            self._refusal = ""
            if self._first_rows_at is None:
                self._first_rows_at = started
            self._tell(group[:count], self._tail.file.number, None)
        return count, count < len(group)

    def _check_room(self) -> None:
        free, reserve = self._tail.free_bytes(), self._settings.reserve_bytes
        if free < reserve:
            raise Unavailable(
                f"the disk is full: {free >> 20} MiB free in {self._folder}, of which "
                f"{reserve >> 20} MiB stay in reserve"
            )

    def _end_segment(self) -> None:
        """Hand the open segment to the writer."""
        self._first_rows_at, self._is_ready = None, False
        over = self._tail.end()
        if over is not None:
            self._sealed.add(over)
        with self._lock:
            self._seal_asked = False
            self._ended.notify_all()

    def _fail(self, group: list[_Request], reason: str) -> None:
        """Refuse these and all that queue behind them, and never write this segment again."""
        if not self._refusal:  # once: the log may be on the same full disk
            log.warning("journal refuses appends", extra={"reason": reason})
        with self._lock:
            self._failures += 1
            self._refusal = reason
            self._retry_at = self._clock.monotonic() + self._retry_s
            group = [*group, *self._queue]
            self._queue.clear()
            self._queued_bytes = 0
        self._tell(group, 0, Unavailable(reason, self._retry_s))
        self._end_segment()

    def _tell(self, group: Sequence[_Request], number: int, error: Refusal | None) -> None:
        if self._loop is None:
            return
        try:
            done = [(request, number, error) for request in group]
            self._loop.call_soon_threadsafe(self._telling.add, done)
        except RuntimeError:  # the loop has ended: nobody waits any more
            log.debug("journal outlives its loop")
