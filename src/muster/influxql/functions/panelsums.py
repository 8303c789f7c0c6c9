"""What functions make of matrices of points: a cell for each series and window.

Integers wrap, as InfluxQL's do; floats are added in the order of time within a window.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from muster.influxql.source import Matrix
from muster.influxql.values.columns import Bools, Ints, Values

FUNCTIONS = frozenset(("count", "sum", "mean", "min", "max", "first", "last", "median"))
_OF_SERIES = ("first", "last", "median")  # not put together out of those of several series
_KINDS: dict[str, Any] = {"count": np.int64, "median": np.float64}

Windows = tuple[int, int, int]
"""Start of the first, length, how many."""

Then = tuple[str, float, bool]
"""What a number does to cells that are floats: + - * or /, the number, whether it stands first."""


class Cells(NamedTuple):
    """Shapes: [series or group, window]; of those not `there` the value is any. None: all are."""

    values: Values
    there: Bools | None


class Counted(NamedTuple):
    """Likewise, with how many points each cell has."""

    values: Values
    counts: Ints


def cells_of_groups(
    name: str,
    matrices: Sequence[Matrix],
    span: tuple[int, int],
    starts: Ints | None,
    windows: Windows,
    kind: type[Any],
) -> Cells | None:
    """Of groups of the rows of a span. None: the points have to be looked at."""
    if is_of_groups(name, starts) and len(matrices) == 1 and len(matrices[0].times):
        rows = _rows_in(matrices[0], span)
        if rows[1] - rows[0] == span[1] - span[0]:
            values = np.ascontiguousarray(matrices[0].values)
            made, marks = whole_cells(name, values, rows, matrices[0].times, starts, windows)
            shape = -1, windows[2]
            return Cells(made.reshape(shape), None if marks is None else marks.reshape(shape))
    cells = cells_of(name, matrices, span, windows, kind)
    found = None if cells is None else joined(name, cells, starts)
    return None if found is None else Cells(found.values, _there(found))


def is_of_groups(name: str, starts: Ints | None) -> bool:
    """Whether what it makes of series is enough to tell what it makes of groups."""
    return starts is None or name not in _OF_SERIES


def pure_whole_cells(
    name: str,
    values: Values,
    span: tuple[int, int],
    times: Ints,
    starts: Ints | None,
    windows: Windows,
    then: Then | None = None,
) -> tuple[Values, Bools | None]:
    """Cells of groups of some of the series that share their times, and which are there.

    Shapes: one group after the other; `values` are [series, time], of at least one time, and all
            are in windows. Of "first", "last" and "median" each group is a series.
    Errors: ValueError for other shapes.
    """
    low, high = span
    if values.shape != (len(values), len(times)) or not len(times):
        raise ValueError("values of other times")
    if not 0 <= low < high <= len(values):
        raise ValueError("groups of no series")
    every = Matrix(np.arange(high - low), times, values[low:high])
    cells = cells_of(name, [every], (0, high - low), windows, values.dtype.type)
    found = None if cells is None else joined(name, cells, starts)
    if found is None:
        raise ValueError(f"no {name} of groups, a median of several series")
    made = found.values.ravel()
    there = _there(found)
    if then is not None:
        made = _under(made, then)
    return made, None if there is None else there.ravel()


def _under(cells: Values, then: Then) -> Values:
    """As muster.influxql.values.operators says."""
    op, number, is_first = then
    if op not in _OPERATORS or cells.dtype.kind != "f":
        raise ValueError(f"no {op} of these")
    one, other = (np.float64(number), cells) if is_first else (cells, np.float64(number))
    with np.errstate(all="ignore"):
        found: Values = _OPERATORS[op](one, other)
    return found


def _quotient(one: Any, other: Any) -> Any:  # noqa: ANN401 - numbers or arrays of them
    return np.where(other == 0, 0.0, one / np.where(other == 0, 1.0, other))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _quotient,
}


def _there(found: Counted) -> Bools | None:
    return None if found.counts.all() else found.counts > 0


def cells_of(
    name: str, matrices: Sequence[Matrix], span: tuple[int, int], windows: Windows, kind: type[Any]
) -> Counted | None:
    """Of the rows of a span; sums in place of means. None: windows of a row lie in two matrices."""
    parts = [part for part in (_part(name, each, span, windows) for each in matrices) if part]
    shape = span[1] - span[0], windows[2]
    if len(parts) == 1 and parts[0].is_all(shape):
        counts = parts[0].counts[np.newaxis]
        every = counts if shape[0] == 1 else counts.repeat(shape[0], axis=0)
        return Counted(parts[0].values, every)
    values, counts = np.zeros(shape, _KINDS.get(name, kind)), np.zeros(shape, int)
    for part in parts:
        at = np.ix_(part.rows, part.columns)
        if counts[at].any():
            return None
        values[at], counts[at] = part.values, part.counts
    return Counted(values, counts)


def joined(name: str, cells: Counted, starts: Ints | None) -> Counted | None:
    """Series made to groups, and sums to means. None: the points have to be looked at."""
    values, counts = cells
    if starts is not None:
        if name in _OF_SERIES:
            return None
        values = _GROUPS.get(name, _sum)(values, counts, starts)
        counts = np.add.reduceat(counts, starts, axis=0)
    if name == "mean" and counts.all():
        values = values / counts.astype(np.float64)
    elif name == "mean":
        with np.errstate(invalid="ignore", divide="ignore"):
            values = values / counts.astype(np.float64)
    return Counted(values, counts)


class _Part(NamedTuple):
    """Shapes: `counts` are those of each of `columns`."""

    rows: Ints
    columns: Ints
    values: Values
    counts: Ints

    def is_all(self, shape: tuple[int, int]) -> bool:
        """Whether nothing of the whole is left out."""
        return (len(self.rows), len(self.columns)) == shape


def _part(name: str, matrix: Matrix, span: tuple[int, int], windows: Windows) -> _Part | None:
    times = matrix.times
    if not len(matrix.rows) or not len(times):
        return None
    low, high = _rows_in(matrix, span)
    if low == high:
        return None
    first, length, _ = windows
    window = (times - first) // length
    # Said in methods of arrays: of a short range functions of numpy cost more than its points.
    changes = (window[1:] != window[:-1]).nonzero()[0]
    edges = np.empty(len(changes) + 2, np.int64)
    edges[0], edges[-1] = 0, len(times)
    edges[1:-1] = changes + 1
    starts = edges[:-1]
    counts = edges[1:] - starts
    values = _made(name, matrix.values[low:high], starts, counts)
    return _Part(matrix.rows[low:high] - span[0], window[starts], values, counts)


def _rows_in(matrix: Matrix, span: tuple[int, int]) -> tuple[int, int]:
    """Rows are those of other fields, too."""
    if not len(matrix.rows) or (not span[0] and matrix.rows[-1] < span[1]):
        return 0, len(matrix.rows)
    low, high = np.searchsorted(matrix.rows, span).tolist()
    return low, high


def _made(name: str, values: Values, starts: Ints, counts: Ints) -> Values:
    match name:
        case "count":
            return np.broadcast_to(counts, (len(values), len(counts)))
        case "first":
            return values[:, starts]
        case "last":
            return values[:, starts + counts - 1]
        case "min":
            return np.minimum.reduceat(values, starts, axis=1)
        case "max":
            return np.maximum.reduceat(values, starts, axis=1)
        case "median":
            return _medians(values, starts, counts)
        case _:
            with np.errstate(over="ignore"):
                return _sums(values, starts, counts)


def _sums(values: Values, starts: Ints, counts: Ints) -> Values:
    """One point after the other, as numpy's own sums are not."""
    longest = int(counts.max())
    if longest > len(starts):
        spans = [slice(*span) for span in np.stack((starts, starts + counts), axis=1).tolist()]
        return np.stack([np.add.accumulate(values[:, each], 1)[:, -1] for each in spans], axis=1)
    found: Values = values[:, starts]
    for step in range(1, longest):
        more = np.flatnonzero(counts > step)
        found[:, more] += values[:, starts[more] + step]
    return found


