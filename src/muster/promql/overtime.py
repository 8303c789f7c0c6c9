"""Functions over the samples of windows: sums, means, deviations, trends.

Source: Prometheus 2.42, promql/functions.go; sums carry their lost digits along (Neumaier).
"""

from collections.abc import Sequence

import numpy as np

from muster.promql.errors import ExecutionError
from muster.promql.quantiles import quantiles, with_edges
from muster.promql.source import F64, I64, Bools
from muster.promql.sweeps import Sweep, lines, swept
from muster.promql.windows import Found, Lockstep, Windows

_CELLS = 4_000_000  # of windows laid side by side at once


class _Sum:
    """Sums that carry along what each addition loses."""

    def __init__(self, size: int) -> None:
        self.total = np.zeros(size)
        self.lost = np.zeros(size)

    def add(self, more: F64) -> None:
        size = len(more)
        total = self.total[:size]
        after = total + more
        larger = np.abs(total) >= np.abs(more)
        self.lost[:size] += np.where(larger, (total - after) + more, (more - after) + total)
        self.total[:size] = after

    def both(self, size: int) -> F64:
        return self.total[:size] + self.lost[:size]


def count(windows: Windows, _: Sequence[F64]) -> Found:
    counts = windows.counts
    return Found(counts.astype(np.float64), counts > 0)


def present(windows: Windows, _: Sequence[F64]) -> Found:
    return Found(np.ones(windows.first.shape), windows.counts > 0)


def last(windows: Windows, _: Sequence[F64]) -> Found:
    there = windows.counts > 0
    values = np.zeros(there.shape)
    values[there] = windows.values[windows.end[there] - 1]
    return Found(values, there)


def total(windows: Windows, _: Sequence[F64]) -> Found:
    return swept(Sweep.TOTAL, windows, lambda: plain_total(windows))


def plain_total(windows: Windows) -> Found:
    steps = Lockstep(windows)
    state = _Sum(steps.size)
    for part in steps.rounds():
        state.add(part.values)
    values = np.where(np.isinf(state.total), state.total, state.total + state.lost)
    return _found(windows, steps, values)


def mean(windows: Windows, _: Sequence[F64]) -> Found:
    return swept(Sweep.MEAN, windows, lambda: plain_mean(windows))


def plain_mean(windows: Windows) -> Found:
    steps = Lockstep(windows)
    state = _Sum(steps.size)
    for part in steps.rounds():
        number = part.number + 1
        before, lost = state.total[: part.size].copy(), state.lost[: part.size].copy()
        kept = np.isinf(before) & (_same_infinity(before, part.values) | np.isfinite(part.values))
        state.add(part.values / number - before / number)
        state.total[: part.size] = np.where(kept, before, state.total[: part.size])
        state.lost[: part.size] = np.where(kept, lost, state.lost[: part.size])
    values = np.where(np.isinf(state.total), state.total, state.total + state.lost)
    return _found(windows, steps, values)


def least(windows: Windows, _: Sequence[F64]) -> Found:
    return swept(Sweep.LEAST, windows, lambda: plain_extreme(windows, -1))


def most(windows: Windows, _: Sequence[F64]) -> Found:
    return swept(Sweep.MOST, windows, lambda: plain_extreme(windows, 1))


def plain_extreme(windows: Windows, sign: int) -> Found:
    steps = Lockstep(windows)
    state = np.full(steps.size, np.nan)
    for part in steps.rounds():
        held = state[: part.size]
        better = sign * part.values > sign * held
        state[: part.size] = np.where(better | np.isnan(held), part.values, held)
    return _found(windows, steps, state)


def variance(windows: Windows, _: Sequence[F64]) -> Found:
    return swept(Sweep.VARIANCE, windows, lambda: plain_variance(windows))


def plain_variance(windows: Windows) -> Found:
    steps = Lockstep(windows)
    middle, spread = _Sum(steps.size), _Sum(steps.size)
    for part in steps.rounds():
        delta = part.values - middle.both(part.size)
        middle.add(delta / (part.number + 1))
        spread.add(delta * (part.values - middle.both(part.size)))
    counts = steps.ordered(windows.counts.astype(np.float64))
    return _found(windows, steps, spread.both(steps.size) / counts)


def deviation(windows: Windows, others: Sequence[F64]) -> Found:
    found = variance(windows, others)
    return Found(np.sqrt(found.values), found.there)


