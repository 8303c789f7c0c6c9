"""Bodies of answers: their three forms, whole and piece by piece, and what is refused."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.net.body import body_pieces, read_body

CHUNKED = {"transfer-encoding": "chunked"}


async def body(data: bytes, headers, limit=100, **options):
    reader = asyncio.StreamReader(limit=1024)
    reader.feed_data(data)
    reader.feed_eof()
    return await read_body(reader, 200, headers, limit, **options)


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({"content-length": "3"}, b"abc and more"),
        ({}, b"abc"),
        (CHUNKED, b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n"),
    ],
)
async def test_each_form_gives_the_same_body(headers, data):
    assert await body(data, headers) == b"abc"


async def test_an_answer_to_head_has_no_body():
    assert await body(b"abc", {"content-length": "3"}, method="HEAD") == b""


async def test_a_body_comes_in_pieces_as_it_arrives():
    reader = asyncio.StreamReader()
    reader.feed_data(b"4\r\nab")
    pieces = body_pieces(reader, CHUNKED)
    first = await anext(pieces)
    reader.feed_data(b"cd\r\n0\r\n\r\n")

    assert [first, *[piece async for piece in pieces]] == [b"ab", b"cd"]


@pytest.mark.parametrize("length", ["-1", "", "3, 3", "²", "0x3", "9" * 5000])
async def test_a_malformed_length_is_a_protocol_error(length):
    with pytest.raises(ProtocolError, match="content length is no number"):
        await body(b"abc", {"content-length": length})


@pytest.mark.parametrize(
    "data",
    [b"xyz\r\n", b"-1\r\n", b"fffffffff\r\n", b"\r\n", b"2\r\nabXX", b"1" * 2000, b"65\r\n"],
)
async def test_a_malformed_or_long_chunk_is_a_protocol_error(data):
    with pytest.raises(ProtocolError):
        await body(data, CHUNKED)


@pytest.mark.parametrize("headers", [{"content-length": "4"}, CHUNKED])
async def test_an_end_too_early_is_told_from_a_whole_body(headers):
    with pytest.raises(asyncio.IncompleteReadError):
        await body(b"4\r\nabc", {**headers, "content-length": "9"})


async def test_trailers_have_an_end():
    with pytest.raises(ProtocolError, match="too many trailers"):
        await body(b"0\r\n" + b"A: b\r\n" * 101, CHUNKED)


@given(st.binary(max_size=200), st.text(max_size=5))
def test_any_bytes_give_a_body_or_a_known_error(data, length):
    async def check(headers):
        with contextlib.suppress(ProtocolError, asyncio.IncompleteReadError):
            await body(data, headers)

    for headers in (CHUNKED, {}, {"content-length": length}):
        asyncio.run(check(headers))
