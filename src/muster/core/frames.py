"""Answers on one shared time axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from muster.core.aggregate import Cells
from muster.errors import LimitExceeded
from muster.ports.series import I64


def regular_axis(start_ns: int, end_ns: int, step_ns: int) -> I64:
    """Starts of all buckets that a range touches."""
    first = start_ns // step_ns * step_ns
    return np.arange(first, end_ns, step_ns, dtype=np.int64)


def shared_axis(parts: Sequence[Cells]) -> I64:
    """All times at which some series has a value."""
    return np.unique(np.concatenate([np.empty(0, np.int64), *(part.time for part in parts)]))


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
        if not len(part.key):
            continue
        places = np.searchsorted(axis, part.time).tolist()
        edges = np.flatnonzero(np.diff(part.key, prepend=-1)).tolist()
        for first, last in zip(edges, [*edges[1:], len(places)], strict=True):
            values = part.values[first:last]
            columns[int(part.key[first])] = _placed(values, places[first:last], len(axis))
    empty: list[Any] = [None] * len(axis)
    return [column or list(empty) for column in columns]


def _placed(values: list[Any], places: list[int], length: int) -> list[Any]:
    if len(values) == length:
        return values
    column: list[Any] = [None] * length
    for place, value in zip(places, values, strict=True):
        column[place] = value
    return column
