"""The series of a space as PromQL sees them: its Source over catalogue, head and engine.

Used in the thread of one query. Strings are no samples; truth is 1 or 0. Series that differ in
tags of the hub alone, or lie in several databases, are one here. Of two samples in one
millisecond the last counts.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from muster.core.pointreader import OnLoop, PointReader, Table
from muster.core.promnames import MetricNames, Pair, labels_of_tags, with_name
from muster.core.stocks import shown_tags
from muster.errors import LimitExceeded
from muster.model.ids import NodeId, SpaceId
from muster.model.influx import STOCK, scope_of
from muster.model.metric import Kind, Tags
from muster.model.query import Selector
from muster.ports.series import Catalogue, SeriesRef
from muster.promql.errors import ExecutionError
from muster.promql.labels import NAME, Labels, value_of
from muster.promql.matchers import Matcher
from muster.promql.source import F64, I64, Samples

_MS_NS = 1_000_000
_LATEST_NS = 1 << 62
_AT_ONCE = 50  # metrics that are looked up in one go on the event loop


_NAMES = 10  # so many times as many series may be listed by their names as read

_KNOWN = 200_000  # tag sets
_Part = tuple[I64, F64]  # times, values
_Found = tuple[str, list[SeriesRef]]  # of one metric


class Places(NamedTuple):
    """What may be read: policies of databases by their stocks, and what agents send."""

    space: SpaceId
    stocks: frozenset[str]
    own: bool
    nodes: frozenset[NodeId] | None = None  # what these sent, or wrote as themselves; None: all


class PromSource:
    """Implements muster.promql.source.Source."""

    def __init__(
        self,
        *,
        places: Places,
        names: MetricNames,
        labels: "TagLabels",
        catalogue: Catalogue,
        reader: PointReader,
        on_loop: OnLoop,
        most_series: int,
    ) -> None:
        self._places = places
        self._names = names
        self._labels = labels
        self._catalogue = catalogue
        self._reader = reader
        self._on_loop = on_loop
        self._most_series = most_series

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Samples]:
        found = self._matching(matchers, self._most_series)
        ordered = sorted(found)
        refs = [ref for labels in ordered for ref in found[labels]]
        sizes = [len(found[labels]) for labels in ordered]
        owners = np.repeat(np.arange(len(ordered)), sizes)
        start_ns = max(start_ms * _MS_NS, -_LATEST_NS)
        end_ns = min((end_ms + 1) * _MS_NS, _LATEST_NS)
        parts: dict[int, list[_Part]] = {}
        for table in self._reader.tables(refs, start_ns, end_ns):
            times, values = _in_milliseconds(table)
            for owner, row in zip(owners[table.places].tolist(), values, strict=True):
                parts.setdefault(owner, []).append((times, row))
        return [Samples(ordered[owner], *_joined(parts[owner])) for owner in sorted(parts)]

    def renew(self) -> None:
        """What was read up to now is let go."""
        self._reader.renew()

    def series(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Labels]:
        """Whatever has been there, in any time: names are kept without the times of samples."""
        return sorted(self._matching(matchers, self._most_series * _NAMES))

    def _matching(self, matchers: Sequence[Matcher], most: int) -> dict[Labels, list[SeriesRef]]:
        """Errors: ExecutionError."""
        tests = [(each.name, each.test()) for each in matchers if each.name != NAME]
        fitting: dict[Tags, Labels | None] = {}
        found: dict[Labels, list[SeriesRef]] = {}
        total = 0
        for name, refs in self._candidates(matchers, most):
            total += len(refs)
            if total > most:
                raise _too_many(most)
            for ref in refs:
                tags = ref.series.tags
                if tags not in fitting:
                    known = self._labels[tags]
                    fits = all(test(value_of(known, key)) for key, test in tests)
                    fitting[tags] = known if fits else None
                if (labels := fitting[tags]) is not None:
                    found.setdefault(with_name(name, labels), []).append(ref)
        return found

    def _candidates(self, matchers: Sequence[Matcher], most: int) -> Iterator[_Found]:
        """The series of all metrics whose names fit."""
        tests = [each.test() for each in matchers if each.name == NAME]
        exact = next((m.value for m in matchers if m.name == NAME and m.operator == "="), None)
        if exact is not None:
            names = [exact] if all(test(exact) for test in tests) else []
        else:
            known = self._on_loop(self._names.known)
            names = [name for name in known if all(test(name) for test in tests)]
        rest = iter(names)
        while some := list(islice(rest, _AT_ONCE)):
            yield from self._on_loop(self._finder(some, most))

    def _finder(self, names: Sequence[str], most: int) -> Callable[[], list[_Found]]:
        """Work for the loop: the series of some metrics."""
        return lambda: [
            (name, self._refs(pair, most))
            for name in names
            for pair in self._names.known().get(name, ())
        ]

    def _refs(self, pair: Pair, most: int) -> list[SeriesRef]:
        """On the loop. Errors: ExecutionError."""
        places, (measurement, field) = self._places, pair
        tags: dict[str, tuple[str, ...]] = {}
        if not places.own and len(places.stocks) == 1:
            tags[STOCK] = tuple(places.stocks)
        elif places.nodes is not None:
            tags["space"] = (places.space,)
        select = Selector(measurement=measurement, fields=(field,), tags=tags)
        scope = scope_of(places.space, places.nodes)
        if not places.own and not places.stocks:
            return []
        try:
            found = self._catalogue.find(select, scope, most)
        except LimitExceeded as error:
            raise _too_many(most) from error
        return [ref for ref in found if self._is_read(ref)]

    def _is_read(self, ref: SeriesRef) -> bool:
        if ref.series.kind is Kind.STRING:
            return False
        stock = next((value for key, value in ref.series.tags if key == STOCK), None)
        return self._places.own if stock is None else stock in self._places.stocks


def _too_many(most: int) -> ExecutionError:
    """Fewer steps would not help."""
    return ExecutionError(f"more than {most} series match: name more labels, or raise the limit")


class TagLabels(dict[Tags, Labels]):
    """Tag sets as labels. They are many, and the same in each query: made once."""

    def __missing__(self, tags: Tags) -> Labels:
        if len(self) >= _KNOWN:
            self.clear()
        labels = self[tags] = labels_of_tags(_shown(tags))
        return labels


def _shown(tags: Tags) -> Tags:
    """Of agents all tags but the space; of databases what their writers wrote."""
    if any(key == STOCK for key, _ in tags):
        return shown_tags(tags)
    return tuple(tag for tag in tags if tag[0] != "space")


def _in_milliseconds(table: Table) -> _Part:
    """Times of a table, each once, and values as floats."""
    times, values = table.times // _MS_NS, table.values.astype(np.float64, copy=False)
    last = np.append(np.diff(times) != 0, True)
    return (times, values) if last.all() else (times[last], values[:, last])


def _joined(parts: Sequence[_Part]) -> _Part:
    """Parts of one series, by time; of equal times the last part's counts."""
    if len(parts) == 1:
        return parts[0]
    times, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(np.diff(times) != 0, True)
    return times[last], values[last]
