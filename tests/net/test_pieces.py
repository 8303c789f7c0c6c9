from aiohttp import web

from muster.net.http import Response
from muster.net.pieces import PIECE_BYTES, in_pieces, write_whole


async def test_a_long_body_comes_in_pieces_of_known_length():
    body = bytes(range(256)) * 10_000
    response = in_pieces(Response(body=body, headers={"X": "y"}))
    pieces = [piece async for piece in response.stream]

    assert b"".join(pieces) == body
    assert max(map(len, pieces)) == PIECE_BYTES
    assert response.headers == {"X": "y", "Content-Length": "2560000"}
    assert response.body == b""


async def test_a_short_body_and_a_stream_stay_as_they_are():
    short, stream = Response(body=b"short"), Response(stream=aiter_of(b"a"))

    assert in_pieces(short) is short
    assert in_pieces(stream) is stream


async def test_a_short_one_is_written_at_once():
    told = []

    class Answer(web.Response):
        async def prepare(self, request):
            told.append(request)

        async def write_eof(self, data=b""):
            told.append("end")

    await write_whole("request", Answer())

    assert told == ["request", "end"]


async def aiter_of(*parts):
    for part in parts:
        yield part
