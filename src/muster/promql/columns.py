"""Values of many series at many steps, side by side.

Every array is [series, step]. What is not there has any value: `there` alone counts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.promql.errors import SAME_LABELS, ExecutionError
from muster.promql.labels import Labels
from muster.promql.labelsets import are_distinct, chosen, groups_of
from muster.promql.source import F64, I64, Bools


class Vector(NamedTuple):
    """An instant vector at each step."""

    labels: Sequence[Labels]
    values: F64
    there: Bools

    def with_values(self, values: F64) -> "Vector":
        return Vector(self.labels, values, self.there)


Value = Vector | F64 | str
"""A scalar is one number for each step."""


def nothing(steps: int) -> Vector:
    return Vector((), np.zeros((0, steps)), np.zeros((0, steps), np.bool_))


def constant(values: F64) -> Vector:
    """One series without labels."""
    return Vector([()], values[None, :], np.ones((1, len(values)), np.bool_))


def compact(vector: Vector) -> Vector:
    """Without series that are nowhere."""
    if vector.there.all() and vector.there.shape[1]:
        return vector
    kept = vector.there.any(axis=1)
    return vector if kept.all() else taken(vector, np.flatnonzero(kept))


def taken(vector: Vector, rows: I64) -> Vector:
    return Vector(chosen(vector.labels, rows), vector.values[rows], vector.there[rows])


def renamed(vector: Vector, labels: Sequence[Labels], *, strict: bool = False) -> Vector:
    """With other labels. Series that are alike become one, if no step has two of them.

    `strict`: there may be none that are alike. Errors: ExecutionError.
    """
    vector = compact(Vector(labels, vector.values, vector.there))
    if are_distinct(vector.labels):
        return vector
    owners, rows = groups_of(vector.labels)
    counts = np.zeros((len(rows), vector.there.shape[1]), np.int64)
    np.add.at(counts, owners, vector.there)
    if strict or (counts > 1).any():
        raise ExecutionError(SAME_LABELS)
    values = np.zeros(counts.shape)
    row, step = np.nonzero(vector.there)
    values[owners[row], step] = vector.values[row, step]
    return Vector(rows, values, counts > 0)
