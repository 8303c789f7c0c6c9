"""What queries are answered from: the port between PromQL and whatever keeps the samples."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from muster.promql.labels import Labels
from muster.promql.matchers import Matcher

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

STALE = 0x7FF0000000000002
"""The NaN that says: from here on the series is gone."""


class Samples(NamedTuple):
    """One series in a range. Units: `times` are milliseconds, ascending, each once."""

    labels: Labels
    times: I64
    values: F64


class Columns(NamedTuple):
    """Samples of many series; those that share their times are a group.

    Shapes: `times` has those of each group, `values` those of each series, one behind the other;
            `time_from` and `counts` [group], `value_from` and `group` [series].
    Units: as of Samples.
    """

    labels: Sequence[Labels]
    times: I64
    values: F64
    time_from: I64
    counts: I64
    group: I64
    value_from: I64

    @property
    def held(self) -> int:
        """How many series have samples."""
        return int(np.count_nonzero(self.counts[self.group]))

    def times_of(self, group: int) -> I64:
        first = int(self.time_from[group])
        return self.times[first : first + int(self.counts[group])]

    def samples(self) -> Iterator[Samples]:
        """One series after the other, without those that have no samples."""
        groups, starts = self.group.tolist(), self.value_from.tolist()
        for labels, group, first in zip(self.labels, groups, starts, strict=True):
            times = self.times_of(group)
            if len(times):
                yield Samples(labels, times, self.values[first : first + len(times)])


class Newest(NamedTuple):
    """The newest sample of each series; arrays are [series, 1]. Units: as of Samples."""

    labels: Sequence[Labels]
    values: F64
    there: Bools
    times: I64


class Source(Protocol):
    """Series with samples. Calls come from one thread and may take long."""

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Columns:
        """The series that fit all matchers, sorted by labels; both ends are within.

        Errors: ExecutionError for too many samples; Unavailable.
        """
        ...

    def newest(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Newest | None:
        """Of series as of `select` the newest sample, where it is at hand; None: `select` has it.

        Errors: as `select`.
        """
        ...

    def series(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Labels]:
        """The series that may have samples in a range, sorted; no matchers: all there are.

        Errors: as `select`.
        """
        ...
