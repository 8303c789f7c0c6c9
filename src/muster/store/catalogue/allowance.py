"""How many series, and how long names, a node and the whole hub may have.

What is known already always fits. Of what is new, as much fits as there is room for, in the
order of the layout: the rest of a row is kept without it.
"""

from itertools import pairwise
from typing import NamedTuple

import msgspec

from muster.model.ids import NodeId
from muster.model.influx import STOCK
from muster.model.metric import Layout, Series, Tags
from muster.store.catalogue.names import memory_of, tag_of, tags_text
from muster.store.catalogue.namesizes import (
    bytes_of_name,
    bytes_of_tags,
    most_of_tags,
    text_of_tags,
)
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriespace import SeriesPace
from muster.store.catalogue.seriestypes import LookedAt, is_stock
from muster.store.catalogue.tagvalues import Values, count, written_tags
from muster.wire.influxwrite import too_many_series, too_many_values

_OFFENDERS = 1_000  # that are remembered
_EXACT = 100  # new tag sets, of more a bound does where there is room


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the catalogue."""

    node_series: int = 50_000  # series of one node
    node_bytes: int = 64 << 20  # memory for the names of one node's series
    # series of one retention policy, of databases of InfluxDB's wire
    database_series: int = 1_000_000
    # memory for the names of one policy's series, of databases of InfluxDB's wire
    database_bytes: int = 2 << 30
    # values of one tag of a measurement in a retention policy; 0: any number
    tag_values: int = 100_000
    total_series: int = 5_000_000  # series of the whole hub
    layout_bytes: int = 8 << 20  # text of the names in one row of a node


class Fitting(NamedTuple):
    """The columns of a layout there is room for, and why it is not all of them."""

    columns: list[int]
    refusal: str  # empty: all fit
    offender: str = ""  # the tag with the most values, where not all fit


class Allowance:
    """Looks at a layout before its series become known."""

    def __init__(
        self, index: SeriesIndex, settings: Settings, pace: SeriesPace | None = None
    ) -> None:
        self._index = index
        self._settings = settings
        self._pace = pace if pace is not None and pace.most else None
        self._offenders: dict[NodeId, tuple[int, str]] = {}  # with the series it had

    def fitting(self, node: NodeId, layout: Layout, looked: LookedAt | None = None) -> Fitting:
        """What of a layout may become known; `looked` is what the index says of it now."""
        looked = looked or self._index.look(layout.series)
        every = list(range(len(layout.series)))
        if self._is_far_from_full(node, layout, looked):
            return Fitting(every, "")
        claim = _Claim(self._index, self._settings, node, looked, self._pace)
        columns = [place for place in every if claim.take(place)]
        if not claim.refusal:
            return Fitting(columns, "")
        offender = self._offender(node)
        if claim.is_too_fast and self._pace is not None:
            held = set(columns)
            refused = (one for place, one in enumerate(layout.series) if place not in held)
            offender = self._pace.offender(node, refused)
        refusal = claim.refusal
        if offender and not claim.of_stock:  # those of databases are InfluxDB's words
            refusal = f"{refusal}; {offender}"
        return Fitting(columns, refusal, offender)

    def _is_far_from_full(self, node: NodeId, layout: Layout, looked: LookedAt) -> bool:
        """Whether all would fit even if each series were new by itself."""
        of_stock = is_stock(node, layout)
        limits = _limits(self._settings, of_stock=of_stock)
        names, which = [bytes_of_name(one) for one in looked.series], looked.which.tolist()
        texts = [memory_of(text) for text in looked.sets.texts]
        changes = [place for last, place in pairwise([-1, *which]) if place != last]
        if sum(names) + sum([texts[place] for place in changes]) > self._settings.layout_bytes:
            return False
        new = [column for column, row in enumerate(looked.rows.tolist()) if row < 0]
        total = len(new)
        size = sum([names[column] for column in new]) + self._bytes_of_new(looked)
        index = self._index
        return (
            index.series_of(node) + total <= limits.series
            and index.name_bytes_of(node) + size <= limits.bytes
            and index.total + total <= self._settings.total_series
            and (of_stock or self._pace is None or total <= self._pace.room(node))
            and self._has_few_values(looked, new)
        )

    def _bytes_of_new(self, looked: LookedAt) -> int:
        """What new tag sets of a layout take; of many, at most."""
        fresh = (~self._index.has_tags(looked)).nonzero()[0].tolist()
        tags, texts = looked.sets.tags, looked.sets.texts
        if len(fresh) > _EXACT:
            return sum(most_of_tags(len(tags[place]), texts[place]) for place in fresh)
        return sum(bytes_of_tags(tags[place]) for place in fresh)

    def _has_few_values(self, looked: LookedAt, new: list[int]) -> bool:
        """Whether no tag of a policy's measurement can come to have too many values."""
        most = self._settings.tag_values
        sets = set(looked.which[new].tolist()) if most else ()
        tags = {tag for place in sets for tag in looked.sets.tags[place]}
        stocks = {value for key, value in tags if key == STOCK}
        if not stocks:
            return True
        fresh: Values = {}
        count(fresh, tags)
        measurements = {looked.series[column].measurement for column in new}
        return all(
            len(known.get(key, ())) + len(values) <= most
            for stock in stocks
            for measurement in measurements
            for known in (self._index.values_written(stock, measurement),)
            for key, values in fresh.items()
        )

    def _offender(self, node: NodeId) -> str:
        """The tag of a node that has the most values. A node that is full stays as it is."""
        total, text = self._offenders.get(node, (-1, ""))
        if total != self._index.series_of(node):
            if len(self._offenders) >= _OFFENDERS:
                self._offenders.clear()
            found = self._index.offender_of(node)
            text = found.text if found is not None else ""
            self._offenders[node] = self._index.series_of(node), text
        return text


