"""Functions over the samples of windows; exact digits are among the recorded answers."""

from math import inf, isnan, nan

import numpy as np
import pytest

from muster.promql import overtime
from muster.promql.errors import ExecutionError
from muster.promql.limits import Limits
from muster.promql.packing import columns_of
from muster.promql.source import Samples
from muster.promql.windows import windows_of


def over(function, values, *others):
    times = np.arange(len(values)) * 1_000
    samples = Samples((), times, np.array(values, np.float64))
    end = np.array([len(values) * 1_000])
    windows = windows_of(columns_of([samples]), end, end, len(values) * 1_000, Limits().look)
    with np.errstate(all="ignore"):
        found = function(windows, [np.array([each]) for each in others])
    return float(found.values[0, 0]) if found.there[0, 0] else None


def test_sums_do_not_lose_small_values():
    assert over(overtime.total, [1e16, 1.0, 1.0, -1e16]) == 2


def test_infinities_stay_what_they_are():
    assert over(overtime.total, [inf, 1.0]) == inf
    assert over(overtime.mean, [inf, 1.0, inf]) == inf
    assert isnan(over(overtime.mean, [inf, -inf]))


def test_extremes_pass_over_what_is_no_number():
    assert over(overtime.most, [nan, 1.0, 3.0]) == 3
    assert over(overtime.least, [2.0, nan, 1.0]) == 1
    assert isnan(over(overtime.most, [nan]))


def test_counts_and_the_last_value():
    assert over(overtime.count, [1.0, 2.0]) == 2
    assert over(overtime.present, [5.0]) == 1
    assert over(overtime.last, [1.0, 7.0]) == 7
    assert over(overtime.count, []) is None


def test_deviation_and_quantile():
    assert over(overtime.variance, [1.0, 3.0]) == 1
    assert over(overtime.deviation, [2.0, 2.0]) == 0
    assert over(overtime.quantile, [1.0, 2.0, 3.0], 0.5) == 2


def test_lines_go_through_their_samples():
    assert over(overtime.slope, [1.0, 3.0, 5.0]) == 2
    assert over(overtime.slope, [1.0]) is None
    assert over(overtime.prediction, [1.0, 3.0, 5.0], 10.0) == 27
    assert over(overtime.prediction, [4.0, 4.0], 10.0) == 4


def test_smoothing_wants_factors_between_nothing_and_all():
    assert over(overtime.smoothed, [1.0, 2.0, 3.0], 0.5, 0.5) == 3
    with pytest.raises(
        ExecutionError, match=r"invalid trend factor\. Expected: 0 < tf < 1, got: 2"
    ):
        over(overtime.smoothed, [1.0, 2.0], 0.5, 2.0)
