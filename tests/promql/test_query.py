"""Whole queries."""

import pytest

from muster.promql.ast import Type
from muster.promql.errors import PromqlError
from muster.promql.parser import parse
from muster.promql.query import instant, over_range
from muster.testing.prommemory import MemorySource, series_of

SOURCE = MemorySource(
    [series_of({"__name__": "up", "i": i}, [0, 60_000], ["1", "stale" if i == "a" else "2"])
     for i in "ba"]
)  # fmt: skip


def test_a_vector_at_a_moment():
    found = instant(SOURCE, parse("up"), 60_000)

    assert (found.type, found.value.labels) == (Type.VECTOR, [(("__name__", "up"), ("i", "b"))])


def test_the_samples_of_a_range():
    found = instant(SOURCE, parse("up[5m]"), 60_000)

    assert [each.times.tolist() for each in found.series] == [[0], [0, 60_000]]


def test_each_step_of_a_range_sorted_by_labels():
    found = over_range(SOURCE, parse("-up"), 0, 60_000, 60_000)

    assert [each.values.tolist() for each in found.series] == [[-1], [-1, -2]]
    assert over_range(SOURCE, parse("1"), 0, 5, 5).series[0].values.tolist() == [1, 1]


def test_what_has_no_value_at_steps_is_refused():
    with pytest.raises(PromqlError, match='invalid expression type "range vector"'):
        over_range(SOURCE, parse("up[5m]"), 0, 5, 5)
