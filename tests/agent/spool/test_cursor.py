"""Reading the spool while it changes underneath."""

from array import array
from pathlib import Path

from muster.agent.spool.buffer import SEGMENT_BATCHES, Spool, SpoolSettings
from muster.agent.spool.cursor import Cursor
from muster.model.metric import Block, Kind, Layout, Series
from muster.wire.columns import ColumnDecoder, ColumnEncoder

LAYOUT = Layout((Series("load", (), "load1", Kind.FLOAT), Series("load", (), "n", Kind.INTEGER)))


def spool_at(folder: Path, **bounds: int) -> Spool:
    spool = Spool(folder=folder, encoder=ColumnEncoder(), settings=SpoolSettings(**bounds))
    spool.open()
    return spool


def fill(spool: Spool, times: range) -> None:
    for time_ns in times:
        spool.append([Block(LAYOUT, array("q", [time_ns]), array("q", [time_ns, 2]))])


def read(cursor: Cursor, count: int = 1 << 30) -> list[int]:
    """Times of the next batches, decoded as the hub does."""
    decoder, found = ColumnDecoder(), []
    while len(found) < count and (record := cursor.next()) is not None:
        found.append(decoder.decode(record.body, key=record.key)[0].times[0])
    return found


def test_every_chain_can_be_decoded_from_its_key_frame(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(3 * SEGMENT_BATCHES))

    assert read(Cursor(spool, 1)) == list(range(3 * SEGMENT_BATCHES))
    assert read(Cursor(spool, SEGMENT_BATCHES + 5))[0] == SEGMENT_BATCHES


def test_a_reader_overtaken_by_losses_goes_on_at_the_oldest_key_frame(tmp_path):
    spool = spool_at(tmp_path, max_bytes=1 << 30)
    fill(spool, range(SEGMENT_BATCHES))
    cursor = Cursor(spool, 1)
    first = read(cursor, 10)
    fill(spool, range(SEGMENT_BATCHES, 4 * SEGMENT_BATCHES))
    spool._lose(spool._segments[0], "test")

    rest = read(cursor)

    assert (first, rest[0], rest[-1]) == (list(range(10)), SEGMENT_BATCHES, 4 * SEGMENT_BATCHES - 1)
    cursor.close()


def test_a_file_that_cannot_be_read_counts_as_damage(tmp_path):
    fill(spool_at(tmp_path), range(SEGMENT_BATCHES))
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES, SEGMENT_BATCHES + 3))
    min(tmp_path.iterdir()).unlink()

    assert read(Cursor(spool, 1)) == list(range(SEGMENT_BATCHES, SEGMENT_BATCHES + 3))
    assert spool.status().lost_batches == SEGMENT_BATCHES


def test_damage_in_the_open_segment_makes_the_next_batch_a_key_frame(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(10))
    file = next(tmp_path.iterdir())
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    cursor = Cursor(spool, 1)
    before = read(cursor)

    fill(spool, range(10, 12))
    after = read(cursor)

    assert before == list(range(len(before)))
    assert after == [10, 11]
    cursor.close()


def test_a_chain_that_is_given_up_is_counted_and_skipped(tmp_path):
    spool = spool_at(tmp_path)
    fill(spool, range(SEGMENT_BATCHES + 2))
    cursor = Cursor(spool, 1)
    read(cursor, 5)

    cursor.drop_chain()

    assert read(cursor) == [SEGMENT_BATCHES, SEGMENT_BATCHES + 1]
    assert spool.status().lost_batches == SEGMENT_BATCHES - 4
    cursor.close()


def test_a_cursor_on_an_empty_spool_waits_for_the_first_batch(tmp_path):
    spool = spool_at(tmp_path)
    cursor = Cursor(spool, 1)

    assert cursor.next() is None
    assert cursor.unsent == 0
    fill(spool, range(1))
    assert read(cursor) == [0]
    cursor.close()
