"""The body of a server's answer: of a known length, in chunks, or until the end.

Source: RFC 9112 sections 6 and 7.1 (chunked coding)
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from muster.errors import ProtocolError

ENDLESS = 1 << 62
_PIECE = 1 << 16
_MAX_TRAILERS = 100
_HEX = frozenset(b"0123456789abcdefABCDEF")


async def read_body(
    reader: asyncio.StreamReader,
    status: int,
    headers: Mapping[str, str],
    limit: int,
    *,
    method: str = "GET",
) -> bytes:
    """Read the body that belongs to a head. Errors: ProtocolError; IncompleteReadError."""
    if method == "HEAD" or status in (204, 304) or status < 200:
        return b""
    data = bytearray()
    async for piece in body_pieces(reader, headers, limit):
        data += piece
    return bytes(data)


async def body_pieces(
    reader: asyncio.StreamReader, headers: Mapping[str, str], limit: int = ENDLESS
) -> AsyncIterator[bytes]:
    """The body as it comes, `limit` bytes at the most.

    Errors: ProtocolError when it is malformed or longer; IncompleteReadError.
    """
    length = headers.get("content-length")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        pieces = _chunks(reader, limit)
    elif length is None:
        pieces = _to_end(reader, limit)
    else:
        pieces = _exactly(reader, _bounded(_length(length), limit))
    async for piece in pieces:
        yield piece


async def _exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    left = size
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece


async def _to_end(reader: asyncio.StreamReader, limit: int) -> AsyncIterator[bytes]:
    size = 0
    while piece := await reader.read(_PIECE):
        size = _bounded(size + len(piece), limit)
        yield piece


async def _chunks(reader: asyncio.StreamReader, limit: int) -> AsyncIterator[bytes]:
    total = 0
    while size := _chunk_size(await _line(reader)):
        total = _bounded(total + size, limit)
        async for piece in _exactly(reader, size):
            yield piece
        if await reader.readexactly(2) != b"\r\n":
            raise ProtocolError("malformed chunk in the server's answer")
    for _ in range(_MAX_TRAILERS):  # which nobody asked for
        if await _line(reader) == b"\r\n":
            return
    raise ProtocolError("server's answer has too many trailers")


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as error:
        raise ProtocolError("line in the server's answer is too long") from error


def _length(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ProtocolError(f"content length is no number: {text[:40]!r}")
    return int(text)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or not _HEX.issuperset(digits):
        raise ProtocolError(f"malformed chunk size: {line[:20]!r}")
    return int(digits, 16)


def _bounded(size: int, limit: int) -> int:
    if size > limit:
        raise ProtocolError(f"server's answer is longer than {limit} bytes")
    return size
