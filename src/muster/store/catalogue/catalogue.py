"""The catalogue of series: names <-> (tags, field) hashes.

All in memory, used on the event loop's thread; `flush` and `mark` run in the writer's thread
and only take what is new. Names of the journal's unstored segments are learnt again at start.
The series: store/catalogue/seriesindex.py, seriesfind.py; how many a node may have:
store/catalogue/allowance.py

Format: docs/formats/catalogue.md
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Layout, Series
from muster.model.query import Selector
from muster.ports.series import I64, Cohort, NoRoom, SeriesRef
from muster.store.catalogue import columnsfile, seriesfind
from muster.store.catalogue.allowance import Allowance, Settings
from muster.store.catalogue.cataloguefile import CatalogueFile, Marks
from muster.store.catalogue.cataloguefill import filled, renewed
from muster.store.catalogue.cataloguenew import News
from muster.store.catalogue.selections import Selections
from muster.store.catalogue.seriesindex import SeriesIndex
from muster.store.catalogue.seriespace import SeriesPace
from muster.store.catalogue.seriestypes import LookedAt, Taken, is_stock

log = logging.getLogger(__name__)

_COHORTS = 64  # layouts of a node that are remembered
_COLUMNS = 131_072  # of all of them together; the newest is always remembered
_ALIKE = 2  # in which a new one looks for series that it has too
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

    def newest(self) -> Iterator[Series]:
        """The series of those that were made or asked for last."""
        for cohort in islice(reversed(self._held.values()), _ALIKE):
            yield from cohort.layout.series

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
        self._path = path
        self._lock = threading.Lock()  # of what is new
        self._new = News()
        self._writing = 0  # threads that make rows of numbers of the index
        self._next_cohort = 1
        self._cohorts: dict[NodeId, _Cohorts] = {}
        self._settings = settings
        self._pace = pace
        self._take(SeriesIndex())

    def _take(self, index: SeriesIndex) -> None:
        self._index = index
        self._found = Selections(lambda *asked: seriesfind.find(index, *asked))
        self._allowance = Allowance(index, self._settings, self._pace)

    def open(self) -> Marks:
        """Read what is on disk; what the engine has. Blocks. Errors: Unavailable."""
        stamp = columnsfile.stamp_of(self._path) if self._path.exists() else None
        self._file.open()
        if not self._index.named:  # else it was open before, and nothing is newer than memory
            columns = self._path.with_suffix(columnsfile.SUFFIX)
            known = columnsfile.take(columns, stamp, self._file.counts)
            self._take(known or filled(self._file))
        return self._file.marks()

    def close(self) -> None:
        """Leave columns for the next start, where there is much and all of it is on disk."""
        is_whole = self._index.total >= columnsfile.FEWEST and not self._new.waits
        counts = self._file.counts() if is_whole else None
        self._file.close()
        if counts is None or counts[-1] != self._index.total:
            return
        try:
            stamp = columnsfile.stamp_of(self._path)
            if stamp is not None:
                columns = self._path.with_suffix(columnsfile.SUFFIX)
                columnsfile.write(columns, self._index, stamp, counts)
        except OSError as error:  # then the next start reads rows
            log.warning("the catalogue's columns are not kept", extra={"error": str(error)})

    def flush(self) -> None:
        """Make new names durable. Blocks; any thread. Errors: Unavailable."""
        self.mark(None)

    def mark(self, marks: Marks | None) -> None:
        """Make new names durable and say what the engine has, in one transaction."""
        with self._lock:
            new, self._new, index = self._new, News(), self._index
            self._writing += 1  # the index stays until it is done
        try:
            self._file.write(new.additions(index), marks)
        except Exception:
            with self._lock:
                self._new = new.before(self._new)
            raise
        finally:
            with self._lock:
                self._writing -= 1

    def cohort(self, node: NodeId, layout: Layout) -> Cohort:
        """See ports.series.Catalogue."""
        known = self._cohorts.get(node)
        if known is None:
            times = _OF_STOCK if is_stock(node, layout) else 1
            known = self._cohorts[node] = _Cohorts(times)
        cohort = known.get(layout)
        if cohort is None:
            looked = self._index.look(layout.series)
            fitting = self._allowance.fitting(node, layout, looked)
            if fitting.refusal:
                raise NoRoom(fitting.refusal, fitting.columns, fitting.offender)
            cohort = self._make(node, layout, looked, known)
            known.put(cohort)
        return cohort

    def learn(self, named: Sequence[tuple[Series, int, int]]) -> None:
        """Take in series of the journal with the salts that tags and field were stored under."""
        plain = [series for series, *salts in named if not any(salts)]
        self._note(self._index.take_in(self._index.look(plain)))
        for series, tags_salt, field_salt in named:
            if tags_salt or field_salt:
                taken = self._index.learn(series, tags_salt, field_salt)
                if taken is not None:
                    self._note(taken)

    def _make(self, node: NodeId, layout: Layout, looked: LookedAt, held: _Cohorts) -> Cohort:
        """A new Cohort; its series become known. This is what the first row of a node costs."""
        of_stock = is_stock(node, layout)
        new = (looked.rows < 0).nonzero()[0].tolist()
        if new and self._pace is not None and not of_stock:
            self._pace.note(node, [layout.series[column] for column in new])
        index = self._index
        taken = index.take_in(looked)
        self._note(taken)
        number, self._next_cohort = self._next_cohort, self._next_cohort + 1
        return Cohort(
            number,
            node,
            _shared(layout, held) if len(new) < len(layout.series) else layout,
            index.tagsets.hashes.all[taken.sets],
            index.name_hashes.all[taken.names],
            looked.kinds,
            _salts(index, taken),
            of_stock,
        )

    def _note(self, taken: Taken) -> None:
        """What is new, for the file."""
        self._found.forget()
        with self._lock:
            self._new.note(taken)

    @property
    def series_total(self) -> int:
        return self._index.total

    @property
    def edition(self) -> object:
        """See ports.series.Catalogue."""
        return self._found.edition

    def reach(self, select: Selector) -> int:
        """See ports.series.Catalogue."""
        return seriesfind.reach(self._index, select)

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
        index = self._index
        self._file.remove(node, self._gone(index.rows_of_node(node)))

    def names(self) -> Collection[tuple[str, str]]:
        """See ports.series.Catalogue."""
        return self._index.names.keys()

    def values_of(self, key: str) -> set[str]:
        """See ports.series.Catalogue."""
        return self._index.values_of(key)

    def tag_values(self, stock: str, measurement: str) -> Mapping[str, Collection[str]]:
        """See ports.series.Catalogue."""
        return self._index.values_written(stock, measurement)

    def remove_tagged(self, key: str, value: str) -> set[NodeId]:
        """See ports.series.Catalogue."""
        rows = self._index.rows_tagged(key, value)
        nodes = self._nodes_of(rows)
        self._file.remove(NodeId(""), self._gone(rows))
        return nodes

    def owners(self, hashes: Iterable[int]) -> dict[int, NodeId]:
        """See ports.series.Catalogue."""
        some, tagsets = list(hashes), self._index.tagsets
        sets = tagsets.with_hashes(np.array(some, np.uint64))
        there = np.flatnonzero(sets >= 0)
        there = there[tagsets.series.all[sets[there]] > 0]
        nodes = self._index.nodes_of(sets[there]).tolist()
        tags = tagsets.tags.tags
        return {
            some[at]: NodeId(tags[one][1]) for at, one in zip(there.tolist(), nodes, strict=True)
        }

    def of_space(self, space: SpaceId) -> list[SeriesRef]:
        """See ports.series.Catalogue."""
        return seriesfind.refs_of(self._index, seriesfind.rows_of_space(self._index, space))

    def measurements(self, space: SpaceId) -> set[str]:
        """See ports.series.Catalogue."""
        return self._index.measurements(space)

    def tagged(self, key: str, value: str, measurement: str = "") -> list[SeriesRef]:
        """See ports.series.Catalogue."""
        rows = self._index.rows_tagged(key, value, measurement)
        return seriesfind.refs_of(self._index, rows)

    def drop(self, refs: Collection[SeriesRef]) -> set[NodeId]:
        """See ports.series.Catalogue."""
        rows = self._index.rows_of(refs)
        nodes = self._nodes_of(rows)
        series = self._new.rows(self._index, rows)
        self._file.drop(series, self._gone(rows))
        return nodes

    def _nodes_of(self, rows: I64) -> set[NodeId]:
        """Whose some series are; their cohorts are no longer good."""
        numbers = np.unique(self._index.nodes_of(self._index.parts(rows)[0])).tolist()
        nodes = {NodeId(self._index.tagsets.tags.tags[one][1]) for one in numbers}
        for node in nodes:
            self._cohorts.pop(node, None)
        return nodes

    def _gone(self, rows: I64) -> list[int]:
        """Forget series; the hashes of tag sets that have none any more."""
        self._found.forget()
        gone = self._index.remove(rows)
        hashes: list[int] = self._index.tagsets.hashes.all[gone].view(np.int64).tolist()
        with self._lock:
            if self._index.is_worn and not self._writing and not self._new.waits:
                self._take(renewed(self._index))
        return hashes


def _shared(layout: Layout, held: _Cohorts) -> Layout:
    """Of equal series those that are held already: many layouts of a node have most in common."""
    known = {series: series for series in held.newest()}
    return Layout(tuple([known.get(series, series) for series in layout.series]))


def _salts(index: SeriesIndex, taken: Taken) -> dict[int, int]:
    """Of hashes that had to be salted."""
    salts: dict[int, int] = {}
    if index.tagsets.salts:
        for one in set(taken.sets.tolist()):
            if one in index.tagsets.salts:
                salts[int(index.tagsets.hashes.all[one])] = index.tagsets.salts[one]
    for place in set(taken.names.tolist()):
        if index.named[place].salt:
            salts[index.named[place].hash] = index.named[place].salt
    return salts
