"""Where series are in the head."""

import numpy as np
import pytest

from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.store.head.headplaces import Found, grouped, last_of, latest_of, node_of
from muster.store.head.headrows import CohortRows
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of


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


def of_two_layouts():
    """Series 0 and 1 up to time 5; then 1 and 2, up to 9."""
    catalogue, names = MemoryCatalogue(), "abc"
    every = []
    for first, end in ((0, 5), (1, 9)):
        layout = Layout(tuple(series_of("m", name, Kind.INTEGER) for name in names[first:][:2]))
        rows = CohortRows(catalogue.cohort(NodeId("n1"), layout), 10)
        rows.append(block_of(layout, {end: [end * 10, end * 10 + 1]}), 1)
        every.append(Found(rows, np.arange(first, first + 2), np.arange(2)))
    return every


def test_the_last_value_of_a_series_is_its_newest_in_any_cohort():
    assert last_of(of_two_layouts(), 4) == [(5, 50), (9, 90), (9, 91), None]


@pytest.mark.parametrize(
    ("span", "floors", "found"),
    [
        ((0, 10), (0, 0), [(5, 50), (9, 90), (9, 91), None]),
        ((6, 10), (0, 0), [None, (9, 90), (9, 91), None]),
        ((0, 9), (0, 0), [(5, 50), None, None, None]),  # whose newest are beyond
        ((0, 10), (6, 0), [None, (9, 90), (9, 91), None]),
        ((0, 10), (10, 0), [None, None, (9, 91), None]),  # of 1 the engine may have more
    ],
)
def test_the_latest_value_lies_in_a_range_and_behind_all_floors(span, floors, found):
    every = of_two_layouts()
    floor = dict(zip([id(each.rows) for each in every], floors, strict=True))

    assert latest_of(every, 4, span, lambda rows: floor[id(rows)]) == found
    alone = latest_of(every[:1], 2, span, lambda rows: floor[id(rows)])
    last = [(5, 50), (5, 51)]
    first = max(span[0], floors[0])
    assert alone == [each if first <= each[0] < span[1] else None for each in last]


def test_the_node_of_a_series_is_the_one_the_hub_stamped():
    assert node_of(series_of("m", "a", node="n7")) == "n7"
