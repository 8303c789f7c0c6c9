"""A body that came packed with gzip, unpacked as it comes and never further than a limit.

Members behind each other are one stream. Faults have the words of InfluxDB, which are Go's: what is
not one sound member is left to zlib, whatever unpacks the others.

Source: RFC 1952. Golden: tests/golden/influx/golden_writes.json
"""

import zlib
from types import ModuleType

from muster.errors import InputError, LimitExceeded

_quick: ModuleType = zlib
try:  # the same functions, and it unpacks nearly three times as fast
    from isal import isal_zlib

    _quick = isal_zlib
except ImportError:
    pass

_MAGIC = b"\x1f\x8b\x08"
_HEADER_BYTES = 10
_PLAIN = (0, 8)  # flags of a header with nothing more than a name, which all unpackers take alike
_RAW_GZIP = 31  # zlib's word for "with gzip's header and trailer"
_PIECE = 1 << 15  # of what goes in at once: what is left of one is copied
_MEMBERS = 16_384  # each costs a decoder, even an empty one
_SHORT, _HEADER, _SUM = "unexpected EOF", "gzip: invalid header", "gzip: invalid checksum"


class Unpacker:
    """Takes a packed body in pieces: `feed` each, then `finish`.

    Errors: InputError for what is no gzip; LimitExceeded when more than `limit` bytes come in or
            would come out. The body is then lost.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._out = bytearray()
        self._taken = 0
        self._members = 0
        self._waiting = b""  # of a header
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > self._limit:
            raise too_large(self._limit)
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            while piece:
                piece = self._inflate(self._member, piece) if self._member else self._begin(piece)

    def finish(self) -> bytes:
        """The whole body."""
        if self._member or self._waiting:
            raise InputError(_SHORT)
        if not self._taken:
            raise InputError("EOF")
        return bytes(self._out)

    def _begin(self, data: bytes) -> bytes:
        """Wait for a whole header: one that is cut is another fault than a bad one."""
        data = self._waiting + data
        if len(data) < _HEADER_BYTES:
            self._waiting = data
            return b""
        if not data.startswith(_MAGIC):
            raise InputError(_HEADER)
        self._members += 1
        if self._members > _MEMBERS:
            raise LimitExceeded(f"more than {_MEMBERS} members of gzip", too_large=True)
        self._waiting = b""
        self._member = zlib.decompressobj(_RAW_GZIP)
        return data

    def _inflate(self, member: "zlib._Decompress", data: bytes) -> bytes:
        """Some of a member; what is left of the data belongs to the next one."""
        try:
            self._out += member.decompress(data, self._limit - len(self._out) + 1)
        except zlib.error as error:
            raise InputError(_words(str(error))) from error
        if len(self._out) > self._limit:
            raise too_large(self._limit)
        if not member.eof:
            return b""
        self._member = None
        return member.unused_data


def unpack_quickly(data: bytes, limit: int) -> bytes | None:
    """A body that is one sound member and no larger than a limit; None for any other."""
    if len(data) < _HEADER_BYTES or len(data) > limit or data[3] not in _PLAIN:
        return None
    member = _quick.decompressobj(_RAW_GZIP)
    try:
        out: bytes = member.decompress(data, limit + 1)
    except _quick.error:
        return None
    return out if member.eof and not member.unused_data and len(out) <= limit else None


def unpack(data: bytes, limit: int) -> bytes:
    """A whole body at once. Errors: as Unpacker."""
    quickly = unpack_quickly(data, limit)
    if quickly is not None:
        return quickly
    unpacker = Unpacker(limit)
    unpacker.feed(data)
    return unpacker.finish()


def too_large(limit: int) -> LimitExceeded:
    """The refusal of a body over its limit, packed or not."""
    return LimitExceeded(f"the body is over the limit of {limit} bytes", too_large=True)


def _words(fault: str) -> str:
    if "header" in fault:
        return _HEADER
    return _SUM if "check" in fault else f"flate: corrupt input ({fault})"
