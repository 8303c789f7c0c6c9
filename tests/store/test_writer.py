"""The writer: journal to engine, exactly once, however often it fails."""

import asyncio
import threading
from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.errors import Unavailable
from muster.model.metric import Kind, Layout
from muster.model.query import Selector
from muster.store.catalogue.allowance import Settings as CatalogueSettings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.catalogue.cataloguefile import Marks
from muster.store.journal.journal import Journal
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.writer import Settings, Writer
from muster.testing.cohorts import block_of, series_of
from muster.testing.series import MemoryStore

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
LAYOUT = Layout((series_of("m", "a"),))
DAY_S = 86_400


class Flaky(MemoryStore):
    """Fails as often as it is told to, then works."""

    def __init__(self):
        super().__init__()
        self.fail_open = 0
        self.open_fault = Unavailable("no engine")
        self.drop_fault = None
        self.fail_append = 0
        self.rolled = 0
        self.roll_fault = RuntimeError("nobody foresaw this")
        self.summed_up = threading.Event()
        self.after = False  # whether the failing append still stores
        self.dropped = threading.Event()

    def open(self):
        if self.fail_open:
            self.fail_open -= 1
            raise self.open_fault

    def roll(self, now_ns):
        self.rolled += 1
        if self.rolled == 1:
            raise self.roll_fault
        if self.rolled == 4:
            self.summed_up.set()
        return self.rolled < 4

    def append(self, token, rows, *, rewrites=False):
        if self.fail_append:
            self.fail_append -= 1
            if self.after:
                super().append(token, rows, rewrites=rewrites)
            raise Unavailable("engine hiccup")
        super().append(token, rows, rewrites=rewrites)

    def drop(self, before_ns, hours_before_ns=None):
        self.horizon, self.hours_horizon = before_ns, hours_before_ns
        days = super().drop(before_ns)
        self.dropped.set()
        if self.drop_fault:
            raise self.drop_fault
        return days


class FlakyMarks:
    """A catalogue whose first marks fail."""

    def __init__(self, catalogue, failures):
        self.catalogue = catalogue
        self.failures = failures

    def mark(self, marks: Marks | None):
        if self.failures:
            self.failures -= 1
            raise Unavailable("sqlite is busy")
        self.catalogue.mark(marks)


class Bench:
    def __init__(
        self,
        folder,
        store,
        mark_failures=0,
        backoff=0.0,
        may_forget=lambda: True,
        hours_days=0,
    ):
        (folder / "journal").mkdir()
        self.clock = ManualClock()
        self.store = store
        self.stored = asyncio.Queue()
        self.catalogue = Catalogue(path=folder / "c.sqlite", settings=CatalogueSettings())
        self.catalogue.open()
        self.journal = Journal(
            folder=folder / "journal",
            hub=HUB,
            clock=self.clock,
            settings=JournalSettings(segment_bytes=64 << 10, reserve_bytes=0),
        )
        self.writer = Writer(
            journal=self.journal,
            catalogue=FlakyMarks(self.catalogue, mark_failures),
            store=store,
            stored=self.stored.put_nowait,
            clock=self.clock,
            settings=Settings(
                backoff=timedelta(seconds=backoff), hours_retention=timedelta(days=hours_days)
            ),
            may_forget=may_forget,
        )
        self.journal.start()
        self.writer.start({})

    async def append(self, sequence):
        cohort = self.catalogue.cohort("n1", LAYOUT)
        time_ns = self.clock.now_ns() + sequence
        await self.journal.submit(
            [(cohort, block_of(LAYOUT, {time_ns: (float(sequence),)}))],
            ("n1", "e", sequence),
            lambda number: None,
        )

    async def store_all(self):
        self.journal.seal()
        async with asyncio.timeout(60):
            return await self.stored.get()

    def count(self):
        refs = self.catalogue.find(Selector(measurement="m"), None)
        return self.store.aggregate(Kind.FLOAT, refs, 0, 1 << 62, 0).counts.tolist()

    async def close(self):
        await asyncio.to_thread(self.journal.close)
        await asyncio.to_thread(self.writer.stop)
        self.catalogue.close()


@pytest.fixture
async def benches(tmp_path):
    made = []

    def make(store=None, **more):
        made.append(Bench(tmp_path, store or Flaky(), **more))
        return made[-1]

    yield make
    for bench in made:
        await bench.close()


async def test_a_segment_is_stored_marked_told_and_released(benches):
    bench = benches()
    for sequence in range(1, 4):
        await bench.append(sequence)

    assert await bench.store_all() == 1
    assert bench.count() == [3]
    await bench.append(4)
    assert await bench.store_all() == 2
    assert bench.count() == [4]
    assert bench.writer.state.ready
    assert bench.writer.state.failing == ""


