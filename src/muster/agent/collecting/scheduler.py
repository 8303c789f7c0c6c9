"""Runs the collectors on the second's grid and makes Blocks of what they yield.

Collectors of one interval whose sources are plain reads share one row and run here, one after
the other. A collector that may block runs in a lane of its own and has rows of its own; a
row that is not ready when its tick ends travels with a later one, under its own time.
Whatever a collector does, the others go on: an error is counted and shown, its columns are
absent from that row; one that hangs is skipped until it comes back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from muster.agent.collecting.lanes import Lane, ThreadLane
from muster.agent.collecting.rows import Columns, Part, Table
from muster.agent.collecting.sources import Reader, is_here
from muster.clock import SECOND_NS, Clock
from muster.collectors.api import Collector, Sample, Source
from muster.config import format_duration
from muster.errors import InputError, MusterError, SettingsError, Unavailable
from muster.model.metric import Block, Point

_TICK = timedelta(seconds=1)
_LONGEST = timedelta(days=1)

log = logging.getLogger(__name__)

EARLY_NS = SECOND_NS // 10  # a wait may end this much before its second
GRACE_S = 0.01  # given to lanes at a tick's end, so that their rows mostly travel with it
REST_SLOTS = 10  # intervals until a collector in a lane that found nothing looks again
HANG_S = 10.0  # a lane busy for longer counts as failed, with each tick it misses

Wait = Callable[[float], Awaitable[None]]
Emit = Callable[[list[Block]], None]


class CollectorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a collector fares, for `muster agent status`. Times in ns UTC, 0 for never."""

    name: str
    interval_s: int
    enabled: bool = True
    runs: int = 0
    failures: int = 0
    skipped: int = 0  # ticks missed because it was still at work
    failing: bool = False  # its newest run failed; `last_error` stays when it recovers
    values: int = 0  # in its newest row
    last_run_ns: int = 0
    last_error: str = ""
    last_error_ns: int = 0
    duration_ms: float = 0.0  # of its newest run
    busy_s: float = 0.0  # how long it has been at work now


class _Yield(NamedTuple):
    """What came of a run in a lane."""

    points: list[Point]
    duration_s: float


class _Job:
    """One collector and all that is remembered of it."""

    def __init__(self, collector: Collector, interval_s: int, *, asked: bool = False) -> None:
        """`asked`: settings say where to find it, so it is not looked for."""
        self.collector = collector
        self.needs = () if asked else collector.needs
        self.interval_s = interval_s
        self.columns = Columns()
        self.previous: Sample | None = None
        self.slot: int | None = None  # of the interval in which it last ran
        self.resting = 0  # the slot in which it looks again, when it found nothing
        self.status = CollectorStatus(name=collector.name, interval_s=interval_s)

    def is_due(self, time_ns: int) -> bool:
        """Once per slot of its interval, also when the slot's own second was missed."""
        slot = time_ns // (self.interval_s * SECOND_NS)
        if slot == self.slot or (self.slot is not None and self.slot < slot < self.resting):
            return False
        self.slot = slot
        return True

    def rest(self, time_ns: int) -> None:
        """Look again after some slots only: this machine has no such thing (sensors, systemd)."""
        self.resting = time_ns // (self.interval_s * SECOND_NS) + REST_SLOTS

    def collect(self, sample: Sample) -> list[Point]:
        points = list(self.collector.collect(sample, self.previous))
        if self.collector.compares:
            self.previous = sample
        return points

    def count_run(self, time_ns: int, part: Part, duration_s: float) -> None:
        present = part.present
        self.status = msgspec.structs.replace(
            self.status,
            runs=self.status.runs + 1,
            failing=False,
            values=len(part.patterns) // 8 if present is None else sum(present),
            last_run_ns=time_ns,
            duration_ms=round(duration_s * 1000, 3),
        )

    def count_failure(self, time_ns: int, error: Exception) -> None:
        text = str(error) if isinstance(error, MusterError) else f"{type(error).__name__}: {error}"
        if not self.status.failing:
            # An error outside the tree is a bug in the collector: its traceback is wanted.
            bug = None if isinstance(error, MusterError) else error
            name = self.collector.name
            log.warning("collector fails", extra={"collector": name, "error": text}, exc_info=bug)
        self.status = msgspec.structs.replace(
            self.status,
            failures=self.status.failures + 1,
            failing=True,
            values=0,
            last_error=text[:500],
            last_error_ns=time_ns,
        )

    def count_skip(self) -> None:
        self.status = msgspec.structs.replace(self.status, skipped=self.status.skipped + 1)


