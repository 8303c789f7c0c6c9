"""The journal's segments as bytes: headers, cohort and rows records, and how to read them back.

No file is opened here. Format and the rules for damage: docs/formats/journal.md
"""

import struct
import threading
import zlib
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec
import zstandard

from muster.errors import ProtocolError
from muster.model.ids import NodeId
from muster.model.metric import Block, Tags
from muster.store.journal.segmentdisk import Buffer

try:
    from muster.store.journal import _segment  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:  # no compiler here: this file does the work
    _segment = None

COMPILED = _segment is not None

DATA_START = 8192
COPY_AT = 4096
COHORT, ROWS = 1, 2
VERSION = 3  # of segments that are written; those before are read: their parts are cut otherwise

_MAGICS = {b"MUSTERJ1": 1, b"MUSTERJ2": 2, b"MUSTERJ3": VERSION}
_FILE = struct.Struct("<8s16sQQQ")
_CRC = struct.Struct("<I")
_RECORD = struct.Struct("<QIIIB3x")
_KIND_AT = 20  # of it
_BODY = struct.Struct("<IIB3x")  # what the CRC covers of the header besides the sync word
_SYNC = struct.Struct("<Q")
_HEAD = struct.Struct("<I4x")
RECORD_HEAD = _RECORD.size
COLUMN = struct.Struct("<IIB")  # tag set, field, kind
_MAX_PAYLOAD = 1 << 30
_MAX_NAMES = 64 << 20  # of a cohort, unpacked
_PIECE, _MEDIUM = 4096, 128 << 10  # bytes
_NEAR = 8  # differing bits up to which eight bytes are a damaged sync word, not old data


class Header(NamedTuple):
    """What a segment says of itself."""

    hub: str
    number: int
    sync: int
    previous_end: int
    version: int = VERSION


class Record(NamedTuple):
    """One good record. `doubtful`: behind damage in the tail that was never known synced."""

    offset: int
    kind: int
    payload: memoryview
    doubtful: bool


class Records:
    """The good records of a segment, cut out of it as they are asked for.

    Of ten thousand nodes they are twenty thousand, and as objects as large as the segment.
    """

    def __init__(self, data: memoryview, places: "array[int]", doubt: int) -> None:
        """`doubt`: of those behind that place one cannot be sure."""
        self._data, self._places, self._doubt = data, places, doubt

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Record]:
        return map(self._record, self._places)

    def of(self, kind: int) -> Iterator[Record]:
        """Those of one kind."""
        return map(self._record, self._places_of(kind))

    def count(self, kind: int) -> int:
        return sum(1 for _ in self._places_of(kind))

    def _places_of(self, kind: int) -> Iterator[int]:
        kinds = self._data[_KIND_AT:]
        return (at for at in self._places if kinds[at] == kind)

    def _record(self, at: int) -> Record:
        _, length, _, _, kind = _RECORD.unpack_from(self._data, at)
        start = at + _RECORD.size
        return Record(at, kind, self._data[start : start + length], at > self._doubt)


class Reading(NamedTuple):
    """A segment's good records and what was wrong with it."""

    records: Records
    end: int  # behind the last good record
    damaged: int  # places where something was skipped


class Names(NamedTuple):
    """A cohort as it stands in a segment. Salts: docs/formats/catalogue.md."""

    node: NodeId
    tagsets: list[tuple[int, Tags]]
    fields: list[tuple[int, str, str]]
    columns: bytes


UnpackedNames = tuple[NodeId, list[tuple[int, Tags]], list[tuple[int, str, str]], bytes]


class RowsHead(NamedTuple):
    """The first part of a rows record."""

    node: NodeId
    epoch: str
    sequence: int
    blocks: list[tuple[int, int, int, bool, tuple[str, ...]]]


class StoredBlock(NamedTuple):
    """A block read back: T rows of the cohort, still as bytes of the segment."""

    cohort: int
    rows: int
    times: memoryview
    values: memoryview
    present: memoryview | None
    strings: tuple[str, ...]


