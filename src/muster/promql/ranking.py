"""`topk` and `bottomk`: the series with the highest or lowest values, at each step anew.

Of equal values Prometheus keeps those that its heap happens to keep. Where equals stand at the
edge, and where their order shows, the same heap decides here (promql/heaps.py).
"""

import numpy as np

from muster.promql.columns import Vector, compact, taken
from muster.promql.heaps import best
from muster.promql.source import F64, I64, Bools


def ranked(vector: Vector, owners: I64, most: I64, *, highest: bool) -> Vector:
    """So many of each group at each step; for a single step in the order of their values."""
    kept = np.zeros(vector.there.shape, np.bool_)
    order: list[int] = []
    for group in range(int(owners.max(initial=-1)) + 1):
        rows = np.flatnonzero(owners == group)
        part = taken(vector, rows)
        values = part.values if highest else -part.values
        chosen, first = _chosen(values, part.there, most)
        kept[rows] = chosen
        order += rows[first].tolist()
    found = Vector(vector.labels, vector.values, kept)
    if vector.there.shape[1] == 1:
        found = taken(found, np.array(order, np.int64))
    return compact(found)


def ordered(vector: Vector, *, highest: bool) -> Vector:
    """The series of a single step by their values; equals stay in their order."""
    values = vector.values if highest else -vector.values
    return taken(vector, np.lexsort((-values, _worse(values, vector.there)), axis=0)[:, 0])


def _chosen(values: F64, there: Bools, most: I64) -> tuple[Bools, list[int]]:
    """Which rows are kept at each step, and those of the first step in their order."""
    some = np.lexsort((-values, _worse(values, there)), axis=0)
    chosen = (np.argsort(some, axis=0, kind="stable") < most) & there
    order: list[int] = []
    for step in _undecided(values, there, most, some):
        rows = np.flatnonzero(there[:, step])
        wanted = best(values[rows, step].tolist(), int(most[step]))
        order = rows[wanted].tolist()
        chosen[:, step] = False
        chosen[order, step] = True
    return chosen, order


def _undecided(values: F64, there: Bools, most: I64, some: I64) -> list[int]:
    """Steps at which the last that is kept is as good as the first that is not."""
    if there.shape[1] == 1:
        return [0]
    steps = np.flatnonzero((most > 0) & (most < there.sum(axis=0)))
    last, beyond = some[most[steps] - 1, steps], some[most[steps], steps]
    one, other = values[last, steps], values[beyond, steps]
    alike = (one == other) | (np.isnan(one) & np.isnan(other))
    return [int(step) for step in steps[alike]]


def _worse(values: F64, there: Bools) -> I64:
    """What is no number comes behind, what is not there last."""
    return np.where(there, np.isnan(values).astype(np.int64), 2)