async def test_marks_are_durable_when_the_head_hears_of_them(benches, tmp_path):
    bench = benches()
    await bench.append(1)
    await bench.store_all()
    other = Catalogue(path=tmp_path / "c.sqlite", settings=CatalogueSettings())
    marks = other.open()
    other.close()

    assert marks.segment == 1
    assert marks.sequences == {("n1", "e"): 1}
    assert marks.newest == {("n1", "m"): bench.clock.now_ns() + 1}
    assert other.series_total == 1


@pytest.mark.parametrize("after", [False, True])
async def test_an_engine_that_fails_is_asked_again_under_the_same_token(benches, after):
    store = Flaky()
    store.fail_append, store.after = 3, after
    bench = benches(store)
    await bench.append(1)
    await bench.store_all()

    assert bench.count() == [1]
    assert len(set(store.appends)) == 1


async def test_marks_that_fail_are_tried_again(benches):
    bench = benches(mark_failures=2)
    await bench.append(1)

    assert await bench.store_all() == 1
    assert bench.count() == [1]


@pytest.mark.parametrize("fault", [Unavailable("no engine"), RuntimeError("nobody foresaw this")])
async def test_an_engine_that_does_not_start_is_tried_again(benches, fault):
    store = Flaky()
    store.fail_open, store.open_fault = 3, fault
    bench = benches(store)
    await bench.append(1)

    assert await bench.store_all() == 1


async def test_an_error_nobody_foresaw_is_said_and_the_segment_tried_again(benches, monkeypatch):
    bench = benches()
    calls = []
    plain = bench.writer._back.read

    def broken(file):
        calls.append(file.number)
        if len(calls) == 1:
            raise KeyError("surprise")
        return plain(file)

    monkeypatch.setattr(bench.writer._back, "read", broken)
    await bench.append(1)

    assert await bench.store_all() == 1
    assert calls == [1, 1]
    assert bench.count() == [1]


async def test_why_rows_wait_is_said(benches):
    store = Flaky()
    store.fail_append = 1 << 30
    bench = benches(store, backoff=3600.0)
    await bench.append(1)
    bench.journal.seal()
    async with asyncio.timeout(60):
        while bench.writer.state.failing != "engine hiccup":  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0)

    assert bench.journal.unstored_bytes > 0
    bench.clock.advance(3600)  # so that the stop at the end does not drain
    bench.store.fail_append = 0


async def test_what_failed_before_a_stop_is_tried_a_last_time_at_it(benches):
    store = Flaky()
    store.fail_append = 1 << 30
    bench = benches(store, backoff=3600.0)
    await bench.append(1)
    bench.journal.seal()
    async with asyncio.timeout(60):
        while not bench.writer.state.failing:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0)
    store.fail_append = 0
    await asyncio.to_thread(bench.writer.stop)

    assert bench.count() == [1]


@pytest.mark.parametrize(
    ("fault", "has_traceback"),
    [(RuntimeError("foreseen by nobody"), True), (Unavailable("disk"), False)],
)
async def test_hours_are_summed_up_between_segments_even_after_a_fault(
    benches, caplog, fault, has_traceback
):
    store = Flaky()
    store.roll_fault = fault
    bench = benches(store)
    await bench.append(1)
    assert await bench.store_all() == 1
    async with asyncio.timeout(60):
        await asyncio.to_thread(bench.store.summed_up.wait, 10)

    assert bench.store.rolled == 4
    assert bench.writer.state.failing == ""
    (told,) = (each for each in caplog.records if "summed up" in each.message)
    assert bool(told.exc_info) == has_traceback


@pytest.mark.parametrize(("hours_days", "kept_days"), [(0, 30), (7, 30), (400, 400)])
async def test_days_beyond_retention_are_dropped(benches, hours_days, kept_days):
    bench = benches(hours_days=hours_days)
    async with asyncio.timeout(60):
        await asyncio.to_thread(bench.store.dropped.wait, 10)

    assert bench.store.horizon == bench.clock.now_ns() - 30 * DAY_S * 10**9
    assert bench.store.hours_horizon == bench.clock.now_ns() - kept_days * DAY_S * 10**9


async def test_rows_are_stored_although_dropping_days_ends_in_an_error_nobody_foresaw(benches):
    store = Flaky()
    store.drop_fault = RuntimeError("nobody foresaw this")
    bench = benches(store)
    await bench.append(1)

    assert await bench.store_all() == 1
    assert store.dropped.is_set()


async def test_no_day_is_dropped_by_a_clock_that_cannot_be_believed(benches):
    asked = threading.Event()
    bench = benches(may_forget=lambda: bool(asked.set()))
    async with asyncio.timeout(60):
        await asyncio.to_thread(asked.wait, 10)
        await asyncio.to_thread(bench.writer.stop)

    assert not bench.store.dropped.is_set()
