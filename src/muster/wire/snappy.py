"""Snappy blocks: a length, then literals and copies. Pure twin of `_snappy.pyx`.

Both twins take and refuse the same bytes and write the same ones; `SNAPPY` is the one in use.
A block says its length first, so a bomb is refused before anything is unpacked.

Source: google/snappy, format_description.txt
"""

from __future__ import annotations

from typing import Protocol

from muster.wire.snappybounds import LONGEST, check_length, check_size, corrupt

_COPY = 64  # bytes, at most, of one copy
_FARTHEST = 65_535  # how far back this encoder copies from: two bytes of offset
_SHORT_LITERAL = 60  # up to it the length stands in the tag
_LENGTH_SHIFTS = range(0, 35, 7)
_HASH, _SHIFT, _WORD = 0x1E35A7BD, 18, 0xFFFF_FFFF


class Snappy(Protocol):
    """What both twins can do."""

    def unpack(self, data: bytes, limit: int) -> bytes:
        """Errors: InputError for what is no block; LimitExceeded for more than `limit` bytes."""
        ...

    def pack(self, data: bytes) -> bytes:
        """One block. Errors: LimitExceeded for what no block can hold."""
        ...


class PureSnappy:
    """The twin that needs no compiler."""

    def unpack(self, data: bytes, limit: int) -> bytes:
        length, at = _length(data)
        check_length(length, len(data), limit)
        out = bytearray()
        while at < len(data):
            at = _literal(data, at, out) if data[at] & 3 == 0 else _copy(data, at, out)
            if len(out) > length:
                raise corrupt()
        if len(out) != length:
            raise corrupt()
        return bytes(out)

    def pack(self, data: bytes) -> bytes:
        check_size(len(data))
        out = bytearray()
        _put_length(out, len(data))
        places: dict[int, int] = {}
        at = kept = 0
        while len(data) - at >= 4:
            four = data[at : at + 4]
            slot = (int.from_bytes(four, "little") * _HASH & _WORD) >> _SHIFT
            before, places[slot] = places.get(slot, -1), at
            if before < 0 or at - before > _FARTHEST or data[before : before + 4] != four:
                at = min(len(data), at + 1 + ((at - kept) >> 5))
                continue
            size = 4
            while at + size < len(data) and data[before + size] == data[at + size]:
                size += 1
            _put_literal(out, data[kept:at])
            _put_copies(out, at - before, size)
            at = kept = at + size
        _put_literal(out, data[kept:])
        return bytes(out)


def _length(data: bytes) -> tuple[int, int]:
    length = 0
    for at, shift in enumerate(_LENGTH_SHIFTS):
        if at == len(data):
            break
        length |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            if length > LONGEST:
                break
            return length, at + 1
    raise corrupt()


def _literal(data: bytes, at: int, out: bytearray) -> int:
    size = (data[at] >> 2) + 1
    at += 1
    if size > _SHORT_LITERAL:
        size, at = _number(data, at, size - _SHORT_LITERAL)
        size += 1
    if size > len(data) - at:
        raise corrupt()
    out += data[at : at + size]
    return at + size


def _copy(data: bytes, at: int, out: bytearray) -> int:
    tag = data[at]
    if tag & 3 == 1:
        size = 4 + (tag >> 2 & 7)
        low, at = _number(data, at + 1, 1)
        offset = tag >> 5 << 8 | low
    else:
        size = 1 + (tag >> 2)
        offset, at = _number(data, at + 1, 2 if tag & 3 == 2 else 4)
    if not 0 < offset <= len(out):
        raise corrupt()
    start = len(out) - offset
    piece = out[start : start + size]
    while len(piece) < size:  # what is copied may be what the copy itself writes
        piece += piece[: size - len(piece)]
    out += piece
    return at


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    if len(data) - at < size:
        raise corrupt()
    return int.from_bytes(data[at : at + size], "little"), at + size


def _put_length(out: bytearray, length: int) -> None:
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)


def _put_literal(out: bytearray, data: bytes) -> None:
    if not data:
        return
    size = len(data) - 1
    if size < _SHORT_LITERAL:
        out.append(size << 2)
    else:
        length = size.to_bytes(max(1, (size.bit_length() + 7) // 8), "little")
        out.append((_SHORT_LITERAL - 1 + len(length)) << 2)
        out += length
    out += data


def _put_copies(out: bytearray, offset: int, size: int) -> None:
    while size:
        part = min(size, _COPY)
        out.append((part - 1) << 2 | 2)
        out += offset.to_bytes(2, "little")
        size -= part


SNAPPY: Snappy
try:
    from muster.wire import _snappy
except ImportError:
    COMPILED, SNAPPY = False, PureSnappy()
else:
    COMPILED, SNAPPY = True, _snappy.CompiledSnappy()
