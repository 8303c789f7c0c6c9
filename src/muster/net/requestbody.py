"""The body of a request to a listener, read whole within its limits."""

import asyncio

from muster.errors import LimitExceeded, MusterError
from muster.net.aiohttpweb import web


class TooSlow(MusterError):
    """The peer took longer than the listener waits."""

    code = "too_slow"
    status = 408


async def read_body(http: web.BaseRequest, limit: int, wait_s: float) -> bytes:
    """Of at most so many bytes, within so many seconds. Errors: LimitExceeded, TooSlow."""
    if (http.content_length or 0) > limit:
        raise LimitExceeded(f"request body is over {limit} bytes", too_large=True)
    if not http.can_read_body:
        return b""
    if http.headers.get("Expect", "").lower() == "100-continue":
        await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        http.writer.output_size = 0
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(wait_s):
            async for part in http.content.iter_any():
                size += len(part)
                if size > limit:
                    raise LimitExceeded(f"request body is over {limit} bytes", too_large=True)
                parts.append(part)
    except TimeoutError as error:
        raise TooSlow("the request body took too long to arrive") from error
    return b"".join(parts)
