"""One file of the spool: a header, then frames of one delta chain, the first a key frame.

A record carries no sequence of its own: it is the header's `first` plus its place, so a
segment is renumbered by rewriting its header alone. Whether a segment may go and when it
is written is the business of agent/spool/buffer.py.

Source: docs/formats/spool.md
"""

import contextlib
import os
import struct
import uuid
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from muster.errors import ProtocolError
from muster.files import sync

MAGIC = b"MSPOOL1\n"
HEADER = struct.Struct("<8s16sQI")  # magic, epoch, first sequence, crc of what precedes
RECORD = struct.Struct("<II")  # body length, crc of what follows
DETAIL = struct.Struct("<IB")  # values in the batch, flags; then the body
KEY = 1  # flag: a key frame
PREFIX_BYTES = RECORD.size + DETAIL.size
MAX_BODY_BYTES = 16 << 20  # no batch is longer; a longer length is damage


class Record(NamedTuple):
    """One encoded batch. `body` is a frame of wire/columns.py."""

    sequence: int
    key: bool
    values: int
    body: bytes

    @property
    def size(self) -> int:
        """Bytes it takes in a file."""
        return PREFIX_BYTES + len(self.body)


class Segment:
    """What is known of one file. `pending` waits in memory for a disk that refuses it."""

    __slots__ = (
        "count",
        "dirty",
        "first",
        "gone",
        "path",
        "pending",
        "pending_bytes",
        "size",
        "values",
        "values_before",
    )

    def __init__(self, path: Path, first: int, values_before: int = 0) -> None:
        self.path = path
        self.first = first
        self.values_before = values_before  # in all segments before this one, ever
        self.gone = False  # dropped: acknowledged or lost
        self.count = 0  # records, on disk and pending
        self.values = 0
        self.size = 0  # good bytes on disk; 0: there is no file yet
        self.dirty = False  # written since it was last synced
        self.pending: list[Record] = []
        self.pending_bytes = 0

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    @property
    def bytes_total(self) -> int:
        return self.size + self.pending_bytes

    def add(self, record: Record) -> None:
        """Take a record that is not on disk yet."""
        self.pending.append(record)
        self.pending_bytes += record.size
        self.count += 1
        self.values += record.values

    def write(self, epoch: str) -> None:
        """Put what is pending on disk, with one write.

        Errors: OSError; the good part of the file is as before and nothing left `pending`.
        """
        parts = [] if self.size else [format_header(epoch, self.first)]
        parts += map(format_record, self.pending)
        data = b"".join(parts)
        flags = os.O_WRONLY | os.O_CLOEXEC | (0 if self.size else os.O_CREAT | os.O_TRUNC)
        file = os.open(self.path, flags, 0o600)
        try:
            _write_all(file, data, self.size)
        finally:
            os.close(file)
        self.size += len(data)
        self.dirty = True
        self.pending.clear()
        self.pending_bytes = 0

    def stamp(self, epoch: str) -> None:
        """Rewrite the header after `first` or the epoch has changed. Errors: OSError."""
        if self.size:
            file = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                _write_all(file, format_header(epoch, self.first), 0)
            finally:
                os.close(file)
            self.dirty = True


def _write_all(file: int, data: bytes, offset: int) -> None:
    """Write at an offset; the bytes beyond the last good one are overwritten next time."""
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:] if done else data, offset + done)


def format_header(epoch: str, first: int) -> bytes:
    head = HEADER.pack(MAGIC, uuid.UUID(epoch).bytes, first, 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head))


def parse_header(data: bytes) -> tuple[str, int]:
    """(epoch, first sequence). Errors: ProtocolError when it is damaged or of another kind."""
    if len(data) < HEADER.size:
        raise ProtocolError("spool segment is shorter than its header")
    magic, epoch, first, crc = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ProtocolError(f"not a spool segment: starts with {magic!r}")
    if zlib.crc32(data[: HEADER.size - 4]) != crc:
        raise ProtocolError("spool segment has a damaged header")
    return str(uuid.UUID(bytes=epoch)), first


def format_record(record: Record) -> bytes:
    detail = DETAIL.pack(record.values, KEY if record.key else 0)
    crc = zlib.crc32(record.body, zlib.crc32(detail))
    return RECORD.pack(len(record.body), crc) + detail + record.body


def parse_record(data: bytes, offset: int, sequence: int) -> Record | None:
    """The record at an offset; None when it is not whole or damaged."""
    body_at = offset + PREFIX_BYTES
    if body_at > len(data):
        return None
    length, crc = RECORD.unpack_from(data, offset)
    if length > MAX_BODY_BYTES or body_at + length > len(data):
        return None
    if zlib.crc32(memoryview(data)[offset + RECORD.size : body_at + length]) != crc:
        return None
    values, flags = DETAIL.unpack_from(data, offset + RECORD.size)
    return Record(sequence, bool(flags & KEY), values, data[body_at : body_at + length])


def parse_records(data: bytes, first: int) -> Iterator[Record]:
    """Every good record from the start of a segment up to the first that is not."""
    offset, sequence = HEADER.size, first
    while (record := parse_record(data, offset, sequence)) is not None:
        yield record
        offset += record.size
        sequence += 1


def read_segment(path: Path) -> tuple[Segment, str, int]:
    """Read one file: the Segment, its epoch, and how many bytes of damage follow it.

    Errors: ProtocolError when the header is unusable; OSError.
    """
    data = path.read_bytes()
    epoch, first = parse_header(data)
    segment = Segment(path, first)
    segment.size = HEADER.size
    for record in parse_records(data, first):
        segment.count += 1
        segment.values += record.values
        segment.size += record.size
    return segment, epoch, len(data) - segment.size


def sync_paths(paths: Sequence[Path]) -> None:
    """Sync files and their folder. Blocks: called in a thread. Errors: OSError."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # acknowledged meanwhile
            sync(path)
    if paths:
        sync(paths[0].parent)
