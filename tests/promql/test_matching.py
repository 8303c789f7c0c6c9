"""Vector matching."""

import numpy as np
import pytest

from muster.promql.columns import Vector
from muster.promql.errors import ExecutionError
from muster.promql.labels import labels_of
from muster.promql.matching import operated
from muster.promql.parser import parse


def of(pairs):
    labels = [labels_of(each) for each, _ in pairs]
    values = np.array([[value] for _, value in pairs], np.float64)
    return Vector(labels, values, np.ones(values.shape, np.bool_))


A1, A2 = {"__name__": "m", "a": "1"}, {"__name__": "m", "a": "2"}


def result(text, left, right):
    found = operated(parse(text), left, right)
    return dict(zip(found.labels, found.values[:, 0].tolist(), strict=True))


def test_series_with_the_same_labels_belong_together():
    assert result("m + m", of([(A1, 1), (A2, 2)]), of([(A2, 10)])) == {(("a", "2"),): 12}


def test_labels_of_one_side_can_be_taken_along():
    left = of([({"a": "1", "c": "x"}, 1), ({"a": "1", "c": "y"}, 2)])
    right = of([({"a": "1", "n": "host"}, 10)])

    assert result("m * on(a) group_left(n) m", left, right) == {
        (("a", "1"), ("c", "x"), ("n", "host")): 10,
        (("a", "1"), ("c", "y"), ("n", "host")): 20,
    }


def test_two_on_a_side_of_one_are_refused():
    with pytest.raises(ExecutionError, match="found duplicate series for the match group"):
        result("m + on() m", of([(A1, 1)]), of([(A1, 1), (A2, 2)]))
    with pytest.raises(ExecutionError, match="many-to-one matching must be explicit"):
        result("m + on() m", of([(A1, 1), (A2, 2)]), of([(A1, 1)]))


def test_a_scalar_on_either_side():
    assert result("m > 1", of([(A1, 1), (A2, 2)]), np.array([1.0])) == {labels_of(A2): 2}
    assert result("1 < bool m", np.array([1.0]), of([(A2, 2)])) == {(("a", "2"),): 1}
    assert operated(parse("2 > bool 1"), np.array([2.0]), np.array([1.0])).tolist() == [1]


def test_sets():
    left, right = of([(A1, 1), (A2, 2)]), of([(A2, 5), ({"b": "3"}, 6)])

    assert result("m and m", left, right) == {labels_of(A2): 2}
    assert result("m unless m", left, right) == {labels_of(A1): 1}
    assert len(result("m or m", left, right)) == 3


def test_of_several_errors_that_of_the_first_step_is_told():
    sides = of([(A1, 1), (A2, 2)])
    both = Vector(sides.labels, np.ones((2, 2)), np.ones((2, 2), np.bool_))
    later = both._replace(there=np.array([[True, True], [False, True]]))

    with pytest.raises(ExecutionError, match="many-to-one matching must be explicit"):
        operated(parse("m + on() m"), both, later)
    with pytest.raises(ExecutionError, match="found duplicate series for the match group"):
        operated(parse("m + on() m"), both, both)
