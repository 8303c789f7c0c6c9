"""The best of many."""

from math import nan

from hypothesis import given
from hypothesis import strategies as st

from muster.promql.heaps import best


@given(st.lists(st.integers(0, 20)), st.integers(0, 25))
def test_the_highest_are_kept_highest_first(numbers, most):
    found = best([float(each) for each in numbers], most)

    assert [numbers[place] for place in found] == sorted(numbers, reverse=True)[:most]
    assert len(set(found)) == len(found)


def test_no_number_is_below_all():
    assert best([nan, 1.0, nan, 2.0], 3) == [3, 1, 0]
    assert best([nan, nan], 1) == [1]


def test_of_equals_those_that_gos_heap_leaves():
    assert best([2.0, 2.0, 2.0, 3.0], 2) == [3, 1]
    assert best([1.0] * 5, 3) == [0, 1, 2]
