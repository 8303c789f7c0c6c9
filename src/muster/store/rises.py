"""Buckets with what rises in them, made of single rows and minutes.

Up to some hundred thousand rows this takes half the time of the engine's own arrays
(store/statements.py, Parts.RISE), which serve where there are more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import F64, I64, Buckets, Parts, SeriesRef
from muster.store.answers import no_buckets, patterns_of, places_of
from muster.store.blocks import typed

PARTS = Parts.FIRST | Parts.LAST | Parts.RISE
"""What these buckets have."""


def rising_buckets(
    kind: Kind, table: pa.Table, keys: Sequence[SeriesRef], start_ns: int, step_ns: int
) -> Buckets:
    """Buckets of a table of statements.rising, which may lack the columns of minutes."""
    key, rows = places_of(table, keys)
    if not len(key):
        return no_buckets(kind)
    order = _order(key, patterns_of(table["ft"])[rows])

    def column(name: str, otherwise: str | int) -> NDArray[Any]:
        if name in table.column_names:
            return patterns_of(table[name])[rows][order]
        if isinstance(otherwise, str):
            return patterns_of(table[otherwise])[rows][order]
        return np.full(len(key), otherwise, np.int64)

    key, first, first_time = key[order], column("f", 0), column("ft", 0)
    last, last_time = column("l", "f"), column("lt", "ft")
    bucket = first_time // step_ns if step_ns else np.zeros(len(key), np.int64)
    is_first = np.append(True, (np.diff(key) != 0) | (np.diff(bucket) != 0))
    edges = np.flatnonzero(is_first)
    ends = np.append(edges[1:], len(key)) - 1
    rise, spent = column("up", 0).view(np.float64).copy(), column("took", 0).copy()
    rises, gaps = _between(typed(first, kind), typed(last, kind), first_time, last_time, is_first)
    none = np.zeros(len(edges), np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        rise += rises
        rise = np.add.reduceat(rise, edges)
    return Buckets(
        key=key[edges],
        start=bucket[edges] * step_ns if step_ns else none + start_ns,
        counts=np.add.reduceat(column("n", 1), edges),
        total=none.view(np.float64),
        low=none,
        high=none,
        first=first[edges],
        first_time=first_time[edges],
        last=last[ends],
        last_time=last_time[ends],
        rise=rise,
        spent=np.add.reduceat(spent + gaps, edges),
    )


def _order(key: I64, times: I64) -> I64 | slice:
    """By key and time; rows mostly come so."""
    same = np.diff(key) == 0
    if ((np.diff(times) > 0) & same | (np.diff(key) > 0)).all():
        return slice(None)
    return np.lexsort((times, key))


def _between(
    first: NDArray[Any], last: NDArray[Any], first_time: I64, last_time: I64,
    is_first: NDArray[np.bool_],
) -> tuple[F64, I64]:  # fmt: skip
    """What rises from each row to the next of its bucket, and in what time; muster.model.aggregate.

    Both are 0 where that is not known.
    """
    before, after = last[:-1], first[1:]
    with np.errstate(invalid="ignore", over="ignore"):
        if first.dtype == np.float64:
            up: F64 = np.where(after >= before, after - before, np.maximum(after, 0))
            up[np.isnan(after - before)] = np.nan
        else:  # differences of whole numbers are exact as unsigned ones
            exact = (after.view(np.uint64) - before.view(np.uint64)).astype(np.float64)
            fallen = np.maximum(after, after.dtype.type(0)).astype(np.float64)
            up = np.where(after >= before, exact, fallen)
    unknown = np.isnan(up) | is_first[1:]
    gaps = np.where(unknown, 0, first_time[1:] - last_time[:-1])
    return np.append(0.0, np.where(unknown, 0.0, up)), np.append(0, gaps)