class _Group:
    """Collectors of one interval that are run here and share a row."""

    def __init__(self, jobs: Sequence[_Job], reader: Reader, clock: Clock) -> None:
        self._jobs = jobs
        self._reader = reader
        self._clock = clock
        self._table = Table([job.columns for job in jobs])
        unique: dict[Source, None] = {}
        for job in jobs:
            unique.update(dict.fromkeys(job.collector.sources))
        self._sources = tuple(unique)

    def tick(self, time_ns: int) -> Block | None:
        if not [job for job in self._jobs if job.is_due(time_ns)]:
            return None
        sample = self._reader.read(self._sources, time_ns)
        strings: list[str] = []
        parts = [self._run(job, sample, strings) for job in self._jobs]
        return self._table.block(time_ns, parts, strings)

    def _run(self, job: _Job, sample: Sample, strings: list[str]) -> Part:
        began = self._clock.monotonic()
        try:
            part = job.columns.fill(job.collect(sample), strings)
        except Exception as error:  # one collector's fault is not the others'
            job.count_failure(sample.time_ns, error)
            return job.columns.skip()
        job.count_run(sample.time_ns, part, self._clock.monotonic() - began)
        return part


class _Solo:
    """A collector that may block: read and run in a lane, with rows of its own."""

    def __init__(
        self, job: _Job, reader: Reader, lane: Lane[_Yield], clock: Clock, root: Path
    ) -> None:
        self._job = job
        self._root = str(root).rstrip("/")
        self._reader = reader
        self._lane = lane
        self._clock = clock
        self._table = Table([job.columns])
        self._time_ns = 0
        self._began_s = 0.0

    def start(self, time_ns: int) -> None:
        job = self._job
        if not job.is_due(time_ns):
            return
        if self._lane.busy:
            job.count_skip()
            if self.busy_s >= HANG_S:
                error = Unavailable(f"at work for {self.busy_s:.0f} s without an end")
                job.count_failure(time_ns, error)
            return
        if not is_here(job.needs, self._root):
            job.rest(time_ns)  # no thread is made for what this machine does not have
            return
        self._time_ns = time_ns
        self._began_s = self._clock.monotonic()
        self._lane.start(partial(self._work, time_ns))

    def finish(self) -> Block | None:
        """The row of the work that came to its end, if any did."""
        outcome = self._lane.take() if self._lane.busy else None
        if outcome is None:
            return None
        job, strings = self._job, list[str]()
        try:
            if outcome.value is None:
                raise outcome.error or InputError("nothing came of it")
            part = job.columns.fill(outcome.value.points, strings)
        except Exception as error:  # one collector's fault is not the others'
            job.columns.skip()
            job.count_failure(self._time_ns, error)
            return None
        job.count_run(self._time_ns, part, outcome.value.duration_s)
        if not part.patterns:
            job.rest(self._time_ns)
        return self._table.block(self._time_ns, (part,), strings)

    @property
    def is_busy(self) -> bool:
        return self._lane.busy

    @property
    def busy_s(self) -> float:
        return self._clock.monotonic() - self._began_s if self._lane.busy else 0.0

    @property
    def status(self) -> CollectorStatus:
        return msgspec.structs.replace(self._job.status, busy_s=round(self.busy_s, 3))

    def close(self) -> None:
        self._lane.close()
        if not self._lane.busy:
            self._reader.close()

    def _work(self, time_ns: int) -> _Yield:
        began_s = self._clock.monotonic()
        sample = self._reader.read(self._job.collector.sources, time_ns)
        points = self._job.collect(sample)
        return _Yield(points, self._clock.monotonic() - began_s)


