"""Classic histograms."""

import numpy as np

from muster.promql.columns import Vector
from muster.promql.histograms import histogram_quantile
from muster.promql.labels import labels_of


def buckets(**counts):
    labels = [labels_of({"__name__": "b", "job": "j", "le": le}) for le in ("1", "2", "+Inf", "x")]
    rows = [counts[key] for key in ("one", "two", "all", "odd")]
    values = np.array([[cell or 0.0 for cell in row] for row in rows])
    there = np.array([[cell is not None for cell in row] for row in rows])
    return Vector(labels, values, there)


def test_series_that_differ_in_le_alone_are_one_histogram():
    vector = buckets(one=[0.0, 5.0], two=[10.0, 10.0], all=[10.0, 10.0], odd=[1.0, 1.0])
    found = histogram_quantile(np.array([0.5, 0.5]), vector)

    assert (found.labels, found.values.tolist()) == ([(("job", "j"),)], [[1.5, 1.0]])


def test_steps_may_have_other_buckets():
    vector = buckets(one=[0.0, None], two=[10.0, 10.0], all=[10.0, 10.0], odd=[None, None])
    found = histogram_quantile(np.array([0.5, 0.5]), vector)

    assert found.values.tolist() == [[1.5, 1.0]]
