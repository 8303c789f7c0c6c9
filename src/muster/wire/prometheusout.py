"""Messages of remote write and remote read, written: series with their samples.

Columns go in, a message comes out; there is no object for a sample.

Source: prometheus/prompb types.proto and remote.proto; prometheus.io/docs/specs/prw
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import chain

from muster.wire.varint import MASK, put_varint

Labels = Sequence[tuple[str, str]]  # sorted by name
_DOUBLE = struct.Struct("<d")
_VALUE, _TIME, _SAMPLE, _LABEL = b"\x09", 0x10, 0x12, 0x0A
_SYMBOLS, _SERIES, _REFERENCES = 0x22, 0x2A, 0x0A
_FIRST = 0x0A  # tag of what a list holds: series of a request or a result, results of an answer


def write_request(series: Iterable[tuple[Labels, Sequence[int], Sequence[float]]]) -> bytes:
    """A message of 1.0. Units: times are milliseconds."""
    out = bytearray()
    for labels, times_ms, values in series:
        put_message(out, _FIRST, time_series(labels, times_ms, values))
    return bytes(out)


def write_request_v2(series: Iterable[tuple[Labels, Sequence[int], Sequence[float]]]) -> bytes:
    """A message of 2.0: each text once. Units: times are milliseconds."""
    numbers = {"": 0}
    behind, out = bytearray(), bytearray()
    for labels, times_ms, values in series:
        one, references = bytearray(), bytearray()
        for text in chain.from_iterable(labels):
            put_varint(references, numbers.setdefault(text, len(numbers)))
        put_message(one, _REFERENCES, references)
        _put_samples(one, times_ms, values)
        put_message(behind, _SERIES, one)
    for text in numbers:
        put_message(out, _SYMBOLS, text.encode())
    return bytes(out + behind)


def time_series(labels: Labels, times_ms: Sequence[int], values: Sequence[float]) -> bytearray:
    """One series of 1.0."""
    out = bytearray()
    put_labels(out, labels)
    _put_samples(out, times_ms, values)
    return out


def put_labels(out: bytearray, labels: Labels) -> None:
    """Labels as the first field of a series."""
    for name, value in labels:
        label = bytearray()
        put_message(label, 0x0A, name.encode())
        put_message(label, 0x12, value.encode())
        put_message(out, _LABEL, label)


def put_message(out: bytearray, tag: int, data: bytes | bytearray) -> None:
    """A field that has its length before it."""
    put_varint(out, tag)
    put_varint(out, len(data))
    out += data


def _put_samples(out: bytearray, times_ms: Sequence[int], values: Sequence[float]) -> None:
    for time_ms, value in zip(times_ms, values, strict=True):
        sample = bytearray(_VALUE)
        sample += _DOUBLE.pack(value)
        sample.append(_TIME)
        put_varint(sample, time_ms & MASK)
        put_message(out, _SAMPLE, sample)
