"""The catalogue of series: names <-> (tags, field) hashes.

All in memory, used on the event loop's thread; `flush` and `mark` run in the writer's thread
and only take what is new. Names of the journal's unstored segments are learnt again at start.
Finding series: store/seriesindex.py; how many a node may have: store/allowance.py

Format: docs/formats/catalogue.md
"""

import gc
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout, Series, Tags
from muster.model.query import Selector
from muster.ports.series import Cohort, NoRoom, SeriesRef
from muster.store.allowance import Allowance, Settings
from muster.store.cataloguefile import Additions, CatalogueFile, Marks
from muster.store.names import field_text, hash_of, parse_tags, signed, tags_text, unsigned
from muster.store.selections import Selections
from muster.store.seriesindex import Name, SeriesIndex, TagSet, is_stock, tag_of
from muster.store.seriespace import SeriesPace

_COHORTS = 64  # layouts of a node that are remembered
_COLUMNS = 131_072  # of all of them together; the newest is always remembered
_OF_STOCK = 16  # so many times as much for a policy of a database: many write it


class _Cohorts:
    """The newest cohorts of one node, or of a policy of a database."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._held: OrderedDict[Layout, Cohort] = OrderedDict()
        self._columns = 0

    def get(self, layout: Layout) -> Cohort | None:
        cohort = self._held.get(layout)
        if cohort is not None:
            self._held.move_to_end(layout)
        return cohort

    def put(self, cohort: Cohort) -> None:
        self._held[cohort.layout] = cohort
        self._columns += len(cohort.fields)
        layouts, columns = _COHORTS * self._times, _COLUMNS * self._times
        while len(self._held) > layouts or (self._columns > columns and len(self._held) > 1):
            self._columns -= len(self._held.popitem(last=False)[1].fields)


class Catalogue:
    """See ports.series.Catalogue."""

    def __init__(self, *, path: Path, settings: Settings, pace: SeriesPace | None = None) -> None:
        """`pace` bounds what each node begins within an hour; None: nothing does."""
        self._file = CatalogueFile(path)
        self._lock = threading.Lock()  # of what is new
        self._new = Additions([], [], [])
        self._next_cohort = 1
        self._cohorts: dict[NodeId, _Cohorts] = {}
        self._index = SeriesIndex()
        self._found = Selections(self._index.find)
        self._pace = pace
        self._allowance = Allowance(self._index, settings, pace)
        self._tags_of: dict[int, TagSet] = {}  # hash -> who has it
        self._names_of: dict[int, Name] = {}

    def open(self) -> Marks:
        """Read what is on disk; what the engine has. Blocks. Errors: Unavailable."""
        self._file.open()
        with _uncollected():
            self._read()
        return self._file.marks()

    def _read(self) -> None:
        names = self._file.names()
        tagsets = {}
        for number, text, salt in names.tagsets:
            tagsets[number] = self._know_tags(parse_tags(text), unsigned(number), salt)
        known = {}
        for number, measurement, field, salt in names.fields:
            known[number] = self._know_name(measurement, field, unsigned(number), salt)
        kinds = tuple(Kind)
        for tags, field_hash, kind in names.series:
            tagset, name = tagsets.get(tags), known.get(field_hash)
            if tagset is not None and name is not None:
                series = Series(name.measurement, tagset.tags, name.field, kinds[kind])
                self._index.add(series, tagset, name)

    def close(self) -> None:
        self._file.close()

    def flush(self) -> None:
        """Make new names durable. Blocks; any thread. Errors: Unavailable."""
        self.mark(None)

    def mark(self, marks: Marks | None) -> None:
        """Make new names durable and say what the engine has, in one transaction."""
        with self._lock:
            new, self._new = self._new, Additions([], [], [])
        try:
            self._file.write(new, marks)
        except Exception:
            with self._lock:
                self._new = Additions(
                    new.tagsets + self._new.tagsets,
                    new.fields + self._new.fields,
                    new.series + self._new.series,
                )
            raise

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        """See ports.series.Catalogue."""
        known = self._cohorts.get(node)
        if known is None:
            times = _OF_STOCK if is_stock(node, layout) else 1
            known = self._cohorts[node] = _Cohorts(times)
        cohort = known.get(layout)
        if cohort is None:
            fitting = self._allowance.fitting(node, layout)
            if fitting.refusal:
                raise NoRoom(fitting.refusal, fitting.columns, fitting.offender)
            cohort = self._make(node, layout)
            known.put(cohort)
        return cohort

    def learn(self, series: Series, tags_salt: int, field_salt: int) -> None:
        """Take in a series of the journal with the salts it was stored under."""
        tagset = self._index.tagsets.get(series.tags) or self._new_tags(series.tags, tags_salt)
        name = self._name(series, field_salt)
        if name.codes[series.kind] not in tagset.refs:
            self._take_in([(series, tagset, name)])

    def _make(self, node: NodeId, layout: Layout) -> Cohort:
        """A new Cohort; its series become known. This is what the first row of a node costs."""
        tagsets: list[TagSet] = []
        names: list[Name] = []
        new: list[tuple[Series, TagSet, Name]] = []
        tags: Tags | None = None
        tagset: TagSet | None = None
        for series in layout.series:
            if tagset is None or series.tags is not tags:
                tags = series.tags
                tagset = self._index.tagsets.get(tags) or self._new_tags(tags, 0)
            name = self._name(series, 0)
            if name.codes[series.kind] not in tagset.refs:
                new.append((series, tagset, name))
            tagsets.append(tagset)
            names.append(name)
        if new and self._pace is not None and not is_stock(node, layout):
            self._pace.note(node, [series for series, _, _ in new])
        self._take_in(new)
        salts = {one.hash: one.salt for one in tagsets if one.salt}
        salts |= {one.hash: one.salt for one in names if one.salt}
        # Of equal names those of the index stay: layouts that are remembered hold no others.
        series_of = zip(layout.series, tagsets, names, strict=True)
        kept = tuple(tagset.refs[name.codes[one.kind]].series for one, tagset, name in series_of)
        number, self._next_cohort = self._next_cohort, self._next_cohort + 1
        return Cohort(
            number,
            node,
            Layout(kept),
            np.array([one.hash for one in tagsets], np.uint64),
            np.array([one.hash for one in names], np.uint64),
            np.frombuffer(layout.kinds, np.uint8),
            salts,
            is_stock(node, layout),
        )

    def _take_in(self, new: list[tuple[Series, TagSet, Name]]) -> None:
        self._found.forget()
        for series, tagset, name in new:
            if name.codes[series.kind] not in tagset.refs:  # a layout may hold a series twice
                self._index.add(series, tagset, name)
        rows = [(tagset.signed, name.signed, int(series.kind)) for series, tagset, name in new]
        with self._lock:
            self._new.series.extend(rows)

    def _new_tags(self, tags: Tags, salt: int) -> TagSet:
        text = tags_text(tags)
        number, salt = _free_hash(text, salt, self._tags_of)
        tagset = self._know_tags(tags, number, salt)
        with self._lock:
            self._new.tagsets.append((tagset.signed, text, salt))
        return tagset

    def _name(self, series: Series, salt: int) -> Name:
        """The Name of a series, taken in when it is new."""
        measurement, field = series.measurement, series.field
        name = self._index.names.get((measurement, field))
        if name is None:
            number, salt = _free_hash(field_text(measurement, field), salt, self._names_of)
            name = self._know_name(measurement, field, number, salt)
            with self._lock:
                self._new.fields.append((name.signed, measurement, field, salt))
        return name

    def _know_tags(self, tags: Tags, number: int, salt: int) -> TagSet:
        tagset = self._tags_of[number] = self._index.know_tags(tags, number, salt)
        return tagset

    def _know_name(self, measurement: str, field: str, number: int, salt: int) -> Name:
        name = self._names_of[number] = self._index.know_name(measurement, field, number, salt)
        return name

    @property
    def series_total(self) -> int:
        return self._index.total

    def nodes(self) -> set[NodeId]:
        """Every node that has a series, be it known to the inventory or not."""
        return self._index.nodes()

    def series_of(self, node: NodeId) -> int:
        """How many series a node has."""
        return self._index.series_of(node)

    def name_bytes_of(self, node: NodeId) -> int:
        """Memory that the names of a node's series take, nearly."""
        return self._index.name_bytes_of(node)

    def find(
        self, select: Selector, scope: Scope | None, most: int | None = None
    ) -> Sequence[SeriesRef]:
        """See ports.series.Catalogue."""
        return self._found.find(select, scope, most)

    def remove(self, node: NodeId) -> None:
        """See ports.series.Catalogue."""
        self._cohorts.pop(node, None)
        self._file.remove(node, self._gone(self._index.remove(node)))

    def names(self) -> Collection[tuple[str, str]]:
        """See ports.series.Catalogue."""
        return self._index.names.keys()

    def values_of(self, key: str) -> set[str]:
        """See ports.series.Catalogue."""
        return self._index.values_of(key)

    def tag_values(self, stock: str, measurement: str) -> Mapping[str, Collection[str]]:
        """See ports.series.Catalogue."""
        return self._index.tag_values.of(stock, measurement)

    def remove_tagged(self, key: str, value: str) -> set[NodeId]:
        """See ports.series.Catalogue."""
        gone = self._index.remove_tagged(key, value)
        nodes = {NodeId(tagset.node) for tagset in gone}
        for node in nodes:
            self._cohorts.pop(node, None)
        self._file.remove(NodeId(""), self._gone(gone))
        return nodes

    def owners(self, hashes: Iterable[int]) -> dict[int, NodeId]:
        """See ports.series.Catalogue."""
        found = ((one, self._tags_of.get(one)) for one in hashes)
        return {one: NodeId(tagset.node) for one, tagset in found if tagset is not None}

    def of_space(self, space: SpaceId) -> list[SeriesRef]:
        """See ports.series.Catalogue."""
        return self._index.of_space(space)

    def measurements(self, space: SpaceId) -> set[str]:
        """See ports.series.Catalogue."""
        return self._index.measurements(space)

    def tagged(self, key: str, value: str, measurement: str = "") -> list[SeriesRef]:
        """See ports.series.Catalogue."""
        return self._index.tagged(key, value, measurement)

    def drop(self, refs: Collection[SeriesRef]) -> set[NodeId]:
        """See ports.series.Catalogue."""
        rows = [self._row(ref) for ref in refs]
        nodes = {NodeId(tag_of(ref.series.tags, "node")) for ref in refs}
        for node in nodes:
            self._cohorts.pop(node, None)
        gone = self._index.remove_series(refs)
        with self._lock:
            dropped = set(rows)
            series = [row for row in self._new.series if row not in dropped]
            self._new = self._new._replace(series=series)
        self._file.drop(rows, self._gone(gone))
        return nodes

    def _row(self, ref: SeriesRef) -> tuple[int, int, int]:
        return signed(ref.tags), signed(ref.field), int(ref.series.kind)

    def _gone(self, gone: list[TagSet]) -> list[int]:
        """Forget tag sets, whose series are gone; their hashes."""
        self._found.forget()
        for tagset in gone:
            self._tags_of.pop(tagset.hash, None)
        hashes = {tagset.signed for tagset in gone}
        with self._lock:
            self._new = Additions(
                [row for row in self._new.tagsets if row[0] not in hashes],
                self._new.fields,
                [row for row in self._new.series if row[0] not in hashes],
            )
        return list(hashes)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of objects come to be and none goes: looking for garbage took a third longer."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _free_hash(text: str, salt: int, taken: Mapping[int, object]) -> tuple[int, int]:
    """(hash, salt): the first salt from the given one whose hash no other text has."""
    while (number := hash_of(text, salt)) in taken:
        salt += 1
    return number, salt
