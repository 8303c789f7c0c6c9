"""The rules every codec keeps, as checks for its tests.

A codec under test is a `decode` function that starts afresh on each call: whatever arrives
gives values or ProtocolError, nothing else. Plugin authors may use these too.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from muster.errors import ProtocolError

T = TypeVar("T")
Decode = Callable[[bytes], object]


def check_round_trip(
    encode: Callable[[T], bytes], decode: Callable[[bytes], T], values: Iterable[T]
) -> None:
    """decode(encode(x)) == x."""
    for value in values:
        came_back = decode(encode(value))
        if came_back != value:
            raise AssertionError(f"{value!r} came back as {came_back!r}")


def check_any_bytes(decode: Decode, data: bytes) -> bool:
    """Values or ProtocolError; whether it was values."""
    try:
        decode(data)
    except ProtocolError as error:
        if error.offset < 0:
            raise AssertionError(f"an offset below zero: {error.offset}") from error
        return False
    except Exception as error:
        raise AssertionError(f"{data[:64].hex()}… ended in {error!r}") from error
    return True


def check_truncations(decode: Decode, data: bytes) -> None:
    """Cut anywhere, a message is refused: none is whole before its last byte."""
    for size in range(len(data)):
        if check_any_bytes(decode, data[:size]):
            raise AssertionError(f"taken although cut at byte {size} of {len(data)}")


def check_bit_flips(decode: Decode, data: bytes) -> None:
    """Every single flipped bit gives values or ProtocolError."""
    for flipped in bit_flips(data):
        check_any_bytes(decode, flipped)


def check_trailing(decode: Decode, data: bytes) -> None:
    """A message that is followed by anything is refused."""
    for tail in (b"\0", b"\xff", data):
        if check_any_bytes(decode, data + tail):
            raise AssertionError(f"taken although followed by {tail[:8]!r}")


def bit_flips(data: bytes) -> Iterator[bytes]:
    """The data with each of its bits flipped in turn."""
    for place in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[place >> 3] ^= 1 << (place & 7)
        yield bytes(flipped)
