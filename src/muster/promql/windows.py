"""Range vectors: for each series and step the samples of a window that ends there.

The samples of all series lie one after the other; windows of series with the same times are
worked out once.
Functions go through all windows in step: the first sample of each, then the second, so that
sums are added up in the order, and to the digit, in which Prometheus does it.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from muster.promql.packing import alive
from muster.promql.source import F64, I64, Bools, Columns

_LOOKS = 256  # rounds after which it is asked whether an answer is still waited for


class Found(NamedTuple):
    """What a function makes of windows; arrays are [series, step]."""

    values: F64
    there: Bools


class Windows:
    """Places of samples in windows of a range, which end at each step.

    Units: milliseconds. `ends` has the last moment of each step's window, which is within;
           `begun` and `done` are places within the series of a group, [group, step].
    """

    def __init__(
        self,
        columns: Columns,
        ends: I64,
        steps: I64,
        range_ms: int,
        look: Callable[[], None],
    ) -> None:
        self.columns = columns
        self.labels = columns.labels
        self.values = columns.values
        self.ends = ends
        self.steps = steps  # at which the query is evaluated
        self.range_ms = range_ms
        self.look = look
        shape = (len(columns.counts), len(ends))
        self.begun, self.done = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for group in range(shape[0]):
            times = columns.times_of(group)
            self.begun[group] = np.searchsorted(times, ends - range_ms, side="left")
            self.done[group] = np.searchsorted(times, ends, side="right")

    @cached_property
    def counts(self) -> I64:
        """How many samples, [series, step]."""
        return (self.done - self.begun)[self.columns.group]

    @cached_property
    def first(self) -> I64:
        """Places in `values`, [series, step]."""
        return self.columns.value_from[:, None] + self.begun[self.columns.group]

    @cached_property
    def end(self) -> I64:
        """Behind the last one."""
        return self.columns.value_from[:, None] + self.done[self.columns.group]

    @cached_property
    def times(self) -> I64:
        """A time for each of `values`."""
        columns = self.columns
        times = np.zeros(len(self.values), np.int64)
        places = zip(columns.value_from.tolist(), columns.group.tolist(), strict=True)
        for first, group in places:
            own = columns.times_of(group)
            times[first : first + len(own)] = own
        return times


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
    columns: Columns, ends: I64, steps: I64, range_ms: int, look: Callable[[], None]
) -> Windows:
    """Windows over samples; markers of the end of a series are no samples."""
    return Windows(alive(columns), ends, steps, range_ms, look)
