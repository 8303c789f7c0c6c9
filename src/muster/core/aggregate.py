"""The functions of a query over arrays: what muster.model.aggregate defines, in numpy.

A Grid becomes Buckets (what can be merged of two sides) or Cells (finished values). WHOLE
is the step of a query that wants one bucket over its range: it starts at 0.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.clock import SECOND_NS
from muster.model.aggregate import rank_of
from muster.model.metric import Kind
from muster.model.query import Function
from muster.ports.series import F64, I64, Buckets, Grid

WHOLE = 1 << 62

_DTYPES = {Kind.FLOAT: np.float64, Kind.UNSIGNED: np.uint64}


class Cells(NamedTuple):
    """Finished values of some series: one entry per (key, time), in any order of keys.

    The entries of a key stand together and ascend in time.
    """

    key: I64
    time: I64
    values: list[Any]


def typed(patterns: I64, kind: Kind) -> NDArray[Any]:
    """The same bits as the numbers they mean."""
    return patterns.view(_DTYPES.get(kind, np.int64))


def to_values(patterns: I64, kind: Kind, texts: Sequence[str] = ()) -> list[Any]:
    """Patterns as Python values of their Kind."""
    match kind:
        case Kind.STRING:
            return [texts[pattern] for pattern in patterns.tolist()]
        case Kind.BOOLEAN:
            return list((patterns != 0).tolist())
        case _:
            return list(typed(patterns, kind).tolist())


def bucket_edges(times: I64, step_ns: int) -> tuple[I64, I64]:
    """Index of the first row of every bucket, and the buckets' starts."""
    numbers = times // step_ns
    edges = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    return edges, numbers[edges] * step_ns


def buckets_of(grid: Grid, kind: Kind, step_ns: int) -> Buckets:
    """Partial aggregates of a Grid, ordered by its keys and start."""
    edges, starts = bucket_edges(grid.times, step_ns)
    ends = np.append(edges[1:], len(grid.times))
    keys, patterns = len(grid.keys), grid.patterns
    if kind is Kind.STRING:
        total = low = high = np.zeros((keys, len(edges)))
    else:
        numbers = typed(patterns, kind)
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduceat(numbers.astype(np.float64, copy=False), edges, axis=1)
        low = np.fmin.reduceat(numbers, edges, axis=1)
        high = np.fmax.reduceat(numbers, edges, axis=1)
    return Buckets(
        key=np.repeat(grid.keys, len(edges)),
        start=np.tile(starts, keys),
        counts=np.tile(ends - edges, keys),
        total=total.ravel(),
        low=low.ravel().view(np.int64),
        high=high.ravel().view(np.int64),
        first=patterns[:, edges].ravel(),
        first_time=np.tile(grid.times[edges], keys),
        last=patterns[:, ends - 1].ravel(),
        last_time=np.tile(grid.times[ends - 1], keys),
    )


def merge_buckets(parts: Sequence[Buckets], kind: Kind) -> Buckets:
    """Buckets of several sides as one, ordered by key and start. No time is in two parts."""
    joined = _concatenated([part for part in parts if len(part.key)])
    if not len(joined.key):
        return joined
    joined = taken(joined, np.lexsort((joined.first_time, joined.start, joined.key)))
    changes = (joined.key[1:] != joined.key[:-1]) | (joined.start[1:] != joined.start[:-1])
    edges = np.flatnonzero(np.append(True, changes))
    return joined if len(edges) == len(joined.key) else _reduced(joined, edges, kind)


def taken(buckets: Buckets, rows: NDArray[Any]) -> Buckets:
    """Some of the buckets, or all in another order."""
    return _of_arrays([column[rows] for column in _arrays(buckets)])


def _concatenated(parts: Sequence[Buckets]) -> Buckets:
    if not parts:
        return _of_arrays([np.empty(0, np.int64)] * 10)
    columns = zip(*(_arrays(part) for part in parts), strict=True)
    return _of_arrays([np.concatenate(column) for column in columns])


def _arrays(buckets: Buckets) -> list[NDArray[Any]]:
    columns: list[Any] = list(buckets)
    return columns[:-1]  # all but `texts`


def _of_arrays(arrays: Sequence[NDArray[Any]]) -> Buckets:
    key, start, counts, total, low, high, first, first_time, last, last_time = arrays
    return Buckets(key, start, counts, total, low, high, first, first_time, last, last_time)


def _reduced(joined: Buckets, edges: I64, kind: Kind) -> Buckets:
    """Rows between two edges belong to one bucket; they ascend in first_time."""
    group = np.repeat(np.arange(len(edges)), np.diff(np.append(edges, len(joined.key))))
    newest = np.lexsort((joined.last_time, group))
    lasts = newest[np.append(edges[1:], len(group)) - 1]
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.add.reduceat(joined.total, edges)
    return Buckets(
        key=joined.key[edges],
        start=joined.start[edges],
        counts=np.add.reduceat(joined.counts, edges),
        total=total,
        low=np.fmin.reduceat(typed(joined.low, kind), edges).view(np.int64),
        high=np.fmax.reduceat(typed(joined.high, kind), edges).view(np.int64),
        first=joined.first[edges],
        first_time=joined.first_time[edges],
        last=joined.last[lasts],
        last_time=joined.last_time[lasts],
    )


def finish(buckets: Buckets, function: Function, kind: Kind, texts: Sequence[str] = ()) -> Cells:
    """Values of the functions that partial buckets can answer, ordered by key and time."""
    match function:
        case Function.COUNT:
            values = buckets.counts.tolist()
        case Function.MEAN:
            values = (buckets.total / buckets.counts).tolist()
        case Function.SUM if kind is Kind.FLOAT:
            values = buckets.total.tolist()
        case Function.SUM:
            values = [round(total) for total in buckets.total.tolist()]
        case _:
            values = to_values(getattr(buckets, _PARTS[function]), kind, texts)
    return Cells(buckets.key, buckets.start, values)


def raw_of(grid: Grid, kind: Kind, texts: Sequence[str]) -> Cells:
    """The values as they are."""
    keys = np.repeat(grid.keys, len(grid.times))
    values = to_values(grid.patterns.ravel(), kind, texts)
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
    return Cells(keys, np.tile(starts, len(grid.keys)), to_values(chosen.ravel(), kind))


def rates_of(grid: Grid, kind: Kind, step_ns: int, start_ns: int, gap_ns: int) -> Cells:
    """Rate per bucket; rows before `start_ns` serve as the value before the first."""
    gaps = np.diff(grid.times)
    pairs = np.flatnonzero((gaps <= gap_ns) & (grid.times[1:] >= start_ns))
    if not len(pairs):
        return Cells(np.empty(0, np.int64), np.empty(0, np.int64), [])
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
    return Cells(keys[known], times[known], rates[known].tolist())


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


_PARTS = {
    Function.MIN: "low",
    Function.MAX: "high",
    Function.FIRST: "first",
    Function.LAST: "last",
}
