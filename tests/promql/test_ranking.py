"""The highest and lowest of groups."""

from math import nan

import numpy as np

from muster.promql.columns import Vector
from muster.promql.ranking import ordered, ranked

LABELS = [((name, "1"),) for name in "abcd"]


def chosen(values, most, highest=True, owners=(0, 0, 0, 0)):
    table = np.array(values, np.float64).reshape(4, -1)
    vector = Vector(LABELS, table, np.ones(table.shape, np.bool_))
    counts = np.full(table.shape[1], most)
    found = ranked(vector, np.array(owners), counts, highest=highest)
    return [labels[0][0] for labels in found.labels], found.there.tolist()


def test_a_single_step_is_ordered_by_value():
    assert chosen([3, 1, nan, 4], 2)[0] == ["d", "a"]
    assert chosen([3, 1, nan, 4], 9, highest=False)[0] == ["b", "a", "d", "c"]


def test_of_equals_the_first_come_first():
    assert chosen([2, 2, 2, 2], 2)[0] == ["a", "b"]


def test_a_sorted_vector_keeps_equals_in_their_order():
    values = np.array([[2.0], [3.0], [2.0], [nan]])
    vector = Vector(LABELS, values, np.ones(values.shape, np.bool_))

    assert [each[0][0] for each in ordered(vector, highest=True).labels] == ["b", "a", "c", "d"]
    assert [each[0][0] for each in ordered(vector, highest=False).labels] == ["a", "c", "b", "d"]


def test_each_step_and_group_has_its_own():
    names, there = chosen([[1, 9], [2, 8], [3, 3], [4, 4]], 1, owners=(0, 0, 1, 1))

    assert (names, there) == (["a", "b", "d"], [[False, True], [True, False], [True, True]])
