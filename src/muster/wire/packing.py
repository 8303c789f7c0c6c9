"""The outermost layer of a frame: one zstd frame that says how long its content is.

Contexts are per thread, not per link: one takes 100 KiB, and a hub has a thousand links.
"""

from __future__ import annotations

import threading

import zstandard

from muster.errors import LimitExceeded, ProtocolError
from muster.wire.limits import Limits

LEVEL = 3  # measured in bench/codec.py


class _Contexts(threading.local):
    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def packed(plain: bytes, limits: Limits) -> bytes:
    """Errors: LimitExceeded when it is too long, before or after."""
    body: bytes = _contexts.compressor.compress(plain)
    if len(plain) > limits.plain_bytes or len(body) > limits.frame_bytes:
        raise LimitExceeded(
            f"a frame of {len(body)} bytes, {len(plain)} before compression, where"
            f" {limits.frame_bytes} and {limits.plain_bytes} are allowed",
            too_large=True,
        )
    return body


def plain_size(body: bytes | memoryview) -> int:
    """How long a frame says its content is; 0 when it does not say, or is no frame."""
    try:
        size: int = zstandard.get_frame_parameters(body).content_size
    except zstandard.ZstdError:
        return 0
    return 0 if size == zstandard.CONTENTSIZE_UNKNOWN else size


def unpacked(body: bytes | memoryview, limits: Limits) -> bytes:
    """Errors: ProtocolError; nothing is unpacked that says it is too long."""
    if len(body) > limits.frame_bytes:
        raise ProtocolError(f"a frame of {len(body)} bytes (at most {limits.frame_bytes})")
    size = plain_size(body)
    if size > limits.plain_bytes:
        raise ProtocolError(
            f"a frame that declares {size} bytes of content (1 to {limits.plain_bytes})"
        )
    if not size:
        raise ProtocolError("not a zstd frame that declares how long its content is")
    try:
        plain: bytes = _contexts.decompressor.decompress(body, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ProtocolError(f"not one zstd frame: {error}") from error
    return plain
