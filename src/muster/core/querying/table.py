"""Buckets of head and engine folded into one table: a row per series, a column per step.

Every part is laid over what is there: nothing is sorted, and where a part comes from and in
which order does not matter. The definitions: muster.model.aggregate, `merge` and `finish`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from muster.core.querying.aggregate import typed, values_of
from muster.core.querying.frames import Axis
from muster.model.metric import Kind
from muster.model.query import Function
from muster.ports.series import F64, I64, Buckets, Parts

PARTS = {
    Function.COUNT: Parts.NONE,
    Function.MEAN: Parts.TOTAL,
    Function.SUM: Parts.TOTAL,
    Function.MIN: Parts.LOW,
    Function.MAX: Parts.HIGH,
    Function.FIRST: Parts.FIRST,
    Function.LAST: Parts.LAST,
}
"""The functions that Buckets can answer, and what each needs of them."""


class Table:
    """What is known of each bucket of some series of one Kind, for one Function."""

    def __init__(self, function: Function, kind: Kind, series: int, axis: Axis) -> None:
        self._function = function
        self._kind = kind
        self._axis = axis
        self._series = series
        cells = series * axis.steps
        self._counts = np.zeros(cells, np.int64)
        self._total: F64 = np.zeros(cells if PARTS[function] is Parts.TOTAL else 0)
        self._patterns = np.zeros(0 if PARTS[function] is Parts.TOTAL else cells, np.int64)
        self._times = np.zeros(len(self._patterns), np.int64)  # of first or last

    def add(self, part: Buckets) -> None:
        """Lay buckets over the table; no time of a series is in two parts."""
        axis = self._axis
        at = part.key * axis.steps + (part.start - axis.first_ns) // axis.step_ns
        match self._function:
            case Function.MEAN | Function.SUM:
                with np.errstate(invalid="ignore", over="ignore"):
                    self._total[at] += part.total
            case Function.MIN:
                self._bound(at, part.low, np.fmin)
            case Function.MAX:
                self._bound(at, part.high, np.fmax)
            case Function.FIRST:
                self._nearer(at, part.first, part.first_time, np.less)
            case Function.LAST:
                self._nearer(at, part.last, part.last_time, np.greater)
            case _:
                pass
        self._counts[at] += part.counts

    def columns(self, texts: Sequence[str] = ()) -> list[list[Any]]:
        """The values of each series, None where there is no bucket."""
        filled = self._counts != 0
        steps = self._axis.steps
        if filled.all():
            flat = self._values(slice(None), texts).tolist()
        else:
            cells = np.full(len(filled), None, object)
            cells[filled] = self._values(np.flatnonzero(filled), texts)
            flat = cells.tolist()
        return [flat[row * steps : (row + 1) * steps] for row in range(self._series)]

    def _bound(self, at: I64, patterns: I64, choose: np.ufunc) -> None:
        known, new = typed(self._patterns[at], self._kind), typed(patterns, self._kind)
        chosen = np.where(self._counts[at] == 0, new, choose(known, new))
        self._patterns[at] = chosen.view(np.int64)

    def _nearer(self, at: I64, patterns: I64, times: I64, is_nearer: np.ufunc) -> None:
        chosen = is_nearer(times, self._times[at]) | (self._counts[at] == 0)
        self._patterns[at[chosen]] = patterns[chosen]
        self._times[at[chosen]] = times[chosen]

    def _values(self, cells: slice | I64, texts: Sequence[str]) -> NDArray[Any]:
        match self._function:
            case Function.COUNT:
                return self._counts[cells]
            case Function.MEAN:
                mean: F64 = self._total[cells] / self._counts[cells]
                return mean
            case Function.SUM if self._kind is Kind.FLOAT:
                return self._total[cells]
            case Function.SUM:
                return _whole(self._total[cells])
            case _:
                return values_of(self._patterns[cells], self._kind, texts)


def _whole(totals: F64) -> NDArray[Any]:
    """Sums of whole numbers, which may be larger than any machine's integer."""
    if len(totals) and np.abs(totals).max() >= 2.0**62:
        return np.array([round(total) for total in totals.tolist()], object)
    return np.rint(totals).astype(np.int64)
