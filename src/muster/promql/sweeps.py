"""Windows of all series in one sweep, and sums of groups, where they are compiled.

Beside each stands the plain way, which gives the same to the last digit: the functions of
promql/rates.py and overtime.py, and `plain_sums`.
"""

from collections.abc import Callable
from enum import IntEnum

import numpy as np

from muster.promql.source import F64, I64, Bools, Columns
from muster.promql.windows import Found, Windows

try:
    from muster.promql import _sweeps  # type: ignore[attr-defined]  # compiled, no stub
except ImportError:
    COMPILED = False
else:
    COMPILED = True


class Sweep(IntEnum):
    """What is made of each window."""

    RATE = 0
    INCREASE = 1
    DELTA = 2
    TOTAL = 3
    MEAN = 4
    LEAST = 5
    MOST = 6
    VARIANCE = 7
    LINE = 8  # from the window's first sample
    LINE_HERE = 9  # from the step


def swept(what: Sweep, windows: Windows, plain: Callable[[], Found], *, over_s: float = 0) -> Found:
    """Values of all windows. `over_s`: of a rate, what it is divided by."""
    if not COMPILED:
        return plain()
    values, there, _ = _compiled(what, windows, over_s)
    return Found(values, there)


def lines(what: Sweep, windows: Windows, plain: Callable[[], tuple[F64, F64]]) -> tuple[F64, F64]:
    """Slopes, and values where the line begins; of windows with two samples or more."""
    if not COMPILED:
        return plain()
    slopes, _, intercepts = _compiled(what, windows, 0)
    return slopes, intercepts


def _compiled(what: Sweep, windows: Windows, over_s: float) -> tuple[F64, Bools, F64]:
    columns = windows.columns
    found: tuple[F64, Bools, F64] = _sweeps.sweep(
        int(what),
        np.ascontiguousarray(columns.values),
        np.ascontiguousarray(columns.times),
        columns.time_from,
        columns.group,
        columns.value_from,
        windows.begun,
        windows.done,
        np.ascontiguousarray(windows.ends),
        np.ascontiguousarray(windows.steps),
        windows.range_ms,
        over_s,
        windows.look,
    )
    return found


def newest(columns: Columns, moments: I64, lookback_ms: int) -> tuple[F64, Bools, I64]:
    """Compiled alone: at each moment the newest value, whether it is there, and its time."""
    found: tuple[F64, Bools, I64] = _sweeps.newest(
        np.ascontiguousarray(columns.values),
        np.ascontiguousarray(columns.times),
        columns.time_from,
        columns.counts,
        columns.group,
        columns.value_from,
        moments,
        lookback_ms,
    )
    return found


def sums(values: F64, there: Bools, owners: I64, groups: int) -> tuple[F64, I64]:
    """Sums and counts of groups, [group, step], added up in the order of the series."""
    if not COMPILED:
        return plain_sums(values, there, owners, groups)
    found: tuple[F64, I64] = _sweeps.summed(values, there.view(np.uint8), owners, groups)
    return found


def plain_sums(values: F64, there: Bools, owners: I64, groups: int) -> tuple[F64, I64]:
    """As `sums`."""
    shape = groups, values.shape[1]
    # what is added to -0 stays as it is
    found, counts = np.full(shape, -0.0), np.zeros(shape, np.int64)
    np.add.at(found, owners, np.where(there, values, -0.0))
    np.add.at(counts, owners, there)
    return found, counts
