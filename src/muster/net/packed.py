"""A long answer packed with gzip as it grows, for whoever takes it so.

A list of ten thousand nodes is a fifth of its length then, for 10 ms of CPU: less than to encrypt
the rest of it, in less turns of the event loop; and it is never in memory whole. Not for answers
with a secret beside what somebody else has chosen: their length would tell of it.
"""

import zlib
from types import ModuleType

from muster.net.http import Request, Response

_zlib: ModuleType = zlib
try:  # the same functions, seven times as fast
    from isal import isal_zlib

    _zlib = isal_zlib
except ImportError:
    pass

PACKED_FROM = 64 << 10  # bytes
_LEVEL = 1
_GZIP = 31  # zlib's word for "with gzip's header and trailer"


class GrowingBody:
    """The body of an answer to `request`. Any thread may add to it, one at a time."""

    def __init__(self, request: Request) -> None:
        self._is_taken = "gzip" in request.headers.get("accept-encoding", "")
        self._plain = bytearray()
        self._packed = bytearray()
        self._packer: zlib._Compress | None = None

    def add(self, piece: bytes | bytearray) -> None:
        """The piece stays the caller's own."""
        self._plain += piece
        if self._is_taken and len(self._plain) >= PACKED_FROM:
            self._pack()

    def _pack(self) -> None:
        if self._packer is None:
            self._packer = _zlib.compressobj(_LEVEL, _zlib.DEFLATED, _GZIP)
        self._packed += self._packer.compress(self._plain)
        self._plain.clear()

    def response(self) -> Response:
        """The answer; nothing is added to it after that."""
        headers = {"Vary": "Accept-Encoding"}
        if self._packer is None:
            return Response(body=bytes(self._plain), headers=headers)
        self._pack()
        self._packed += self._packer.flush()
        return Response(body=bytes(self._packed), headers={**headers, "Content-Encoding": "gzip"})
