"""Labels of whole selections, and what is made of them."""

import numpy as np

from muster.promql import labelsets
from muster.promql.labelsets import LabelSets

A, B = (("__name__", "x"), ("a", "1")), (("__name__", "y"), ("a", "1"), ("b", "2"))


def test_what_was_made_is_made_once():
    kept = LabelSets([A, B])

    assert labelsets.all_nameless(kept) is labelsets.all_nameless(kept)
    assert labelsets.all_nameless([A, B]) == [(("a", "1"),), (("a", "1"), ("b", "2"))]


def test_no_more_is_kept_than_a_few_things():
    kept = LabelSets([A])
    for number in range(100):
        labelsets.values_of(kept, str(number))

    assert len(kept._made) <= 16


def test_groups_come_in_the_order_of_their_first():
    owners, groups = labelsets.groups_of([B, A, B])

    assert (owners.tolist(), list(groups)) == ([0, 1, 0], [B, A])


def test_series_are_parted_by_some_labels_or_all_others():
    owners, groups = labelsets.parted([A, B], ["b"], is_without=False)
    assert (owners.tolist(), list(groups)) == ([0, 1], [(), (("b", "2"),)])

    owners, groups = labelsets.parted([A, B], ["b", "__name__"], is_without=True)
    assert (owners.tolist(), list(groups)) == ([0, 0], [(("a", "1"),)])


def test_places_and_likeness():
    kept = LabelSets([B, A])

    assert labelsets.order_of(kept).tolist() == [1, 0]
    assert labelsets.are_distinct(kept)
    assert not labelsets.are_distinct([A, A])
    assert list(labelsets.chosen(kept, np.array([1]))) == [A]
