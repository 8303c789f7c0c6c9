"""Remote read: what is asked for, and the two forms of answer. No state, no I/O.

An answer of samples is one message; one of chunks is frames, each with its length and sum before
it, which their reader takes one by one.

Source: prometheus/prompb remote.proto and types.proto; storage/remote/chunked.go
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import msgspec

from muster.errors import InputError, LimitExceeded
from muster.wire.prometheusparts import End
from muster.wire.prometheusxor import SAMPLES, Numbers
from muster.wire.protoreader import Malformed, ProtoReader, Wire
from muster.wire.protowriter import Labels, put_labels, put_message
from muster.wire.varint import MASK, put_varint

OPERATORS = ("=", "!=", "=~", "!~")  # as the messages number them
_CHUNK = 120  # samples of one, as Prometheus has it
_FRAME_BYTES = 1 << 20
_MOST_FORMS = 100  # that a request takes answers in; two are known
_LENGTH, _VARINT = int(Wire.LENGTH), int(Wire.VARINT)
_QUERY = {1: _VARINT, 2: _VARINT, 3: _LENGTH}
_MATCHER = {1: _VARINT, 2: _LENGTH, 3: _LENGTH}
_XOR = 1
_RESULT, _CHUNKED, _INDEX, _CHUNKS, _DATA = 0x0A, 0x0A, 0x10, 0x12, 0x22


class ResponseType(IntEnum):
    """The forms of an answer."""

    SAMPLES = 0
    CHUNKS = 1  # STREAMED_XOR_CHUNKS


CONTENT_TYPES = {
    ResponseType.SAMPLES: "application/x-protobuf",
    ResponseType.CHUNKS: "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
}


class ReadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one request may ask for."""

    body_bytes: int = 1 << 20  # unpacked
    queries: int = 20
    matchers: int = 100  # of a query
    text_bytes: int = 65_536


class LabelMatcher(msgspec.Struct, frozen=True, array_like=True):
    """A condition on a label; `operator` is one of OPERATORS."""

    name: str
    operator: str
    value: str


class ReadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Series that fit all matchers. Units: milliseconds; both ends are within."""

    start_ms: int
    end_ms: int
    matchers: tuple[LabelMatcher, ...]


class ReadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, and which forms the asker takes, the best first."""

    queries: tuple[ReadQuery, ...]
    accepted: tuple[int, ...] = ()

    @property
    def response_type(self) -> ResponseType:
        """The first form that is known. Errors: InputError."""
        known = [each for each in self.accepted or (0,) if each in list(ResponseType)]
        if not known:
            raise InputError(f"no form of answer is known among {list(self.accepted)[:9]}")
        return ResponseType(known[0])


class ReadSeries(NamedTuple):
    """One series of an answer. Shapes: both columns are int64; times ascend."""

    labels: Labels
    times_ms: Numbers
    bits: Numbers


def decode_read(data: bytes, limits: ReadLimits) -> ReadRequest:
    """Errors: InputError for what is no such message; LimitExceeded."""
    try:
        return _request(ProtoReader(data, 0, len(data)), limits)
    except Malformed as error:
        raise InputError(f"protobuf: malformed at byte {error.offset}") from None


def _request(reader: ProtoReader, limits: ReadLimits) -> ReadRequest:
    queries: list[ReadQuery] = []
    accepted: list[int] = []
    while reader.is_open:
        start = reader.at
        field, wire = reader.tag()
        if field == 2 and wire == Wire.VARINT:
            accepted.append(reader.varint())
        elif field not in (1, 2):
            reader.skip(wire)
        elif wire != Wire.LENGTH:
            raise Malformed(End.TAG, start)
        elif field == 2:
            inside = reader.inner()
            while inside.is_open:
                accepted.append(inside.varint())
        else:
            queries.append(_query(reader.inner(), limits))
            _check(len(queries), limits.queries, "queries")
        _check(len(accepted), _MOST_FORMS, "forms of answer")
    return ReadRequest(queries=tuple(queries), accepted=tuple(accepted))


def _query(reader: ProtoReader, limits: ReadLimits) -> ReadQuery:
    times = {1: 0, 2: 0}
    matchers: list[LabelMatcher] = []
    for field in reader.fields(_QUERY):
        if field == 3:
            matchers.append(_matcher(reader.inner(), limits))
            _check(len(matchers), limits.matchers, "matchers")
        else:
            times[field] = reader.signed()
    return ReadQuery(start_ms=times[1], end_ms=times[2], matchers=tuple(matchers))


def _matcher(reader: ProtoReader, limits: ReadLimits) -> LabelMatcher:
    kind, texts = 0, {2: b"", 3: b""}
    for field in reader.fields(_MATCHER):
        if field == 1:
            kind = reader.varint()
        else:
            texts[field] = reader.text()
            _check(len(texts[field]), limits.text_bytes, "bytes of a matcher")
    if kind >= len(OPERATORS):
        raise InputError(f"no kind of matcher: {kind}")
    try:
        return LabelMatcher(texts[2].decode(), OPERATORS[kind], texts[3].decode())
    except UnicodeDecodeError as error:
        raise InputError("a matcher is no UTF-8") from error


def _check(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise LimitExceeded(f"more than {limit} {what} in one request", too_large=True)


def answer_of_samples(results: Iterable[Iterable[ReadSeries]]) -> bytes:
    """A ReadResponse: a result for each query."""
    out = bytearray()
    for result in results:
        inside = bytearray()
        for series in result:
            one = bytearray()
            put_labels(one, series.labels)
            one += SAMPLES.samples(series.times_ms, series.bits)
            put_message(inside, _RESULT, one)
        put_message(out, _RESULT, inside)
    return bytes(out)


def answer_of_chunks(results: Iterable[Iterable[ReadSeries]]) -> Iterator[bytes]:
    """Frames of ChunkedReadResponses; a long series goes on in the next frame."""
    for index, result in enumerate(results):
        for series in result:
            for chunks in _framed(series):
                yield _frame(index, series.labels, chunks)


def _framed(series: ReadSeries) -> Iterator[Sequence[bytes]]:
    """The chunks of a series, as many at once as a frame may hold."""
    waiting: list[bytes] = []
    size = 0
    for first in range(0, len(series.times_ms), _CHUNK):
        times, bits = (column[first : first + _CHUNK] for column in series[1:])
        chunk = bytearray((0x08,))
        put_varint(chunk, times[0] & MASK)
        chunk.append(0x10)
        put_varint(chunk, times[-1] & MASK)
        chunk += bytes((0x18, _XOR))
        put_message(chunk, _DATA, SAMPLES.chunk(times, bits))
        waiting.append(bytes(chunk))
        size += len(chunk)
        if size > _FRAME_BYTES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _frame(index: int, labels: Labels, chunks: Iterable[bytes]) -> bytes:
    series = bytearray()
    put_labels(series, labels)
    for chunk in chunks:
        put_message(series, _CHUNKS, chunk)
    message = bytearray()
    put_message(message, _CHUNKED, series)
    message.append(_INDEX)
    put_varint(message, index)
    out = bytearray()
    put_varint(out, len(message))
    out += SAMPLES.crc32c(bytes(message)).to_bytes(4, "big")
    return bytes(out + message)
