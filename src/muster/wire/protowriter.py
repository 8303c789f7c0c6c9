"""Fields of Protocol Buffers messages, written: those with a length, and labels of Prometheus.

The tables of wire/netdata/protobuf.py write whole messages. Source: prometheus/prompb types.proto
"""

from collections.abc import Sequence

from muster.wire.varint import put_varint

Labels = Sequence[tuple[str, str]]  # sorted by name
_LABEL, _NAME, _VALUE = 0x0A, 0x0A, 0x12


def put_labels(out: bytearray, labels: Labels) -> None:
    """Labels as the first field of a series."""
    for name, value in labels:
        label = bytearray()
        put_message(label, _NAME, name.encode())
        put_message(label, _VALUE, value.encode())
        put_message(out, _LABEL, label)


def put_message(out: bytearray, tag: int, data: bytes | bytearray) -> None:
    """A field that has its length before it."""
    put_varint(out, tag)
    put_varint(out, len(data))
    out += data
