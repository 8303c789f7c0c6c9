"""The index as columns beside the catalogue: what a start reads in place of a million rows.

Derived, and written when a hub ends in order. It counts as long as the catalogue's file is the
very one that lay there then (inode, size, times; no journal of SQLite's beside it) and has as
many rows; when anything else is so, rows are read. It is gone as soon as it was read.

Format: docs/formats/catalogue.md, "Columns"
"""

import logging
import os
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from muster.ports.series import I64, U64
from muster.store.catalogue.cataloguefill import renewed
from muster.store.catalogue.columns import U32
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.tagsets import Tag

log = logging.getLogger(__name__)

SUFFIX = ".columns"
FEWEST = 100_000  # series; rows of fewer are read in a moment
_MAGIC = b"MUSTERC1"
_FRAME = struct.Struct("<8sII")  # magic, bytes of the head, CRC-32 of all that follows
_AT_ONCE = 100_000  # series

Stamp = tuple[int, ...]
Counts = tuple[int, int, int]  # rows of tag sets, fields and series
CountNow = Callable[[], Counts | None]


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """What is no column. `numbers` counts the tags of all sets."""

    stamp: Stamp
    counts: Counts
    tags: list[Tag]
    names: list[tuple[str, str, int, int]]  # measurement, field, hash, salt
    salts: dict[int, int]
    sets: int
    numbers: int
    series: int


class _Columns(NamedTuple):
    hashes: U64
    lengths: I64
    numbers: U32
    keys: U64


def stamp_of(path: Path) -> Stamp | None:
    """What tells one state of a file of SQLite's from others; None while it is in use."""
    if path.with_name(f"{path.name}-wal").exists() or sys.byteorder != "little":
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def write(path: Path, index: SeriesIndex, stamp: Stamp, counts: Counts) -> None:
    """Errors: OSError; then there is none, or the one of before, which counts no more."""
    if index.total < index.keys.size:
        index = renewed(index)
    lengths, numbers = index.tagsets.every_piece
    columns = _Columns(index.tagsets.hashes.all, lengths, numbers, index.keys.all)
    head = msgspec.msgpack.encode(
        _Head(
            stamp,
            counts,
            index.tagsets.tags.tags,
            [(name.measurement, name.field, name.hash, name.salt) for name in index.named],
            index.tagsets.salts,
            len(lengths),
            len(numbers),
            len(columns.keys),
        )
    )
    parts = [head, *(one.tobytes() for one in columns)]
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    _put(path, [_FRAME.pack(_MAGIC, len(head), crc), *parts])


def _put(path: Path, parts: Sequence[bytes]) -> None:
    """Not synced: what a power cut leaves of it has another checksum."""
    new = path.with_name(f"{path.name}-new")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.writelines(parts)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def take(path: Path, stamp: Stamp | None, counts: CountNow) -> SeriesIndex | None:
    """The index, where the file is there and counts; the file goes."""
    try:
        data = path.read_bytes()
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("the catalogue's columns cannot be read", extra={"error": str(error)})
        return None
    found = _read(memoryview(data), stamp, counts)
    if found is None:
        log.info("the catalogue's columns are of another state: its rows are read")
    return found


def _read(data: memoryview, stamp: Stamp | None, counts: CountNow) -> SeriesIndex | None:
    if stamp is None or len(data) < _FRAME.size:
        return None
    magic, length, crc = _FRAME.unpack_from(data)
    rest = data[_FRAME.size :]
    if magic != _MAGIC or zlib.crc32(rest) != crc:
        return None
    try:
        head = msgspec.msgpack.decode(rest[:length], type=_Head)
    except msgspec.DecodeError:  # of another release
        return None
    if head.stamp != stamp or head.counts != counts():
        return None
    return _index_of(head, _columns(rest[length:], head))


def _columns(data: memoryview, head: _Head) -> _Columns:
    """Copied, so that each lies as its numbers want it."""
    sets, numbers = 8 * head.sets, 4 * head.numbers
    return _Columns(
        np.frombuffer(data, np.uint64, head.sets).copy(),
        np.frombuffer(data, np.int64, head.sets, sets).copy(),
        np.frombuffer(data, np.uint32, head.numbers, 2 * sets).copy(),
        np.frombuffer(data, np.uint64, head.series, 2 * sets + numbers).copy(),
    )


def _index_of(head: _Head, columns: _Columns) -> SeriesIndex:
    index = SeriesIndex()
    for name in head.names:
        index.know_name(*name)
    tagsets = index.tagsets
    renumbered = np.array(tagsets.tags.take_in(head.tags), np.uint32)
    tagsets.extend(columns.hashes, columns.lengths, renumbered[columns.numbers])
    for number, salt in head.salts.items():
        tagsets.note_salt(number, tagsets.tags_of(number), salt)
    for first in range(0, head.series, _AT_ONCE):
        index.add(columns.keys[first : first + _AT_ONCE])
    index.settle()
    return index
