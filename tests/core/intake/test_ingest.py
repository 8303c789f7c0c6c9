"""A batch on its way in: stamps, durability first, duplicates, sinks that fail."""

import asyncio
from array import array

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.intake.ingest import Ingest, Settings
from muster.errors import InputError, LimitExceeded, Unavailable
from muster.model.identity import Identity
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.model.query import Selector
from muster.ports.series import NoRoom
from muster.testing.cohorts import MemoryCatalogue, block_of

NODE = Identity("hub", "s1", "n1")
LAYOUT = Layout(
    (
        Series("cpu", (("cpu", "cpu0"), ("host", "liar"), ("node", "other")), "idle", Kind.FLOAT),
        Series("mem", (), "used", Kind.INTEGER),
    )
)


class FakeJournal:
    """Keeps batches when it is let, as the port says."""

    def __init__(self):
        self.kept = []
        self.newest = {}
        self.full = False
        self.most_blocks = 99
        self.too_large = set()
        self.gate = asyncio.Event()
        self.gate.set()

    def submit(self, blocks, source, landed):
        if self.full:
            raise Unavailable("the disk is full", 3.0)
        if len(blocks) > self.most_blocks:
            raise LimitExceeded("the batch is too large", too_large=True)
        self.kept.append((blocks, source))
        return asyncio.ensure_future(self._keep(blocks, source, landed))

    async def _keep(self, blocks, source, landed):
        await self.gate.wait()
        if blocks and source[2] in self.too_large:
            raise LimitExceeded("the batch and its names are too large", too_large=True)
        node, epoch, sequence = source
        self.newest[node, epoch] = sequence
        landed(7)
        return 7

    def sequence(self, node, epoch):
        return self.newest.get((node, epoch), 0)

    def forget(self, node):
        self.newest = {key: value for key, value in self.newest.items() if key[0] != node}


class NarrowCatalogue(MemoryCatalogue):
    """Takes `room` series of a layout."""

    def __init__(self):
        super().__init__()
        self.room = 99

    def cohort(self, node, layout):
        if len(layout.series) > self.room:
            raise NoRoom(f"no room for node {node}", range(self.room))
        return super().cohort(node, layout)


class FakeHead:
    def __init__(self):
        self.rows = []

    def append(self, cohort, block, segment):
        self.rows.append((cohort, block, segment))
        self.segments = [segment for _, _, segment in self.rows]


class Recorder:
    name = "recorder"

    def __init__(self):
        self.seen = []
        self.failing = False

    async def take(self, cohort, block):
        if self.failing:
            raise ValueError("broken sink")
        self.seen.append(list(block.times))


class Bench:
    def __init__(self, sinks=(), **settings):
        self.passing = set()
        self.clock = ManualClock()
        self.journal = FakeJournal()
        self.head = FakeHead()
        self.catalogue = NarrowCatalogue()
        self.ingest = Ingest(
            catalogue=self.catalogue,
            journal=self.journal,
            head=self.head,
            clock=self.clock,
            sinks=sinks,
            settings=Settings(**settings),
            keeps=lambda space: space not in self.passing,
        )

    def batch(self, sequence, *, seconds=0, layout=LAYOUT, epoch="e"):
        time_ns = self.clock.now_ns() + round(seconds * SECOND_NS)
        return Batch(epoch, sequence, (block_of(layout, {time_ns: (1.0, 2)}),))

    async def accept(self, sequence, *, name="web-1", identity=NODE, **more):
        return await self.ingest.accept(identity, name, self.batch(sequence, **more))


@pytest.fixture
def bench():
    return Bench()


async def test_what_the_payload_claims_of_itself_is_replaced(bench):
    await bench.accept(1)
    tags = [dict(ref.series.tags) for ref in bench.catalogue.find(Selector(), None)]

    assert tags == [
        {"cpu": "cpu0", "host": "web-1", "node": "n1", "space": "s1"},
        {"host": "web-1", "node": "n1", "space": "s1"},
    ]


async def test_a_batch_is_answered_when_it_is_on_disk(bench):
    assert await bench.accept(1) == 1
    assert await bench.accept(2) == 2
    assert bench.ingest.acked("n1", "e") == 2
    assert [source for _, source in bench.journal.kept] == [("n1", "e", 1), ("n1", "e", 2)]


async def test_the_head_sees_rows_only_when_they_are_on_disk(bench):
    bench.journal.gate.clear()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bench.accept(1))
        await asyncio.sleep(0)
        assert bench.head.rows == []
        assert not task.done()
        bench.journal.gate.set()

    ((cohort, block, segment),) = bench.head.rows
    assert (segment, cohort.node, block.rows) == (7, "n1", 1)


async def test_a_batch_that_was_taken_is_not_taken_again(bench):
    await bench.accept(1)
    await bench.accept(2)

    assert await bench.accept(1) == 2
    assert await bench.accept(2) == 2
    assert len(bench.journal.kept) == 2
    assert bench.ingest.counts().duplicates == 2


