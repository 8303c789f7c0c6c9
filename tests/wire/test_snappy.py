import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded
from muster.wire.snappy import COMPILED, SNAPPY, PureSnappy

PURE = PureSnappy()
TWINS = {"pure": PURE, "compiled": SNAPPY} if COMPILED else {"pure": PURE}
both = pytest.mark.parametrize("snappy", TWINS.values(), ids=TWINS.keys())
MUCH = 1 << 20
# Literals and copies as other encoders write them: each kind of tag.
KNOWN = {
    b"\x00": b"",
    b"\x03\x08abc": b"abc",
    b"\x09\x00a\x11\x01": b"a" * 9,  # a copy of one byte of offset that meets itself
    b"\x08\x0cabcd\x0e\x04\x00": b"abcdabcd",
    b"\x08\x0cabcd\x0f\x04\x00\x00\x00": b"abcdabcd",
    b"\x3d\xf0\x3c" + b"x" * 61: b"x" * 61,
    b"\x3d\xf4\x3c\x00" + b"x" * 61: b"x" * 61,
    b"\x3d\xf8\x3c\x00\x00" + b"x" * 61: b"x" * 61,
    b"\x3d\xfc\x3c\x00\x00\x00" + b"x" * 61: b"x" * 61,
}
CORRUPT = (
    *(b"", b"\x80", b"\xff\xff\xff\xff\x7f\x00", b"\x80\x80\x80\x80\x80\x01"),  # lengths
    *(b"\x01", b"\x00\x00a", b"\x02\x00a", b"\x01\x04a"),  # too little, too much, cut literals
    *(b"\x05\xf0", b"\x3d\xf4\x3c", b"\x04\xfc\xff\xff\xff\xffa"),
    *(b"\x05\x00a\x01", b"\x05\x00a\x01\x00", b"\x05\x00a\x01\x02"),  # cut, to itself, before
    *(b"\x05\x00a\x0e\x01", b"\x05\x00a\x0f\x01\x00\x00"),
)


@both
@pytest.mark.parametrize("data", KNOWN)
def test_what_other_encoders_write_is_read(snappy, data):
    assert snappy.unpack(data, MUCH) == KNOWN[data]


@both
@pytest.mark.parametrize("data", CORRUPT)
def test_what_is_no_block_is_refused_in_the_words_of_go(snappy, data):
    with pytest.raises(InputError, match=r"^snappy: corrupt input$"):
        snappy.unpack(data, MUCH)


@both
def test_a_bomb_is_refused_by_what_it_says_before_it_is_unpacked(snappy):
    bomb = b"\xc0\x84\x3d\x00a" + b"\xfe\x01\x00" * 15_625

    with pytest.raises(LimitExceeded, match="unpacks to 1000000") as caught:
        snappy.unpack(bomb, 999_999)
    assert caught.value.status == 413


@both
def test_a_length_that_its_bytes_can_never_give_takes_no_memory(snappy):
    with pytest.raises(InputError):
        snappy.unpack(b"\xff\xff\xff\xff\x0f\x00a", 1 << 40)


@both
@given(st.binary(max_size=400), st.integers(1, 9))
def test_bytes_come_back(snappy, data, times):
    assert snappy.unpack(snappy.pack(data * times), MUCH) == data * times


@pytest.mark.skipif(not COMPILED, reason="no compiled twin was built here")
@given(st.binary(max_size=300))
def test_both_twins_say_the_same_of_any_bytes(data):
    assert outcome(PURE, data) == outcome(SNAPPY, data)
    assert PURE.pack(data) == SNAPPY.pack(data)


def outcome(snappy, data: bytes) -> bytes | str:
    try:
        return snappy.unpack(data, MUCH)
    except (InputError, LimitExceeded) as error:
        return str(error)


@both
def test_much_that_repeats_becomes_little(snappy):
    chance = random.Random(4)
    words = [chance.randbytes(9) for _ in range(50)]
    data = b"".join(chance.choice(words) for _ in range(20_000))

    packed = snappy.pack(data)
    assert len(packed) < len(data) / 2
    assert snappy.unpack(packed, MUCH) == data
