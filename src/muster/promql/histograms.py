"""`histogram_quantile` over classic buckets: series that differ in `le` alone."""

from collections.abc import Sequence

import numpy as np

from muster.promql.columns import Vector, compact, groups_of, renamed
from muster.promql.labels import BUCKET, NAME, value_of, without
from muster.promql.numbers import parse_float
from muster.promql.quantiles import bucket_quantiles
from muster.promql.source import F64, Bools


def histogram_quantile(shares: F64, vector: Vector) -> Vector:
    """Errors: ExecutionError."""
    vector = compact(vector)
    bounds = [parse_float(value_of(each, BUCKET)) for each in vector.labels]
    rows = [row for row, bound in enumerate(bounds) if bound is not None]
    owners, groups = groups_of([without(vector.labels[row], (BUCKET,)) for row in rows])
    known = np.array([bounds[row] for row in rows], np.float64)
    chosen = np.array(rows, np.int64)
    steps = vector.there.shape[1]
    values, there = np.zeros((len(groups), steps)), np.zeros((len(groups), steps), np.bool_)
    for group in range(len(groups)):
        members = np.flatnonzero(owners == group)
        members = members[np.argsort(known[members], kind="stable")]
        at = chosen[members]
        cells, present = vector.values[at], vector.there[at]
        there[group] = present.any(axis=0)
        values[group] = _of_steps(known[members], cells, present, shares)
    labels = [without(each, (NAME, BUCKET)) for each in groups]
    return renamed(Vector(labels, values, there), labels)


def _of_steps(bounds: F64, cells: F64, there: Bools, shares: F64) -> F64:
    """Steps that have the same buckets are answered together."""
    values = np.zeros(len(shares))
    for pattern, steps in _patterns(there):
        if pattern.any():
            counts = cells[np.ix_(pattern, steps)]
            values[steps] = bucket_quantiles(bounds[pattern], counts, shares[steps])
    return values


def _patterns(there: Bools) -> Sequence[tuple[Bools, Bools]]:
    if there.all():
        return [(np.ones(len(there), np.bool_), np.ones(there.shape[1], np.bool_))]
    patterns, numbers = np.unique(there, axis=1, return_inverse=True)
    numbers = numbers.reshape(-1)
    return [(patterns[:, at], numbers == at) for at in range(patterns.shape[1])]
