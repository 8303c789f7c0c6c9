import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.testing.codec_rules import check_any_bytes, check_truncations
from muster.wire.varint import Reader, put_text, put_varint, signed, unzigzag, varint_at, zigzag

NATURALS = st.integers(0, (1 << 64) - 1)
INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)


def encoded(number: int) -> bytes:
    out = bytearray()
    put_varint(out, number)
    return bytes(out)


@given(NATURALS)
def test_a_natural_comes_back(number):
    data = encoded(number)

    assert varint_at(b"?" + data, 1) == (number, 1 + len(data))
    assert len(data) <= 10
    check_truncations(lambda data: varint_at(data, 0), data)


@given(INTEGERS, INTEGERS)
def test_any_difference_of_two_integers_comes_back(a, b):
    assert signed(b + unzigzag(zigzag(a - b))) == a


@pytest.mark.parametrize(
    ("number", "natural"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (-(1 << 63), (1 << 64) - 1)]
)
def test_zigzag_puts_small_numbers_first(number, natural):
    assert zigzag(number) == natural


@pytest.mark.parametrize("data", [b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x00", b"\xff" * 11])
def test_more_than_64_bits_are_refused(data):
    with pytest.raises(ProtocolError, match="more than 64 bits"):
        varint_at(data, 0)


def test_a_longer_form_of_a_number_is_taken():
    assert varint_at(b"\x85\x80\x00", 0) == (5, 3)


def test_a_reader_says_where_it_stopped():
    reader = Reader(b"\x03abc\x02\xc3")

    assert reader.text("letters", 3) == "abc"
    with pytest.raises(ProtocolError, match="inside 2 bytes") as caught:
        reader.text("letters", 3)
    assert caught.value.offset == 5


def test_a_reader_refuses_what_is_over_its_limit_or_not_text():
    with pytest.raises(ProtocolError, match="9 letters where at most 8"):
        Reader(b"\x09").text("letters", 8)
    with pytest.raises(ProtocolError, match="not UTF-8"):
        Reader(b"\x01\xff").text("letters", 8)
    with pytest.raises(ProtocolError, match="1 bytes too many"):
        Reader(b"\x01").end()


@given(st.text())
def test_a_text_comes_back(text):
    out = bytearray()
    put_text(out, text.encode())

    assert Reader(bytes(out)).text("bytes", 1000) == text


@given(st.binary(max_size=30))
def test_arbitrary_bytes_are_numbers_or_refused(data):
    check_any_bytes(lambda data: Reader(data).text("bytes", 20), data)
