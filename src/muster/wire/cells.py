"""The inner loops of wire/columns.py: times and cells as varints. Pure twin of `_cells.pyx`.

Both twins write the same bytes and refuse the same bytes; `CELLS` is the one in use.
State lives with the caller: `last` holds per series what the next cell is coded against,
`modes` how a series of floats is written (a decimal scale, or as bits).

Source: docs/formats/link.md ("Blocks").
"""

from __future__ import annotations

import struct
from array import array
from typing import Protocol

from muster.errors import ProtocolError
from muster.model.metric import Kind
from muster.wire.varint import put_varint, signed, unzigzag, varint_at, zigzag

SCALES = 6  # modes 0..6: the value times 10^mode is an integer
BITS = 7  # mode: the bit pattern, or what flipped in it
WHOLE = 0x80  # in the head of a float: the pattern itself follows
MOST_FLIPPED = 6  # bytes; more are dearer than a pattern that zstd may have seen (bench/codec.py)
_POWERS = tuple(float(10**scale) for scale in range(SCALES + 1))
_EXACT = float(1 << 53)  # below it every integer is a double
_DOUBLE = struct.Struct("<d")
_LONG = struct.Struct("<q")
_OCTETS = tuple(bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256))


class Cells(Protocol):
    """What both twins can do.

    Shapes: `index` (array 'I') maps a column to its slot in `last` (array 'q') and `modes`
            (bytearray); `kinds` has one byte per column; `values` and `present` are those of
            a Block. No two columns share a slot.
    Errors: decoding raises ProtocolError with the offset in `data`; state is then undefined.
    """

    def encode_times(self, times: array[int], time: int, step: int, fresh: bool) -> bytes: ...

    def decode_times(
        self, data: bytes, at: int, rows: int, time: int, step: int, fresh: bool
    ) -> tuple[array[int], int]: ...

    def encode_cells(
        self,
        index: array[int],
        kinds: bytes,
        values: array[int],
        present: bytes | None,
        last: array[int],
        modes: bytearray,
    ) -> bytes: ...

    def decode_cells(
        self,
        data: bytes,
        at: int,
        index: array[int],
        kinds: bytes,
        rows: int,
        present: bytes | None,
        last: array[int],
        modes: bytearray,
        strings: int,
    ) -> tuple[array[int], int]: ...

    def pack_bits(self, present: bytes) -> bytes: ...

    def unpack_bits(self, data: bytes, at: int, cells: int) -> tuple[bytes, int]: ...


class PureCells:
    """The twin that needs no compiler."""

    def encode_times(self, times: array[int], time: int, step: int, fresh: bool) -> bytes:
        """Differences of differences; the first row of a fresh layout starts at step 0."""
        out = bytearray()
        for now in times:
            delta = signed(now - time)
            put_varint(out, zigzag(delta - step))
            time, step, fresh = now, 0 if fresh else delta, False
        return bytes(out)

    def decode_times(
        self, data: bytes, at: int, rows: int, time: int, step: int, fresh: bool
    ) -> tuple[array[int], int]:
        """The times of a block and the offset behind them."""
        _room(data, at, rows)
        times = array("q", [0]) * rows
        for row in range(rows):
            number, at = varint_at(data, at)
            delta = signed(unzigzag(number) + step)
            times[row] = time = signed(time + delta)
            step, fresh = 0 if fresh else delta, False
        return times, at

    def encode_cells(
        self,
        index: array[int],
        kinds: bytes,
        values: array[int],
        present: bytes | None,
        last: array[int],
        modes: bytearray,
    ) -> bytes:
        """New modes, then the cells, column after column."""
        out = _encode_modes(index, kinds, values, present, last, modes)
        width = len(kinds)
        for column, kind in enumerate(kinds):
            slot = index[column]
            before = last[slot]
            mode = modes[slot] if kind == Kind.FLOAT else -1
            for pattern in _column(values, present, column, width):
                if mode == BITS:
                    _put_float(out, pattern, before)
                    before = pattern
                    continue
                number = pattern if mode < 0 else _scaled(pattern, mode)
                assert number is not None  # noqa: S101 - _encode_modes chose a mode that fits
                put_varint(out, zigzag(number - before))
                before = number
            last[slot] = before
        return bytes(out)

    def decode_cells(
        self,
        data: bytes,
        at: int,
        index: array[int],
        kinds: bytes,
        rows: int,
        present: bytes | None,
        last: array[int],
        modes: bytearray,
        strings: int,
    ) -> tuple[array[int], int]:
        """The patterns of a block, row after row, and the offset behind them."""
        at = _decode_modes(data, at, index, kinds, last, modes)
        width = len(kinds)
        cells = rows * width
        _room(data, at, cells if present is None else sum(present))
        values = array("q", [0]) * cells
        for column, kind in enumerate(kinds):
            slot = index[column]
            before = last[slot]
            mode = modes[slot] if kind == Kind.FLOAT else -1
            bound = _bound(kind, strings)
            for cell in range(column, cells, width):
                if present is not None and not present[cell]:
                    continue
                if mode == BITS:
                    before, at = _float_at(data, at, before)
                    values[cell] = before
                    continue
                start = at
                number, at = varint_at(data, at)
                before = signed(before + unzigzag(number))
                if bound is not None and not 0 <= before < bound:
                    raise ProtocolError(f"{before} in a column of {Kind(kind).name}", start)
                values[cell] = before if mode < 0 else _pattern(before, mode)
            last[slot] = before
        return values, at

    def pack_bits(self, present: bytes) -> bytes:
        """Eight cells a byte, the first in the lowest bit."""
        reversed_digits = present[::-1].translate(_DIGITS)
        size = (len(present) + 7) // 8
        return int(reversed_digits or b"0", 2).to_bytes(size, "little")

    def unpack_bits(self, data: bytes, at: int, cells: int) -> tuple[bytes, int]:
        """One byte per cell and the offset behind; surplus bits are ignored."""
        size = (cells + 7) // 8
        _room(data, at, size)
        return b"".join([_OCTETS[byte] for byte in data[at : at + size]])[:cells], at + size


