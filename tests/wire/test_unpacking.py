import gzip
import json
import zlib
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded
from muster.wire.unpacking import Unpacker, unpack, unpack_quickly

LIMIT = 1 << 20
WRITES = json.loads((Path(__file__).parents[1] / "golden/influx/golden_writes.json").read_text())
PACKED = gzip.compress(b"m v=1\n" * 1_000, mtime=0)


def recorded(name: str) -> bytes:
    (case,) = (case for case in WRITES["cases"] if case["name"] == f"write/{name}")
    return b64decode(case["body_b64"])


def test_a_recorded_body_is_unpacked():
    assert unpack(recorded("gzip_ok"), LIMIT) == b"m,t=a v=1 1577836800000000000"


def test_a_recorded_body_that_is_cut_is_refused_in_the_recorded_words():
    with pytest.raises(InputError, match=r"^unexpected EOF$"):
        unpack(recorded("gzip_truncated"), LIMIT)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50))
def test_members_behind_each_other_are_one_body_however_it_is_cut(parts, step):
    data = b"".join(map(gzip.compress, parts))
    unpacker = Unpacker(LIMIT)
    for start in range(0, len(data), step):
        unpacker.feed(data[start : start + step])

    assert unpacker.finish() == b"".join(parts) == unpack(data, LIMIT)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_bytes_give_a_body_or_an_error_of_ours(data, place):
    for body in (data, PACKED[:place] + data + PACKED[place:]):
        try:
            unpack(body, LIMIT)
        except (InputError, LimitExceeded):
            continue


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "EOF"),
        (b"m v=1", "unexpected EOF"),
        (b"m v=1 1577836800", "gzip: invalid header"),
        (PACKED[:-4], "unexpected EOF"),
        (PACKED[:-8] + bytes(8), "gzip: invalid checksum"),
        (PACKED[:-4] + bytes(4), "gzip: invalid checksum"),
        (PACKED + b"garbage behind", "gzip: invalid header"),
        (PACKED + b"short", "unexpected EOF"),
        (PACKED[:3] + b"\xff" + PACKED[4:], "gzip: invalid header"),
        (PACKED[:10] + b"\xff" * 40, r"flate: corrupt input \(.*\)"),
    ],
)
def test_what_is_no_gzip_is_refused_in_gos_words(data, text):
    with pytest.raises(InputError, match=f"^{text}$"):
        unpack(data, LIMIT)


def test_a_body_of_just_the_limit_is_taken_and_one_byte_more_is_not():
    assert len(unpack(gzip.compress(bytes(500)), 500)) == 500
    with pytest.raises(LimitExceeded) as refused:
        unpack(gzip.compress(bytes(501)), 500)
    assert refused.value.status == 413


def test_a_bomb_stops_at_the_limit_without_being_unpacked_further():
    bomb = gzip.compress(bytes(50 << 20))
    unpacker = Unpacker(LIMIT)

    with pytest.raises(LimitExceeded):
        unpacker.feed(bomb)
    assert len(unpacker._out) <= LIMIT + 1


def test_many_empty_members_are_a_bomb_too():
    with pytest.raises(LimitExceeded, match="members"):
        unpack(gzip.compress(b"") * 20_000, LIMIT)


def test_more_packed_bytes_than_the_limit_are_refused():
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    data = stored.compress(bytes(300)) + stored.flush()

    with pytest.raises(LimitExceeded):
        unpack(data, 300)


@given(
    st.binary(max_size=200),
    st.integers(0, 400),
    st.binary(max_size=2),
    st.sampled_from((9, 1 << 20)),
)
def test_what_is_unpacked_quickly_is_what_zlib_unpacks(body, place, change, limit):
    packed = bytearray(gzip.compress(body, mtime=0))
    packed[place : place + len(change)] = change
    quickly = unpack_quickly(bytes(packed), limit)

    if quickly is not None:
        unpacker = Unpacker(limit)
        unpacker.feed(bytes(packed))
        assert quickly == unpacker.finish()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"m v=1 1577836800",
        PACKED[:-1],
        PACKED[:-1] + b"x",
        PACKED + PACKED,
        PACKED[:3] + b"\xe0" + PACKED[4:],  # flags that nobody knows
        gzip.compress(bytes(LIMIT + 1)),
    ],
)
def test_what_is_not_one_sound_member_is_left_to_zlib(data):
    assert unpack_quickly(data, LIMIT) is None
    assert unpack_quickly(PACKED, LIMIT) == b"m v=1\n" * 1_000