class _Zstd(threading.local):
    """Of each thread: made for each cohort, it took longer than what it is there for."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=3).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()
_pack = msgspec.msgpack.Encoder().encode
_names = msgspec.msgpack.Decoder(UnpackedNames).decode
_rows_head = msgspec.msgpack.Decoder(
    tuple[NodeId, str, int, list[tuple[int, int, int, bool, tuple[str, ...]]]]
).decode


def format_header(header: Header) -> bytes:
    """The first `DATA_START` bytes of a segment."""
    magic = next(each for each, version in _MAGICS.items() if version == header.version)
    fields = _FILE.pack(
        magic, UUID(header.hub).bytes, header.number, header.sync, header.previous_end
    )
    one = (fields + _CRC.pack(zlib.crc32(fields))).ljust(COPY_AT, b"\0")
    return one + one


def parse_header(data: Buffer) -> Header:
    """Read whichever copy is whole. Errors: ProtocolError when neither is."""
    view = memoryview(data)
    for start in (0, COPY_AT):
        fields = bytes(view[start : start + _FILE.size])
        check = bytes(view[start + _FILE.size : start + _FILE.size + _CRC.size])
        if len(check) == _CRC.size and check == _CRC.pack(zlib.crc32(fields)):
            magic, hub, number, sync, previous_end = _FILE.unpack(fields)
            if magic in _MAGICS:
                return Header(str(UUID(bytes=hub)), number, sync, previous_end, _MAGICS[magic])
    raise ProtocolError("not a journal segment: both copies of its header are damaged")


def format_names(names: Names) -> bytes:
    """A cohort record's payload."""
    packed = _zstd.compress(_pack(tuple(names)))
    return bytes(memoryview(packed))  # what it gives has as much room as what came had


def parse_names(payload: Buffer) -> Names:
    """Errors: ProtocolError when it is not a cohort."""
    try:
        plain = _zstd.decompress(payload, max_output_size=_MAX_NAMES)
        return Names(*unpack_names(plain))
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ProtocolError(f"not a cohort record: {error}") from error


def unpack_names(plain: bytes) -> UnpackedNames:
    """What a cohort record holds. Errors: msgspec.DecodeError.

    Compiled (`_segment.pyx`) equal tags of a record are one object, and read once.
    """
    found: UnpackedNames | None = None if _segment is None else _segment.unpack_names(plain)
    return _names(plain) if found is None else found


def token(hub: str, number: int, sync: int) -> str:
    """What names this life of a segment file to the engine."""
    return f"{hub}:{number}:{sync:016x}"


def cohort_key(payload: Buffer) -> int:
    """The number by which rows name their cohort."""
    return int.from_bytes(blake2b(payload, digest_size=8).digest(), "little")


def format_rows(
    source: tuple[NodeId, str, int], blocks: Sequence[tuple[int, Block]]
) -> list[Buffer]:
    """A rows record's payload, as parts to write one after the other."""
    described = [
        (cohort, block.rows, len(block.layout.series), block.present is not None, block.strings)
        for cohort, block in blocks
    ]
    head = _pack((*source, described))
    parts: list[Buffer] = [_HEAD.pack(len(head)) + head + _padding(len(head))]
    for _, block in blocks:
        parts += [memoryview(block.times).cast("B"), memoryview(block.values).cast("B")]
        if block.present is not None:
            parts += [block.present, _padding(len(block.present))]
    return parts


def parse_head(payload: memoryview) -> RowsHead:
    """Errors: ProtocolError when it is not a rows record."""
    try:
        (length,) = _HEAD.unpack_from(payload)
        return RowsHead(*_rows_head(payload[_HEAD.size : _HEAD.size + length]))
    except (struct.error, msgspec.DecodeError) as error:
        raise ProtocolError(f"not a rows record: {error}") from error


