"""The functions of a query over arrays: what muster.model.aggregate defines, in numpy.

A Grid becomes Buckets (what core/table.py merges of two sides) or Cells (finished values).
WHOLE is the step of a query that wants one bucket over its range: it starts at 0.
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


def raw_of(grid: Grid, kind: Kind, texts: Sequence[str]) -> Cells:
    """The values as they are."""
    keys = np.repeat(grid.keys, len(grid.times))
    values = values_of(grid.patterns.ravel(), kind, texts)
    return Cells(keys, np.tile(grid.times, len(grid.keys)), values)


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


def rates_of(grid: Grid, kind: Kind, step_ns: int, start_ns: int, gap_ns: int) -> Cells:
    """Rate per bucket; rows before `start_ns` serve as the value before the first."""
    gaps = np.diff(grid.times)
    pairs = np.flatnonzero((gaps <= gap_ns) & (grid.times[1:] >= start_ns))
    if not len(pairs):
        return Cells(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    numbers = typed(grid.patterns, kind)
    rises = _increases(numbers[:, pairs], numbers[:, pairs + 1], kind)
    durations = np.broadcast_to(gaps[pairs], rises.shape)
    unknown = np.isnan(rises)
    if unknown.any():
        rises, durations = np.where(unknown, 0.0, rises), np.where(unknown, 0, durations)
    edges, starts = bucket_edges(grid.times[pairs + 1], step_ns)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        total = np.add.reduceat(rises, edges, axis=1) * SECOND_NS
        spent = np.add.reduceat(durations, edges, axis=1)
        rates = (total / spent).ravel()
    known = spent.ravel() > 0
    keys, times = np.repeat(grid.keys, len(edges)), np.tile(starts, len(grid.keys))
    return Cells(keys[known], times[known], rates[known])


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
