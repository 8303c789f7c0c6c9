"""How an answer is written: a short one at once, a long one piece by piece.

Whole, twelve megabytes would be encrypted in one turn of the event loop, and copied three times
before the first of them has left.
"""

from collections.abc import AsyncIterator

import msgspec

from muster.net.aiohttpweb import web
from muster.net.http import Response

LONG_BYTES = 1 << 20
PIECE_BYTES = 512 << 10  # half a millisecond of encrypting; each takes turns of the loop


def in_pieces(response: Response) -> Response:
    """The same answer; a long body as a stream of known length."""
    if response.stream is not None or len(response.body) <= LONG_BYTES:
        return response
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    stream = _pieces(response.body)
    return msgspec.structs.replace(response, body=b"", headers=headers, stream=stream)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


async def write_whole(http: web.BaseRequest, answer: web.StreamResponse) -> None:
    """All of a short one."""
    await answer.prepare(http)
    await answer.write_eof()
