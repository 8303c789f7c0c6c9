"""Answers to `/query` in the form that was asked for: JSON, in chunks too, CSV, MessagePack.

Chunks are made one after the other as the client takes them: a slow reader costs the columns of
the answer, not all of its text.
"""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from muster.faces.influx.parameters import is_set
from muster.faces.influx.responses import CSV, MSGPACK, kind_of
from muster.influxql.answers.render import (
    CHUNK_ROWS,
    Style,
    to_csv,
    to_json,
    to_json_chunks,
    to_msgpack,
    to_msgpack_chunks,
)
from muster.influxql.answers.results import Parts, StatementResult
from muster.influxql.syntax.ast import SelectStatement, Statement
from muster.influxql.syntax.statements import (
    ShowFieldKeyCardinalityStatement,
    ShowFieldKeysStatement,
    ShowMeasurementCardinalityStatement,
    ShowSeriesCardinalityStatement,
    ShowSeriesStatement,
    ShowTagKeyCardinalityStatement,
    ShowTagKeysStatement,
    ShowTagValuesCardinalityStatement,
    ShowTagValuesStatement,
)
from muster.net.http import JSON, Request, Response

_PACKED_FROM = 1_024  # bytes of an answer
_PART = 65_536  # bytes that are handed on at once, at least
_LEVEL = 5  # of gzip
_GZIP = zlib.MAX_WBITS | 16
_DIGITS = 9
_PACKED = {"Content-Encoding": "gzip"}


_PARTS = {
    SelectStatement: Parts.ROWS,
    ShowFieldKeysStatement: Parts.ROWS,
    ShowSeriesStatement: Parts.ROWS,
    ShowSeriesCardinalityStatement: Parts.ROWS,
    ShowMeasurementCardinalityStatement: Parts.ROWS,
    ShowFieldKeyCardinalityStatement: Parts.ROWS,
    ShowTagKeyCardinalityStatement: Parts.ROWS,
    ShowTagValuesCardinalityStatement: Parts.ROWS,
    ShowTagKeysStatement: Parts.SERIES,
    ShowTagValuesStatement: Parts.SERIES,
}  # all others are whole


class AnswerForm(NamedTuple):
    """What a request asks of an answer's bytes; `chunk_rows` None: all of it in one document."""

    content_type: str
    packs: bool
    style: Style
    chunk_rows: int | None


def form_of(given: Mapping[str, str], request: Request) -> AnswerForm:
    """Of a request, and its parameters. Only the URL makes it pretty."""
    headers = request.headers
    return AnswerForm(
        kind_of(headers),
        "gzip" in headers.get("accept-encoding", ""),
        Style(given.get("epoch", "").strip(), is_set(request.query, "pretty")),
        _rows(given.get("chunk_size", "")) if is_set(given, "chunked") else None,
    )


def in_parts(
    statements: Sequence[Statement], results: Sequence[StatementResult]
) -> list[StatementResult]:
    """Answers that are cut as InfluxDB cuts those to such statements."""
    return [
        replace(result, parts=_PARTS.get(type(statement), Parts.WHOLE))
        for statement, result in zip(statements, results, strict=True)
    ]


def rendered(results: Sequence[StatementResult], form: AnswerForm) -> Response:
    """Takes long for a large answer."""
    kind, packs, style, chunk_rows = form
    if kind == CSV:
        return _whole(to_csv(results, style.epoch).encode(), kind, packs)
    if kind == MSGPACK and chunk_rows is not None:
        return _whole(b"".join(to_msgpack_chunks(results, chunk_rows, style.epoch)), kind, packs)
    if kind == MSGPACK:
        return _whole(to_msgpack(results, style.epoch), kind, packs)
    if chunk_rows is None:
        return _whole(to_json(results, style), kind, packs)
    parts = _parts(to_json_chunks(results, chunk_rows, style))
    first = next(parts, b"")
    if len(first) < _PART:  # all of it
        return _whole(first, JSON, packs)
    return Response(stream=_stream(first, parts, packs), headers=_PACKED if packs else {})


def _whole(body: bytes, kind: str, packs: bool) -> Response:
    response = Response(body=body, content_type=kind)
    if not packs or len(body) < _PACKED_FROM:
        return response
    packed = gzip.compress(body, _LEVEL, mtime=0)
    return msgspec.structs.replace(response, body=packed, headers=_PACKED)


def _parts(documents: Iterator[bytes]) -> Iterator[bytes]:
    """Documents joined to parts of some size."""
    held: list[bytes] = []
    size = 0
    for document in documents:
        held.append(document)
        size += len(document)
        if size >= _PART:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def _stream(first: bytes, parts: Iterator[bytes], packs: bool) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP) if packs else None
    part = first
    while part:
        if packer is None:
            yield part
        else:
            yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
        part = await asyncio.to_thread(next, parts, b"")
    if packer is not None:
        yield packer.flush()


def _rows(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) or CHUNK_ROWS if is_number else CHUNK_ROWS