def _medians(values: Values, starts: Ints, counts: Ints) -> Values:
    """As muster.influxql.functions.aggregates.median: windows of one size at once."""
    found = np.empty((len(values), len(starts)), np.float64)
    for size in np.unique(counts).tolist():
        windows = np.flatnonzero(counts == size)
        some = values[:, starts[windows][:, np.newaxis] + np.arange(size)]
        middle, before = size // 2, max(size // 2 - 1, 0)
        some.partition((before, middle), axis=2)
        low, high = some[:, :, before], some[:, :, middle]
        if size % 2:
            found[:, windows] = high
        else:
            with np.errstate(over="ignore"):
                found[:, windows] = low.astype(np.float64) + (high - low).astype(np.float64) / 2
    return found


def _sum(values: Values, counts: Ints, starts: Ints) -> Values:
    with np.errstate(over="ignore"):
        found: Values = np.add.reduceat(np.where(counts > 0, values, 0), starts, axis=0)
    return found


def _least(values: Values, counts: Ints, starts: Ints) -> Values:
    found: Values = np.minimum.reduceat(_where_there(values, counts, 1), starts, axis=0)
    return found


def _most(values: Values, counts: Ints, starts: Ints) -> Values:
    found: Values = np.maximum.reduceat(_where_there(values, counts, -1), starts, axis=0)
    return found


def _where_there(values: Values, counts: Ints, sign: int) -> Values:
    """With what decides nothing where there is no point."""
    there = counts > 0
    if there.all():
        return values
    if values.dtype.kind == "f":
        return np.where(there, values, sign * np.inf)
    limits = np.iinfo(values.dtype)
    return np.where(there, values, values.dtype.type(limits.max if sign > 0 else limits.min))


_GROUPS: dict[str, Callable[[Values, Ints, Ints], Values]] = {"min": _least, "max": _most}


whole_cells: Callable[..., tuple[Values, Bools | None]]
try:
    from muster.influxql.functions import _panelsums  # type: ignore[attr-defined]  # compiled
except ImportError:
    whole_cells = pure_whole_cells
    COMPILED = False
else:
    whole_cells = _panelsums.whole_cells
    COMPILED = True
