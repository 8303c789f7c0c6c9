"""What a point of OTLP becomes: samples, each of a series.

    gauge, sum          one sample of the metric's name
    histogram           <name>_bucket by `le`, <name>_count, <name>_sum, and _min and _max if told
    exponential one     the same, by bounds of a fixed scale (wire/otlphistograms.py)
    summary             the name by `quantile`, <name>_count, <name>_sum

A point without a value is a stale marker.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from muster.errors import InputError
from muster.wire import otlpmodel as m
from muster.wire.otlphistograms import Bucket, Side, classic, exponential
from muster.wire.otlpnames import labels_of, number_text
from muster.wire.prometheusparts import METRIC_TYPES

_STALE = 0x7FF0_0000_0000_0002
_LONG, _DOUBLE = struct.Struct("<q"), struct.Struct("<d")
_NAMESPACE, _SERVICE, _INSTANCE = "service.namespace", "service.name", "service.instance.id"
_TYPES = {name: number for number, name in enumerate(METRIC_TYPES)}
Point = m.NumberPoint | m.HistogramPoint | m.ExponentialPoint | m.SummaryPoint


class Sample(NamedTuple):
    """A value of the series whose name ends so, and which has these labels too."""

    bits: int
    suffix: str = ""
    label: tuple[str, str] | None = None


def points_of(metric: m.Metric) -> Sequence[Point]:
    """The points of a metric, whatever its kind."""
    kinds = (
        metric.gauge,
        metric.sum,
        metric.histogram,
        metric.exponential_histogram,
        metric.summary,
    )
    return next((kind.data_points for kind in kinds if kind is not None), ())


def is_counter(metric: m.Metric) -> bool:
    """Whether it only grows; what is counted since the last point alone does not."""
    told = metric.sum
    is_total = told is not None and told.aggregation_temporality == m.Temporality.CUMULATIVE
    return is_total and told is not None and told.is_monotonic


def type_of(metric: m.Metric) -> int:
    """The type as Prometheus numbers it."""
    if is_counter(metric):
        return _TYPES["counter"]
    if metric.gauge is not None or metric.sum is not None:
        return _TYPES["gauge"]
    if metric.histogram is not None or metric.exponential_histogram is not None:
        return _TYPES["histogram"]
    return _TYPES["summary" if metric.summary is not None else "unknown"]


def shared_labels(resource: m.Attributes, scope: m.Scope) -> dict[str, str]:
    """What all points of a scope have: attributes of both, and who they are of.

    A service is `job` and `instance`, as Prometheus names what it asks. Errors: InputError.
    """
    named = (m.KeyValue(key=f"otel_scope_{key}", value=m.AnyValue(string_value=text)) for key, text
             in (("name", scope.name), ("version", scope.version)) if text)  # fmt: skip
    labels = labels_of((resource, scope.attributes, tuple(named)))
    service = labels_of((tuple(each for each in resource if each.key in _WHO),))
    job = "/".join(
        service[name] for name in ("service_namespace", "service_name") if name in service
    )
    who = {"job": job, "instance": service.get("service_instance_id", "")}
    return {name: text for name, text in who.items() if text} | labels


_WHO = frozenset((_NAMESPACE, _SERVICE, _INSTANCE))


def samples_of(point: Point) -> Iterator[Sample]:
    """Errors: InputError for what cannot be stored."""
    is_stale = bool(point.flags & m.NO_VALUE)
    match point:
        case m.NumberPoint():
            yield Sample(_STALE if is_stale else _number(point))
        case m.SummaryPoint():
            for each in point.quantile_values:
                label = ("quantile", number_text(m.real(each.quantile)))
                yield Sample(_STALE if is_stale else _bits(m.real(each.value)), "", label)
            yield from _totals(point.count, point.sum, is_stale)
        case _:
            yield from _histogram(point, is_stale)


def _histogram(point: m.HistogramPoint | m.ExponentialPoint, is_stale: bool) -> Iterator[Sample]:
    for bucket in _buckets(point):
        if math.isfinite(bucket.bound):
            label = ("le", number_text(bucket.bound))
            yield Sample(_STALE if is_stale else _bits(bucket.total), "_bucket", label)
    count = _bits(float(m.whole(point.count)))
    yield Sample(_STALE if is_stale else count, "_bucket", ("le", "+Inf"))
    yield from _totals(point.count, point.sum, is_stale)
    for suffix, end in (("_min", point.min), ("_max", point.max)):
        if end is not None and not is_stale:
            yield Sample(_bits(m.real(end)), suffix)


def _buckets(point: m.HistogramPoint | m.ExponentialPoint) -> list[Bucket]:
    if isinstance(point, m.HistogramPoint):
        bounds = [m.real(bound) for bound in point.explicit_bounds]
        return classic(bounds, [m.whole(count) for count in point.bucket_counts])
    return exponential(
        point.scale,
        m.whole(point.zero_count),
        m.real(point.zero_threshold),
        _side(point.positive),
        _side(point.negative),
    )


def _side(buckets: m.Buckets | None) -> Side:
    if buckets is None:
        return ()
    return enumerate(map(m.whole, buckets.bucket_counts), buckets.offset)


def _totals(count: m.Whole, total: m.Real | None, is_stale: bool) -> Iterator[Sample]:
    yield Sample(_STALE if is_stale else _bits(float(m.whole(count))), "_count")
    if total is not None:
        yield Sample(_STALE if is_stale else _bits(m.real(total)), "_sum")


def _number(point: m.NumberPoint) -> int:
    if point.as_double is not None:
        return _bits(m.real(point.as_double))
    if point.as_int is not None:
        return _bits(float(m.whole(point.as_int)))
    raise InputError("a point without a value")


def _bits(value: float) -> int:
    bits: int = _LONG.unpack(_DOUBLE.pack(value))[0]
    return bits
