"""The functions of a query over arrays: what muster.model.aggregate defines, in numpy.

A Grid becomes Buckets (what core/querying/table.py merges of two sides, and rates are made of) or
Cells (finished values). WHOLE is the step of a query that wants one bucket over its range: it
starts at 0.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import SECOND_NS
from muster.model.aggregate import rank_of
from muster.model.metric import Kind
from muster.ports.series import F64, I64, Buckets, Grid, Parts

WHOLE = 1 << 62

_DTYPES = {Kind.FLOAT: np.float64, Kind.UNSIGNED: np.uint64}


class Cells(NamedTuple):
    """Finished values of some series: one entry per (key, time), in any order of keys.

    The entries of a key stand together and ascend in time. Values are of one Kind; strings
    are objects.
    """

    key: I64
    time: I64
    values: NDArray[Any]


def typed(patterns: I64, kind: Kind) -> NDArray[Any]:
    """The same bits as the numbers they mean."""
    return patterns.view(_DTYPES.get(kind, np.int64))


def values_of(patterns: I64, kind: Kind, texts: Sequence[str] = ()) -> NDArray[Any]:
    """Patterns as an array of values of their Kind; strings as objects."""
    match kind:
        case Kind.STRING:
            return np.array([texts[pattern] for pattern in patterns.tolist()], object)
        case Kind.BOOLEAN:
            return np.asarray(patterns != 0)
        case _:
            return typed(patterns, kind)


def bucket_edges(times: I64, step_ns: int) -> tuple[I64, I64]:
    """Index of the first row of every bucket, and the buckets' starts."""
    numbers = times // step_ns
    edges = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    return edges, numbers[edges] * step_ns


def buckets_of(grid: Grid, kind: Kind, step_ns: int, parts: Parts = Parts.ALL) -> Buckets:
    """Partial aggregates of a Grid, ordered by its keys and start."""
    edges, starts = bucket_edges(grid.times, step_ns)
    ends = np.append(edges[1:], len(grid.times))
    lasts = ends - 1
    shape = len(grid.keys), len(edges)
    none = np.zeros(shape[0] * shape[1], np.int64)

    def each(row: I64) -> I64:
        return np.broadcast_to(row, shape).ravel()

    total, low, high = _sums(grid.patterns, kind, edges, parts)
    is_first, is_last = Parts.FIRST in parts, Parts.LAST in parts
    rise: F64 = none.view(np.float64)
    spent = none
    if Parts.RISE in parts and kind not in (Kind.STRING, Kind.BOOLEAN):
        rise, spent = _rises(grid, kind, edges)
    return Buckets(
        key=np.repeat(grid.keys, len(edges)),
        start=each(starts),
        counts=each(ends - edges),
        total=none.view(np.float64) if total is None else total.ravel(),
        low=none if low is None else low.ravel().view(np.int64),
        high=none if high is None else high.ravel().view(np.int64),
        first=grid.patterns[:, edges].ravel() if is_first else none,
        first_time=each(grid.times[edges]) if is_first else none,
        last=grid.patterns[:, lasts].ravel() if is_last else none,
        last_time=each(grid.times[lasts]) if is_last else none,
        rise=rise.ravel(),
        spent=spent.ravel(),
    )


def _sums(
    patterns: I64, kind: Kind, edges: I64, parts: Parts
) -> tuple[F64 | None, NDArray[Any] | None, NDArray[Any] | None]:
    """Total, low and high between edges, where asked for."""
    total = low = high = None
    if kind is Kind.STRING:
        return total, low, high
    numbers = typed(patterns, kind)
    if Parts.TOTAL in parts:
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduceat(numbers.astype(np.float64, copy=False), edges, axis=1)
    if Parts.LOW in parts:
        low = np.fmin.reduceat(numbers, edges, axis=1)
    if Parts.HIGH in parts:
        high = np.fmax.reduceat(numbers, edges, axis=1)
    return total, low, high


def taken(buckets: Buckets, rows: NDArray[Any]) -> Buckets:
    """Some of the buckets."""
    columns: list[Any] = list(buckets)
    return Buckets._make([*(column[rows] for column in columns[:-1]), buckets.texts])


def raw_of(grid: Grid, kind: Kind, texts: Sequence[str]) -> list[Cells]:
    """The values as they are: for each key one, and nothing is copied."""
    return [
        Cells(np.broadcast_to(key, len(grid.times)), grid.times, values_of(row, kind, texts))
        for key, row in zip(grid.keys, grid.patterns, strict=True)
    ]


