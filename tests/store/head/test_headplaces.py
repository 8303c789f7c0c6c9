"""Where series are in the head."""

import numpy as np

from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.store.head.headplaces import Found, grouped, node_of
from muster.store.head.headrows import CohortRows
from muster.testing.cohorts import MemoryCatalogue, series_of


def found(keys, columns):
    layout = Layout((series_of("m", "f", Kind.FLOAT),))
    rows = CohortRows(MemoryCatalogue().cohort(NodeId("n1"), layout), 10)
    return Found(rows, np.array(keys), np.array(columns))


def told(groups):
    return [(keys.tolist(), [each.columns.tolist() for each in of]) for keys, of in groups]


def test_series_that_are_in_one_cohort_each_are_read_cohort_by_cohort():
    groups = grouped([found([0, 2], [5, 6]), found([1], [7])])

    assert told(groups) == [([0, 2], [[5, 6]]), ([1], [[7]])]


def test_series_of_the_same_cohorts_are_read_together():
    groups = grouped([found([0, 1, 2], [5, 6, 7]), found([1, 2, 3], [1, 2, 3])])

    assert sorted(told(groups)) == [
        ([0], [[5]]),
        ([1, 2], [[6, 7], [1, 2]]),
        ([3], [[3]]),
    ]


def test_the_node_of_a_series_is_the_one_the_hub_stamped():
    assert node_of(series_of("m", "a", node="n7")) == "n7"
