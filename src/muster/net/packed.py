"""A long answer packed with gzip, for whoever takes it so.

A list of ten thousand nodes is a fifth of its length then, for 10 ms of CPU outside the event
loop: less than to encrypt the rest of it, in less turns of the loop. Not for answers with a
secret beside what somebody else has chosen: their length would tell of it.
"""

import asyncio
import zlib
from types import ModuleType

import msgspec

from muster.net.http import Request, Response

_zlib: ModuleType = zlib
try:  # the same function, seven times as fast
    from isal import isal_zlib

    _zlib = isal_zlib
except ImportError:
    pass

PACKED_FROM = 64 << 10  # bytes
_LEVEL = 1
_GZIP = 31  # zlib's word for "with gzip's header and trailer"


async def packed(request: Request, response: Response) -> Response:
    """The same answer; packed when it is long and the request's sender can unpack it."""
    headers = {**response.headers, "Vary": "Accept-Encoding"}
    body = response.body
    if len(body) >= PACKED_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body = await asyncio.to_thread(_zlib.compress, body, _LEVEL, _GZIP)
        headers["Content-Encoding"] = "gzip"
    return msgspec.structs.replace(response, body=body, headers=headers)
