"""Functions over counters and changes in windows, with Prometheus' rules of extrapolation.

Source: Prometheus 2.42, extrapolatedRate and instantValue in promql/functions.go
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from muster.promql.source import F64, I64, Bools
from muster.promql.sweeps import Sweep, swept
from muster.promql.windows import Found, Windows

_NEAR = 1.1  # of the mean distance of samples: so near to an edge, one is taken to lie there


def rate(windows: Windows, _: Sequence[F64]) -> Found:
    seconds, rest_ms = divmod(windows.range_ms, 1_000)
    over_s = seconds + rest_ms * 1e6 / 1e9
    plain = partial(plain_extrapolated, windows, is_counter=True, over_s=over_s)
    return swept(Sweep.RATE, windows, plain, over_s=over_s)


def increase(windows: Windows, _: Sequence[F64]) -> Found:
    plain = partial(plain_extrapolated, windows, is_counter=True, over_s=0)
    return swept(Sweep.INCREASE, windows, plain)


def delta(windows: Windows, _: Sequence[F64]) -> Found:
    plain = partial(plain_extrapolated, windows, is_counter=False, over_s=0)
    return swept(Sweep.DELTA, windows, plain)


def instant_rate(windows: Windows, _: Sequence[F64]) -> Found:
    return _of_last_two(windows, is_rate=True)


def instant_delta(windows: Windows, _: Sequence[F64]) -> Found:
    return _of_last_two(windows, is_rate=False)


def resets(windows: Windows, _: Sequence[F64]) -> Found:
    return _counted(windows, _falls(windows.values))


def changes(windows: Windows, _: Sequence[F64]) -> Found:
    now, before = windows.values[1:], windows.values[:-1]
    changed = (now != before) & ~(np.isnan(now) & np.isnan(before))
    return _counted(windows, np.append(False, changed)[: len(windows.values)])


def _falls(values: F64) -> Bools:
    """Where a value is below the one before."""
    return np.append(False, values[1:] < values[:-1])[: len(values)]


def _between(windows: Windows, places: I64) -> tuple[I64, I64]:
    """Which of some places each window has behind its first sample."""
    return (
        np.searchsorted(places, windows.first, side="right"),
        np.searchsorted(places, windows.end, side="left"),
    )


def _counted(windows: Windows, marks: Bools) -> Found:
    first, end = _between(windows, np.flatnonzero(marks))
    return Found(np.maximum(end - first, 0).astype(np.float64), windows.counts > 0)


def plain_extrapolated(windows: Windows, *, is_counter: bool, over_s: float) -> Found:
    there = windows.counts > 1
    first, last = windows.first[there], windows.end[there] - 1
    ends = np.broadcast_to(windows.ends, there.shape)[there]
    found = windows.values[last] - windows.values[first]
    if is_counter:
        found = found + 0.0
        _add_resets(windows, there, found)
    start_s = (windows.times[first] - (ends - windows.range_ms)) / 1_000
    end_s = (ends - windows.times[last]) / 1_000
    sampled_s = (windows.times[last] - windows.times[first]) / 1_000
    mean_s = sampled_s / (last - first)
    if is_counter:
        begun = windows.values[first]
        zero_s = sampled_s * (begun / found)
        is_near = (found > 0) & (begun >= 0) & (zero_s < start_s)
        start_s = np.where(is_near, zero_s, start_s)
    whole_s = sampled_s + np.where(start_s < mean_s * _NEAR, start_s, mean_s / 2)
    whole_s = whole_s + np.where(end_s < mean_s * _NEAR, end_s, mean_s / 2)
    factor = whole_s / sampled_s
    if over_s:
        factor = factor / over_s
    values = np.zeros(there.shape)
    values[there] = found * factor
    return Found(values, there)


def _add_resets(windows: Windows, there: Bools, found: F64) -> None:
    """A counter that fell began anew: what it had reached is added, in the order of time."""
    places = np.flatnonzero(_falls(windows.values))
    first, end = (each[there] for each in _between(windows, places))
    rows = np.flatnonzero(end > first)
    number = 0
    while len(rows):
        if number % 256 == 0:
            windows.look()
        found[rows] += windows.values[places[first[rows] + number] - 1]
        number += 1
        rows = rows[first[rows] + number < end[rows]]


def _of_last_two(windows: Windows, *, is_rate: bool) -> Found:
    there = windows.counts > 1
    last = windows.end[there] - 1
    now, before = windows.values[last], windows.values[last - 1]
    found = now - before
    if is_rate:
        found = np.where(now < before, now, found)
        found = found / ((windows.times[last] - windows.times[last - 1]) / 1_000)
    values = np.zeros(there.shape)
    values[there] = found
    return Found(values, there)