async def test_sequences_of_another_epoch_start_again(bench):
    await bench.accept(5)

    assert await bench.accept(1, epoch="new") == 1
    assert bench.ingest.acked("n1", "e") == 5


async def test_a_full_disk_is_said_and_nothing_is_kept(bench):
    bench.journal.full = True
    with pytest.raises(Unavailable, match="disk is full"):
        await bench.accept(1)
    bench.journal.full = False

    assert bench.head.rows == []
    assert bench.ingest.acked("n1", "e") == 0
    assert await bench.accept(1) == 1


async def test_one_layout_is_stamped_once(bench):
    for sequence in range(1, 4):
        await bench.accept(sequence)
    first, *others = [blocks[0][0] for blocks, _ in bench.journal.kept]

    assert all(cohort is first for cohort in others)


async def test_a_renamed_node_gets_new_stamps(bench):
    await bench.accept(1)
    await bench.accept(2, name="web-2")
    hosts = {dict(ref.series.tags)["host"] for ref in bench.catalogue.find(Selector(), None)}

    assert hosts == {"web-1", "web-2"}


async def test_layouts_that_come_and_go_are_forgotten(bench):
    for sequence in range(1, 200):
        layout = Layout(LAYOUT.series)
        await bench.accept(sequence, layout=layout)

    assert bench.catalogue.series_total == 2


async def test_a_block_that_contradicts_itself_is_refused(bench):
    good = bench.batch(1).blocks[0]
    for bad in (
        Block(LAYOUT, good.times, good.values[:1]),
        Block(LAYOUT, good.times, good.values, b"\1"),
    ):
        with pytest.raises(InputError, match="batch 1 of node n1"):
            await bench.ingest.accept(NODE, "web-1", Batch("e", 1, (bad,)))
    assert bench.journal.kept == []


@pytest.mark.parametrize(("epoch", "sequence"), [("", 1), ("e" * 65, 1), ("e", 0), ("e", 1 << 63)])
async def test_an_epoch_or_sequence_out_of_bounds_is_refused(bench, epoch, sequence):
    with pytest.raises(InputError, match="not a batch of node n1"):
        await bench.ingest.accept(NODE, "web-1", Batch(epoch, sequence, ()))


async def test_rows_from_the_future_are_kept_counted_and_shown(bench):
    await bench.accept(1, seconds=599)
    assert bench.ingest.skew_s("n1") == 0.0
    await bench.accept(2, seconds=3600)

    assert bench.ingest.skew_s("n1") == pytest.approx(3600)
    assert bench.ingest.counts().skewed_rows == 1
    assert len(bench.journal.kept) == 2
    assert bench.ingest.skew_s("nobody") == 0.0


async def test_a_wild_clock_can_not_fill_the_engine_with_days(bench, caplog):
    day = 86_400
    for sequence in range(1, 401):
        await bench.accept(sequence, seconds=-day * (40 + sequence))
    taken = await bench.accept(401, seconds=400 * day)
    refused = bench.ingest.refused("n1")

    assert taken == 401
    assert (refused.values, len(bench.head.rows)) == (2, 400)
    assert "node n1" in refused.reason
    assert "400 days far from today (ingest.strange_days); set its clock" in refused.reason
    assert [record.message for record in caplog.records] == ["values are not kept, now or later"]


async def test_rows_of_today_are_kept_beside_those_of_too_many_days():
    bench = Bench(strange_days=1)
    today, day = bench.clock.now_ns(), 86_400 * SECOND_NS
    rows = {today: (1.0, 2), today - 99 * day: (3.0, 4), today - 98 * day: (5.0, None)}
    await bench.ingest.accept(NODE, "web-1", Batch("e", 1, (block_of(LAYOUT, rows),)))

    assert [list(block.times) for _, block, _ in bench.head.rows] == [[today, today - 99 * day]]
    assert bench.ingest.refused("n1").values == 1


async def test_series_there_is_no_room_for_are_left_out_and_the_node_goes_on(bench):
    bench.catalogue.room = 1
    await bench.accept(1)
    await bench.accept(2)
    refused = bench.ingest.refused("n1")

    assert bench.ingest.acked("n1", "e") == 2
    assert [ref.series.field for ref in bench.catalogue.find(Selector(), None)] == ["idle"]
    assert [len(block.values) for _, block, _ in bench.head.rows] == [1, 1]
    assert (refused.values, refused.reason) == (2, "no room for node n1")
    assert bench.ingest.counts()[:3] == (2, 2, 0)
    assert bench.ingest.counts().refused == 2


async def test_a_row_of_which_nothing_fits_is_acknowledged_all_the_same(bench):
    bench.catalogue.room = 0

    assert await bench.accept(1) == 1
    assert bench.head.rows == []
    assert bench.ingest.refused("n1").values == 2


async def test_room_that_comes_later_is_found(bench):
    bench.catalogue.room = 0
    await bench.accept(1)
    bench.catalogue.room = 2
    await bench.accept(2)
    bench.clock.advance(61)
    await bench.accept(3)

    assert [block.rows for _, block, _ in bench.head.rows] == [1]
    assert bench.ingest.refused("n1").values == 4


