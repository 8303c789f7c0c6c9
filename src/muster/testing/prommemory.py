"""Series in memory for PromQL: what tests and recorded answers are asked of."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from muster.promql.labels import Labels, labels_of, value_of
from muster.promql.matchers import Matcher
from muster.promql.packing import columns_of
from muster.promql.source import STALE, Columns, Samples

STALE_TEXT = "stale"
_STALE = np.array([STALE], np.uint64).view(np.float64)[0]


class MemorySource:
    """Implements muster.promql.source.Source."""

    def __init__(self, series: Iterable[Samples] = ()) -> None:
        self._series = sorted(series, key=lambda each: each.labels)

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Columns:
        tests = [(each.name, each.test()) for each in matchers]
        found = []
        for labels, times, values in self._series:
            if not all(test(value_of(labels, name)) for name, test in tests):
                continue
            first, end = np.searchsorted(times, start_ms), np.searchsorted(times, end_ms, "right")
            if end > first:
                found.append(Samples(labels, times[first:end], values[first:end]))
        return columns_of(found)

    def newest(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> None:
        """Nothing is at hand."""

    def series(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Sequence[Labels]:
        return self.select(matchers, start_ms, end_ms).labels


def series_of(labels: Mapping[str, str], times_ms: Sequence[int], values: Sequence[str]) -> Samples:
    """A series of texts; `stale` marks its end."""
    numbers = [_STALE if text == STALE_TEXT else float(text) for text in values]
    return Samples(labels_of(labels), np.array(times_ms, np.int64), np.array(numbers))
