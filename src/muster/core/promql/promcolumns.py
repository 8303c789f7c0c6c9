"""Samples of a selection as columns, out of the head and, before it begins, the engine.

Series that were stored with the same times stay together, [series, time], from head and engine
to the functions of PromQL. Used in the thread of one query; the head is asked on the event loop.
Of two samples in one millisecond the last counts. Units: `_ns` of the store, `_ms` of PromQL.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from muster.core.promql.promselections import OfKind, Selection
from muster.core.querying.aggregate import WHOLE, values_of
from muster.core.querying.frames import Axis
from muster.core.querying.pointreader import OnLoop, TakesLonger
from muster.core.querying.sides import Engine, Side, Wanted, grids_of_values
from muster.errors import LimitExceeded
from muster.model.metric import Kind
from muster.model.query import Function
from muster.ports.grids import followed
from muster.ports.head import Head
from muster.ports.series import I64, Grid, SeriesStore
from muster.promql.packing import columns_of, is_stale, places
from muster.promql.source import F64, Columns, Newest, Samples

N = TypeVar("N", np.int64, np.float64)
_MS_NS = 1_000_000
# What takes no longer than the way to a thread and back, nearly:
_FEW_CELLS = 10_000  # series times steps
_FEW_SAMPLES = 250_000  # of all selectors
_FEW_LOOKS = 1_000_000  # at them


class Lot(NamedTuple):
    """Series with the same times. Shapes: `values` [series, time]."""

    owners: I64  # places of their labels
    times: I64
    values: F64


class ColumnReader:
    """Reads for one query, at most `most_values` at once."""

    def __init__(
        self, *, head: Head, store: SeriesStore, on_loop: OnLoop, most_values: int
    ) -> None:
        self._head = head
        self._store = store
        self._on_loop = on_loop
        self._most = most_values
        self._read = 0
        self._steps = self._few = 0

    def at_once(self, steps: int, looks: int) -> None:
        """Read on the event loop, for so many steps, each sample being looked at so often.

        What is more than a little, or wants the engine, raises TakesLonger.
        """
        self._steps = steps
        self._few = min(_FEW_SAMPLES, _FEW_LOOKS // looks)

    @property
    def is_at_once(self) -> bool:
        return self._steps > 0

    def renew(self) -> None:
        """What was read up to now is let go: the limit counts from here."""
        self._read = 0

    def columns(self, selection: Selection, start_ns: int, end_ns: int) -> Columns:
        """Samples in a range. Errors: LimitExceeded, Unavailable; TakesLonger."""
        lots: list[Lot] = []
        if len(selection.labels) * self._steps > _FEW_CELLS:
            raise TakesLonger
        if selection.labels and end_ns > start_ns:
            known = self._lots_in_memory(selection, start_ns, end_ns)
            if known is not None:
                return _columns(selection, known)
            sides = self._on_loop(lambda: list(self._sides(selection, start_ns, end_ns)))
            for side in sides:
                lots += self._lots(side)
        return _columns(selection, lots)

    def newest(self, selection: Selection, start_ns: int, end_ns: int) -> Newest | None:
        """The newest samples in a range, where the head has them at hand; on the event loop."""
        count = len(selection.labels)
        if not selection.is_plain or not 0 < count <= _FEW_CELLS:
            return None
        values, times = np.empty((count, 1)), np.empty((count, 1), np.int64)
        for part in selection.parts:
            rows = self._head.newest_rows(part.refs, start_ns, end_ns)
            if rows is None:
                return None
            for keys, time_ns, patterns in rows:
                owners = part.owners[keys]
                values[owners, 0] = values_of(patterns, part.kind)
                times[owners, 0] = time_ns // _MS_NS
        self._count(count)
        return Newest(selection.labels, values, ~is_stale(values), times)

    def _lots_in_memory(self, selection: Selection, start_ns: int, end_ns: int) -> list[Lot] | None:
        """All of it, where the head has it as whole matrices; on the event loop."""
        if not self.is_at_once:
            return None
        lots = []
        for part in selection.parts:
            grids = self._head.grids(part.refs, start_ns, end_ns, self._few - self._read)
            if grids is None:
                return None
            for grid in grids:
                self._count(grid.patterns.size)
                lots.append(_lot(grid, part.kind, part.owners))
        return lots

    def _sides(self, selection: Selection, start_ns: int, end_ns: int) -> Iterator[Side]:
        """For each kind what the head has whole, and the rest with one common cut."""
        for part in selection.parts:
            since = self._head.since_all(part.refs)
            whole = since <= start_ns
            for chosen in (whole, ~whole):
                if not chosen.any():
                    continue
                some = part if chosen.all() else _some(part, np.flatnonzero(chosen))
                cut_ns = start_ns if chosen is whole else min(int(since[chosen].max()), end_ns)
                view = self._head.view(some.refs, start_ns, end_ns, cut_ns)
                yield Side(part.kind, some.owners, some.refs, view, start_ns, cut_ns)

    def _lots(self, side: Side) -> list[Lot]:
        lots = []
        for grid in self._grids(side):
            self._count(grid.patterns.size)
            lots.append(_lot(grid, side.kind, side.places))
        return lots

    def _grids(self, side: Side) -> Sequence[Grid]:
        """Keys are places in the side."""
        self._check_few(side.view.cells)
        if not side.asks_engine:
            return side.view.grids()
        if self.is_at_once:
            return self._kept(side)
        if _has_before(side.view.pending(), side.cut_ns):  # the engine may lack some
            wanted = Wanted(Function.RAW, Axis(0, WHOLE, 1), 0.0, side.start_ns, 0, self._most)
            plain = side._replace(places=np.arange(len(side.refs)))
            return grids_of_values(plain, wanted, Engine(self._store))
        older = self._store.grids(side.kind, side.refs, side.start_ns, side.cut_ns, self._most)
        return followed(older, side.view.grids(), len(side.refs))

    def _kept(self, side: Side) -> Sequence[Grid]:
        """What the engine has been asked for before, and the head's. Errors: TakesLonger."""
        if side.view.pending():
            raise TakesLonger
        try:
            older = self._store.grids(side.kind, side.refs, side.start_ns, side.cut_ns, 0)
        except LimitExceeded as error:
            raise TakesLonger from error
        self._check_few(sum(grid.patterns.size for grid in older))
        return followed(older, side.view.grids(), len(side.refs))

    def _check_few(self, values: int) -> None:
        if self.is_at_once and self._read + values > self._few:
            raise TakesLonger

    def _count(self, values: int) -> None:
        self._read += values
        if self._read > self._most:
            raise LimitExceeded(
                f"the query would read more than {self._most} single values: choose a shorter"
                " range or fewer series",
                too_large=True,
            )


