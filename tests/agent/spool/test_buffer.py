"""The spool: order kept, nothing lost but the oldest, and never more than its bounds."""

import errno
import os
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.agent.spool.buffer import SEGMENT_BATCHES, Spool, SpoolSettings
from muster.agent.spool.cursor import Cursor
from muster.agent.spool.segment import Record, sync_paths
from muster.model.metric import Block, Kind, Layout, Series

LAYOUT = Layout((Series("load", (), "load1", Kind.FLOAT), Series("load", (), "n", Kind.INTEGER)))


class ChainEncoder:
    """Bodies that only make sense in order: each names its chain and place."""

    def __init__(self, padding: int = 0) -> None:
        self._chain = -1
        self._place = 0
        self._padding = b"." * padding
        self.must_key = False

    def encode(self, blocks: Sequence[Block], *, key: bool) -> bytes:
        if key:
            self._chain += 1
            self._place = 0
        self._place += 1
        return b"%d %d %d " % (self._chain, self._place, blocks[0].times[0]) + self._padding


def tick(time_ns: int) -> list[Block]:
    return [Block(LAYOUT, array("q", [time_ns]), array("q", [1, 2]))]


def spool_at(folder: Path, padding: int = 0, **bounds: int) -> Spool:
    spool = Spool(folder=folder, encoder=ChainEncoder(padding), settings=SpoolSettings(**bounds))
    spool.open()
    return spool


def fill(spool: Spool, times: range) -> None:
    for time_ns in times:
        spool.append(tick(time_ns))


def read(spool: Spool, sequence: int) -> list[Record]:
    cursor = Cursor(spool, sequence)
    found = []
    while (record := cursor.next()) is not None:
        found.append(record)
    cursor.close()
    return found


def times(records: list[Record]) -> list[int]:
    """The times of the ticks, having checked that every chain is whole."""
    place = 0
    for record in records:
        place = 1 if record.key else place + 1
        assert int(record.body.split()[1]) == place
    return [int(record.body.split()[2]) for record in records]


def refuse(monkeypatch: pytest.MonkeyPatch, *codes: int) -> None:
    """Let the next writes fail, each with its code."""
    real, left = os.pwrite, list(codes)

    def pwrite(file: int, data: bytes, offset: int) -> int:
        if left and (code := left.pop(0)):
            raise OSError(code, os.strerror(code))
        return real(file, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)


def test_batches_are_numbered_from_one_and_read_in_order(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(100, 103))

    records = read(spool, 1)

    assert [record.sequence for record in records] == [1, 2, 3]
    assert times(records) == [100, 101, 102]
    assert [record.key for record in records] == [True, False, False]
    assert [record.values for record in records] == [2, 2, 2]


def test_what_is_appended_can_be_read_by_another_life(tmp_path):
    fill(spool_at(tmp_path), range(100))

    spool = spool_at(tmp_path)

    assert times(read(spool, 1)) == list(range(100))
    assert (spool.first, spool.last, spool.sent) == (1, 100, 100)


def test_another_life_goes_on_in_a_new_segment_with_a_key_frame(tmp_path):
    fill(spool_at(tmp_path), range(3))
    spool = spool_at(tmp_path)

    record = spool.append(tick(3))

    assert (record.sequence, record.key) == (4, True)
    assert times(read(spool, 1)) == [0, 1, 2, 3]


def test_the_epoch_outlives_the_agent(tmp_path):
    first = spool_at(tmp_path)
    fill(first, range(1))

    assert spool_at(tmp_path).epoch == first.epoch


def test_a_segment_starts_with_a_key_frame_every_minute(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES * 2 + 1))

    keys = [record.sequence for record in read(spool, 1) if record.key]

    assert keys == [1, SEGMENT_BATCHES + 1, SEGMENT_BATCHES * 2 + 1]


def test_reading_starts_at_the_key_frame_before_the_sequence(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES * 2))

    first = read(spool, SEGMENT_BATCHES + 30)[0]

    assert (first.sequence, first.key) == (SEGMENT_BATCHES + 1, True)


def test_a_reader_that_has_caught_up_sees_what_comes_next(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(2))
    cursor = Cursor(spool, 1)
    while cursor.next():
        pass

    assert cursor.next() is None
    fill(spool, range(2, 3))
    record = cursor.next()
    assert record is not None
    assert record.sequence == 3
    cursor.close()


def test_acknowledged_segments_go_whole_and_the_open_one_stays(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES * 2))

    spool.acknowledge(SEGMENT_BATCHES - 1)
    assert len(list(tmp_path.iterdir())) == 2
    spool.acknowledge(SEGMENT_BATCHES * 2)

    assert len(list(tmp_path.iterdir())) == 1
    assert spool.first == SEGMENT_BATCHES + 1


def test_a_full_spool_loses_its_oldest_segment_and_counts_it(tmp_path):
    spool = spool_at(tmp_path, padding=1000, max_bytes=200_000)
    fill(spool, range(300))

    records = read(spool, 1)
    status = spool.status()

    assert status.bytes <= 200_000
    assert status.lost_batches > 0
    assert status.lost_values == 2 * status.lost_batches
    assert times(records) == list(range(status.lost_batches, 300))


def test_what_was_acknowledged_does_not_count_as_lost(tmp_path):
    spool = spool_at(tmp_path, padding=1000, max_bytes=200_000)
    fill(spool, range(10))
    spool.acknowledge(10)
    fill(spool, range(10, 300))

    lost = spool.status().lost_batches

    assert times(read(spool, 11))[0] == 10 + lost


