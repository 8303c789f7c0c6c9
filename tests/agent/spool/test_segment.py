"""The spool's file: what is written is read, and damage ends the reading."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.agent.spool.segment import (
    HEADER,
    Record,
    Segment,
    format_header,
    format_record,
    parse_header,
    parse_record,
    parse_records,
    read_segment,
)
from muster.errors import ProtocolError

EPOCH = "0b1e5c52-6f1c-4d0a-9e2b-3f5f7b0c1d2e"
BODIES = st.lists(st.binary(max_size=64), max_size=8)


def records(bodies: list[bytes], first: int = 1) -> list[Record]:
    return [Record(first + n, n == 0, len(body), body) for n, body in enumerate(bodies)]


@given(BODIES, st.integers(1, 1 << 40))
def test_what_is_formatted_is_parsed(bodies, first):
    wanted = records(bodies, first)

    data = format_header(EPOCH, first) + b"".join(map(format_record, wanted))

    assert parse_header(data) == (EPOCH, first)
    assert list(parse_records(data, first)) == wanted


@given(BODIES, st.data())
def test_a_torn_tail_leaves_the_good_records_before_it(bodies, data):
    wanted = records(bodies)
    whole = b"".join(map(format_record, wanted))
    cut = data.draw(st.integers(0, len(whole)))
    header = format_header(EPOCH, 1)

    found = list(parse_records(header + whole[:cut], 1))

    assert found == wanted[: len(found)]
    assert sum(record.size for record in wanted[: len(found) + 1]) >= cut


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_bit_is_seen(body, data):
    record = Record(1, True, 3, body)
    good = format_record(record)
    place = data.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[place // 8] ^= 1 << place % 8

    assert parse_record(good, 0, 1) == record
    assert parse_record(bytes(bad), 0, 1) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "shorter"),
        (b"x" * HEADER.size, "not a spool segment"),
        (format_header(EPOCH, 1)[:-1] + b"\0", "damaged header"),
    ],
)
def test_a_bad_header_says_what_is_wrong(data, text):
    with pytest.raises(ProtocolError, match=text):
        parse_header(data)


def test_a_segment_is_written_in_pieces_and_read_back(tmp_path: Path):
    segment = Segment(tmp_path / "1.seg", 7)
    one, two, three = records([b"one", b"two", b"three"], 7)
    segment.add(one)
    segment.write(EPOCH)
    segment.add(two)
    segment.add(three)
    segment.write(EPOCH)

    found, epoch, damage = read_segment(segment.path)

    assert (epoch, damage) == (EPOCH, 0)
    assert (found.first, found.last, found.count, found.size) == (7, 9, 3, segment.size)
    assert segment.path.stat().st_mode & 0o777 == 0o600


def test_stamping_renumbers_the_records_of_a_segment(tmp_path: Path):
    segment = Segment(tmp_path / "1.seg", 7)
    segment.add(Record(7, True, 1, b"one"))
    segment.write(EPOCH)
    other = EPOCH.replace("0", "f")

    segment.first = 1
    segment.stamp(other)

    found, epoch, damage = read_segment(segment.path)
    assert (found.first, found.count, epoch, damage) == (1, 1, other, 0)
