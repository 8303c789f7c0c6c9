"""The port to whatever keeps samples."""

import numpy as np

from muster.promql.source import STALE, Samples


def test_the_mark_of_an_end_is_a_nan_of_its_own():
    marks = np.array([STALE], np.uint64).view(np.float64)

    assert np.isnan(marks[0])
    assert np.array([np.nan]).view(np.uint64)[0] != STALE
    assert Samples((), np.array([1]), marks).labels == ()
