"""Metrics of OTLP as they come: structs that JSON and protobuf are read into alike.

Only what is stored is named here; the rest is passed over. JSON writes 64-bit numbers as texts
and numbers that are none as words, so such fields may hold either: `whole` and `real` read them.

Source: opentelemetry-proto, metrics/v1 and common/v1; OTLP 1.x, "JSON Protobuf Encoding"
"""

from enum import IntEnum

import msgspec

from muster.errors import InputError

Whole = int | str  # 64 bits
Real = float | str
NO_VALUE = 1  # flag of a point: there was nothing to record
_INT64 = 1 << 63
_DIGITS = 20


class Message(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """JSON names fields in camel case."""


class AnyValue(Message, frozen=True):
    """One of these, or none of them."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Whole | None = None
    double_value: Real | None = None
    array_value: "ArrayValue | None" = None
    kvlist_value: "KeyValueList | None" = None
    bytes_value: str | None = None  # base64


class ArrayValue(Message, frozen=True):
    values: tuple[AnyValue, ...] = ()


class KeyValue(Message, frozen=True):
    key: str = ""
    value: AnyValue | None = None


Attributes = tuple[KeyValue, ...]


class KeyValueList(Message, frozen=True):
    values: Attributes = ()


class NumberPoint(Message, frozen=True):
    attributes: Attributes = ()
    time_unix_nano: Whole = 0
    as_double: Real | None = None
    as_int: Whole | None = None
    flags: int = 0


class HistogramPoint(Message, frozen=True):
    attributes: Attributes = ()
    time_unix_nano: Whole = 0
    count: Whole = 0
    sum: Real | None = None
    bucket_counts: tuple[Whole, ...] = ()
    explicit_bounds: tuple[Real, ...] = ()
    flags: int = 0
    min: Real | None = None
    max: Real | None = None


class Buckets(Message, frozen=True):
    """Of an exponential histogram: the number of the first, and counts from there on."""

    offset: int = 0
    bucket_counts: tuple[Whole, ...] = ()


class ExponentialPoint(Message, frozen=True):
    attributes: Attributes = ()
    time_unix_nano: Whole = 0
    count: Whole = 0
    sum: Real | None = None
    scale: int = 0
    zero_count: Whole = 0
    positive: Buckets | None = None
    negative: Buckets | None = None
    flags: int = 0
    min: Real | None = None
    max: Real | None = None
    zero_threshold: Real = 0.0


class Quantile(Message, frozen=True):
    quantile: Real = 0.0
    value: Real = 0.0


class SummaryPoint(Message, frozen=True):
    attributes: Attributes = ()
    time_unix_nano: Whole = 0
    count: Whole = 0
    sum: Real = 0.0
    quantile_values: tuple[Quantile, ...] = ()
    flags: int = 0


class Temporality(IntEnum):
    """Since when values are counted."""

    UNSPECIFIED = 0
    DELTA = 1
    CUMULATIVE = 2


class Gauge(Message, frozen=True):
    data_points: tuple[NumberPoint, ...] = ()


class Sum(Message, frozen=True):
    data_points: tuple[NumberPoint, ...] = ()
    aggregation_temporality: int = 0
    is_monotonic: bool = False


class Histogram(Message, frozen=True):
    data_points: tuple[HistogramPoint, ...] = ()
    aggregation_temporality: int = 0


class ExponentialHistogram(Message, frozen=True):
    data_points: tuple[ExponentialPoint, ...] = ()
    aggregation_temporality: int = 0


class Summary(Message, frozen=True):
    data_points: tuple[SummaryPoint, ...] = ()


class Metric(Message, frozen=True):
    name: str = ""
    description: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None


class Scope(Message, frozen=True):
    name: str = ""
    version: str = ""
    attributes: Attributes = ()


class ScopeMetrics(Message, frozen=True):
    scope: Scope | None = None
    metrics: tuple[Metric, ...] = ()


class Resource(Message, frozen=True):
    attributes: Attributes = ()


class ResourceMetrics(Message, frozen=True):
    resource: Resource | None = None
    scope_metrics: tuple[ScopeMetrics, ...] = ()


class ExportRequest(Message, frozen=True):
    """What a client posts."""

    resource_metrics: tuple[ResourceMetrics, ...] = ()


def whole(value: Whole) -> int:
    """A 64-bit number. Errors: InputError."""
    if isinstance(value, int):
        return value
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        raise InputError(f"not a whole number: {value[:40]!r}")
    number = int(value)
    if not -_INT64 <= number < 2 * _INT64:
        raise InputError(f"more than 64 bits: {value}")
    return number


def real(value: Real) -> float:
    """A number, or a word for what is none. Errors: InputError."""
    try:
        return float(value)
    except ValueError as error:
        raise InputError(f"not a number: {str(value)[:40]!r}") from error
