"""Buckets put together of single rows and sums, with what rises in them.

Up to some hundred thousand rows this takes half the time of the engine's own arrays
(store/engine/questions.py, Parts.RISE), which serve where there are more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from muster.model.metric import Kind
from muster.ports.series import F64, I64, Buckets, Parts, SeriesRef
from muster.store.engine.answers import no_buckets, patterns_of, places_of
from muster.store.head.blocks import typed

PARTS = Parts.FIRST | Parts.LAST | Parts.RISE
"""What these buckets have."""


def row_buckets(
    kind: Kind, table: pa.Table, keys: Sequence[SeriesRef], start_ns: int, step_ns: int
) -> Buckets:
    """Buckets of a table of questions.rising, which may lack the columns of minutes."""
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
    columns = {
        "f": first,
        "ft": first_time,
        "l": last,
        "lt": last_time,
        "n": column("n", 1),
        "up": column("up", 0),
        "took": column("took", 0),
    }
    bucket = first_time // step_ns if step_ns else np.zeros(len(key), np.int64)
    found = grouped(kind, key, bucket, columns, step_ns)
    return found if step_ns else found._replace(start=np.full(len(found.key), start_ns))


def grouped(
    kind: Kind, key: I64, bucket: I64, columns: Mapping[str, NDArray[Any]], step_ns: int
) -> Buckets:
    """Sums put together by bucket: those columns of questions.make_sums that there are.

    Shapes: one entry per sum, by key and time; patterns, as the engine's tables have them.
    """
    is_first = np.append(True, (np.diff(key) != 0) | (np.diff(bucket) != 0))
    edges = np.flatnonzero(is_first)
    ends = np.append(edges[1:], len(key)) - 1
    none = np.zeros(len(edges), np.int64)
    single = len(edges) == len(key)

    def reduced(name: str, how: np.ufunc, as_kind: Kind) -> NDArray[Any]:
        if name not in columns:
            return none
        values = typed(columns[name], as_kind)
        with np.errstate(invalid="ignore", over="ignore"):
            made: NDArray[Any] = values if single else how.reduceat(values, edges)
        return made.view(np.int64)

    rise, spent = none.view(np.float64), none
    if "up" in columns:
        rise, spent = _risen(kind, columns, edges, is_first)
    counts = columns["n"].astype(np.int64, copy=False)
    return Buckets(
        key=key[edges],
        start=bucket[edges] * step_ns,
        counts=counts if single else np.add.reduceat(counts, edges),
        total=reduced("s", np.add, Kind.FLOAT).view(np.float64),
        low=reduced("lo", np.fmin, kind),
        high=reduced("hi", np.fmax, kind),
        first=columns["f"][edges] if "f" in columns else none,
        first_time=columns["ft"][edges] if "f" in columns else none,
        last=columns["l"][ends] if "l" in columns else none,
        last_time=columns["lt"][ends] if "l" in columns else none,
        rise=rise,
        spent=spent,
    )


def _risen(
    kind: Kind, columns: Mapping[str, NDArray[Any]], edges: I64, is_first: NDArray[np.bool_]
) -> tuple[F64, I64]:
    """What rises in each bucket, and in what time: within its sums and between them."""
    first, last = typed(columns["f"], kind), typed(columns["l"], kind)
    rises, gaps = _between(first, last, columns["ft"], columns["lt"], is_first)
    with np.errstate(invalid="ignore", over="ignore"):
        rise: F64 = np.add.reduceat(columns["up"].view(np.float64) + rises, edges)
    return rise, np.add.reduceat(columns["took"] + gaps, edges)


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
