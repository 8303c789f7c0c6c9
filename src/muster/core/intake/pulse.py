"""The hub's own pulse: whether it takes values, how fast, and what stands in the way."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sized
from typing import Protocol

import msgspec

from muster.clock import Clock
from muster.core.intake.ingest import Counts

log = logging.getLogger(__name__)

_LATE_S = 0.5
_WINDOW_S = 5.0  # over which the rate of values is measured


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the hub. `reason` says why the state is not `ok`; totals are since the start."""

    ingest_values_s: float
    ingest_batches_total: int = 0
    ingest_duplicates_total: int = 0  # batches that had been taken before
    ingest_skewed_rows_total: int = 0  # from the future by the hub's clock; kept
    ingest_dropped_total: dict[str, int] = {}  # who was too slow for them -> blocks not shown
    journal_sync_ms: float
    journal_waiting: int  # batches that wait for the disk
    disk_used_percent: float
    links: int
    foreign_links_total: dict[str, int] = {}  # by other wires: opened, refused, broken, ignored
    series: int
    uptime_s: float
    version: str
    state: str  # "ok" or "read_only"
    reason: str = ""  # also for trouble that keeps no values out


class JournalState(Protocol):
    """store.journal.journal.Journal, as far as the pulse needs it."""

    @property
    def sync_ms(self) -> float: ...
    @property
    def waiting(self) -> int: ...
    @property
    def refusal(self) -> str:
        """Why nothing is taken; empty when it is."""
        ...


class Vitals:
    """Takes the pulse. `run` measures once a second, `take` costs nothing."""

    def __init__(
        self,
        *,
        clock: Clock,
        version: str,
        links: Sized,
        journal: JournalState,
        series_total: Callable[[], int],
        ingest: Callable[[], Counts],
        disk_used_percent: Callable[[], float],
        engine_trouble: Callable[[], str],
        foreign_links: Callable[[], dict[str, int]] = dict,
    ) -> None:
        self._clock = clock
        self._version = version
        self._links = links
        self._journal = journal
        self._series_total = series_total
        self._ingest = ingest
        self._disk_used_percent = disk_used_percent
        self._engine_trouble = engine_trouble
        self._foreign_links = foreign_links
        self._started = clock.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._disk = 0.0
        self.starting = "the hub is starting"  # why no values are taken yet; then empty

    def take(self) -> Pulse:
        """The pulse of now."""
        refusal = self.starting or self._journal.refusal
        trouble = self._engine_trouble()
        counts = self._ingest()
        waiting = f"values are safe and wait for the engine: {trouble}" if trouble else ""
        return Pulse(
            ingest_values_s=round(self._rate(), 1),
            ingest_batches_total=counts.batches,
            ingest_duplicates_total=counts.duplicates,
            ingest_skewed_rows_total=counts.skewed_rows,
            ingest_dropped_total=counts.dropped,
            journal_sync_ms=round(self._journal.sync_ms, 3),
            journal_waiting=self._journal.waiting,
            disk_used_percent=round(self._disk, 1),
            links=len(self._links),
            foreign_links_total=self._foreign_links(),
            series=self._series_total(),
            uptime_s=round(self._clock.monotonic() - self._started, 1),
            version=self._version,
            state="read_only" if refusal else "ok",
            reason=refusal or waiting,
        )

    def measure(self) -> None:
        """Note how many values have come so far and how full the disk is."""
        now = self._clock.monotonic()
        self._samples.append((now, self._ingest().values))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _WINDOW_S:
            self._samples.popleft()
        self._disk = self._disk_used_percent()

    async def run(self) -> None:
        """Measure once a second, until cancelled; say so when the loop was held up."""
        while True:
            self.measure()
            due = self._clock.monotonic() + 1
            await asyncio.sleep(1)
            late_s = self._clock.monotonic() - due
            if late_s > _LATE_S:
                log.warning("event loop held up", extra={"seconds": round(late_s, 2)})

    def _rate(self) -> float:
        (start, before), (end, after) = self._samples[0], self._samples[-1]
        return (after - before) / (end - start) if end > start else 0.0