def quantile(windows: Windows, others: Sequence[F64]) -> Found:
    shares = np.broadcast_to(others[0], windows.first.shape).ravel()
    counts = windows.counts.ravel()
    first = windows.first.ravel()
    values = np.zeros(len(counts))
    rows = np.flatnonzero(counts)
    width = int(counts.max(initial=0))
    size = max(_CELLS // max(width, 1), 1)
    for start in range(0, len(rows), size):
        windows.look()
        some = rows[start : start + size]
        places = first[some][:, None] + np.arange(width)
        there = np.arange(width) < counts[some][:, None]
        cells = windows.values[np.minimum(places, len(windows.values) - 1)]
        values[some] = quantiles(cells, there, shares[some])
    edged = with_edges(values, shares).reshape(windows.first.shape)
    return Found(edged, windows.counts > 0)


def slope(windows: Windows, _: Sequence[F64]) -> Found:
    slopes, _intercepts = lines(Sweep.LINE, windows, lambda: plain_lines(windows))
    return Found(slopes, windows.counts > 1)


def prediction(windows: Windows, others: Sequence[F64]) -> Found:
    slopes, intercepts = lines(
        Sweep.LINE_HERE, windows, lambda: plain_lines(windows, windows.steps)
    )
    return Found(slopes * others[0] + intercepts, windows.counts > 1)


def plain_lines(windows: Windows, origins: I64 | None = None) -> tuple[F64, F64]:
    """Slopes and intercepts; `origins`, of each step, else at the first samples."""
    steps = Lockstep(windows)
    begun = np.zeros(windows.first.shape)
    there = windows.counts > 1
    if origins is None:
        begun[there] = windows.times[windows.first[there]]
    else:
        begun += origins
    found = _line(steps, steps.ordered(begun))
    return steps.restored(found[0]), steps.restored(found[1])


def _line(steps: Lockstep, origins: F64) -> tuple[F64, F64]:
    """Slopes and values at the origins, of the lines nearest to the samples."""
    sums = [_Sum(steps.size) for _ in range(4)]
    sum_x, sum_y, sum_xy, sum_xx = sums
    number = np.zeros(steps.size)
    begun = np.zeros(steps.size)
    level = np.ones(steps.size, np.bool_)
    for part in steps.rounds():
        if part.number == 0:
            begun[: part.size] = part.values
        else:
            level[: part.size] &= part.values == begun[: part.size]
        number[: part.size] += 1
        x = (part.times - origins[: part.size]) / 1e3
        sum_x.add(x)
        sum_y.add(part.values)
        sum_xy.add(x * part.values)
        sum_xx.add(x * x)
    x, y, xy, xx = (each.both(steps.size) for each in sums)
    slopes = (xy - x * y / number) / (xx - x * x / number)
    intercepts = y / number - slopes * x / number
    flat = np.where(np.isinf(begun), np.nan, 0.0)
    held = np.where(np.isinf(begun), np.nan, begun)
    return np.where(level, flat, slopes), np.where(level, held, intercepts)


def smoothed(windows: Windows, others: Sequence[F64]) -> Found:
    """Double exponential smoothing."""
    asked = (windows.counts > 0).any(axis=0)
    for factors, name in zip(others, ("smoothing", "trend"), strict=True):
        wrong = factors[asked & ~((factors > 0) & (factors < 1))]
        if len(wrong) and not np.isnan(wrong[0]):
            text = f"Expected: 0 < {name[0]}f < 1, got: {wrong[0]:f}"
            raise ExecutionError(f"invalid {name} factor. {text}")
    steps = Lockstep(windows)
    shape = windows.first.shape
    share, trend = (steps.ordered(np.broadcast_to(each, shape)) for each in others)
    before, level, rise = (np.zeros(steps.size) for _ in range(3))
    for part in steps.rounds():
        ahead = slice(0, part.size)
        if part.number == 0:
            level[ahead] = part.values
            continue
        if part.number == 1:
            rise[ahead] = part.values - level[ahead]
        else:
            drawn = trend[ahead] * (level[ahead] - before[ahead])
            rise[ahead] = drawn + (1 - trend[ahead]) * rise[ahead]
        kept = (1 - share[ahead]) * (level[ahead] + rise[ahead])
        before[ahead] = level[ahead]
        level[ahead] = share[ahead] * part.values + kept
    return Found(steps.restored(level), windows.counts > 1)


def _found(windows: Windows, steps: Lockstep, state: F64) -> Found:
    return Found(steps.restored(state), windows.counts > 0)


def _same_infinity(one: F64, other: F64) -> Bools:
    same: Bools = np.isinf(other) & ((one > 0) == (other > 0))
    return same