def test_a_torn_tail_is_cut_at_the_last_good_record(tmp_path):
    fill(spool_at(tmp_path), range(5))
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-3])

    spool = spool_at(tmp_path)

    assert spool.last == 4
    assert spool.status().damaged_bytes > 0
    fill(spool, range(5, 7))
    assert times(read(spool, 1)) == [0, 1, 2, 3, 5, 6]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_costs_at_most_the_rest_of_its_chain(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("spool")
    fill(spool_at(folder), range(SEGMENT_BATCHES + 20))
    file = sorted(folder.iterdir())[data.draw(st.integers(0, 1))]
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)

    spool = spool_at(folder)
    fill(spool, range(1000, 1003))
    found = times(read(spool, 1))

    assert found[-3:] == [1000, 1001, 1002]
    assert found == sorted(found)
    assert len(found) >= 20


def test_damage_found_while_reading_skips_to_the_next_key_frame(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES + 5))
    file = min(tmp_path.iterdir())
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    found = times(read(spool, 1))

    assert found[-5:] == list(range(SEGMENT_BATCHES, SEGMENT_BATCHES + 5))
    assert spool.status().lost_batches == SEGMENT_BATCHES + 5 - len(found)


def test_a_full_disk_makes_batches_wait_in_memory_until_it_accepts_them(tmp_path, monkeypatch):
    spool = spool_at(tmp_path)
    fill(spool, range(2))
    refuse(monkeypatch, errno.ENOSPC, errno.ENOSPC)

    fill(spool, range(2, 4))
    full = spool.status()
    kept = times(read(spool, 1))
    fill(spool, range(4, 5))

    assert (full.in_memory, "No space" in full.fault) == (2, True)
    assert kept == [0, 1, 2, 3]
    assert (spool.status().in_memory, spool.status().fault) == (0, "")
    assert times(read(spool_at(tmp_path), 1)) == [0, 1, 2, 3, 4]


def test_a_write_that_stops_half_way_is_not_seen_by_the_next_life(tmp_path, monkeypatch):
    spool = spool_at(tmp_path)
    fill(spool, range(2))
    real = os.pwrite
    monkeypatch.setattr(
        os, "pwrite", lambda file, data, at: real(file, data[:5], at) if len(data) > 5 else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):  # the process dies here
        fill(spool, range(2, 3))
    monkeypatch.undo()

    assert times(read(spool_at(tmp_path), 1)) == [0, 1]


def test_memory_is_bounded_while_the_disk_refuses(tmp_path, monkeypatch):
    spool = spool_at(tmp_path, padding=1000, memory_bytes=10_000)
    refuse(monkeypatch, *[errno.EROFS] * 50)

    fill(spool, range(50))
    status = spool.status()
    fill(spool, range(50, 51))
    found = times(read(spool, 1))

    assert status.in_memory <= 10
    assert status.lost_batches + status.in_memory == 50
    assert found == list(range(51 - len(found), 51))


def test_a_removed_folder_is_made_again(tmp_path):
    spool = spool_at(tmp_path / "spool")
    fill(spool, range(2))
    for file in (tmp_path / "spool").iterdir():
        file.unlink()
    (tmp_path / "spool").rmdir()

    fill(spool, range(2, 5))

    assert times(read(spool_at(tmp_path / "spool"), 1)) == [3, 4]
    assert spool.status().fault == ""


def test_a_hub_ahead_of_this_disk_moves_this_life_to_a_new_epoch(tmp_path):
    fill(spool_at(tmp_path), range(5))
    spool = spool_at(tmp_path)
    old = spool.epoch
    fill(spool, range(5, SEGMENT_BATCHES + 10))

    spool.rebase()
    fill(spool, range(100, 101))

    records = read(spool, 1)
    assert spool.epoch != old
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    assert times(records) == [*range(5, SEGMENT_BATCHES + 10), 100]
    again = spool_at(tmp_path)
    assert (again.epoch, times(read(again, 1))) == (spool.epoch, times(records))


def test_a_kill_in_the_middle_of_a_rebase_is_finished_by_the_next_life(tmp_path, monkeypatch):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES * 3))
    refuse(monkeypatch, 0, errno.EIO, errno.EIO)
    spool.rebase()
    monkeypatch.undo()

    again = spool_at(tmp_path)

    assert again.epoch == spool.epoch
    assert times(read(again, 1)) == list(range(SEGMENT_BATCHES * 3))


def test_unsent_counts_the_values_behind_the_reader(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES + 10))
    cursor = Cursor(spool, SEGMENT_BATCHES)

    left = []
    while cursor.next():
        left.append(cursor.unsent)
    cursor.close()

    assert left == list(range(2 * (SEGMENT_BATCHES + 9), -1, -2))


def test_a_prompt_hub_spares_the_disk_its_syncs(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(5))
    assert spool.take_unsynced() == []
    spool.acknowledge(5)
    fill(spool, range(5, 6))

    assert spool.take_unsynced() == []


def test_what_stays_unacknowledged_is_synced(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(5))
    spool.take_unsynced()

    paths = spool.take_unsynced()
    sync_paths(paths)

    assert paths == list(tmp_path.iterdir())
    assert spool.unsynced() == []


def test_listeners_hear_of_every_batch_until_they_are_undone(tmp_path):
    spool = spool_at(tmp_path)
    heard: list[int] = []
    undo = spool.on_append(lambda: heard.append(spool.last))
    fill(spool, range(2))
    undo()
    fill(spool, range(2, 3))

    assert heard == [1, 2]


def test_foreign_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "0000000000000001.seg").write_bytes(b"not a segment")

    spool = spool_at(tmp_path)
    fill(spool, range(1))

    assert (tmp_path / "notes.txt").exists()
    assert times(read(spool, 1)) == [0]
    assert spool.status().damaged_bytes == len(b"not a segment")
