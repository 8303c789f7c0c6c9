"""Values of fields put together as columns of points.

Shapes: a Part has the times of a field's values, ascending, and the values.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, Ints, cast, concatenate, empty

Part = tuple[Ints, Column]
_FEW = 5_000  # values: to look at each takes less than to have numpy be silent about a sum


def column_of(parts: Sequence[Part], kind: DataType) -> Part:
    """The values of one field, by time; what cannot be cast is left out."""
    if len(parts) == 1 and parts[0][1].kind is kind:
        return parts[0]
    fitting = [(times, cast(column, kind)) for times, column in parts]
    fitting = [(times, column) for times, column in fitting if column.valid.any()]
    if not fitting:
        return np.zeros(0, np.int64), empty(kind, 0)
    if len(fitting) == 1:
        return fitting[0]
    times = np.concatenate([times for times, _ in fitting])
    column = concatenate([column for _, column in fitting])
    order = np.argsort(times, kind="stable")
    kept = order[np.append(np.diff(times[order]) != 0, True)]
    return times[kept], column.take(kept)


def finite(times: Ints, values: NDArray[Any], kind: DataType) -> tuple[Ints, NDArray[Any]]:
    """InfluxQL knows no NaN and no infinity; samples of Prometheus may be such."""
    if kind is not DataType.FLOAT:
        return times, values
    finite = np.isfinite(values)
    return (times, values) if finite.all() else (times[finite], values[finite])


def is_odd(values: NDArray[Any]) -> bool:
    """Whether there is a NaN or an infinity: then there is one in the sum, too."""
    if values.dtype.kind != "f":
        return False
    if values.size <= _FEW:
        return not np.isfinite(values).all()
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    return not np.isfinite(total) and not np.isfinite(values).all()


def aligned(parts: Sequence[Part]) -> tuple[Ints, tuple[Column, ...]]:
    """Columns side by side, at all times that any of them has."""
    if len(parts) == 1:
        return parts[0][0], (parts[0][1],)
    every = [times for times, _ in parts]
    if all(np.array_equal(times, every[0]) for times in every[1:]):
        return every[0], tuple(column for _, column in parts)
    shared = np.unique(np.concatenate(every))
    columns = []
    for times, column in parts:
        wide = empty(column.kind, len(shared))
        rows = np.searchsorted(shared, times)
        wide.values[rows] = column.values
        wide.valid[rows] = column.valid
        columns.append(wide)
    return shared, tuple(columns)
