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
    series = _alive(series)
    shape = (len(series), len(ends))
    first, end = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    offset = 0
    known: I64 = np.zeros(0, np.int64)
    starts = stops = ends
    for row, samples in enumerate(series):
        if not row or not _is_same(known, samples.times):
            known = samples.times
            starts = np.searchsorted(known, ends - range_ms, side="left")
            stops = np.searchsorted(known, ends, side="right")
        first[row], end[row] = starts + offset, stops + offset
        offset += len(known)
    times = np.concatenate([each.times for each in series] or [np.zeros(0, np.int64)])
    values = np.concatenate([each.values for each in series] or [np.zeros(0)])
    labels = [each.labels for each in series]
    return Windows(labels, times, values, first, end, ends, steps, range_ms, look)


def samples_of(vector: Vector, steps: I64) -> list[Samples]:
    """A vector's values as samples: what a subquery gives."""
    return [
        Samples(labels, steps[there], values[there])
        for labels, values, there in zip(vector.labels, vector.values, vector.there, strict=True)
    ]


def _is_same(known: I64, times: I64) -> bool:
    """Whether times are those of the series before: many are scraped together."""
    return known is times or (len(known) == len(times) and np.array_equal(known, times))


def is_stale(values: F64) -> Bools:
    stale: Bools = values.view(np.uint64) == STALE
    return stale


def _alive(series: Sequence[Samples]) -> list[Samples]:
    found = []
    for samples in series:
        kept = ~is_stale(np.ascontiguousarray(samples.values))
        if not kept.all():
            samples = Samples(samples.labels, samples.times[kept], samples.values[kept])
        found.append(samples)
    return found