_DIGITS = bytes([0x30]) + bytes([0x31]) * 255


def _room(data: bytes, at: int, cells: int) -> None:
    """Every cell takes a byte at least: refuse before memory is spent on it."""
    if at + cells > len(data):
        raise ProtocolError(f"the data ends inside {cells} cells", at)


def _bound(kind: int, strings: int) -> int | None:
    match kind:
        case Kind.BOOLEAN:
            return 2
        case Kind.STRING:
            return strings
        case _:
            return None


def _column(values: array[int], present: bytes | None, column: int, width: int) -> array[int]:
    cells = values[column::width]
    if present is None:
        return cells
    flags = present[column::width]
    return array("q", [cell for cell, flag in zip(cells, flags, strict=True) if flag])


def _scaled(pattern: int, scale: int) -> int | None:
    """The integer that stands for a double at a scale; None when that would change a bit."""
    product = _DOUBLE.unpack(_LONG.pack(pattern))[0] * _POWERS[scale]
    if not -_EXACT < product < _EXACT:  # NaN too
        return None
    number = round(product)
    return number if _pattern(number, scale) == pattern else None


def _pattern(number: int, scale: int) -> int:
    pattern: int = _LONG.unpack(_DOUBLE.pack(float(number) / _POWERS[scale]))[0]
    return pattern


def _encode_modes(
    index: array[int],
    kinds: bytes,
    values: array[int],
    present: bytes | None,
    last: array[int],
    modes: bytearray,
) -> bytearray:
    """Let a float column climb to the first mode that is exact; a changed column starts at 0."""
    changes, changed, behind = bytearray(), 0, 0
    width = len(kinds)
    for column, kind in enumerate(kinds):
        slot = index[column]
        if kind != Kind.FLOAT or modes[slot] == BITS:
            continue
        mode = _climb(_column(values, present, column, width), modes[slot])
        if mode != modes[slot]:
            put_varint(changes, column - behind)
            changes.append(mode)
            behind = column + 1
            changed += 1
            modes[slot], last[slot] = mode, 0
    out = bytearray()
    put_varint(out, changed)
    return out + changes


def _climb(patterns: array[int], mode: int) -> int:
    while mode < BITS and any(_scaled(pattern, mode) is None for pattern in patterns):
        mode += 1
    return mode


def _decode_modes(
    data: bytes, at: int, index: array[int], kinds: bytes, last: array[int], modes: bytearray
) -> int:
    start = at
    changed, at = varint_at(data, at)
    if changed > len(kinds):
        raise ProtocolError(f"{changed} new modes for {len(kinds)} columns", start)
    column = 0
    for _ in range(changed):
        start = at
        gap, at = varint_at(data, at)
        column += gap
        if column >= len(kinds) or kinds[column] != Kind.FLOAT:
            raise ProtocolError(f"a new mode for column {column}, which has none", start)
        if at >= len(data) or data[at] > BITS:
            raise ProtocolError("no mode of floats", at)
        slot = index[column]
        modes[slot], last[slot] = data[at], 0
        at += 1
        column += 1
    return at


def _put_float(out: bytearray, pattern: int, before: int) -> None:
    """A head, then bytes: the bits that flipped if they are few, else the pattern itself.

    Percentages of small counts come back bit for bit in other columns and rows, and only
    whole patterns look alike to zstd; what drifts slowly flips few bits.
    """
    flipped, flipped_below = _cut(pattern ^ before)
    whole, whole_below = _cut(pattern)
    if len(flipped) <= min(MOST_FLIPPED, len(whole)):
        out.append(len(flipped) << 3 | flipped_below)
        out += flipped
    else:
        out.append(WHOLE | len(whole) << 3 | whole_below)
        out += whole


def _cut(bits: int) -> tuple[bytes, int]:
    """The bytes of a pattern without zero bytes at its ends, and how many were cut below."""
    data = _LONG.pack(bits)
    above = data.lstrip(b"\0")
    return above.rstrip(b"\0"), len(data) - len(above) if above else 0


def _float_at(data: bytes, at: int, before: int) -> tuple[int, int]:
    if at >= len(data):
        raise ProtocolError("the data ends inside a float", at)
    head = data[at]
    size, below = head >> 3 & 15, head & 7
    if size + below > 8 or (below and not size):
        raise ProtocolError(f"no head of a float: {head}", at)
    start, end = at + 1, at + 1 + size
    if end > len(data):
        raise ProtocolError("the data ends inside a float", at)
    bits = int.from_bytes(data[start:end], "little") << 8 * below
    return signed(bits if head & WHOLE else bits ^ before), end


try:
    from muster.wire import _cells
except ImportError:
    CELLS: Cells = PureCells()
    COMPILED = False
else:
    CELLS = _cells
    COMPILED = True