def percentiles_of(grid: Grid, kind: Kind, step_ns: int, percent: float) -> Cells:
    """Nearest rank per bucket."""
    edges, starts = bucket_edges(grid.times, step_ns)
    ends = np.append(edges[1:], len(grid.times))
    numbers = typed(grid.patterns, kind)
    chosen = np.empty((len(grid.keys), len(edges)), np.int64)
    for place, (first, last) in enumerate(zip(edges.tolist(), ends.tolist(), strict=True)):
        rank = rank_of(last - first, percent)
        ordered = np.sort(numbers[:, first:last], axis=1)
        chosen[:, place] = ordered[:, rank].view(np.int64)
    keys = np.repeat(grid.keys, len(edges))
    return Cells(keys, np.tile(starts, len(grid.keys)), values_of(chosen.ravel(), kind))


def rates_of(parts: Sequence[Buckets], kind: Kind, start_ns: int, gap_ns: int) -> Cells:
    """Rate per bucket; values before `start_ns` serve as the value before the first.

    The parts need FIRST, LAST and RISE. No bucket holds times on both sides of `start_ns`,
    and of a series none lies within another in time.
    """
    columns: list[Any] = [np.concatenate(column) for column in list(zip(*parts, strict=True))[:-1]]
    every = Buckets(*columns)
    every = taken(every, np.lexsort((every.first_time, every.key)))
    rise, spent = every.rise.copy(), every.spent.copy()
    # From the last value of one bucket to the first of the next; both belong to the later one.
    gaps = every.first_time[1:] - every.last_time[:-1]
    joined = np.flatnonzero((every.key[1:] == every.key[:-1]) & (gaps <= gap_ns))
    before, after = typed(every.last[joined], kind), typed(every.first[joined + 1], kind)
    rises = _increases(before, after, kind)
    known = ~np.isnan(rises)
    with np.errstate(invalid="ignore", over="ignore"):
        rise[joined[known] + 1] += rises[known]
    spent[joined[known] + 1] += gaps[joined[known]]
    asked = every.first_time >= start_ns
    return _rates(every.key[asked], every.start[asked], rise[asked], spent[asked])


def _rates(keys: I64, starts: I64, rise: F64, spent: I64) -> Cells:
    """Of neighbours with one key and start, the sums' quotient."""
    if not len(keys):
        return Cells(keys, starts, rise)
    changed = (np.diff(keys) != 0) | (np.diff(starts) != 0)
    edges = np.flatnonzero(np.append(True, changed))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        times = np.add.reduceat(spent, edges)
        rates = np.add.reduceat(rise, edges) * SECOND_NS / times
    known = times > 0
    return Cells(keys[edges][known], starts[edges][known], rates[known])


def _rises(grid: Grid, kind: Kind, edges: I64) -> tuple[F64, I64]:
    """The increases from row to row between edges, and the time of those that are known."""
    numbers = typed(grid.patterns, kind)
    rises, spent = np.zeros(numbers.shape), np.zeros(numbers.shape, np.int64)
    rises[:, 1:] = _increases(numbers[:, :-1], numbers[:, 1:], kind)
    spent[:, 1:] = np.diff(grid.times)
    unknown = np.isnan(rises)
    rises[unknown], spent[unknown] = 0.0, 0
    rises[:, edges], spent[:, edges] = 0.0, 0
    with np.errstate(invalid="ignore", over="ignore"):
        return np.add.reduceat(rises, edges, axis=1), np.add.reduceat(spent, edges, axis=1)


def _increases(before: NDArray[Any], after: NDArray[Any], kind: Kind) -> F64:
    """Rise from one value to the next; a fall is a reset. NaN: not known."""
    if kind is Kind.FLOAT:
        with np.errstate(invalid="ignore", over="ignore"):
            rises = np.where(after >= before, after - before, np.maximum(after, 0))
        rises[np.isnan(before) | np.isnan(after)] = math.nan
        return np.asarray(rises)
    # Unsigned subtraction is exact however far apart the two are.
    exact = after.view(np.uint64) - before.view(np.uint64)
    fallen = np.maximum(after, after.dtype.type(0)).astype(np.float64)
    whole: F64 = np.where(after >= before, exact.astype(np.float64), fallen)
    return whole
