"""Metrics of OTLP as columns; what their points become is said in wire/otlpsamples.py.

Names are those of Prometheus (wire/otlpnames.py); a series has the field `value`, as samples of
remote write have. Values that count since the last point (delta) are kept as they come, without
`_total`. Whatever a point holds that cannot be stored refuses this point alone.
"""

from array import array
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from muster.errors import InputError, LimitExceeded
from muster.model.metric import Layout
from muster.wire import otlpmodel as m
from muster.wire.lineparsed import LATEST_NS, Parsed, names_time
from muster.wire.otlpnames import labels_of, metric_name
from muster.wire.otlpsamples import (
    Sample,
    is_counter,
    points_of,
    samples_of,
    shared_labels,
    type_of,
)
from muster.wire.prometheuslayouts import LayoutBook
from muster.wire.prometheusparts import (
    HELP_BYTES,
    UNIT_BYTES,
    Metadata,
    RemoteLimits,
    parsed_of,
)

_REASONS = 20  # that are told


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Columns, and how many points none were made of, and why."""

    parsed: Parsed
    points: int  # of the request
    rejected: int
    reasons: tuple[str, ...]
    metadata: tuple[Metadata, ...]


class _Family(NamedTuple):
    """A metric's name with the labels of one of its points."""

    name: str
    labels: dict[str, str]


class OtlpColumns:
    """Remembers the layouts that it made: they come again with the next request.

    `left_out` are attributes of resources that become no labels.
    """

    def __init__(self, limits: RemoteLimits, left_out: Collection[str] = ()) -> None:
        self._limits = limits
        self._left_out = frozenset(left_out)
        self._book = LayoutBook(limits)

    def take(self, request: m.ExportRequest, now_ns: int) -> Taken:
        """`now_ns` is the time of points that have none. Errors: LimitExceeded."""
        table = _Table(self._limits, self._book, now_ns)
        for resource in request.resource_metrics:
            given = resource.resource.attributes if resource.resource else ()
            attributes = tuple(each for each in given if each.key not in self._left_out)
            for scope in resource.scope_metrics:
                table.add(scope.metrics, attributes, scope.scope or m.Scope())
        taken = table.taken()
        self._book.trim()
        return taken


class _Table:
    """One request as it is taken in."""

    def __init__(self, limits: RemoteLimits, book: LayoutBook, now_ns: int) -> None:
        self._limits = limits
        self._book = book
        self._now_ns = now_ns
        # By identity: layouts are remembered, so the same series has the same one.
        self._rows: dict[int, tuple[Layout, list[tuple[int, int, int]]]] = {}
        self._samples = self._points = self._rejected = 0
        self._reasons: dict[str, None] = {}
        self._metadata: dict[str, Metadata] = {}

    def add(self, metrics: Iterable[m.Metric], resource: m.Attributes, scope: m.Scope) -> None:
        try:
            shared, fault = shared_labels(resource, scope), ""
        except InputError as error:
            shared, fault = {}, str(error)
        for metric in metrics:
            points = points_of(metric)
            self._points += len(points)
            try:
                if fault:
                    raise InputError(fault)
                name = self._named(metric)
            except InputError as error:
                self._reject(len(points), metric, error)
                continue
            for point in points:
                try:
                    family = _Family(name, {**shared, **labels_of((point.attributes,))})
                    self._take(family, samples_of(point), m.whole(point.time_unix_nano))
                except InputError as error:
                    self._reject(1, metric, error)

    def taken(self) -> Taken:
        times, order, values = array("q"), array("I"), array("q")
        for _, rows in self._rows.values():
            for time_ns, place, bits in rows:
                times.append(time_ns)
                order.append(place)
                values.append(bits)
        layouts = tuple(layout for layout, _ in self._rows.values())
        return Taken(
            parsed=parsed_of(
                layouts,
                array("I", [len(rows) for _, rows in self._rows.values()]),
                (times, order, values),
                tuple(n for n, layout in enumerate(layouts) if names_time(layout)),
                (),
                0,
            ),
            points=self._points,
            rejected=self._rejected,
            reasons=tuple(self._reasons),
            metadata=tuple(self._metadata.values()),
        )

    def _named(self, metric: m.Metric) -> str:
        """The name of a metric; what is said of it is kept. Errors: InputError."""
        name = metric_name(
            metric.name,
            metric.unit,
            is_counter=is_counter(metric),
            is_gauge=metric.gauge is not None,
        )
        if len(self._metadata) < self._limits.metadata:
            told, unit = metric.description[:HELP_BYTES], metric.unit[:UNIT_BYTES]
            self._metadata[name] = Metadata(name, type_of(metric), told, unit)
        return name

    def _take(self, family: _Family, samples: Iterable[Sample], time_ns: int) -> None:
        """All samples of a point, or none of them. Errors: InputError, LimitExceeded."""
        time_ns = time_ns or self._now_ns
        if not 0 <= time_ns <= LATEST_NS:
            raise InputError(f"time {time_ns} ns is beyond what is stored")
        for layout, bits in [(self._layout(family, each), each.bits) for each in samples]:
            _, rows = self._rows.setdefault(id(layout), (layout, []))
            rows.append((time_ns, self._samples, bits))
            self._samples += 1
        if self._samples > self._limits.points or len(self._rows) > self._limits.series:
            text = f"{self._limits.points} samples and {self._limits.series} series"
            raise LimitExceeded(f"one request holds up to {text}", too_large=True)

    def _layout(self, family: _Family, sample: Sample) -> Layout:
        labels = family.labels
        if sample.label is not None:
            labels = {**labels, sample.label[0]: sample.label[1]}
        return self._book.layout(family.name + sample.suffix, tuple(sorted(labels.items())))

    def _reject(self, points: int, metric: m.Metric, error: InputError) -> None:
        self._rejected += points
        if points and len(self._reasons) < _REASONS:
            self._reasons[f"metric {metric.name[:200]!r}: {error}"] = None
