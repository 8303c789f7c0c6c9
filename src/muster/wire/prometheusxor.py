"""Samples as remote read answers them. Pure twin of `_prometheusxor.pyx`.

Both write the same bytes; `SAMPLES` is the one in use. They write samples, or chunks of them.
A chunk has the first time and value whole; of each later time how the step changed, of each
later value the bits that did.

Source: Prometheus, tsdb/chunkenc/xor.go; RFC 3720 (CRC-32C)
"""

from __future__ import annotations

import struct
from array import array
from typing import Protocol, TypeAlias

from muster.wire.prometheusparts import check_columns
from muster.wire.varint import MASK, put_varint, signed, zigzag

Numbers: TypeAlias = (
    "memoryview | array[int]"  # int64: times in milliseconds, or the bits of values
)
_LONG = struct.Struct("<q")
_CASTAGNOLI = 0x82F6_3B78
_STEPS = ((14, 0b10, 2), (17, 0b110, 3), (20, 0b1110, 4))  # bits, and what stands before them
_MOST_LEADING = 31
_NEVER = 0xFF


class SampleWriter(Protocol):
    """What both twins can do. Errors: InputError for columns that do not fit each other."""

    def samples(self, times: Numbers, values: Numbers) -> bytes:
        """Samples as fields of a series."""
        ...

    def chunk(self, times: Numbers, values: Numbers) -> bytes:
        """A chunk of less than 65,536 samples; times ascend."""
        ...

    def crc32c(self, data: bytes) -> int: ...


class PureSampleWriter:
    """The twin that needs no compiler."""

    def samples(self, times: Numbers, values: Numbers) -> bytes:
        check_columns(len(times), len(values), is_chunk=False)
        out = bytearray()
        for time_ms, bits in zip(times, values, strict=True):
            sample = bytearray(b"\x09")
            sample += _LONG.pack(bits)
            sample.append(0x10)
            put_varint(sample, time_ms & MASK)
            out += bytes((0x12, len(sample)))
            out += sample
        return bytes(out)

    def chunk(self, times: Numbers, values: Numbers) -> bytes:
        check_columns(len(times), len(values), is_chunk=True)
        out = bytearray(len(times).to_bytes(2, "big"))
        if not len(times):
            return bytes(out)
        put_varint(out, zigzag(times[0]))
        bits, delta, window = _Bits(), 0, (_NEVER, 0)
        bits.put(values[0] & MASK, 64)
        for at in range(1, len(times)):
            now = signed(times[at] - times[at - 1])
            if at == 1:
                whole = bytearray()
                put_varint(whole, now & MASK)
                bits.put(int.from_bytes(whole, "big"), 8 * len(whole))
            else:
                _put_step(bits, signed(now - delta))
            delta = now
            window = _put_change(bits, (values[at] ^ values[at - 1]) & MASK, window)
        return bytes(out) + bits.all()

    def crc32c(self, data: bytes) -> int:
        total = 0xFFFF_FFFF
        for byte in data:
            total = _TABLE[(total ^ byte) & 0xFF] ^ total >> 8
        return total ^ 0xFFFF_FFFF


class _Bits:
    """Bits behind each other, the highest first."""

    def __init__(self) -> None:
        self._number = 0
        self._count = 0

    def put(self, bits: int, count: int) -> None:
        self._number = self._number << count | bits & ((1 << count) - 1)
        self._count += count

    def all(self) -> bytes:
        size = (self._count + 7) // 8
        return (self._number << (8 * size - self._count)).to_bytes(size, "big")


def _put_step(bits: _Bits, step: int) -> None:
    if not step:
        bits.put(0, 1)
        return
    for size, prefix, length in _STEPS:
        if -((1 << (size - 1)) - 1) <= step <= 1 << (size - 1):
            bits.put(prefix, length)
            bits.put(step, size)
            return
    bits.put(0b1111, 4)
    bits.put(step, 64)


def _put_change(bits: _Bits, change: int, window: tuple[int, int]) -> tuple[int, int]:
    """Write what changed; the window of changed bits that counts from here on."""
    if not change:
        bits.put(0, 1)
        return window
    bits.put(1, 1)
    leading = min(64 - change.bit_length(), _MOST_LEADING)
    trailing = (change & -change).bit_length() - 1
    if window[0] != _NEVER and leading >= window[0] and trailing >= window[1]:
        bits.put(0, 1)
        bits.put(change >> window[1], 64 - window[0] - window[1])
        return window
    size = 64 - leading - trailing
    bits.put(1, 1)
    bits.put(leading, 5)
    bits.put(size & 63, 6)
    bits.put(change >> trailing, size)
    return leading, trailing


def _entry(number: int) -> int:
    for _ in range(8):
        number = number >> 1 ^ (_CASTAGNOLI if number & 1 else 0)
    return number


_TABLE = tuple(_entry(number) for number in range(256))

SAMPLES: SampleWriter
try:
    from muster.wire import _prometheusxor
except ImportError:
    COMPILED, SAMPLES = False, PureSampleWriter()
else:
    COMPILED, SAMPLES = True, _prometheusxor.CompiledSampleWriter()