def _some(part: OfKind, rows: I64) -> OfKind:
    return OfKind(part.kind, [part.refs[row] for row in rows.tolist()], part.owners[rows])


def _lot(grid: Grid, kind: Kind, places: I64) -> Lot:
    """In milliseconds, each once, and values as floats."""
    owners, times = places[grid.keys], grid.times // _MS_NS
    values = values_of(grid.patterns, kind).astype(np.float64, copy=False)
    last = times[1:] != times[:-1]
    if last.all():
        return Lot(owners, times, values)
    kept = np.append(last, True)
    return Lot(owners, times[kept], values[:, kept])


def _has_before(grids: Sequence[Grid], end_ns: int) -> bool:
    return any(len(grid.times) and int(grid.times[0]) < end_ns for grid in grids)


def _columns(selection: Selection, lots: Sequence[Lot]) -> Columns:
    lots = [lot for lot in lots if len(lot.times)]
    if not selection.is_plain:
        return _merged(selection, lots)
    lengths = [len(lot.times) for lot in lots]
    group = np.full(len(selection.labels), len(lots), np.int64)  # the last one has no times
    value_from = np.zeros(len(group), np.int64)
    begin = 0
    for number, lot in enumerate(lots):
        group[lot.owners] = number
        value_from[lot.owners] = begin + np.arange(len(lot.owners)) * lengths[number]
        begin += lot.values.size
    counts = np.array([*lengths, 0], np.int64)
    return Columns(
        selection.labels,
        _one_behind_other([lot.times for lot in lots], np.int64),
        _one_behind_other([lot.values.ravel() for lot in lots], np.float64),
        places(counts),
        counts,
        group,
        value_from,
    )


def _one_behind_other(parts: Sequence[NDArray[N]], kind: type[N]) -> NDArray[N]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([np.zeros(0, kind), *parts])


def _merged(selection: Selection, lots: Sequence[Lot]) -> Columns:
    """Where some labels are of several series: of equal times the last one's sample counts."""
    parts: dict[int, list[tuple[I64, F64]]] = {}
    for lot in lots:
        for owner, row in zip(lot.owners.tolist(), lot.values, strict=True):
            parts.setdefault(owner, []).append((lot.times, row))
    none: tuple[I64, F64] = np.zeros(0, np.int64), np.zeros(0)
    return columns_of(
        [
            Samples(labels, *_settled(parts.get(owner, [none])))
            for owner, labels in enumerate(selection.labels)
        ],
        selection.labels,
    )


def _settled(parts: Sequence[tuple[I64, F64]]) -> tuple[I64, F64]:
    if len(parts) == 1:
        return parts[0]
    times = np.concatenate([times for times, _ in parts])
    values = np.concatenate([values for _, values in parts])
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(times[1:] != times[:-1], True)
    return times[last], values[last]
