"""Answers on one shared time axis."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.core.querying.aggregate import Cells
from muster.errors import LimitExceeded
from muster.model.steps import steps_in
from muster.ports.series import I64


class Axis(NamedTuple):
    """The starts of buckets: `steps` of them, `step_ns` apart."""

    first_ns: int
    step_ns: int
    steps: int

    @property
    def times(self) -> I64:
        return self.first_ns + self.step_ns * np.arange(self.steps, dtype=np.int64)


def regular_axis(start_ns: int, end_ns: int, step_ns: int) -> Axis:
    """All buckets that a range touches."""
    return Axis(start_ns // step_ns * step_ns, step_ns, steps_in(start_ns, end_ns, step_ns))


def shared_axis(parts: Sequence[Cells]) -> I64:
    """All times at which some series has a value."""
    distinct: list[I64] = []
    for part in parts:
        for one in _spans(part):
            times = part.time[one]
            if not distinct or not np.array_equal(times, distinct[-1]):
                distinct.append(times)
    if len(distinct) == 1:
        return distinct[0]  # series that come together, as is the rule
    return np.unique(np.concatenate([np.empty(0, np.int64), *distinct]))


def grid_of(times: I64) -> tuple[int, int, int] | None:
    """First time, distance and number of times that are equally far apart."""
    if len(times) < 2:
        return None
    distance = int(times[1] - times[0])
    is_grid = bool((np.diff(times) == distance).all())
    return (int(times[0]), distance, len(times)) if is_grid else None


def columns_of(parts: Sequence[Cells], axis: I64, width: int, most: int) -> list[list[Any]]:
    """One column per series, None where it has no value.

    Errors: LimitExceeded when the table would have more than `most` cells.
    """
    if len(axis) * width > most:
        raise LimitExceeded(
            f"the answer would have {len(axis) * width} values, at most {most} are given: "
            "choose a shorter range, a larger step or fewer series",
            too_large=True,
        )
    columns: list[list[Any]] = [[]] * width
    for part in parts:
        for one in _spans(part):
            columns[int(part.key[one.start])] = _placed(part.values[one], part.time[one], axis)
    empty: list[Any] = [None] * len(axis)
    return [column or list(empty) for column in columns]


def _spans(part: Cells) -> list[slice]:
    """The entries of each key; they stand together."""
    if len(part.key) and part.key[0] == part.key[-1]:
        return [slice(0, len(part.key))]
    edges = np.flatnonzero(part.key[1:] != part.key[:-1]) + 1
    ends = [0, *edges.tolist(), len(part.key)]
    return [slice(first, last) for first, last in pairwise(ends) if first < last]


def _placed(values: NDArray[Any], times: I64, axis: I64) -> list[Any]:
    if len(values) < len(axis):
        cells = np.full(len(axis), None, object)
        cells[np.searchsorted(axis, times)] = values
        values = cells
    column: list[Any] = values.tolist()
    return column
