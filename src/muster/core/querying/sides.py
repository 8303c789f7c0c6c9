"""One answer out of head and engine, for the series of one Kind.

A Side is what the head had when it was asked, and the time `cut_ns` before which the engine
is asked. Times before the cut come from the engine alone, later ones from the head alone.
Rows before the cut that the engine may lack are pending: where there are some, their
buckets are made anew of single values, so that a row that the engine has got meanwhile, or
an older value of the same time, counts once. Functions here block while the engine answers;
what the head had is worked on meanwhile.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import SECOND_NS
from muster.core.querying.aggregate import (
    WHOLE,
    Cells,
    buckets_of,
    percentiles_of,
    rates_of,
    raw_of,
    taken,
)
from muster.core.querying.frames import Axis
from muster.core.querying.table import PARTS, Table
from muster.errors import LimitExceeded
from muster.model.metric import Kind
from muster.model.query import Function
from muster.ports.head import HeadView
from muster.ports.series import I64, Buckets, Grid, Parts, Rows, SeriesRef, SeriesStore

_ENDS = Parts.FIRST | Parts.LAST  # what a block's sums do not tell
_RATE = _ENDS | Parts.RISE


class Wanted(NamedTuple):
    """What is made of the values. The step WHOLE: one bucket that starts at 0."""

    function: Function
    axis: Axis  # of a function over steps
    percent: float
    start_ns: int
    gap_ns: int  # a rate's: the longest time between two values
    most_rows: int  # that the engine may hand over one by one

    @property
    def step_ns(self) -> int:
        return self.axis.step_ns


class Side(NamedTuple):
    """Series of one Kind and what the head had of them."""

    kind: Kind
    places: I64  # of the series in the answer
    refs: Sequence[SeriesRef]
    view: HeadView
    start_ns: int
    cut_ns: int  # `start_ns` when the head has all

    @property
    def asks_engine(self) -> bool:
        return self.cut_ns > self.start_ns


class Engine(NamedTuple):
    """The store, and threads in which it is asked beside other work; none: it is asked at last."""

    store: SeriesStore
    threads: Executor | None = None

    def ahead(self, ask: Callable[[], Buckets]) -> Callable[[], Buckets]:
        """Begin to ask; gives what waits for the answer."""
        return ask if self.threads is None else self.threads.submit(ask).result


class _Texts:
    """One table for the strings of all sides."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def ids(self, texts: Iterable[str]) -> I64:
        return np.array([self._ids.setdefault(text, len(self._ids)) for text in texts], np.int64)

    def all(self) -> list[str]:
        return list(self._ids)


def columns_of_buckets(side: Side, wanted: Wanted, engine: Engine | None) -> list[list[Any]]:
    """A column for each series of a side, by a function of table.PARTS.

    `engine` None: the head alone. Errors: Unavailable.
    """
    parts, texts = buckets_of_side(side, wanted, PARTS[wanted.function], engine)
    table = Table(wanted.function, side.kind, len(side.refs), wanted.axis)
    for part in parts:
        table.add(part)
    return table.columns(texts)


def buckets_of_side(
    side: Side, wanted: Wanted, asked: Parts, engine: Engine | None
) -> tuple[list[Buckets], list[str]]:
    """Buckets of which several may be of one series and step, and the texts that they index.

    Keys are places in the side. Errors: Unavailable; LimitExceeded, as below.
    """
    texts, view, step_ns = _Texts(), side.view, wanted.step_ns
    older = _ahead(side, (side.start_ns, side.cut_ns), step_ns, asked, engine)
    parts: list[Buckets] = []
    if asked & _ENDS or side.kind is Kind.STRING:
        grids = _own(view.grids(), side, texts)
    else:
        parts, grids = view.sums(step_ns)
    parts += [buckets_of(grid, side.kind, step_ns, asked) for grid in grids]
    for one in older:
        parts += _engine_buckets(side, one, asked, wanted, texts)
    return parts, texts.all()


