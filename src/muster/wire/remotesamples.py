"""Remote write 1.0 of Prometheus, written from columns: a time series for each column of a Block.

A field `value` is named as its measurement, any other `measurement_field`; letters that such
names may not have become `_`. Times are milliseconds. Strings have no samples; true is 1.
Messages of this form put behind each other are one message.

Source: prometheus.io, "Prometheus Remote-Write 1.0 specification"; types.proto
"""

import re
import struct
from array import array
from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

from muster.model.metric import Block, Kind, Layout, Series, Tags
from muster.wire.protowriter import put_labels
from muster.wire.varint import MASK, put_text, put_varint

_VALUE = "value"
_NAME_LABEL = "__name__"
_MS_NS = 1_000_000
_SERIES_TAG = b"\x0a"  # field 1, length-delimited
_SAMPLES_TAG = b"\x12"  # field 2, likewise
_SAMPLE_VALUE, _SAMPLE_TIME = b"\x09", b"\x10"  # field 1, 64 bits; field 2, varint
_DOUBLE = struct.Struct("<d")
_NOT_IN_METRICS = re.compile(r"[^a-zA-Z0-9_:]")
_NOT_IN_LABELS = re.compile(r"[^a-zA-Z0-9_]")


class _Column(NamedTuple):
    number: int
    labels: bytes  # all of them, as fields of a TimeSeries
    kind: Kind


Template = tuple[_Column, ...]


def template_of(
    layout: Layout,
    shown: Callable[[Tags], Tags] = lambda tags: tags,
    wanted: Callable[[str], bool] = lambda measurement: True,
) -> Template:
    """What a layout's series have in common.

    `shown` says which tags become labels, `wanted` which measurements are written at all.
    """
    return tuple(
        _Column(number, _labels(series, shown(series.tags)), Kind(series.kind))
        for number, series in enumerate(layout.series)
        if series.kind is not Kind.STRING and wanted(series.measurement)
    )


def samples(template: Template, block: Block) -> tuple[bytes, int]:
    """A message with what a Block holds, and how many samples that is."""
    out, total = bytearray(), 0
    times = [_time(time_ns) for time_ns in block.times]
    for column in template:
        found = _samples(column, block, times)
        if not found:
            continue
        total += len(found)
        series = bytearray(column.labels)
        for sample in found:
            series += _SAMPLES_TAG
            put_text(series, sample)
        out += _SERIES_TAG
        put_text(out, bytes(series))
    return bytes(out), total


def _samples(column: _Column, block: Block, times: list[bytes]) -> list[bytes]:
    width = len(block.layout.series)
    numbers = _NUMBERS[column.kind](block.values[column.number :: width])
    marks = block.present[column.number :: width] if block.present is not None else None
    return [
        _SAMPLE_VALUE + _DOUBLE.pack(number) + time
        for row, (number, time) in enumerate(zip(numbers, times, strict=True))
        if (marks is None or marks[row]) and isfinite(number)
    ]


def _time(time_ns: int) -> bytes:
    out = bytearray(_SAMPLE_TIME)
    put_varint(out, (time_ns // _MS_NS) & MASK)
    return bytes(out)


def _floats(patterns: "array[int]") -> list[float]:
    return array("d", patterns.tobytes()).tolist()


_NUMBERS: dict[Kind, Callable[["array[int]"], list[float]]] = {
    Kind.FLOAT: _floats,
    Kind.INTEGER: lambda patterns: [float(number) for number in patterns],
    Kind.UNSIGNED: lambda patterns: [float(number & MASK) for number in patterns],
    Kind.BOOLEAN: lambda patterns: [float(number != 0) for number in patterns],
}


def _labels(series: Series, tags: Tags) -> bytes:
    labels = {_label_name(key): value for key, value in tags}
    field = "" if series.field == _VALUE else f"_{series.field}"
    labels[_NAME_LABEL] = _mended(_NOT_IN_METRICS, series.measurement + field)
    out = bytearray()
    put_labels(out, sorted(labels.items()))
    return bytes(out)


def _label_name(key: str) -> str:
    name = _mended(_NOT_IN_LABELS, key)
    return f"tag{name}" if name.startswith("__") else name


def _mended(wrong: re.Pattern[str], text: str) -> str:
    name = wrong.sub("_", text)
    return f"_{name}" if not name or name[0].isdigit() else name
