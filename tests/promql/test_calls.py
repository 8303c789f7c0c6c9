"""Functions, called."""

import numpy as np
import pytest

from muster.promql.evaluation import Evaluation
from muster.promql.limits import Limits
from muster.promql.parser import parse
from muster.testing.prommemory import MemorySource, series_of

TIMES = list(range(0, 600_001, 30_000))
SOURCE = MemorySource(
    [series_of({"__name__": "up", "i": "a"}, TIMES, [str(at // 1_000) for at in TIMES])]
)
STEPS = np.array([305_000, 605_000])


def value(text):
    with np.errstate(all="ignore"):
        found = Evaluation(SOURCE, Limits(), 305_000, 605_000).value(parse(text), STEPS)
    return found if isinstance(found, str | np.ndarray) else found.values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("rate(up[1m])", [[1, 1]]),
        ("clamp(up, 400, 500)", [[400, 500]]),
        ("clamp_min(up, 400)", [[400, 600]]),
        ("clamp_max(up, 400)", [[300, 400]]),
        ("round(up, 200)", [[400, 600]]),
        ("absent(nothing)", [[1, 1]]),
        ("absent_over_time(nothing[5m])", [[1, 1]]),
        ("timestamp(up)", [[300, 600]]),
        ("timestamp(vector(1))", [[305, 605]]),
        ("vector(time())", [[305, 605]]),
        ("sort(up)", [[300, 600]]),
        ("minute()", [[5, 10]]),
        ("histogram_quantile(0.5, up)", []),
        ("histogram_count(up)", []),
        ("quantile_over_time(1, up[1m])", [[300, 600]]),
    ],
)
def test_functions_have_values_at_each_step(text, values):
    assert value(text).tolist() == values


def test_scalars():
    assert value("scalar(up)").tolist() == [300, 600]
    assert np.isnan(value("scalar(nothing)")).all()
    assert value("pi()").tolist() == [np.pi, np.pi]
