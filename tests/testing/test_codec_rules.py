import pytest

from muster.errors import ProtocolError
from muster.testing.codec_rules import (
    bit_flips,
    check_any_bytes,
    check_bit_flips,
    check_round_trip,
    check_trailing,
    check_truncations,
)


def strict(data: bytes) -> bytes:
    """A codec that keeps the rules: a length, then so many bytes."""
    if not data or len(data) != 1 + data[0]:
        raise ProtocolError("another length", len(data))
    return data[1:]


def lax(data: bytes) -> bytes:
    return data[1 : 1 + data[0]]


def framed(text: bytes) -> bytes:
    return bytes((len(text),)) + text


def test_a_codec_that_keeps_the_rules_passes():
    check_round_trip(framed, strict, [b"", b"abc"])
    check_truncations(strict, b"\x02ab")
    check_trailing(strict, b"\x02ab")
    check_bit_flips(strict, b"\x02ab")
    assert check_any_bytes(strict, b"\x01a")
    assert not check_any_bytes(strict, b"")


@pytest.mark.parametrize("check", [check_truncations, check_trailing])
def test_a_codec_that_takes_too_much_or_too_little_is_caught(check):
    with pytest.raises(AssertionError):
        check(lax, b"\x02ab")


def test_another_exception_is_caught():
    with pytest.raises(AssertionError, match="ended in IndexError"):
        check_any_bytes(lax, b"")


def test_a_value_that_changes_on_its_way_is_caught():
    with pytest.raises(AssertionError, match="came back as"):
        check_round_trip(framed, lambda data: data, [b"abc"])


def test_an_offset_below_zero_is_caught():
    def decode(data: bytes) -> None:
        raise ProtocolError("odd", -1)

    with pytest.raises(AssertionError, match="below zero"):
        check_any_bytes(decode, b"")


def test_every_bit_is_flipped_once():
    assert sorted(bit_flips(b"\0")) == sorted(bytes((1 << bit,)) for bit in range(8))
