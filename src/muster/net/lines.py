"""A long answer read line by line while the server still works on it.

Source: RFC 9112 section 7.1 (chunked coding)
"""

import asyncio
import ssl
from collections.abc import AsyncIterator

from muster.errors import ProtocolError
from muster.net.client import Answer, Target, broken, format_head, hang_up, read_head
from muster.net.proxy import ConnectFailed

_MAX_LINE = 64 << 10
_MAX_CHUNK = 1 << 20


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
        async for data in _pieces(reader, headers, idle_s):
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


async def _pieces(
    reader: asyncio.StreamReader, headers: dict[str, str], idle_s: float
) -> AsyncIterator[bytes]:
    """The body as it comes: chunked, of a known length, or until the end."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        left = int(headers.get("content-length") or 1 << 62)
        while left > 0:
            async with asyncio.timeout(idle_s):
                data = await reader.read(min(left, 1 << 16))
            if not data:
                return
            left -= len(data)
            yield data
        return
    while True:
        async with asyncio.timeout(idle_s):
            size = _size(await reader.readuntil(b"\r\n"))
            data = await reader.readexactly(size + 2)
        if not data.endswith(b"\r\n"):
            raise ProtocolError("malformed chunk in the server's answer")
        if not size:
            return
        yield data[:-2]


def _size(line: bytes) -> int:
    text = line.partition(b";")[0].strip()
    if not text or len(text) > 8 or not set(text) <= set(b"0123456789abcdefABCDEF"):
        raise ProtocolError("malformed chunk in the server's answer")
    size = int(text, 16)
    if size > _MAX_CHUNK:
        raise ProtocolError("chunk of the server's answer is too long")
    return size