class Scheduler:
    """Ticks once a second and emits Blocks.

    `disabled` names collectors that do not run; `intervals` gives some another interval,
    `addresses` those that ask a service another one to ask.
    Errors: SettingsError for a name that no collector has, or an interval that is no number
            of whole seconds.
    """

    def __init__(
        self,
        collectors: Iterable[Collector],
        clock: Clock,
        *,
        disabled: Iterable[str] = (),
        intervals: Mapping[str, timedelta] | None = None,
        addresses: Mapping[str, str] | None = None,
        root: Path = Path("/"),
        wait: Wait = asyncio.sleep,
        lanes: Callable[[str], Lane[_Yield]] = ThreadLane,
    ) -> None:
        self._clock = clock
        self._wait = wait
        self._last_ns = 0
        self.missed_ticks = 0  # seconds without a row: suspended, or too busy
        intervals_s = _checked_intervals(intervals or {})
        members = tuple(collectors)
        off = frozenset(disabled)
        addresses = addresses or {}
        _check_names([*off, *intervals_s, *addresses], members)
        self._reader = Reader(clock=clock, root=root)
        self._groups: list[_Group] = []
        self._solos: list[_Solo] = []
        self._jobs: list[_Job] = []
        together: dict[int, list[_Job]] = {}
        self._disabled = [c for c in members if c.name in off]
        for collector in members:
            if collector.name in off:
                continue
            interval_s = intervals_s.get(collector.name, collector.interval_s)
            job = _Job(collector, interval_s, asked=collector.name in addresses)
            if collector.blocking:
                reader = Reader(clock=clock, root=root, addresses=addresses)
                self._solos.append(_Solo(job, reader, lanes(collector.name), clock, root))
            else:
                self._jobs.append(job)
                together.setdefault(job.interval_s, []).append(job)
        for _interval_s, jobs in sorted(together.items()):
            self._groups.append(_Group(jobs, self._reader, clock))

    async def run(self, emit: Emit) -> None:
        """Tick for ever; `emit` gets what is ready, at most once a second."""
        try:
            while True:
                time_ns = await self._next()
                blocks = self.tick(time_ns)
                if any(solo.is_busy for solo in self._solos):
                    await self._wait(GRACE_S)
                    blocks += self._finished()
                if blocks:
                    emit(blocks)
        finally:
            self.close()

    def tick(self, time_ns: int) -> list[Block]:
        """One tick: the rows that are ready, oldest first."""
        blocks = self._finished()  # what was late
        for solo in self._solos:
            solo.start(time_ns)
        rows = (group.tick(time_ns) for group in self._groups)
        blocks += [row for row in rows if row is not None]
        return blocks + self._finished()

    def _finished(self) -> list[Block]:
        rows = (solo.finish() for solo in self._solos)
        return [row for row in rows if row is not None]

    def status(self) -> list[CollectorStatus]:
        """One entry per collector, by name."""
        entries = [job.status for job in self._jobs]
        entries += [solo.status for solo in self._solos]
        entries += [
            CollectorStatus(name=c.name, interval_s=c.interval_s, enabled=False)
            for c in self._disabled
        ]
        return sorted(entries, key=lambda entry: entry.name)

    def close(self) -> None:
        """Close files and leave the lanes; what hangs there is left behind."""
        self._reader.close()
        for solo in self._solos:
            solo.close()

    async def _next(self) -> int:
        """Wait for the next second of the grid and return it.

        Seconds that passed meanwhile are counted and not made up for. A wall clock that is set
        back is followed at once; steps below two seconds are waited out, so that no second is
        given twice.
        """
        while True:
            now_ns = self._clock.now_ns()
            target_ns = (now_ns // SECOND_NS + 1) * SECOND_NS
            if self._last_ns - 2 * SECOND_NS < target_ns <= self._last_ns:
                target_ns = self._last_ns + SECOND_NS
            await self._wait((target_ns - now_ns) / SECOND_NS)
            now_ns = self._clock.now_ns()
            if target_ns - now_ns > EARLY_NS:
                continue  # the clock was set back while we waited
            reached_ns = max(now_ns // SECOND_NS * SECOND_NS, target_ns)
            if self._last_ns and reached_ns > self._last_ns + SECOND_NS:
                self.missed_ticks += (reached_ns - self._last_ns) // SECOND_NS - 1
            self._last_ns = reached_ns
            return reached_ns


def _check_names(names: Iterable[str], collectors: Sequence[Collector]) -> None:
    known = sorted(collector.name for collector in collectors)
    for name in names:
        if name not in known:
            raise SettingsError(f"no such collector: {name!r}; there are {', '.join(known)}")


def _checked_intervals(intervals: Mapping[str, timedelta]) -> dict[str, int]:
    """In seconds: a tick is a second."""
    for name, interval in intervals.items():
        if interval % _TICK or not _TICK <= interval <= _LONGEST:
            raise SettingsError(
                f"{name}: an interval is 1s to 1d in whole seconds, not {format_duration(interval)}"
            )
    return {name: interval // _TICK for name, interval in intervals.items()}
