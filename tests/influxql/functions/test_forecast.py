"""Forecasts."""

import numpy as np
import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.functions.forecast import MOST_POINTS, holt_winters
from muster.influxql.functions.segments import Segments
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full, texts


def segments(values, times=None):
    times = np.arange(len(values)) * 10 if times is None else np.array(times)
    return Segments(np.array([0]), times, full(DataType.FLOAT, np.array(values, float)))


def test_a_line_goes_on():
    found = holt_winters(segments([2, 4, 6, 8, 10, 12]), 2, 0, 10, with_fit=False)

    assert found.times.tolist() == [60, 70]
    assert found.value.cells() == pytest.approx([14, 16], rel=0.1)


def test_the_fit_is_shown_when_it_is_asked_for():
    found = holt_winters(segments([1, 2, 1, 2, 1, 2]), 1, 2, 10, with_fit=True)

    assert found.times.tolist() == [0, 10, 20, 30, 40, 50, 60]


def test_one_point_has_no_forecast():
    assert not len(holt_winters(segments([1]), 2, 0, 10, with_fit=False).times)
    assert not len(holt_winters(segments([1, 2, 3]), 2, 4, 10, with_fit=False).times)


def test_more_than_a_fit_may_take_is_refused():
    with pytest.raises(InfluxqlError, match="group by a longer time"):
        holt_winters(segments([1, 2]), MOST_POINTS, 0, 10, with_fit=False)
    with pytest.raises(InfluxqlError, match="at most"):
        holt_winters(segments([1, 2], [0, 10**15]), 1, 0, 10, with_fit=False)


def test_texts_have_no_forecast():
    words = Segments(np.array([0]), np.array([0, 1]), texts(["a", "b"]))

    with pytest.raises(InfluxqlError, match="unsupported elapsed iterator type"):
        holt_winters(words, 1, 0, 1, with_fit=False)
