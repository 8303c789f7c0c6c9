"""Rates and changes; Prometheus' own extrapolation is among the recorded answers."""

import numpy as np

from muster.promql import rates
from muster.promql.limits import Limits
from muster.promql.packing import columns_of
from muster.promql.source import Samples
from muster.promql.windows import windows_of


def over(function, values, times=None, range_ms=60_000):
    times = np.array(times if times is not None else [at * 10_000 for at in range(len(values))])
    samples = Samples((), times, np.array(values, np.float64))
    end = np.array([60_000])
    with np.errstate(all="ignore"):
        found = function(windows_of(columns_of([samples]), end, end, range_ms, Limits().look), ())
    return float(found.values[0, 0]) if found.there[0, 0] else None


def test_a_counter_that_grows_evenly_has_its_rate():
    assert over(rates.rate, [0, 10, 20, 30, 40, 50, 60]) == 1
    assert over(rates.increase, [0, 10, 20, 30, 40, 50, 60]) == 60


def test_a_fall_is_a_reset():
    assert over(rates.increase, [0, 10, 20, 0, 10, 20, 30]) == 50
    assert over(rates.delta, [0, 10, 20, 0, 10, 20, 30]) == 30


def test_a_counter_is_drawn_out_to_zero_and_no_further():
    assert over(rates.delta, [1, 2], [50_000, 60_000]) == 1.5
    assert over(rates.increase, [1, 2], [50_000, 60_000]) == 2
    assert over(rates.increase, [0, 1], [50_000, 60_000]) == 1


def test_one_sample_has_no_rate():
    assert over(rates.rate, [1]) is None
    assert over(rates.instant_rate, [1]) is None


def test_the_last_two_samples_alone():
    assert over(rates.instant_rate, [0, 100, 120]) == 2
    assert over(rates.instant_rate, [0, 100, 20]) == 2
    assert over(rates.instant_delta, [0, 100, 20]) == -80


def test_falls_and_changes_are_counted():
    assert over(rates.resets, [3, 1, 2, 0]) == 2
    assert over(rates.changes, [1, 1, 2, float("nan"), float("nan")]) == 2