def rates_of_side(side: Side, wanted: Wanted, engine: Engine | None) -> list[Cells]:
    """Rates of the series of a side; keys are places in the answer. Errors: Unavailable.

    Before the first value that counts only the last one matters. Where it would share a
    bucket with that, it is asked for apart.
    """
    texts, step_ns, start_ns = _Texts(), wanted.step_ns, wanted.start_ns
    spans = [(side.start_ns, side.cut_ns)]
    if start_ns % step_ns and side.start_ns < start_ns < side.cut_ns:
        spans = [(side.start_ns, start_ns), (start_ns, side.cut_ns)]
    older = [
        one
        for span in spans
        for one in _ahead(side, span, step_ns if span[1] > start_ns else WHOLE, _RATE, engine)
    ]
    parts: list[Buckets] = []
    for grid in side.view.grids():
        at = int(np.searchsorted(grid.times, start_ns))
        halves = _rows(grid, max(at - 1, 0), at), _rows(grid, at, len(grid.times))
        parts += [buckets_of(half, side.kind, step_ns, _RATE) for half in halves if len(half.times)]
    for one in older:
        parts += _engine_buckets(side, one, _RATE, wanted, texts)
    if not parts:
        return []
    cells = rates_of(parts, side.kind, start_ns, wanted.gap_ns)
    return [cells._replace(key=side.places[cells.key])]


def _rows(grid: Grid, first: int, end: int) -> Grid:
    return Grid(grid.keys, grid.times[first:end], grid.patterns[:, first:end])


class _Asked(NamedTuple):
    """What the engine has begun to answer."""

    engine: Engine
    span: tuple[int, int]
    step_ns: int
    answer: Callable[[], Buckets]


def _ahead(
    side: Side, span: tuple[int, int], step_ns: int, parts: Parts, engine: Engine | None
) -> list[_Asked]:
    """Begin to ask the engine; nothing where the head has all."""
    if engine is None or not side.asks_engine:
        return []
    width = 0 if step_ns == WHOLE else step_ns
    ask = partial(engine.store.aggregate, side.kind, side.refs, *span, width, parts)
    return [_Asked(engine, span, step_ns, engine.ahead(ask))]


def _engine_buckets(
    side: Side, older: _Asked, asked: Parts, wanted: Wanted, texts: _Texts
) -> list[Buckets]:
    span, step_ns = older.span, older.step_ns
    whole = step_ns == WHOLE
    found = older.answer()
    if found.texts is not None:
        own = texts.ids(found.texts)
        if len(own):
            found = found._replace(first=own[found.first], last=own[found.last])
        found = found._replace(texts=None)
    if whole:
        found = found._replace(start=np.zeros_like(found.start))
    pending = _within(_own(side.view.pending(), side, texts), span)
    if not pending:
        return [found]
    touched, rows = _mended(found, pending, side, older, wanted, texts)
    parts = [buckets_of(grid, side.kind, step_ns, asked) for grid in rows]
    return [taken(found, ~touched), *parts]


def _within(grids: list[Grid], span: tuple[int, int]) -> list[Grid]:
    bounds = [np.searchsorted(grid.times, span).tolist() for grid in grids]
    inside = [_rows(grid, *ends) for grid, ends in zip(grids, bounds, strict=True)]
    return [grid for grid in inside if len(grid.times)]