def parse_blocks(payload: memoryview, head: RowsHead) -> list[StoredBlock]:
    """The blocks behind a head. Errors: ProtocolError when their sizes do not fit."""
    (length,) = _HEAD.unpack_from(payload)
    at = _HEAD.size + _padded(length)
    blocks = []
    for cohort, rows, columns, has_absent, strings in head.blocks:
        cells = rows * columns
        times, at = payload[at : at + 8 * rows], at + 8 * rows
        values, at = payload[at : at + 8 * cells], at + 8 * cells
        present = None
        if has_absent:
            present, at = payload[at : at + cells], at + _padded(cells)
        blocks.append(StoredBlock(cohort, rows, times, values, present, strings))
    if at > _padded(len(payload)):
        raise ProtocolError(f"rows record of {len(payload)} bytes should hold {at}")
    return blocks


def format_record(sync: int, committed: int, kind: int, parts: Sequence[Buffer]) -> list[Buffer]:
    """A record around a payload, padded; the sum of the parts is a multiple of 8."""
    length = sum(len(part) for part in parts)
    crc = zlib.crc32(_BODY.pack(length, committed, kind), zlib.crc32(_SYNC.pack(sync)))
    for part in parts:
        crc = _crc(part, crc)
    header = _RECORD.pack(sync, length, crc, committed, kind)
    return [header, *parts, _padding(length)]


def _crc(part: Buffer, crc: int) -> int:
    """The CRC of a part, without a wait.

    From 5 KiB on zlib lets the interpreter go, and this thread may then wait 5 ms for it while
    the loop is at work, once per batch. Pieces below that cost a few microseconds.
    """
    if not _PIECE < len(part) <= _MEDIUM:
        return zlib.crc32(part, crc)
    view = memoryview(part)
    for at in range(0, len(view), _PIECE):
        crc = zlib.crc32(view[at : at + _PIECE], crc)
    return crc


def record_bytes(payload: int) -> int:
    """What a record with so long a payload takes in the file."""
    return _RECORD.size + _padded(payload)


def read(data: bytes, sync: int, end: int | None) -> Reading:
    """All good records of a segment.

    `end` is where the segment is known to end, and up to where it was synced; None when
    nobody knows, because the hub died while it was written.
    """
    view = memoryview(data)
    limit = len(view) if end is None else min(end, len(view))
    places, synced = array("q"), DATA_START
    gaps: list[int] = []  # where damage begins
    at = DATA_START
    while at < limit:
        good = _record(view, at, limit, sync)
        if good is None:
            following = _next(data, view, at + 1, limit, sync)
            if following is None:
                break
            gaps.append(at)
            at = following
            continue
        length, committed = good
        places.append(at)
        synced = max(synced, committed)
        at += record_bytes(length)
    if at < limit and (end is not None or _was_sync(view, at, sync)):
        gaps.append(at)
    horizon = synced if end is None else end
    doubt = min((gap for gap in gaps if gap >= horizon), default=len(view))
    return Reading(Records(view, places, doubt), at, len(gaps))


def _record(view: memoryview, at: int, limit: int, sync: int) -> tuple[int, int] | None:
    """(length, committed) of the record at a place, if it is whole.

    The sync word's own bytes are not looked at: the CRC is over the true one.
    """
    if at + _RECORD.size > limit:
        return None
    _, length, crc, committed, kind = _RECORD.unpack_from(view, at)
    start = at + _RECORD.size
    if length > _MAX_PAYLOAD or start + length > limit:
        return None
    payload = view[start : start + length]
    seed = zlib.crc32(_BODY.pack(length, committed, kind), zlib.crc32(_SYNC.pack(sync)))
    return (length, committed) if zlib.crc32(payload, seed) == crc else None


def _next(data: bytes, view: memoryview, at: int, limit: int, sync: int) -> int | None:
    word = _SYNC.pack(sync)
    while (at := data.find(word, at, limit)) >= 0:
        if at % 8 == 0 and _record(view, at, limit, sync) is not None:
            return at
        at += 1
    return None


def _was_sync(view: memoryview, at: int, sync: int) -> bool:
    if at + _SYNC.size > len(view):
        return False
    (word,) = _SYNC.unpack_from(view, at)
    return (int(word) ^ sync).bit_count() <= _NEAR


def _padded(length: int) -> int:
    return (length + 7) & ~7


def _padding(length: int) -> bytes:
    return bytes(-length % 8)
