"""The journal: durable before it answers, in order, and honest when the disk is not."""

import asyncio
import errno
import random
import threading
from datetime import timedelta

import pytest

from muster.clock import ManualClock
from muster.errors import LimitExceeded, Unavailable
from muster.model.metric import Layout
from muster.store.catalogue.allowance import Settings as CatalogueSettings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.journal import journal
from muster.store.journal.journal import Journal, Settings
from muster.store.journal.recovery import recover
from muster.store.journal.segment import DATA_START
from muster.testing.cohorts import block_of, series_of
from muster.testing.storedisks import FailingDisk

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
SIZE = 64 << 10
LAYOUT = Layout((series_of("m", "a"), series_of("m", "b")))


class Bench:
    """A journal on a disk that can fail, and a catalogue beside it."""

    def __init__(self, folder, **settings):
        self.folder = folder / "journal"
        self.folder.mkdir()
        self.clock = ManualClock()
        self.disk = FailingDisk()
        self.landed = []
        self.settings = Settings(**{"segment_bytes": SIZE, "reserve_bytes": 1 << 20, **settings})
        self.catalogue = Catalogue(path=folder / "c.sqlite", settings=CatalogueSettings())
        self.journal = Journal(
            folder=self.folder,
            hub=HUB,
            clock=self.clock,
            settings=self.settings,
            disk=self.disk,
        )

    async def append(self, sequence, node="n1", epoch="e", rows=1):
        cohort = self.catalogue.cohort(node, LAYOUT)
        block = block_of(LAYOUT, {sequence * 100 + at: (1.0, 2.0) for at in range(rows)})
        return await self.journal.submit(
            [(cohort, block)],
            (node, epoch, sequence),
            lambda number: self.landed.append((node, sequence, number)),
        )

    def recovered(self):
        return recover(
            folder=self.folder,
            hub=HUB,
            stored=0,
            sequences={},
            segment_bytes=SIZE,
            learn=lambda *_: None,
        )

    async def close(self):
        await asyncio.to_thread(self.journal.close)


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    bench.journal.start()
    yield bench
    await bench.close()


async def failures(*appends):
    answers = await asyncio.gather(*appends, return_exceptions=True)
    return [type(answer) if isinstance(answer, Exception) else answer for answer in answers]


async def test_what_was_answered_is_on_disk(bench):
    for sequence in range(1, 4):
        assert await bench.append(sequence) == 1

    found = bench.recovered()
    assert found.sequences == {("n1", "e"): 3}
    assert (found.batches, found.damaged, found.next_number) == (3, 0, 2)
    assert bench.journal.sequence("n1", "e") == 3
    assert bench.journal.sequence("n1", "other") == 0


async def test_appends_of_many_nodes_share_commits_and_land_in_order(bench):
    await asyncio.gather(*(bench.append(s, node=f"n{n}") for s in (1, 2, 3) for n in range(20)))

    for node in range(20):
        assert [s for n, s, _ in bench.landed if n == f"n{node}"] == [1, 2, 3]
    assert bench.disk.calls < 60
    assert bench.journal.waiting == 0


async def test_a_batch_that_is_on_its_way_is_not_written_twice(bench):
    answers = await asyncio.gather(
        bench.append(1), bench.append(2), bench.append(1), bench.append(2)
    )

    assert answers == [1, 1, 1, 1]
    assert [s for _, s, _ in bench.landed] == [1, 2]
    assert bench.recovered().batches == 2


async def test_rows_land_even_when_their_link_is_gone(bench):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bench.append(1))
        await asyncio.sleep(0)
        task.cancel()
    await bench.append(1, node="n2")

    assert [s for n, s, _ in bench.landed if n == "n1"] == [1]
    assert bench.journal.sequence("n1", "e") == 1


async def test_a_broken_watcher_is_reported_and_the_rows_stay(bench):
    def broken(number):
        raise ValueError("head")

    cohort = bench.catalogue.cohort("n1", LAYOUT)
    block = block_of(LAYOUT, {1: (1.0, 2.0)})
    with pytest.raises(ValueError, match="head"):
        await bench.journal.submit([(cohort, block)], ("n1", "e", 1), broken)

    assert bench.journal.sequence("n1", "e") == 1
    assert await bench.append(2) == 1