def _mended(
    found: Buckets,
    pending: list[Grid],
    side: Side,
    older: _Asked,
    wanted: Wanted,
    texts: _Texts,
) -> tuple[NDArray[np.bool_], list[Grid]]:
    """The buckets from the first to the last that a pending row falls into, and their rows."""
    span, step_ns = older.span, older.step_ns
    first_ns = min(int(grid.times[0]) for grid in pending) // step_ns * step_ns
    end_ns = (max(int(grid.times[-1]) for grid in pending) // step_ns + 1) * step_ns
    keys = np.unique(np.concatenate([grid.keys for grid in pending]))
    inside = max(first_ns, span[0]), min(end_ns, span[1])
    rows = _engine_rows(side, keys, inside, wanted, older.engine.store, texts)
    for grid in _joined(rows, pending):
        rows[int(grid.keys[0])] = grid
    touched = np.isin(found.key, keys) & (found.start >= first_ns) & (found.start < end_ns)
    return touched, list(rows.values())


def cells_of_values(side: Side, wanted: Wanted, engine: Engine | None) -> list[Cells]:
    """Raw values or percentiles, which need every value; keys are places in the answer.

    Errors: LimitExceeded when too many single values would be read; Unavailable.
    """
    texts = _Texts()
    grids = _grids_of_values(side, wanted, engine, texts)
    cells = _cells(grids, side.kind, wanted, texts.all())
    return [part._replace(key=side.places[part.key]) for part in cells]


def grids_of_values(side: Side, wanted: Wanted, engine: Engine | None) -> list[Grid]:
    """Raw values but strings, many series with the same times together. Errors: as above."""
    grids = _grids_of_values(side, wanted, engine, _Texts())
    return [grid._replace(keys=side.places[grid.keys]) for grid in grids]


def _grids_of_values(
    side: Side, wanted: Wanted, engine: Engine | None, texts: _Texts
) -> list[Grid]:
    grids = _own(side.view.grids(), side, texts)
    if engine is None or not side.asks_engine:
        return grids
    span = side.start_ns, side.cut_ns
    rows = _engine_rows(side, np.arange(len(side.refs)), span, wanted, engine.store, texts)
    return _joined(rows, [*_own(side.view.pending(), side, texts), *grids])


def _cells(grids: list[Grid], kind: Kind, wanted: Wanted, texts: list[str]) -> list[Cells]:
    match wanted.function:
        case Function.PERCENTILE:
            step_ns, percent = wanted.step_ns, wanted.percent
            return [percentiles_of(grid, kind, step_ns, percent) for grid in grids]
        case _:
            return [cells for grid in grids for cells in raw_of(grid, kind, texts)]


def _engine_rows(
    side: Side,
    keys: I64,
    span: tuple[int, int],
    wanted: Wanted,
    store: SeriesStore,
    texts: _Texts,
) -> dict[int, Grid]:
    """What the engine has of some series, a Grid for each."""
    refs = [side.refs[key] for key in keys.tolist()]
    if _estimate(refs, span) > wanted.most_rows:
        counts = store.aggregate(side.kind, refs, *span, 0, Parts.NONE).counts
        if int(counts.sum()) > wanted.most_rows:
            raise LimitExceeded(
                f"{wanted.function.value} would read {counts.sum()} single values, at most "
                f"{wanted.most_rows} are read: choose a shorter range or fewer series",
                too_large=True,
            )
    rows = store.select(side.kind, refs, *span)
    numbers = {(ref.tags, ref.field): key for key, ref in zip(keys.tolist(), refs, strict=True)}
    return {int(grid.keys[0]): grid for grid in _row_grids(rows, numbers, texts)}


def _estimate(refs: Sequence[SeriesRef], span: tuple[int, int]) -> int:
    """Values of a range when each series has one a second, as is the rule."""
    return len(refs) * (span[1] - span[0]) // SECOND_NS


def _row_grids(rows: Rows, numbers: dict[tuple[int, int], int], texts: _Texts) -> list[Grid]:
    if not len(rows.times):
        return []
    patterns = rows.patterns if rows.texts is None else texts.ids(rows.texts)
    changed = (np.diff(rows.tags) != 0) | (np.diff(rows.fields) != 0)
    edges = np.flatnonzero(np.append(True, changed)).tolist()
    grids = []
    for first, last in zip(edges, [*edges[1:], len(rows.times)], strict=True):
        key = numbers[int(rows.tags[first]), int(rows.fields[first])]
        values = patterns[np.newaxis, first:last]
        grids.append(Grid(np.array([key]), rows.times[first:last], values))
    return grids


def _joined(rows: dict[int, Grid], newer: Iterable[Grid]) -> list[Grid]:
    """A Grid per series: of equal times the one that comes last in `newer`."""
    parts: dict[int, list[tuple[I64, I64]]] = {
        key: [(grid.times, grid.patterns[0])] for key, grid in rows.items()
    }
    for grid in newer:
        for row, key in enumerate(grid.keys.tolist()):
            parts.setdefault(key, []).append((grid.times, grid.patterns[row]))
    grids = []
    for key, held in parts.items():
        times = np.concatenate([times for times, _ in held])
        patterns = np.concatenate([values for _, values in held])
        if not (np.diff(times) > 0).all():
            order = np.argsort(times, kind="stable")
            times, patterns = times[order], patterns[order]
            keep = np.append(times[1:] != times[:-1], True)
            times, patterns = times[keep], patterns[keep]
        grids.append(Grid(np.array([key]), times, patterns[np.newaxis]))
    return grids


def _own(grids: list[Grid], side: Side, texts: _Texts) -> list[Grid]:
    """Grids of the head's view with strings of this answer's table."""
    if side.kind is not Kind.STRING or not grids:
        return grids
    own = texts.ids(side.view.texts)
    return [grid._replace(patterns=own[grid.patterns]) for grid in grids]
