"""Records of queues on disk: packed points, with a sum over each.

Format: docs/formats/forward-queue.md
"""

import logging
import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from muster.errors import Unavailable
from muster.ports.forwarding import Packet

log = logging.getLogger(__name__)

MAGIC = b"MUFWDQ1\n"
_ANY_VERSION = MAGIC[:-2]
_HEAD = struct.Struct("<IIIq")  # bytes of the content, points, sum, when it was kept
_SUMMED = struct.Struct("<IIq")
_LEVEL = 1
_MOST_BODY = 256 << 20  # unpacked, of one record


class Content(msgspec.Struct, frozen=True, array_like=True):
    """What is packed in a record."""

    database: str
    policy: str
    body: bytes


class Record(NamedTuple):
    """A whole record; `after` is the offset behind it."""

    points: int
    kept_ns: int
    content: bytes
    after: int


def packed(packet: Packet, now_ns: int) -> bytes:
    """A packet as a record."""
    content = msgspec.msgpack.encode(Content(packet.database, packet.policy, packet.body))
    data = zstandard.ZstdCompressor(level=_LEVEL).compress(content)
    total = _sum(data, packet.points, now_ns)
    return _HEAD.pack(len(data), packet.points, total, now_ns) + data


def _sum(data: bytes, points: int, kept_ns: int) -> int:
    return zlib.crc32(data, zlib.crc32(_SUMMED.pack(len(data), points, kept_ns)))


def record_at(file: int, offset: int) -> Record | None:
    """A whole record with the right sum, or None."""
    offset = max(offset, len(MAGIC))
    head = os.pread(file, _HEAD.size, offset)
    if len(head) < _HEAD.size:
        return None
    length, points, total, kept_ns = _HEAD.unpack(head)
    after = offset + _HEAD.size + length
    if after > os.fstat(file).st_size:
        return None
    data = os.pread(file, length, offset + _HEAD.size)
    if len(data) < length or _sum(data, points, kept_ns) != total:
        return None
    return Record(points, kept_ns, data, after)


def packet_of(record: Record) -> Packet | None:
    """What is in a record; None when it cannot be unpacked."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(
            record.content, max_output_size=_MOST_BODY, allow_extra_data=False
        )
        content = msgspec.msgpack.decode(plain, type=Content)
    except (zstandard.ZstdError, msgspec.MsgspecError):
        return None
    return Packet(content.database, content.policy, record.points, content.body)


def measure(path: Path, start: int) -> tuple[int, int]:
    """How far a segment's records are whole, and the points of those from `start` on.

    What is behind is cut off. Errors: Unavailable for a newer version's; OSError.
    """
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        begins = os.pread(file, len(MAGIC), 0)
        if begins != MAGIC:
            if begins.startswith(_ANY_VERSION):
                raise Unavailable(f"{path} was written by a newer version; use that one")
            log.warning("what is no segment was emptied", extra={"file": str(path)})
            os.ftruncate(file, 0)
            return 0, 0
        offset, points = len(MAGIC), 0
        while (record := record_at(file, offset)) is not None:
            points += record.points if offset >= start else 0
            offset = record.after
        if offset < size:
            log.warning("a torn record was cut off", extra={"file": str(path), "at": offset})
            os.ftruncate(file, offset)
        return offset, points
    finally:
        os.close(file)


def write_all(file: int, data: bytes) -> None:
    """Write to a descriptor until all is written. Errors: OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
