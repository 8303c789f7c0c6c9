"""`topk` and `bottomk`: the series with the highest or lowest values, at each step anew."""

import numpy as np

from muster.promql.columns import Vector, compact, taken
from muster.promql.source import I64, Bools


def ranked(vector: Vector, owners: I64, most: I64, *, highest: bool) -> Vector:
    """So many of each group at each step; for a single step in the order of their values."""
    kept = np.zeros(vector.there.shape, np.bool_)
    order: list[int] = []
    for group in range(int(owners.max(initial=-1)) + 1):
        rows = np.flatnonzero(owners == group)
        some = _ordered(taken(vector, rows), highest=highest)
        place = np.argsort(some, axis=0, kind="stable")
        chosen = (place < most) & vector.there[rows]
        kept[rows] = chosen
        order += rows[some[:, 0][: len(rows)]].tolist()
    found = Vector(vector.labels, vector.values, kept)
    if vector.there.shape[1] == 1:
        found = taken(found, np.array(order, np.int64))
    return compact(found)


def _ordered(vector: Vector, *, highest: bool) -> I64:
    """The rows of each step, best first; then what is no number, then what is not there."""
    return np.lexsort((-vector.values if highest else vector.values, _worse(vector)), axis=0)


def _worse(vector: Vector) -> "np.ndarray[tuple[int, ...], np.dtype[np.int8]]":
    unknown: Bools = np.isnan(vector.values)
    return np.where(vector.there, unknown.astype(np.int8), np.int8(2))
