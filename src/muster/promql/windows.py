"""Range vectors: for each series and step the samples of a window that ends there.

The samples of all series lie one after the other; `first` and `end` are places there.
Functions go through all windows in step: the first sample of each, then the second, so that
sums are added up in the order, and to the digit, in which Prometheus does it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from muster.promql.columns import Vector
from muster.promql.labels import Labels
from muster.promql.source import F64, I64, STALE, Bools, Samples

_LOOKS = 256  # rounds after which it is asked whether an answer is still waited for


class Windows(NamedTuple):
    """Units: milliseconds. `ends` has the last moment of each step's window, which is within."""

    labels: Sequence[Labels]
    times: I64
    values: F64
    first: I64  # [series, step]
    end: I64  # behind the last one
    ends: I64
    steps: I64  # at which the query is evaluated
    range_ms: int
    look: Callable[[], None]

    @property
    def counts(self) -> I64:
        return self.end - self.first


class Round(NamedTuple):
    """The samples at one place of all windows that have so many."""

    number: int
    size: int  # so many windows, of those in order
    values: F64
    times: I64


class Lockstep:
    """Windows in the order of their length, the longest first: each round has those ahead."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        counts = windows.counts.ravel()
        self._order = np.argsort(-counts, kind="stable")
        self._counts = counts[self._order]
        self._first = windows.first.ravel()[self._order]

    @property
    def size(self) -> int:
        return len(self._order)

    def rounds(self) -> Iterator[Round]:
        most = int(self._counts[0]) if len(self._counts) else 0
        sizes = np.searchsorted(-self._counts, -np.arange(most), side="left")
        for number, size in enumerate(sizes.tolist()):
            if number % _LOOKS == 0:
                self._windows.look()
            places = self._first[:size] + number
            yield Round(number, size, self._windows.values[places], self._windows.times[places])

    def ordered(self, values: F64) -> F64:
        """What is [series, step], in this order."""
        return values.ravel()[self._order]

    def restored(self, state: F64) -> F64:
        """What is in this order, as [series, step]."""
        values = np.empty(len(state))
        values[self._order] = state
        return values.reshape(self._windows.first.shape)


def windows_of(
    series: Sequence[Samples],
    ends: I64,
    steps: I64,
    range_ms: int,
    look: Callable[[], None],
) -> Windows:
    """Windows over samples; markers of the end of a series are no samples."""
    alive = [_alive(each) for each in series]
    shape = (len(series), len(ends))
    first, end = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    offset = 0
    for row, (times, _) in enumerate(alive):
        first[row] = offset + np.searchsorted(times, ends - range_ms, side="left")
        end[row] = offset + np.searchsorted(times, ends, side="right")
        offset += len(times)
    times = np.concatenate([each for each, _ in alive] or [np.zeros(0, np.int64)])
    values = np.concatenate([each for _, each in alive] or [np.zeros(0)])
    labels = [each.labels for each in series]
    return Windows(labels, times, values, first, end, ends, steps, range_ms, look)


def samples_of(vector: Vector, steps: I64) -> list[Samples]:
    """A vector's values as samples: what a subquery gives."""
    return [
        Samples(labels, steps[there], values[there])
        for labels, values, there in zip(vector.labels, vector.values, vector.there, strict=True)
    ]


def is_stale(values: F64) -> Bools:
    stale: Bools = values.view(np.uint64) == STALE
    return stale


def _alive(samples: Samples) -> tuple[I64, F64]:
    values = np.ascontiguousarray(samples.values)
    stale = is_stale(values)
    if not stale.any():
        return samples.times, values
    return samples.times[~stale], values[~stale]
