"""Series in memory."""

import numpy as np

from muster.promql.matchers import Matcher
from muster.promql.packing import is_stale
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource(
    [series_of({"__name__": "up", "i": i}, [0, 10, 20], ["1", "NaN", "stale"]) for i in "ba"]
)


def test_both_ends_of_a_range_are_within():
    (found,) = SOURCE.select([Matcher("i", "=", "b")], 10, 20).samples()

    assert found.times.tolist() == [10, 20]
    assert np.isnan(found.values).all()
    assert is_stale(found.values).tolist() == [False, True]


def test_series_are_sorted_by_labels():
    assert [labels[1][1] for labels in SOURCE.series([], 0, 5)] == ["a", "b"]
    assert not SOURCE.series([], 21, 30)
