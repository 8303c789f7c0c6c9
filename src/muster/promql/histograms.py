"""`histogram_quantile` over classic buckets: series that differ in `le` alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.promql.columns import Vector, compact, renamed
from muster.promql.labels import BUCKET, NAME, Labels, value_of, without
from muster.promql.labelsets import LabelSets, groups_of, made_of
from muster.promql.numbers import parse_float
from muster.promql.quantiles import bucket_quantiles
from muster.promql.source import F64, I64, Bools


class _Histograms(NamedTuple):
    """Which series make up which histogram: their rows and bounds, ascending."""

    labels: LabelSets
    members: Sequence[tuple[I64, F64]]


def histogram_quantile(shares: F64, vector: Vector) -> Vector:
    """Errors: ExecutionError."""
    vector = compact(vector)
    found = made_of(vector.labels, "histograms", lambda: _histograms(vector.labels))
    shape = (len(found.labels), vector.there.shape[1])
    values, there = np.zeros(shape), np.zeros(shape, np.bool_)
    for group, (at, bounds) in enumerate(found.members):
        cells, present = vector.values[at], vector.there[at]
        there[group] = present.any(axis=0)
        values[group] = _of_steps(bounds, cells, present, shares)
    return renamed(Vector(found.labels, values, there), found.labels)


def _histograms(labels: Sequence[Labels]) -> _Histograms:
    bounds = [parse_float(value_of(each, BUCKET)) for each in labels]
    rows = [row for row, bound in enumerate(bounds) if bound is not None]
    owners, groups = groups_of([without(labels[row], (BUCKET,)) for row in rows])
    known = np.array([bounds[row] for row in rows], np.float64)
    places = np.array(rows, np.int64)
    order = np.lexsort((known, owners))
    each = np.split(order, np.searchsorted(owners[order], np.arange(1, len(groups))))
    return _Histograms(
        LabelSets(without(one, (NAME, BUCKET)) for one in groups),
        [(places[some], known[some]) for some in each] if rows else [],
    )


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
