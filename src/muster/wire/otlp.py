"""Metrics of OTLP, read: protobuf and JSON into the structs of wire/otlpmodel.py.

A message is read by the table of its struct. How many messages within each other and beside each
other one request may hold is limited, whatever their bytes.

Source: opentelemetry-proto, metrics/v1 and common/v1; OTLP 1.x, "JSON Protobuf Encoding"
"""

import base64
import struct
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from muster.errors import InputError, LimitExceeded
from muster.wire import otlpmodel as m
from muster.wire.prometheusparts import End
from muster.wire.protoreader import Malformed, ProtoReader, Wire
from muster.wire.varint import unzigzag

_MESSAGES = 1_000_000  # of one request
_DEPTH = 24  # of messages within each other: values of attributes may hold values
_DOUBLE, _FIXED, _SIGNED = struct.Struct("<d"), struct.Struct("<Q"), struct.Struct("<q")
_INT32 = 1 << 31


class OtlpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one request may hold."""

    body_bytes: int = 25_000_000  # unpacked
    messages: int = _MESSAGES


class Form(Enum):
    """How a value stands in a message."""

    TEXT = "text"
    BYTES = "bytes"
    BOOL = "bool"
    INT = "int"
    SINT = "sint"
    DOUBLE = "double"
    FIXED = "fixed"
    SFIXED = "sfixed"


class Part(NamedTuple):
    """A field: its name, and what it holds; `many` makes a list of it."""

    name: str
    holds: Form | type[m.Message]
    many: bool = False


_WIRES = {
    Form.TEXT: Wire.LENGTH,
    Form.BYTES: Wire.LENGTH,
    Form.BOOL: Wire.VARINT,
    Form.INT: Wire.VARINT,
    Form.SINT: Wire.VARINT,
    Form.DOUBLE: Wire.FIXED64,
    Form.FIXED: Wire.FIXED64,
    Form.SFIXED: Wire.FIXED64,
}
_ATTRIBUTES = Part("attributes", m.KeyValue, many=True)
_TABLES: dict[type[m.Message], dict[int, Part]] = {
    m.ExportRequest: {1: Part("resource_metrics", m.ResourceMetrics, many=True)},
    m.ResourceMetrics: {
        1: Part("resource", m.Resource),
        2: Part("scope_metrics", m.ScopeMetrics, many=True),
    },
    m.Resource: {1: _ATTRIBUTES},
    m.ScopeMetrics: {1: Part("scope", m.Scope), 2: Part("metrics", m.Metric, many=True)},
    m.Scope: {1: Part("name", Form.TEXT), 2: Part("version", Form.TEXT), 3: _ATTRIBUTES},
    m.Metric: {
        1: Part("name", Form.TEXT),
        2: Part("description", Form.TEXT),
        3: Part("unit", Form.TEXT),
        5: Part("gauge", m.Gauge),
        7: Part("sum", m.Sum),
        9: Part("histogram", m.Histogram),
        10: Part("exponential_histogram", m.ExponentialHistogram),
        11: Part("summary", m.Summary),
    },
    m.Gauge: {1: Part("data_points", m.NumberPoint, many=True)},
    m.Sum: {
        1: Part("data_points", m.NumberPoint, many=True),
        2: Part("aggregation_temporality", Form.INT),
        3: Part("is_monotonic", Form.BOOL),
    },
    m.Histogram: {
        1: Part("data_points", m.HistogramPoint, many=True),
        2: Part("aggregation_temporality", Form.INT),
    },
    m.ExponentialHistogram: {
        1: Part("data_points", m.ExponentialPoint, many=True),
        2: Part("aggregation_temporality", Form.INT),
    },
    m.Summary: {1: Part("data_points", m.SummaryPoint, many=True)},
    m.NumberPoint: {
        7: _ATTRIBUTES,
        3: Part("time_unix_nano", Form.FIXED),
        4: Part("as_double", Form.DOUBLE),
        6: Part("as_int", Form.SFIXED),
        8: Part("flags", Form.INT),
    },
    m.HistogramPoint: {
        9: _ATTRIBUTES,
        3: Part("time_unix_nano", Form.FIXED),
        4: Part("count", Form.FIXED),
        5: Part("sum", Form.DOUBLE),
        6: Part("bucket_counts", Form.FIXED, many=True),
        7: Part("explicit_bounds", Form.DOUBLE, many=True),
        10: Part("flags", Form.INT),
        11: Part("min", Form.DOUBLE),
        12: Part("max", Form.DOUBLE),
    },
    m.ExponentialPoint: {
        1: _ATTRIBUTES,
        3: Part("time_unix_nano", Form.FIXED),
        4: Part("count", Form.FIXED),
        5: Part("sum", Form.DOUBLE),
        6: Part("scale", Form.SINT),
        7: Part("zero_count", Form.FIXED),
        8: Part("positive", m.Buckets),
        9: Part("negative", m.Buckets),
        10: Part("flags", Form.INT),
        12: Part("min", Form.DOUBLE),
        13: Part("max", Form.DOUBLE),
        14: Part("zero_threshold", Form.DOUBLE),
    },
    m.Buckets: {1: Part("offset", Form.SINT), 2: Part("bucket_counts", Form.INT, many=True)},
    m.SummaryPoint: {
        7: _ATTRIBUTES,
        3: Part("time_unix_nano", Form.FIXED),
        4: Part("count", Form.FIXED),
        5: Part("sum", Form.DOUBLE),
        6: Part("quantile_values", m.Quantile, many=True),
        8: Part("flags", Form.INT),
    },
    m.Quantile: {1: Part("quantile", Form.DOUBLE), 2: Part("value", Form.DOUBLE)},
    m.KeyValue: {1: Part("key", Form.TEXT), 2: Part("value", m.AnyValue)},
    m.KeyValueList: {1: Part("values", m.KeyValue, many=True)},
    m.ArrayValue: {1: Part("values", m.AnyValue, many=True)},
    m.AnyValue: {
        1: Part("string_value", Form.TEXT),
        2: Part("bool_value", Form.BOOL),
        3: Part("int_value", Form.INT),
        4: Part("double_value", Form.DOUBLE),
        5: Part("array_value", m.ArrayValue),
        6: Part("kvlist_value", m.KeyValueList),
        7: Part("bytes_value", Form.BYTES),
    },
}


def decode_protobuf(data: bytes, limits: OtlpLimits) -> m.ExportRequest:
    """Errors: InputError for what is no such message; LimitExceeded."""
    _check_length(data, limits)
    try:
        request: m.ExportRequest = _Decoder(limits).message(
            m.ExportRequest, ProtoReader(data, 0, len(data)), 0
        )
    except Malformed as error:
        raise InputError(f"protobuf: malformed at byte {error.offset}") from None
    return request


def decode_json(data: bytes, limits: OtlpLimits) -> m.ExportRequest:
    """Errors: InputError for what is no such document; LimitExceeded."""
    _check_length(data, limits)
    if data.count(b"{") > limits.messages:
        raise _too_many(limits)
    try:
        return msgspec.json.decode(data or b"{}", type=m.ExportRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"JSON: {error}") from error


def _check_length(data: bytes, limits: OtlpLimits) -> None:
    if len(data) > limits.body_bytes:
        text = f"the body has {len(data)} bytes, {limits.body_bytes} are allowed"
        raise LimitExceeded(text, too_large=True)


def _too_many(limits: OtlpLimits) -> LimitExceeded:
    text = f"more than {limits.messages} messages in one request: send smaller ones"
    return LimitExceeded(text, too_large=True)


class _Decoder:
    """Reads one request; what its limits leave is for all of it together."""

    def __init__(self, limits: OtlpLimits) -> None:
        self._limits = limits
        self._left = limits.messages

    def message(self, kind: type[m.Message], reader: ProtoReader, depth: int) -> Any:  # noqa: ANN401
        """A message of a kind: `Any` because the table says which."""
        if depth > _DEPTH:
            raise InputError(f"more than {_DEPTH} messages within each other")
        self._spend()
        table = _TABLES[kind]
        found: dict[str, Any] = {}
        while reader.is_open:
            start = reader.at
            field, wire = reader.tag()
            part = table.get(field)
            if part is None:
                reader.skip(wire)
            elif part.many:
                found.setdefault(part.name, []).extend(self._many(part, reader, wire, depth, start))
            else:
                found[part.name] = self._one(part, reader, wire, depth, start)
        lists = {name: tuple(value) for name, value in found.items() if type(value) is list}
        return kind(**{**found, **lists})

    def _many(
        self, part: Part, reader: ProtoReader, wire: int, depth: int, start: int
    ) -> list[Any]:
        """What a list gets more: one, or several that are packed."""
        if not isinstance(part.holds, Form) or wire != Wire.LENGTH:
            return [self._one(part, reader, wire, depth, start)]
        inside, read = reader.inner(), _READ[part.holds]
        values = []
        while inside.is_open:
            self._spend()
            values.append(read(inside))
        return values

    def _one(self, part: Part, reader: ProtoReader, wire: int, depth: int, start: int) -> Any:  # noqa: ANN401
        if not isinstance(part.holds, Form):
            if wire != Wire.LENGTH:
                raise Malformed(End.TAG, start)
            return self.message(part.holds, reader.inner(), depth + 1)
        if wire != _WIRES[part.holds]:
            raise Malformed(End.TAG, start)
        return _READ[part.holds](reader)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _too_many(self._limits)


def _text(reader: ProtoReader) -> str:
    start = reader.at
    try:
        return reader.text().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"protobuf: no UTF-8 at byte {start}") from error


def _int32(reader: ProtoReader) -> int:
    number = unzigzag(reader.varint())
    if not -_INT32 <= number < _INT32:
        raise InputError(f"protobuf: {number} has more than 32 bits")
    return number


_READ: dict[Form, Callable[[ProtoReader], Any]] = {
    Form.TEXT: _text,
    Form.BYTES: lambda reader: base64.b64encode(reader.text()).decode(),
    Form.BOOL: lambda reader: reader.varint() != 0,
    Form.INT: ProtoReader.signed,
    Form.SINT: _int32,
    Form.DOUBLE: lambda reader: _DOUBLE.unpack(reader.fixed(Wire.FIXED64))[0],
    Form.FIXED: lambda reader: _FIXED.unpack(reader.fixed(Wire.FIXED64))[0],
    Form.SFIXED: lambda reader: _SIGNED.unpack(reader.fixed(Wire.FIXED64))[0],
}
