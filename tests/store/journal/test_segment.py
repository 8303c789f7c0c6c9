"""Segments as bytes: what is written is read, and nothing else ever is."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.model.metric import Kind, Layout
from muster.store.journal import segment
from muster.testing.cohorts import block_of, series_of

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
SYNC = 0x5A17_93C4_0F6E_B128
SIZE = 16 << 10
LAYOUT = Layout((series_of("m", "a"), series_of("m", "b", Kind.STRING)))


def rows_parts(sequence, value="x"):
    block = block_of(LAYOUT, {sequence: (1.5, value), sequence + 1: (None, "y")})
    return segment.format_rows(("node", "epoch", sequence), [(77, block)])


def written(sequences, sync=SYNC, groups=1):
    """A segment's bytes; `groups` records are synced together."""
    data = bytearray(segment.format_header(segment.Header(HUB, 3, sync, 0)))
    committed = len(data)
    for at, sequence in enumerate(sequences):
        if at % groups == 0:
            committed = len(data)
        data += b"".join(segment.format_record(sync, committed, segment.ROWS, rows_parts(sequence)))
    end = len(data)
    return data.ljust(SIZE, b"\0"), end


def sequences_of(reading):
    return [segment.parse_head(record.payload).sequence for record in reading.records]


def test_a_header_is_read_from_either_copy():
    header = segment.Header(HUB, 12, SYNC, 4711)
    data = bytearray(segment.format_header(header))

    assert segment.parse_header(data) == header
    data[9] ^= 1
    assert segment.parse_header(data) == header
    data[segment.COPY_AT + 9] ^= 1
    with pytest.raises(ProtocolError, match="both copies"):
        segment.parse_header(data)


@pytest.mark.parametrize(
    ("magic", "version"), [(b"MUSTERJ1", 1), (b"MUSTERJ2", 2), (b"MUSTERJ3", segment.VERSION)]
)
def test_headers_of_all_versions_are_read_and_say_which(magic, version):
    header = segment.Header(HUB, 12, SYNC, 4711, version)
    data = segment.format_header(header)

    assert data[:8] == magic
    assert segment.parse_header(data) == header


def test_a_batch_comes_back_as_it_was_written():
    data, end = written([5])
    (record,) = segment.read(bytes(data), SYNC, None).records
    head = segment.parse_head(record.payload)
    (block,) = segment.parse_blocks(record.payload, head)

    assert (head.node, head.epoch, head.sequence) == ("node", "epoch", 5)
    assert (block.cohort, block.rows, block.strings) == (77, 2, ("x", "y"))
    assert list(block.times.cast("q")) == [5, 6]
    assert bytes(block.present) == bytes([1, 1, 0, 1])
    assert record.offset + segment.record_bytes(len(record.payload)) == end


def test_names_of_a_cohort_come_back():
    names = segment.Names(
        "node", [(0, (("a", "b"),)), (3, ())], [(0, "m", "f"), (1, "m", "g")], b"\1\2\3"
    )

    assert segment.parse_names(segment.format_names(names)) == names


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_no_names_and_no_head(data):
    for parse in (segment.parse_names, segment.parse_head):
        try:
            parse(memoryview(data))
        except ProtocolError:
            continue


words = st.text(max_size=40) | st.sampled_from(["", "a", "host", "ä🙂" * 30, "x" * 66_000])
tag_sets = st.lists(st.tuples(words, words), max_size=4).map(tuple)
salts = st.sampled_from([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32, 2**64 - 1])
many_names = st.builds(
    lambda *parts: msgspec.msgpack.encode(parts),
    words,
    st.lists(st.tuples(salts, tag_sets), max_size=4),
    st.lists(st.tuples(salts, words, words), max_size=4),
    st.binary(max_size=300),
)


@given(many_names)
def test_both_twins_unpack_the_same_names(packed):
    plain = segment._names(packed)

    assert segment.unpack_names(packed) == plain
    if segment.COMPILED:
        assert segment._segment.unpack_names(packed) == plain


@pytest.mark.skipif(not segment.COMPILED, reason="nothing is compiled here")
@given(many_names, st.data())
def test_names_of_another_form_are_what_the_pure_twin_says(packed, data):
    """A byte is another, or the end is missing or followed by more."""
    damaged = bytearray(packed)
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))] + data.draw(st.binary(max_size=2))
    found = segment._segment.unpack_names(bytes(damaged))

    assert found is None or found == segment._names(damaged)


@pytest.mark.parametrize("count", [0, 15, 16, 65_535, 65_536])
def test_both_twins_unpack_sets_of_many_tags(count):
    packed = msgspec.msgpack.encode(("n", [(0, (("a", "b"),) * count)], [(0, "m", "f")], b"c"))

    assert segment.unpack_names(packed) == segment._names(packed)


