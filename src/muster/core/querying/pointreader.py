"""Values of many series as columns, out of head and engine, for the thread of one query.

The head is asked on the event loop, all of one batch at one moment; the engine blocks the thread.
Units: ranges are half open.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from math import gcd
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from muster.core.querying.aggregate import WHOLE, values_of
from muster.core.querying.frames import Axis
from muster.core.querying.sides import (
    Engine,
    Side,
    Wanted,
    buckets_of_side,
    cells_of_values,
    grids_of_values,
)
from muster.errors import LimitExceeded
from muster.model.influx import MAX_NS, MIN_NS
from muster.model.metric import Kind, Value
from muster.model.query import Function
from muster.ports.head import Head
from muster.ports.series import I64, Buckets, Parts, SeriesRef, SeriesStore

T = TypeVar("T")
Bools = NDArray[np.bool_]
MOST_OF_HEAD = 500_000  # cells
_MANY = 100_000  # cells: sums are quicker, although they are asked for


class OnLoop(Protocol):
    """Does work on the event loop and hands over what comes of it."""

    def __call__(self, work: Callable[[], T], /) -> T: ...


class Values(NamedTuple):
    """What one series has. Shapes: `times` ascend; `values` are typed, strings are objects."""

    place: int  # in what was asked for
    times: I64
    values: NDArray[Any]
    is_odd: bool = False  # whether NaN and infinities may be among them


class Table(NamedTuple):
    """What series have that share their times, [series, time]; a part of what is asked for."""

    places: I64
    times: I64
    values: NDArray[Any]
    is_odd: bool = True  # whether NaN and infinities may be among them


class TakesLonger(Exception):
    """What is asked for is not there at once."""


class PointReader:
    """Reads for one statement, at most `most_values` in all."""

    def __init__(
        self,
        *,
        head: Head,
        store: SeriesStore,
        on_loop: OnLoop,
        most_values: int,
        threads: Executor | None = None,
    ) -> None:
        """`threads`: where the engine is asked beside other work."""
        self._head = head
        self._store = store
        self._threads = threads
        self._on_loop = on_loop
        self._most = most_values
        self._read = 0
        self._at_once = 0
        self._windows = 1
        self._kinds: _Kinds | None = None  # of the latest series

    @property
    def head(self) -> Head:
        """Recent rows, for who is on the event loop."""
        return self._head

    def at_once(self, cells: int, windows: int = 1) -> None:
        """Read on the event loop, so many cells, for so many windows of an answer: 0 ends that.

        What is more, or wants the engine, raises TakesLonger until then.
        """
        self._at_once, self._windows = cells, windows

    @property
    def is_at_once(self) -> bool:
        """Whether memory alone is read."""
        return self._at_once > 0

    def values(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Iterator[Values]:
        """All values of a range; series without any are left out.

        Errors: LimitExceeded when a statement reads too many; Unavailable.
        """
        for side in self._sides(refs, start_ns, end_ns):
            if side.kind is not Kind.STRING:
                yield from self._numbers(side, start_ns)
                continue
            for cells in cells_of_values(side, self._wanted(start_ns), Engine(self._store)):
                self._count(len(cells.time))
                if len(cells.key):
                    yield Values(int(cells.key[0]), cells.time, cells.values)

    def _numbers(self, side: Side, start_ns: int) -> Iterator[Values]:
        for grid in grids_of_values(side, self._wanted(start_ns), Engine(self._store)):
            self._count(grid.patterns.size)
            if not len(grid.times):
                continue
            values = values_of(grid.patterns, side.kind)
            is_real = side.kind is Kind.FLOAT and not np.isfinite(values).all()
            for place, row in zip(grid.keys.tolist(), values, strict=True):
                yield Values(place, grid.times, row, is_real)

    def tables(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int) -> Iterator[Table]:
        """As `values`, of series that have no strings; those with the same times together."""
        wanted = self._wanted(start_ns)
        for side in self._sides(refs, start_ns, end_ns):
            for grid in grids_of_values(side, wanted, Engine(self._store)):
                self._count(grid.patterns.size)
                yield Table(grid.keys, grid.times, values_of(grid.patterns, side.kind))

    def tables_of_head(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[Table] | None:
        """As `tables`; None where the engine would have to be asked, or more is there than sums."""
        if self._at_once:
            most = self._at_once - len(refs) * self._windows
            if (table := self._table_of_head(refs, start_ns, end_ns, most)) is not None:
                return [table]
        sides = self._sides(refs, start_ns, end_ns)
        if any(side.asks_engine for side in sides):
            return None
        is_known_few = 0 < self._at_once <= MOST_OF_HEAD
        if not is_known_few and sum(side.view.cells for side in sides) > MOST_OF_HEAD:
            return None
        found: list[Table] = []
        for side in sides:
            for grid in side.view.grids():
                self._count(grid.patterns.size)
                places = side.places[grid.keys]
                found.append(Table(places, grid.times, values_of(grid.patterns, side.kind)))
        return found

    def _table_of_head(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, most: int
    ) -> Table | None:
        """All of it, where memory has it as one matrix of so many cells; on the event loop."""
        if end_ns <= start_ns or not refs:
            return None
        known, most = self._kinds_of(refs), min(most, MOST_OF_HEAD)
        if known.numbers is None:
            return None
        found = self._head.matrix(refs, (start_ns, end_ns), most, known.numbers)
        if found is None or not len(found[0]):
            return None
        times, values, is_odd = found
        self._count(values.size)
        return Table(known.every, times, values, is_odd)

    def buckets(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, step_ns: int, asked: Parts
    ) -> Iterator[tuple[Buckets, Sequence[str]]]:
        """Partial aggregates of series of one kind, with the texts that they index.

        Keys are places in `refs`; of one series and step there may be several. `step_ns` 0: over
        the range, which starts at 1970 or later. Errors: as above.
        """
        wanted = Wanted(Function.RAW, Axis(0, step_ns or WHOLE, 1), 0.0, start_ns, 0, self._most)
        for side in self._sides(refs, start_ns, end_ns, step_ns):
            engine = Engine(self._store, self._threads)
            parts, texts = buckets_of_side(side, wanted, asked, engine)
            for part in parts:
                self._count(len(part.key))
                yield part._replace(key=side.places[part.key]), texts

    def latest(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[tuple[int, Value] | None]:
        """The last value that each has in a range, where the head knows it at once."""
        return self._on_loop(lambda: self._head.latest(refs, start_ns, end_ns))

    def latest_of_head(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int
    ) -> list[tuple[int, Value] | None]:
        """The same, on the event loop."""
        return self._head.latest(refs, start_ns, end_ns)

    def renew(self) -> None:
        """What was read up to now is let go: the limit counts from here."""
        self._read = 0

    def _wanted(self, start_ns: int) -> Wanted:
        return Wanted(Function.RAW, Axis(0, WHOLE, 1), 0.0, start_ns, 0, self._most)

    def presence(self, refs: Sequence[SeriesRef], spans: Sequence[tuple[int, int]]) -> Bools:
        """Which series have values in which spans, [series, span]. Spans ascend, apart.

        Errors: Unavailable.
        """
        there = np.zeros((len(refs), len(spans)), np.bool_)
        starts = np.array([start for start, _ in spans], np.int64)
        ends = np.array([end for _, end in spans], np.int64)
        step_ns = _common_step(spans)

        def mark(places: I64, times: I64) -> None:
            span = np.searchsorted(starts, times, side="right") - 1
            inside = (span >= 0) & (times < ends[span])
            there[places[inside], span[inside]] = True

        for side in self._sides(refs, spans[0][0], spans[-1][1]):
            for grid in (*side.view.grids(), *side.view.pending()):
                times = np.unique(grid.times // step_ns) * step_ns
                keys = np.repeat(side.places[grid.keys], len(times))
                mark(keys, np.tile(times, len(grid.keys)))
            if side.asks_engine:
                span = side.start_ns, side.cut_ns
                found = self._store.aggregate(side.kind, side.refs, *span, step_ns, Parts.NONE)
                mark(side.places[found.key], found.start)
        return there

    def _sides(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, step_ns: int = 0
    ) -> list[Side]:
        if end_ns <= start_ns or not refs:
            return []
        sides = self._on_loop(lambda: list(self._split(refs, start_ns, end_ns, step_ns)))
        if self._at_once:
            cells = len(refs) * self._windows + sum(side.view.cells for side in sides)
            if cells > self._at_once or any(side.asks_engine for side in sides):
                raise TakesLonger
        return sides

    def _split(
        self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int, step_ns: int
    ) -> Iterator[Side]:
        """For each kind what the head has whole, and the rest with one common cut.

        With a step that cut may be later: the engine's sums are less to read than the head's rows,
        of which those of a whole range may be few.
        """
        known = self._kinds_of(refs)
        since = self._head.since_all(refs)
        for kind, is_whole, places in _groups(known, since <= start_ns):
            is_all = len(places) == len(refs)  # by the same list the head finds it again
            chosen = refs if is_all else [refs[place] for place in places.tolist()]
            cut_ns = start_ns if is_whole else int(since[places].max())
            if step_ns and not is_whole:
                cut_ns = self._store.summed_until(kind, cut_ns, step_ns)
            cut_ns = min(cut_ns, end_ns)
            view = self._head.view(chosen, start_ns, end_ns, cut_ns)
            if step_ns and is_whole and view.cells > _MANY:
                cut_ns = min(self._store.summed_until(kind, cut_ns, step_ns), end_ns)
                view = self._head.view(chosen, start_ns, end_ns, cut_ns)
            yield Side(kind, places, chosen, view, start_ns, cut_ns)

    def _kinds_of(self, refs: Sequence[SeriesRef]) -> "_Kinds":
        """Of the same list as before the same."""
        if self._kinds is None or self._kinds.refs is not refs:
            self._kinds = _kinds_of(refs)
        return self._kinds

    def _count(self, values: int) -> None:
        self._read += values
        if self._read > self._most:
            raise LimitExceeded(
                f"the statement would read more than {self._most} single values: choose a shorter"
                " range or fewer series",
                too_large=True,
            )


class _Kinds(NamedTuple):
    """The kinds of some series; `only` where all have the same, `every` are the places of all.

    `numbers` is the kind of their values where these are their patterns.
    """

    refs: Sequence[SeriesRef]
    kinds: I64
    only: Kind | None
    every: I64
    numbers: np.dtype[Any] | None


def _kinds_of(refs: Sequence[SeriesRef]) -> _Kinds:
    kinds = np.array([ref.series.kind for ref in refs], np.int64)
    only = Kind(int(kinds[0])) if bool((kinds == kinds[0]).all()) else None
    return _Kinds(refs, kinds, only, np.arange(len(kinds)), numbers_of(only))


def numbers_of(kind: Kind | None) -> np.dtype[Any] | None:
    """The numbers that the patterns of a Kind are; None for strings and booleans."""
    if kind not in (Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED):
        return None
    return values_of(np.empty(0, np.int64), kind).dtype


def _groups(known: _Kinds, whole: Bools) -> Iterator[tuple[Kind, bool, I64]]:
    """Series by kind, and by whether the head has all of them. Mostly they are one group."""
    kinds = known.kinds
    if known.only is not None and bool((whole == whole[0]).all()):
        yield known.only, bool(whole[0]), known.every
        return
    for kind in map(Kind, np.unique(kinds).tolist()):
        for is_whole in (True, False):
            places = np.flatnonzero((kinds == kind) & (whole == is_whole))
            if len(places):
                yield kind, is_whole, places


def _common_step(spans: Sequence[tuple[int, int]]) -> int:
    """A step of which each span's bounds are a multiple, but the ends of all time."""
    bounds = [bound for span in spans for bound in span if MIN_NS < bound < MAX_NS]
    return gcd(*bounds) or 1