async def test_a_full_segment_is_handed_to_the_writer(bench):
    numbers = [await bench.append(sequence, rows=100) for sequence in range(1, 60)]

    assert numbers == sorted(numbers)
    assert numbers[-1] > 1
    assert bench.journal.sealed(0).number == 1
    assert bench.recovered().batches == 59


async def test_a_segment_ends_when_it_is_old(bench):
    await bench.append(1)
    bench.clock.advance(bench.settings.segment_age.total_seconds())
    await bench.append(2)  # into the old segment or behind it: the thread may have looked first

    assert (await asyncio.to_thread(bench.journal.sealed, 5)).number == 1
    assert await bench.append(3) == 2


async def test_a_segment_ends_when_it_is_asked_to(bench):
    await bench.append(1)
    bench.journal.seal()

    assert (await asyncio.to_thread(bench.journal.sealed, 5)).number == 1


async def test_a_released_file_is_used_again(bench):
    for sequence in range(1, 9):
        number = await bench.append(sequence)
        bench.journal.seal()
        await asyncio.to_thread(bench.journal.sealed, 5)
        bench.journal.release(number)

    assert number == 8
    assert bench.journal.unstored_bytes == 0
    assert len(list(bench.folder.iterdir())) <= 2


async def test_a_journal_that_has_nothing_to_do_makes_the_next_file(tmp_path, monkeypatch):
    made = threading.Event()
    bench = Bench(tmp_path)
    monkeypatch.setattr(journal, "_AHEAD_S", 0.0)
    create = bench.disk.create
    bench.disk.create = lambda path, size: (create(path, size), made.set())
    bench.journal.start()

    assert await asyncio.to_thread(made.wait, 60)
    await bench.append(1)
    assert len(list(bench.folder.glob("*.segment"))) == 1
    await bench.close()


async def test_too_much_unstored_is_refused_until_it_is_stored(tmp_path):
    bench = Bench(tmp_path, waiting_bytes=20 << 10)
    bench.journal.start()
    sequence = 1
    with pytest.raises(Unavailable, match="engine is behind") as caught:
        for sequence in range(1, 99):
            await bench.append(sequence, rows=50)
    bench.journal.seal()
    file = await asyncio.to_thread(bench.journal.sealed, 5)
    bench.journal.release(file.number)

    assert caught.value.retry_after_s > 0
    assert await bench.append(sequence) > 1
    await bench.close()


async def test_a_batch_that_is_too_large_is_refused_for_good(bench):
    with pytest.raises(LimitExceeded):
        await bench.append(1, rows=3000)

    assert await bench.append(1) == 1


async def test_a_disk_below_its_reserve_takes_nothing_and_recovers_by_itself(bench):
    await bench.append(1)
    bench.disk.free = 100
    with pytest.raises(Unavailable, match="disk is full") as caught:
        await bench.append(2)
    bench.disk.free = 1 << 30
    with pytest.raises(Unavailable, match="disk is full"):
        await bench.append(2)  # before the retry is due nothing is tried
    bench.clock.advance(caught.value.retry_after_s)

    assert await bench.append(2) == 2
    assert bench.journal.refusal == ""
    assert bench.recovered().sequences == {("n1", "e"): 2}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_whichever_call_fails_nothing_is_acknowledged_and_nothing_lost(tmp_path, code):
    failed = 0
    for at in range(1, 40):
        folder = tmp_path / str(at)
        folder.mkdir()
        bench = Bench(folder, segment_bytes=8192 + 2048)
        bench.disk.code = code
        bench.disk.fail_at = {at}
        bench.disk.torn = 100 * at
        bench.journal.start()
        for sequence in range(1, 9):
            answers = await failures(bench.append(sequence, rows=10))
            if answers == [Unavailable]:
                failed += 1
                assert bench.journal.sequence("n1", "e") == sequence - 1
                bench.clock.advance(10)
                await bench.append(sequence, rows=10)
        await bench.close()
        found = recover(
            folder=bench.folder,
            hub=HUB,
            stored=0,
            sequences={},
            segment_bytes=8192 + 2048,
            learn=lambda *_: None,
        )

        assert found.sequences == {("n1", "e"): 8}
        assert found.batches == 8
        assert [s for _, s, _ in bench.landed] == list(range(1, 9))
    assert failed > 20


