"""Messages of Prometheus remote write as its senders make them, byte for byte, for tests.

Written apart from the encoder of the product, wire/remotesamples.py, so that a fault of the one
is seen by the other; parts may be wrong on purpose.

Source: prometheus/prompb remote.proto, types.proto and io/prometheus/write/v2/types.proto
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

STALE_BITS = 0x7FF0_0000_0000_0002
STALE = struct.unpack("<d", struct.pack("<Q", STALE_BITS))[0]
Samples = Sequence[tuple[float, int]]  # value, milliseconds
Labels = Sequence[tuple[str | bytes, str | bytes]]


def varint(number: int) -> bytes:
    """A number as LEB128, a negative one as its two's complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def part(field: int, data: bytes) -> bytes:
    """A field that has its length before it."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field: int, value: int) -> bytes:
    """A field that is a varint."""
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def sample(value: float, time_ms: int) -> bytes:
    """A Sample of both versions."""
    return double(1, value) + number(2, time_ms)


def label(name: str | bytes, value: str | bytes) -> bytes:
    return part(1, _bytes(name)) + part(2, _bytes(value))


def series_v1(
    labels: Mapping[str, str] | Labels,
    samples: Samples = (),
    more: bytes = b"",
) -> bytes:
    """A series as a field of a WriteRequest; `more` stands behind its samples."""
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    texts = b"".join(part(1, label(name, value)) for name, value in pairs)
    return part(1, texts + b"".join(part(2, sample(*each)) for each in samples) + more)


def request_v1(series: Iterable[tuple[Labels, Sequence[int], Sequence[float]]]) -> bytes:
    """A whole WriteRequest of columns. Units: times are milliseconds."""
    return b"".join(
        series_v1(labels, list(zip(values, times_ms, strict=True)))
        for labels, times_ms, values in series
    )


def metadata_v1(metric: str, kind: int, help_text: str = "", unit: str = "") -> bytes:
    texts = part(2, metric.encode()) + part(4, help_text.encode()) + part(5, unit.encode())
    return part(3, number(1, kind) + texts)


def request_v2(
    series: Iterable[tuple[Mapping[str, str], Samples]], more: bytes = b"", kind: int = 0
) -> bytes:
    """A whole Request; `more` stands behind the samples of each of its series."""
    symbols = {"": 0}
    behind = b""
    for labels, samples in series:
        texts = [text for pair in labels.items() for text in pair]
        numbers = b"".join(varint(symbols.setdefault(text, len(symbols))) for text in texts)
        inside = part(1, numbers) + b"".join(part(2, sample(*each)) for each in samples)
        if kind:
            help_at = symbols.setdefault("what it is", len(symbols))
            inside += part(5, number(1, kind) + number(3, help_at))
        behind += part(5, inside + more)
    return b"".join(part(4, text.encode()) for text in symbols) + behind


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
