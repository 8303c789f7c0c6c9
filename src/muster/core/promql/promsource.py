"""The series of a space as PromQL sees them: its Source over catalogue, head and engine.

Used in the thread of one query. Strings are no samples; truth is 1 or 0. Series that differ in
tags of the hub alone, or lie in several databases, are one here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from muster.core.promql.promcolumns import ColumnReader
from muster.core.promql.promnames import (
    MetricNames,
    Pair,
    label_name,
    labels_of_tags,
    with_name,
)
from muster.core.promql.promselections import KeptSelections, Places, Selection, selection_of
from muster.core.querying.pointreader import OnLoop, TakesLonger
from muster.core.writes.stocks import HIDDEN, shown_tags
from muster.errors import LimitExceeded
from muster.model.influx import STOCK, scope_of
from muster.model.metric import Kind, Tags
from muster.model.query import Selector
from muster.ports.series import Catalogue, SeriesRef
from muster.promql.errors import ExecutionError
from muster.promql.labels import NAME, Labels, value_of
from muster.promql.matchers import Matcher
from muster.promql.source import Columns, Newest

_MS_NS = 1_000_000
_LATEST_NS = 1 << 62
_AT_ONCE = 50  # metrics that are looked up in one go on the event loop
_FEW = 500  # series whose labels are made there

_NAMES = 10  # so many times as many series may be listed by their names as read

_KNOWN = 200_000  # tag sets
_REMEMBERED = 4_096  # keys of tags, which are few
_OWN_HIDDEN = frozenset(("space",))
_Found = tuple[str, Sequence[SeriesRef]]  # of one metric


class PromSource:
    """Implements muster.promql.source.Source."""

    def __init__(
        self,
        *,
        places: Places,
        names: MetricNames,
        labels: "TagLabels",
        kept: KeptSelections,
        catalogue: Catalogue,
        reader: ColumnReader,
        on_loop: OnLoop,
        most_series: int,
    ) -> None:
        self._places = places
        self._names = names
        self._labels = labels
        self._kept = kept
        self._catalogue = catalogue
        self._reader = reader
        self._on_loop = on_loop
        self._most_series = most_series

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Columns:
        return self._reader.columns(self._selection(matchers), *_span_ns(start_ms, end_ms))

    def newest(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Newest | None:
        if not self._reader.is_at_once:
            return None
        return self._reader.newest(self._selection(matchers), *_span_ns(start_ms, end_ms))

    def renew(self) -> None:
        """What was read up to now is let go."""
        self._reader.renew()

    def series(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Labels]:
        """Whatever has been there, in any time: names are kept without the times of samples."""
        most = self._most_series * _NAMES
        return sorted(self._matching(matchers, self._candidates(matchers, most), most))

    def _selection(self, matchers: Sequence[Matcher]) -> Selection:
        """Errors: ExecutionError; TakesLonger where it is asked on the event loop."""
        is_at_once = self._reader.is_at_once
        if is_at_once and not any(m.name == NAME and m.operator == "=" for m in matchers):
            raise TakesLonger  # it would look at the names of all metrics
        found = list(self._candidates(matchers, self._most_series))
        lists = [refs for _, refs in found]
        known = self._kept.get(self._places, matchers, lists)
        if known is None and is_at_once and not _is_quick(matchers, lists):
            raise TakesLonger
        if known is None:
            known = selection_of(self._matching(matchers, found, self._most_series))
            self._kept.put(self._places, matchers, lists, known)
        return known

    def _matching(
        self, matchers: Sequence[Matcher], candidates: Iterable[_Found], most: int
    ) -> dict[Labels, list[SeriesRef]]:
        """Errors: ExecutionError."""
        tests = [(each.name, each.test()) for each in matchers if each.name != NAME]
        fitting: dict[Tags, Labels | None] = {}
        found: dict[Labels, list[SeriesRef]] = {}
        total = 0
        for name, every in candidates:
            refs = [ref for ref in every if self._is_read(ref)]
            total += len(refs)
            if total > most:
                raise _too_many(most)
            for ref in refs:
                tags = ref.series.tags
                if tags not in fitting:
                    known = self._labels[tags].labels
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
            yield from self._on_loop(self._finder(some, exact_tags(matchers), most))

    def _finder(
        self, names: Sequence[str], exact: Mapping[str, tuple[str, ...]], most: int
    ) -> Callable[[], list[_Found]]:
        """Work for the loop: the series of some metrics."""
        return lambda: [
            (name, self._refs(pair, exact, most))
            for name in names
            for pair in self._names.known().get(name, ())
        ]

    def _refs(
        self, pair: Pair, exact: Mapping[str, tuple[str, ...]], most: int
    ) -> Sequence[SeriesRef]:
        """On the loop. Errors: ExecutionError."""
        places, (measurement, field) = self._places, pair
        tags = dict(exact)
        if not places.own and len(places.stocks) == 1:
            tags[STOCK] = tuple(places.stocks)
        elif places.nodes is not None:
            tags["space"] = (places.space,)
        select = Selector(measurement=measurement, fields=(field,), tags=tags)
        scope = scope_of(places.space, places.nodes)
        if not places.own and not places.stocks:
            return ()
        try:
            return self._catalogue.find(select, scope, most)
        except LimitExceeded as error:
            raise _too_many(most) from error

    def _is_read(self, ref: SeriesRef) -> bool:
        if ref.series.kind is Kind.STRING:
            return False
        stock = self._labels[ref.series.tags].stock
        return stock in self._places.stocks if stock else self._places.own


def _span_ns(start_ms: int, end_ms: int) -> tuple[int, int]:
    return max(start_ms * _MS_NS, -_LATEST_NS), min((end_ms + 1) * _MS_NS, _LATEST_NS)


def exact_tags(matchers: Sequence[Matcher]) -> Mapping[str, tuple[str, ...]]:
    """What the catalogue can tell by itself: tags that a label is certain to be made of.

    In a label's name stands an underscore for whatever cannot stand in one.
    """
    return {
        name: (value,)
        for name, operator, value in matchers
        if operator == "=" and value and "_" not in name and name not in HIDDEN
    }


def _is_quick(matchers: Sequence[Matcher], lists: Sequence[Sequence[SeriesRef]]) -> bool:
    """Whether the labels of so many series are made in no time; no pattern is tried on them."""
    return sum(map(len, lists)) <= _FEW and all(each.operator in ("=", "!=") for each in matchers)


def _too_many(most: int) -> ExecutionError:
    """Fewer steps would not help."""
    return ExecutionError(f"more than {most} series match: name more labels, or raise the limit")


class Told(NamedTuple):
    """What tags tell of a series. `stock` is empty for what an agent sent."""

    stock: str
    labels: Labels


class TagLabels(dict[Tags, Told]):
    """Tag sets as labels. They are many, and the same in each query: made once.

    Of agents all tags but the space; of databases what their writers wrote.
    """

    def __missing__(self, tags: Tags) -> Told:
        if len(self) >= _KNOWN:
            self.clear()
        told = self[tags] = _told(tags)
        return told


def _told(tags: Tags) -> Told:
    stock = next((value for key, value in tags if key == STOCK), "")
    hidden = HIDDEN if stock else _OWN_HIDDEN
    shown = tuple([tag for tag in tags if tag[0] not in hidden])
    if all(map(_is_plain, [key for key, _ in shown])):
        return Told(stock, shown)
    return Told(stock, labels_of_tags(shown_tags(tags) if stock else shown))


@lru_cache(_REMEMBERED)
def _is_plain(key: str) -> bool:
    """Whether a tag is the label of its name, whoever wrote it."""
    return label_name(key) == key and not key.startswith("_")
