"""Remote read as Prometheus asks and takes it, byte for byte, for tests.

Chunks are read back by whoever tests them; frames and sums are looked at here.

Source: prometheus/prompb remote.proto, storage/remote/chunked.go
"""

from collections.abc import Iterator, Sequence

import msgspec

from muster.testing.remotewriting import number, part, varint
from muster.wire.prometheusxor import PureSampleWriter
from muster.wire.protoreader import ProtoReader, Wire

Labels = dict[str, str]


class ChunkedFrame(msgspec.Struct, frozen=True):
    """One series of an answer in chunks: (first time, last time, data) of each."""

    query: int
    labels: Labels
    chunks: list[tuple[int, int, bytes]]


def query(start_ms: int, end_ms: int, *matchers: tuple[int, str, str]) -> bytes:
    """A query as a field of a request; a matcher is its kind, name and value."""
    told = (number(1, kind) + part(2, name.encode()) + part(3, value.encode())
            for kind, name, value in matchers)  # fmt: skip
    inside = number(1, start_ms) + number(2, end_ms) + b"".join(part(3, each) for each in told)
    return part(1, inside + part(4, number(1, 15_000)))


def request(*queries: bytes, accepted: Sequence[int] = ()) -> bytes:
    forms = part(2, b"".join(map(varint, accepted))) if accepted else b""
    return b"".join(queries) + forms


def frames_of(body: bytes) -> Iterator[ChunkedFrame]:
    """The frames of a streamed answer. Errors: AssertionError for a sum that is wrong."""
    at = 0
    while at < len(body):
        reader = ProtoReader(body, at, len(body))
        size = reader.varint()
        start = reader.at + 4
        message = body[start : start + size]
        if PureSampleWriter().crc32c(message) != int.from_bytes(body[reader.at : start], "big"):
            raise AssertionError("the sum of a frame is wrong")
        yield _frame(ProtoReader(message, 0, len(message)))
        at = start + size


def _frame(reader: ProtoReader) -> ChunkedFrame:
    labels: Labels = {}
    chunks, query_index = [], 0
    for field in reader.fields({1: Wire.LENGTH, 2: Wire.VARINT}):
        if field == 2:
            query_index = reader.varint()
            continue
        series = reader.inner()
        for part_of in series.fields({1: Wire.LENGTH, 2: Wire.LENGTH}):
            inside = series.inner()
            if part_of == 1:
                texts = [inside.text().decode() for _ in inside.fields({1: 2, 2: 2})]
                labels[texts[0]] = texts[1]
            else:
                chunks.append(_chunk(inside))
    return ChunkedFrame(query_index, labels, chunks)


def _chunk(reader: ProtoReader) -> tuple[int, int, bytes]:
    times, data = {1: 0, 2: 0, 3: 0}, b""
    for field in reader.fields({1: 0, 2: 0, 3: 0, 4: 2}):
        if field == 4:
            data = reader.text()
        else:
            times[field] = reader.signed()
    if times[3] != 1:
        raise AssertionError(f"a chunk of kind {times[3]}, not XOR")
    return times[1], times[2], data