async def test_after_a_failure_no_later_batch_of_the_node_slips_in(bench):
    await bench.append(1)
    bench.disk.broken = errno.EIO
    answers = await failures(*(bench.append(sequence) for sequence in range(2, 6)))
    bench.disk.broken = 0
    bench.clock.advance(10)

    assert answers == [Unavailable] * 4
    assert bench.journal.sequence("n1", "e") == 1
    assert await failures(*(bench.append(sequence) for sequence in range(2, 6))) == [2, 2, 2, 2]


async def test_a_full_disk_is_logged_once_and_not_at_every_try(bench, caplog):
    bench.disk.broken = errno.ENOSPC
    for _ in range(5):
        assert await failures(bench.append(1)) == [Unavailable]
        bench.clock.advance(10)
    bench.disk.broken = 0
    await bench.append(1)
    bench.disk.broken = errno.ENOSPC
    await failures(bench.append(2))
    bench.disk.broken = 0

    assert [record.message for record in caplog.records] == ["journal refuses appends"] * 2


async def test_appends_are_refused_while_the_hub_stops(tmp_path):
    bench = Bench(tmp_path)
    bench.journal.start()
    await bench.append(1)
    await bench.close()

    with pytest.raises(Unavailable, match="stopping"):
        await bench.append(2)
    assert bench.recovered().batches == 1


async def test_nothing_is_taken_before_the_start(tmp_path):
    with pytest.raises(Unavailable, match="not open"):
        await Bench(tmp_path).append(1)


async def test_a_removed_node_is_forgotten(bench):
    await bench.append(1)
    await bench.append(1, node="n2")
    bench.journal.forget("n1")

    assert bench.journal.sequence("n1", "e") == 0
    assert bench.journal.sequence("n2", "e") == 1


def test_a_small_disk_gets_small_segments_and_a_small_reserve(tmp_path):
    bench = Bench(tmp_path, segment_bytes=64 << 20, reserve_bytes=256 << 20)
    bench.journal.fit(1 << 30)
    assert bench.journal.settings.segment_bytes == 16 << 20
    assert bench.journal.settings.reserve_bytes == (1 << 30) // 10
    bench.journal.fit(10 << 20)
    assert bench.journal.settings.segment_bytes == 1 << 20


async def test_an_error_nobody_foresaw_reaches_those_who_wait(bench):
    cohort = bench.catalogue.cohort("n1", LAYOUT)
    with pytest.raises(Unavailable, match="the journal failed"):
        await bench.journal.submit(
            [(cohort, block_of(LAYOUT, {1: (1.0, 2.0)}))], ("n1", "e", 1 << 70), lambda number: None
        )
    bench.clock.advance(10)

    assert await bench.append(1) == 2


def test_settings_have_the_documented_defaults():
    assert Settings().segment_bytes == 64 << 20
    assert Settings().segment_age == timedelta(seconds=10)


async def test_a_batch_that_no_segment_can_hold_is_refused_alone(tmp_path):
    bench = Bench(tmp_path, segment_bytes=DATA_START + 4096)
    names = tuple(
        series_of("m", f"f{at:04}", x=str(random.Random(at).random())) for at in range(250)
    )
    layout = Layout(names)
    cohort = bench.catalogue.cohort("n2", layout)
    block = block_of(layout, {1: (1.0,) * len(names)})
    bench.journal.start()
    large = bench.journal.submit([(cohort, block)], ("n2", "e", 1), lambda number: None)
    answers = await failures(bench.append(1), large, bench.append(2), bench.append(1, node="n3"))
    empty = await bench.journal.submit([], ("n2", "e", 1), lambda number: None)
    await bench.close()

    assert answers == [1, LimitExceeded, 1, 1]
    assert empty == 1
    assert bench.journal.refusal == ""
    assert bench.recovered().sequences == {("n1", "e"): 2, ("n2", "e"): 1, ("n3", "e"): 1}