@given(st.binary())
def test_what_is_no_names_is_refused_by_either_twin(data):
    with pytest.raises(msgspec.DecodeError):
        segment.unpack_names(b"\xc1" + data)


@pytest.mark.skipif(not segment.COMPILED, reason="nothing is compiled here")
def test_equal_tags_of_a_record_are_one_object():
    names = segment.Names("n1", [(0, (("a", "1"), ("b", "2"))), (3, (("b", "2"),))], [], b"")
    _, tagsets, _, _ = segment.parse_names(segment.format_names(names))

    assert tagsets[0][1][1] is tagsets[1][1][0]


def test_names_that_unpack_to_too_much_are_refused():
    import zstandard

    bomb = zstandard.compress(b"\0" * (65 << 20))

    with pytest.raises(ProtocolError):
        segment.parse_names(bomb)


def test_a_tail_torn_at_any_byte_is_cut_at_the_last_good_record():
    whole, end = written([1, 2, 3])
    starts = [record.offset for record in segment.read(bytes(whole), SYNC, None).records]
    for cut in range(segment.DATA_START, end):
        torn = bytes(whole[:cut]).ljust(SIZE, b"\0")
        reading = segment.read(torn, SYNC, None)
        behind = [*starts[1:], end]
        # A record's last bytes may be padding, which is zero as well.
        good = [at + 1 for at in range(3) if torn[: behind[at]] == whole[: behind[at]]]

        assert sequences_of(reading) == good, cut
        assert not any(record.doubtful for record in reading.records)


def test_rows_of_an_earlier_life_of_the_file_are_never_read():
    old, _ = written(range(1, 40), sync=SYNC + 1)
    for count in range(5):
        new, end = written(range(100, 100 + count))
        mixed = bytes(new[:end]) + bytes(old[end:])

        assert sequences_of(segment.read(mixed, SYNC, None)) == list(range(100, 100 + count))
        for cut in range(end - 30, end):
            torn = bytes(new[:cut]) + bytes(old[cut:])
            assert set(sequences_of(segment.read(torn, SYNC, None))) <= set(range(100, 100 + count))


def test_a_flipped_bit_costs_at_most_its_own_record():
    whole, end = written(range(1, 9))
    starts = [record.offset for record in segment.read(bytes(whole), SYNC, None).records]
    random_bits = random.Random(7)
    for _ in range(600):
        at = random_bits.randrange(segment.DATA_START, end)
        hurt = bytearray(whole)
        hurt[at] ^= 1 << random_bits.randrange(8)
        reading = segment.read(bytes(hurt), SYNC, end)
        struck = sum(start <= at for start in starts)
        lost = set(range(1, 9)) - set(sequences_of(reading))

        assert lost <= {struck}
        assert reading.damaged == len(lost)


def test_a_flipped_sync_word_costs_nothing():
    whole, end = written([1, 2])
    hurt = bytearray(whole)
    hurt[segment.DATA_START] ^= 0x40

    assert sequences_of(segment.read(bytes(hurt), SYNC, end)) == [1, 2]


def test_damage_before_what_was_synced_leaves_no_doubt_about_the_rest():
    whole, _ = written(range(1, 7), groups=2)
    whole[segment.DATA_START + 40] ^= 1  # in record 1; records 3 to 6 say it was synced
    reading = segment.read(bytes(whole), SYNC, None)

    assert sequences_of(reading) == [2, 3, 4, 5, 6]
    assert not any(record.doubtful for record in reading.records)


def test_what_follows_damage_in_the_last_group_is_doubtful():
    whole, end = written(range(1, 7), groups=3)
    starts = [record.offset for record in segment.read(bytes(whole), SYNC, None).records]
    whole[starts[4] + 40] ^= 1
    reading = segment.read(bytes(whole), SYNC, None)

    assert sequences_of(reading) == [1, 2, 3, 4, 6]
    assert [record.doubtful for record in reading.records] == [False] * 4 + [True]
    assert not any(record.doubtful for record in segment.read(bytes(whole), SYNC, end).records)


def test_nothing_behind_a_known_end_is_read():
    whole, _ = written([1, 2, 3])
    starts = [record.offset for record in segment.read(bytes(whole), SYNC, None).records]

    reading = segment.read(bytes(whole), SYNC, starts[2])

    assert sequences_of(reading) == [1, 2]
    assert (reading.end, reading.damaged) == (starts[2], 0)


def test_a_last_record_whose_checksum_fails_is_counted():
    whole, end = written([1, 2])
    whole[end - 20] ^= 1

    assert segment.read(bytes(whole), SYNC, None).damaged == 1


@given(st.binary(max_size=400), st.integers(0, 2**64 - 1))
def test_arbitrary_bytes_are_no_records(data, sync):
    reading = segment.read(bytes(segment.DATA_START) + data, sync, None)

    assert list(reading.records) == []
