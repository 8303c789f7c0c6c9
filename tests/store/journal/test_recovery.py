"""Starting after a crash: whatever the disk kept is found, and nothing else."""

import random
import shutil

import pytest

from muster.model.metric import Layout
from muster.store.catalogue.allowance import Settings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.journal import segment
from muster.store.journal.recovery import recover
from muster.store.journal.segmentdisk import Disk
from muster.store.journal.tail import Tail
from muster.store.readback import ReadBack
from muster.testing.cohorts import block_of, series_of

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
SIZE = 16 << 10
LAYOUT = Layout((series_of("m", "a"), series_of("m", "b", cpu="1")))


class Writing:
    """Segments of known content. `groups` are lists of (node, sequence), each synced at once."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()
        self.catalogue = Catalogue(path=folder / "c.sqlite", settings=Settings())
        self.tail = Tail(folder=folder, hub=HUB, segment_bytes=SIZE, disk=Disk())

    def group(self, *sources):
        batches = []
        for node, sequence in sources:
            cohort = self.catalogue.cohort(node, LAYOUT)
            batches.append(
                ((node, "e", sequence), [(cohort, block_of(LAYOUT, {sequence: (1.0, 2.0)}))])
            )
        assert self.tail.write(batches) == len(batches)

    def recover(self, stored=0, sequences=None, learn=lambda *_: None):
        return recover(
            folder=self.folder,
            hub=HUB,
            stored=stored,
            sequences=sequences or {},
            segment_bytes=SIZE,
            learn=learn,
        )


@pytest.fixture
def writing(tmp_path):
    return Writing(tmp_path / "journal")


def offsets(file, end=None):
    data = file.path.read_bytes()
    found = segment.read(data, segment.parse_header(data).sync, end)
    return [record.offset for record in found.records if record.kind == segment.ROWS]


def flip(path, at, bit=0x10):
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)


def batches_in(found):
    back = ReadBack({})
    kept = {}
    for file in found.segments:
        reading = back.read(file)
        values = sum(part.values for part in reading.parts())
        kept[file.number] = (reading.summary.sequences, values // 2)
    return kept


def test_an_empty_folder_is_a_fresh_journal(tmp_path):
    found = recover(
        folder=tmp_path / "new" / "journal",
        hub=HUB,
        stored=41,
        sequences={("n", "e"): 5},
        segment_bytes=SIZE,
        learn=lambda *_: None,
    )

    assert (found.segments, found.next_number) == ([], 42)
    assert found.sequences == {("n", "e"): 5}


def test_stored_segments_are_not_read_again_and_numbers_go_on(writing):
    for number in range(1, 4):
        writing.group(("n1", number))
        writing.tail.end()
    found = writing.recover(stored=2, sequences={("n1", "e"): 2})

    assert [file.number for file in found.segments] == [3]
    assert found.next_number == 4
    assert len(list(writing.folder.glob("free-*"))) == 2
    assert found.sequences == {("n1", "e"): 3}


def test_names_of_unstored_segments_are_learnt(writing):
    writing.group(("n1", 1))
    learnt = []
    writing.recover(learn=learnt.extend)

    assert set(learnt) == {(series, 0, 0) for series in LAYOUT.series}


def test_free_files_of_another_size_are_removed(writing):
    (writing.folder / "free-1").write_bytes(b"short")
    writing.recover()

    assert list(writing.folder.glob("free-*")) == []


def test_a_tail_torn_at_any_byte_keeps_every_batch_before_it(writing, tmp_path):
    for sequence in range(1, 4):
        writing.group(("n1", sequence))
    file = writing.tail.end()
    whole = file.path.read_bytes()
    starts = [*offsets(file), file.end]
    for cut in range(starts[0], file.end, 3):
        file.path.write_bytes(whole[:cut].ljust(SIZE, b"\0"))
        found = writing.recover()
        least = sum(behind <= cut for behind in starts[1:])

        assert found.sequences.get(("n1", "e"), 0) in (least, least + 1)
        assert found.refused == 0


def test_a_flipped_bit_in_a_stored_place_costs_one_batch_and_is_counted(writing):
    for sequence in range(1, 9):
        writing.group(("n1", sequence))
    file = writing.tail.end()
    whole = file.path.read_bytes()
    starts = offsets(file)
    chance = random.Random(3)
    for _ in range(200):
        at = chance.randrange(segment.DATA_START, starts[-1])
        file.path.write_bytes(whole)
        flip(file.path, at, 1 << chance.randrange(8))
        found = writing.recover()

        assert found.batches >= 7
        assert found.sequences == {("n1", "e"): 8}
        assert found.damaged <= 1
        ((sequences, batches),) = batches_in(found).values()
        assert sequences == {("n1", "e"): 8}
        assert batches == found.batches


def test_a_damaged_header_copy_costs_nothing(writing):
    writing.group(("n1", 1))
    file = writing.tail.end()
    flip(file.path, 20)

    assert writing.recover().batches == 1


def test_a_segment_without_a_header_is_set_aside(writing):
    writing.group(("n1", 1))
    file = writing.tail.end()
    writing.group(("n1", 2))
    flip(file.path, 20)
    flip(file.path, segment.COPY_AT + 20)
    found = writing.recover()

    assert (found.batches, found.damaged, found.next_number) == (1, 1, 3)
    assert file.path.with_suffix(".damaged").exists()


def test_an_unacknowledged_batch_can_not_hide_behind_a_later_one(writing):
    writing.group(("n1", 1), ("n2", 1))
    writing.group(("n1", 2), ("n1", 3), ("n2", 2), ("n2", 3))
    file = writing.tail.end()
    flip(file.path, offsets(file)[2] + 60)  # the power failed: batch 2 of n1 never got there
    found = writing.recover()

    assert found.sequences == {("n1", "e"): 1, ("n2", "e"): 3}
    assert (found.batches, found.refused) == (4, 1)


def test_what_was_refused_once_is_never_read(writing):
    writing.group(("n1", 1))
    writing.group(("n1", 2), ("n1", 3))
    file = writing.tail.end()
    flip(file.path, offsets(file)[1] + 60)
    first = writing.recover()
    tail = Tail(folder=writing.folder, hub=HUB, segment_bytes=SIZE, disk=Disk())
    tail.adopt(first.next_number, first.segments[0].end)
    writing.tail = tail
    writing.group(("n1", 2))
    second = writing.recover()

    assert first.sequences == {("n1", "e"): 1}
    assert second.sequences == {("n1", "e"): 2}
    assert batches_in(second) == {1: ({("n1", "e"): 1}, 1), 2: ({("n1", "e"): 2}, 1)}


def test_what_stands_behind_an_abandoned_end_is_not_read(writing):
    writing.group(("n1", 1))
    good = writing.tail.file
    writing.group(("n1", 2))  # written, but its sync failed: the segment ends before it
    writing.tail.end()
    tail = Tail(folder=writing.folder, hub=HUB, segment_bytes=SIZE, disk=Disk())
    tail.adopt(2, good.end)
    writing.tail = tail
    writing.group(("n1", 2))
    found = writing.recover()

    assert found.batches == 2
    assert batches_in(found) == {1: ({("n1", "e"): 1}, 1), 2: ({("n1", "e"): 2}, 1)}


def test_both_copies_of_names_can_be_lost_and_are_found_in_another_segment(writing):
    writing.group(("n1", 1))
    first = writing.tail.end()
    writing.group(("n1", 2))
    second = writing.tail.end()
    flip(second.path, segment.DATA_START + 30)
    found = writing.recover()

    assert first.number == 1
    assert batches_in(found)[2] == ({("n1", "e"): 2}, 1)


def test_the_newest_time_of_every_node_is_known(writing):
    writing.group(("n1", 4), ("n2", 9))
    writing.tail.end()
    writing.group(("n1", 6))
    writing.tail.end()

    assert writing.recover().newest == {"n1": 6, "n2": 9}
    assert writing.recover(stored=1).newest == {"n1": 6}


def test_recovery_is_the_same_every_time(writing, tmp_path):
    writing.group(("n1", 1), ("n2", 1))
    writing.group(("n1", 2), ("n2", 2), ("n1", 3))
    file = writing.tail.end()
    whole = file.path.read_bytes()
    chance = random.Random(11)
    for _ in range(60):
        hurt = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            hurt[chance.randrange(segment.DATA_START, file.end)] ^= 1 << chance.randrange(8)
        file.path.write_bytes(hurt)
        first = writing.recover()
        kept = batches_in(first)
        again = writing.recover()

        assert again.sequences == first.sequences
        assert batches_in(again) == kept
    shutil.rmtree(writing.folder)


def test_names_that_every_segment_repeats_are_learnt_once(writing):
    for sequence in (1, 2, 3):
        writing.group(("n1", sequence))
        writing.tail.end()
    learnt = []
    found = writing.recover(learn=lambda named: learnt.extend(series for series, *_ in named))

    assert len(found.segments) == 3
    assert learnt == list(LAYOUT.series)