class _Limits(NamedTuple):
    """Of who owns a layout."""

    series: int
    bytes: int


def _limits(settings: Settings, *, of_stock: bool) -> _Limits:
    if of_stock:
        return _Limits(settings.database_series, settings.database_bytes)
    return _Limits(settings.node_series, settings.node_bytes)


class _Claim:
    """One layout's series, counted one after the other."""

    def __init__(
        self,
        index: SeriesIndex,
        settings: Settings,
        node: NodeId,
        looked: LookedAt,
        pace: SeriesPace | None,
    ) -> None:
        self._index = index
        self._settings = settings
        self._looked = looked
        self._has_tags = index.has_tags(looked)
        self.of_stock = is_stock(node, Layout(tuple(looked.series[:1])))
        self._most, self._most_bytes = _limits(settings, of_stock=self.of_stock)
        self._node = node
        self._pace = None if self.of_stock else pace
        self._room = self._pace.room(node) if self._pace is not None else 0
        self.is_too_fast = False
        self._series = index.series_of(node)
        self._bytes = index.name_bytes_of(node)
        self._total = index.total
        self._layout_bytes = 0
        self._tags: Tags | None = None
        self._is_new_tagset = False
        self._tags_bytes = 0
        self._new_tags: set[Tags] = set()  # of series taken
        self._stock = ""
        self._new_values: dict[tuple[str, str], set[str]] = {}  # by measurement and key
        self.refusal = ""

    def take(self, place: int) -> bool:
        """Whether there is room for a series; if so it takes it."""
        series = self._looked.series[place]
        if series.tags is not self._tags:  # neighbours mostly share theirs
            self._tags = series.tags
            self._is_new_tagset = not self._has_tags[self._looked.which[place]]
            self._tags_bytes = bytes_of_tags(series.tags)
            self._layout_bytes += text_of_tags(series.tags)
            self._stock = tag_of(series.tags, STOCK)
        excess = self._excess_of_layout(series)
        if not excess and self._looked.rows[place] < 0:
            excess = self._excess_of_new(series)
        if excess:
            self.refusal = self.refusal or self._refusal(excess, series)
            return False
        return True

    def _excess_of_layout(self, series: Series) -> str:
        most, name_bytes = self._settings.layout_bytes, bytes_of_name(series)
        if self._layout_bytes + name_bytes > most:
            return f"names of one row may take {most} bytes (store.catalogue.layout_bytes)"
        self._layout_bytes += name_bytes
        return ""

    def _excess_of_new(self, series: Series) -> str:
        """Which limit a new series would pass; counts it when none."""
        settings = self._settings
        has_new_tags = self._is_new_tagset and series.tags not in self._new_tags
        size = bytes_of_name(series) + (self._tags_bytes if has_new_tags else 0)
        if self._series >= self._most:
            if self.of_stock:
                return too_many_series(self._most)
            return f"a node may have {self._most} series (store.catalogue.node_series)"
        if self._bytes + size > self._most_bytes:
            most = self._most_bytes
            if self.of_stock:
                return f"names of series may take {most} bytes (store.catalogue.database_bytes)"
            return f"names of a node's series may take {most} bytes (store.catalogue.node_bytes)"
        if self._total >= settings.total_series:
            most = settings.total_series
            return f"the hub may have {most} series (store.catalogue.total_series)"
        if self._stock and (excess := self._excess_of_values(series)):
            return excess
        if self._pace is not None and not self._room:
            self.is_too_fast = True
            most = self._pace.most
            return f"a node may begin {most} series within an hour (ingest.new_series_per_hour)"
        self._room -= 1
        self._series += 1
        self._total += 1
        self._bytes += size
        if has_new_tags:
            self._new_tags.add(series.tags)
        return ""

    def _excess_of_values(self, series: Series) -> str:
        """The tag that has too many values for one more; counts them when there is none."""
        most, measurement = self._settings.tag_values, series.measurement
        known = self._index.values_written(self._stock, measurement) if most else {}
        fresh: list[tuple[set[str], str]] = []
        for key, value in written_tags(series.tags) if most else ():
            held, new = known.get(key, ()), self._new_values.setdefault((measurement, key), set())
            if value in held or value in new:
                continue
            if (count := len(held) + len(new)) >= most:
                return too_many_values(measurement, key, value, count, most)
            fresh.append((new, value))
        for new, value in fresh:
            new.add(value)
        return ""

    def _refusal(self, excess: str, series: Series) -> str:
        if self.of_stock or excess.startswith("max-"):
            return excess  # as InfluxDB words it
        tags = tags_text(series.tags)
        example = f"{series.measurement[:64]}.{series.field[:64]} {tags[:200]!r}"
        return (
            f"new series of node {self._node} are not kept: {excess}; one of them is {example};"
            " make fewer series on the node, or raise the limit"
        )
