"""Windows of range vectors."""

import numpy as np
import pytest

from muster.promql.errors import QueryTimeout
from muster.promql.limits import Limits
from muster.promql.packing import columns_of
from muster.promql.source import STALE, Samples
from muster.promql.windows import Lockstep, windows_of

STALE_NAN = np.array([STALE], np.uint64).view(np.float64)[0]
STEPS = np.array([10, 20])
LOOK = Limits().look


def windows(*series, look=LOOK):
    samples = [
        Samples((), np.array([at for at, _ in each]), np.array([value for _, value in each]))
        for each in series
    ]
    return windows_of(columns_of(samples), STEPS, STEPS, 10, look)


def test_both_ends_are_within():
    found = windows([(0, 1.0), (10, 2.0), (20, 3.0)])

    assert found.counts.tolist() == [[2, 2]]


def test_marks_of_an_end_are_no_samples():
    found = windows([(5, 1.0), (15, STALE_NAN)])

    assert found.counts.tolist() == [[1, 0]]


def test_rounds_go_through_all_windows_in_step():
    found = windows([(1, 1.0), (2, 2.0), (12, 3.0)], [(3, 4.0)])
    rounds = [(part.number, sorted(part.values.tolist())) for part in Lockstep(found).rounds()]

    assert rounds == [(0, [1.0, 3.0, 4.0]), (1, [2.0])]


def test_what_is_ordered_can_be_restored():
    steps = Lockstep(windows([(1, 1.0), (12, 2.0), (13, 3.0)]))
    values = np.array([[7.0, 8.0]])

    assert steps.restored(steps.ordered(values)).tolist() == values.tolist()


def test_an_answer_nobody_waits_for_is_given_up():
    def look():
        raise QueryTimeout

    with pytest.raises(QueryTimeout):
        list(Lockstep(windows([(1, 1.0)], look=look)).rounds())