async def test_a_batch_larger_than_the_journal_takes_is_left_out(bench):
    bench.journal.most_blocks = 0

    assert await bench.accept(1) == 1
    assert bench.ingest.refused("n1")[:2] == (2, "the batch is too large")


@pytest.mark.parametrize("sequences", [(1,), (1, 2)])
async def test_a_batch_that_the_journal_finds_too_large_later_is_left_out(bench, sequences):
    bench.journal.too_large = {1}
    batches = [bench.batch(sequence) for sequence in sequences]
    acked = await bench.ingest.accept_all(NODE, "web-1", batches)

    assert acked == sequences[-1]
    assert bench.ingest.refused("n1")[:2] == (2, "the batch and its names are too large")
    assert len(bench.head.rows) == len(sequences) - 1


async def test_what_was_refused_is_counted_once_it_is_acknowledged(bench):
    bench.catalogue.room, bench.journal.full = 0, True
    with pytest.raises(Unavailable):
        await bench.accept(1)
    before = bench.ingest.refused("n1").values
    bench.journal.full = False
    await bench.accept(1)

    assert (before, bench.ingest.refused("n1").values) == (0, 2)


async def test_refusals_are_logged_once_until_they_were_away_for_long(bench, caplog):
    bench.catalogue.room = 0
    for sequence in (1, 2, 3):
        await bench.accept(sequence)
    several = len(caplog.records)
    bench.clock.advance(3_601)
    await bench.accept(4)

    assert (several, len(caplog.records)) == (1, 2)


async def test_a_batch_without_blocks_is_acknowledged(bench):
    assert await bench.ingest.accept(NODE, "web-1", Batch("e", 1, ())) == 1


async def test_what_came_in_is_counted(bench):
    await bench.accept(1)
    await bench.accept(2)
    await bench.accept(2)
    counts = bench.ingest.counts()

    assert (counts.values, counts.batches, counts.duplicates) == (4, 2, 1)


async def test_a_sink_sees_rows_and_its_failure_stays_its_own():
    good, bad = Recorder(), Recorder()
    bad.failing = True
    bad.name = "bad"
    bench = Bench(sinks=(good, bad))
    async with asyncio.TaskGroup() as group:
        job = group.create_task(bench.ingest.run())
        await bench.accept(1)
        await bench.accept(2)
        for _ in range(5):
            await asyncio.sleep(0)
        job.cancel()

    assert len(good.seen) == 2
    assert bench.ingest.counts().dropped == {"recorder": 0, "bad": 2}


async def test_batches_that_come_together_wait_for_the_disk_together(bench):
    bench.journal.gate.clear()
    batches = [bench.batch(sequence, seconds=sequence) for sequence in (1, 2, 3)]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bench.ingest.accept_all(NODE, "web-1", batches))
        for _ in range(3):
            await asyncio.sleep(0)
        under_way = len(bench.journal.kept)
        bench.journal.gate.set()

    assert under_way == 3
    assert task.result() == 3


async def test_what_comes_before_a_bad_batch_is_kept(bench):
    bad = Batch("e", 2, (Block(LAYOUT, array("q", [1]), array("q", [1])),))
    with pytest.raises(InputError, match="batch 2"):
        await bench.ingest.accept_all(NODE, "web-1", [bench.batch(1), bad, bench.batch(3)])

    assert bench.ingest.acked("n1", "e") == 1
    assert len(bench.journal.kept) == 1


async def test_a_slow_sink_loses_rows_and_holds_nobody_up():
    slow = Recorder()
    bench = Bench(sinks=(slow,), sink_blocks=2)
    for sequence in range(1, 6):
        assert await bench.accept(sequence) == sequence

    assert bench.ingest.counts().dropped == {"recorder": 3}


async def test_a_removed_node_is_forgotten(bench):
    await bench.accept(1)
    bench.ingest.forget("n1")

    assert bench.ingest.acked("n1", "e") == 0
    assert bench.catalogue.series_total == 0


async def test_a_node_that_begins_ever_new_epochs_has_to_wait(bench):
    for number in range(100):
        await bench.accept(1, epoch=f"e{number}")
    with pytest.raises(LimitExceeded, match="100 epochs within a day") as caught:
        await bench.accept(1, epoch="one more")
    assert caught.value.retry_after_s == 3_600

    assert await bench.accept(2, epoch="e7") == 2
    bench.clock.advance(86_400)
    assert await bench.accept(1, epoch="one more") == 1


async def test_of_a_space_that_keeps_nothing_the_journal_gets_the_sequence_alone():
    bench = Bench()
    bench.passing.add("s1")

    assert await bench.accept(1) == 1
    assert bench.journal.kept == [([], ("n1", "e", 1))]
    assert bench.head.segments == [0], "rows that wait for no engine"
    assert bench.ingest.counts().values == 2
    bench.passing.clear()
    await bench.accept(2)
    assert bench.head.segments == [0, 7]
    assert len(bench.journal.kept[1][0]) == 1
