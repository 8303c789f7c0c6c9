"""A long answer read line by line while the server still works on it."""

import asyncio
import ssl
from collections.abc import AsyncIterator

from muster.errors import ProtocolError
from muster.net.body import body_pieces
from muster.net.client import Answer, Target, broken, format_head, hang_up, read_head
from muster.net.proxy import ConnectFailed

_MAX_LINE = 64 << 10


async def request_lines(
    target: Target, method: str, path: str, *, body: bytes = b"", idle_s: float = 600.0
) -> AsyncIterator[bytes | Answer]:
    """Yield an Answer without its body first, then each line of the body.

    `idle_s` is how long the server may say nothing.
    Errors: ConnectFailed, TlsRefused, ProtocolError.
    """
    reader, writer = await target.open(30.0)
    try:
        writer.write(format_head(target, method, path, body, {}) + body)
        await writer.drain()
        async with asyncio.timeout(idle_s):
            status, headers = await read_head(reader)
        yield Answer(status=status, headers=headers)
        kept = b""
        async for data in _patiently(body_pieces(reader, headers), idle_s):
            *lines, kept = (kept + data).split(b"\n")
            for line in lines:
                yield line
            if len(kept) > _MAX_LINE:
                raise ProtocolError("line of the server's answer is too long")
        if kept:
            yield kept
    except TimeoutError as error:
        raise ConnectFailed(f"{target.where} said nothing for {idle_s:g} s") from error
    except (asyncio.IncompleteReadError, OSError, ssl.SSLError) as error:
        raise broken(error, target) from error
    finally:
        await hang_up(writer)


async def _patiently(pieces: AsyncIterator[bytes], idle_s: float) -> AsyncIterator[bytes]:
    """Each piece, for which the server may take so long."""
    while True:
        async with asyncio.timeout(idle_s):
            piece = await anext(pieces, b"")
        if not piece:
            return
        yield piece
