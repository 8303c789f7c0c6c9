"""Head and engine put together, by hand; tests/core/querying/test_query.py does it at random."""

import numpy as np
import pytest

from muster.core.querying.aggregate import WHOLE
from muster.core.querying.frames import Axis, regular_axis
from muster.core.querying.sides import Engine, Side, Wanted, cells_of_values, columns_of_buckets
from muster.errors import LimitExceeded
from muster.model.metric import Kind
from muster.model.query import Function
from muster.ports.series import Grid
from muster.testing.cohorts import ref_of, rows_of, series_of
from muster.testing.series import MemoryStore


class View:
    """A head's view of one series, made by hand."""

    def __init__(self, later=(), pending=(), texts=()):
        self.texts = list(texts)
        self._later, self._pending = later, pending

    def grids(self):
        return [grid_of(self._later)] if self._later else []

    def pending(self):
        return [grid_of(self._pending)] if self._pending else []

    def sums(self, step_ns):
        return [], self.grids()


def grid_of(rows):
    times, values = zip(*rows, strict=True)
    return Grid(np.array([0]), np.array(times), np.array([values]))


REF = ref_of(series_of("m", "f", Kind.INTEGER))
TEXT = ref_of(series_of("m", "s", Kind.STRING))


def side(view, cut, ref=REF):
    return Side(ref.series.kind, np.array([4]), [ref], view, 0, cut)


def wanted(function, step=WHOLE, most=1_000_000):
    axis = Axis(0, WHOLE, 1) if step == WHOLE else regular_axis(0, 60, step)
    return Wanted(function, axis, 50.0, 0, 0, most)


@pytest.fixture
def store():
    store = MemoryStore()
    store.append("t", {Kind.INTEGER: rows_of(REF, {10: 1, 20: 2, 30: 3})})
    store.append("u", {Kind.STRING: rows_of(TEXT, {10: "a", 20: "b"})})
    return store


def test_each_time_is_asked_of_one_side(store):
    view = View(later=[(25, 100), (30, 300)])

    (cells,) = cells_of_values(side(view, 25), wanted(Function.RAW), Engine(store))

    assert cells.time.tolist() == [10, 20, 25, 30]
    assert cells.values.tolist() == [1, 2, 100, 300]
    assert cells.key.tolist() == [4] * 4


def test_a_bucket_that_the_cut_divides_is_one(store):
    view = View(later=[(25, 100)])

    (sums,) = columns_of_buckets(side(view, 25), wanted(Function.SUM, 20), Engine(store))

    assert sums == [1, 102, None]


def test_a_pending_row_that_the_engine_has_got_counts_once(store):
    pending = side(View(pending=[(20, 2)]), 40)

    (cells,) = cells_of_values(pending, wanted(Function.RAW), Engine(store))

    assert columns_of_buckets(pending, wanted(Function.COUNT), Engine(store)) == [[3]]
    assert columns_of_buckets(pending, wanted(Function.SUM), Engine(store)) == [[6]]
    assert cells.values.tolist() == [1, 2, 3]


def test_a_pending_row_replaces_an_older_value_of_its_time(store):
    view = View(pending=[(20, 7), (22, 8)])

    (sums,) = columns_of_buckets(side(view, 40), wanted(Function.SUM, 15), Engine(store))

    assert sums == [1, 15, 3, None]


def test_strings_of_both_sides_share_a_table(store):
    view = View(later=[(30, 0), (40, 1)], pending=[(15, 1)], texts=["c", "a"])

    (cells,) = cells_of_values(side(view, 30, TEXT), wanted(Function.RAW), Engine(store))
    (last,) = columns_of_buckets(side(view, 30, TEXT), wanted(Function.LAST, 20), Engine(store))
    (count,) = columns_of_buckets(side(view, 30, TEXT), wanted(Function.COUNT, 20), Engine(store))

    assert cells.values.tolist() == ["a", "a", "b", "c", "a"]
    assert last == ["a", "c", "a"]
    assert count == [2, 2, 1]


def test_without_a_store_the_head_answers_alone(store):
    (means,) = columns_of_buckets(side(View(later=[(25, 5)]), 25), wanted(Function.MEAN), None)

    assert means == [5.0]


def test_what_is_in_the_head_whole_is_not_asked_of_the_engine():
    store = MemoryStore()
    store.failing = "away"

    (highs,) = columns_of_buckets(
        side(View(later=[(25, 5)]), 0), wanted(Function.MAX), Engine(store)
    )

    assert highs == [5]


def test_single_values_are_counted_before_they_are_read(store):
    far = side(View(), 10**12)

    with pytest.raises(LimitExceeded, match="3 single values, at most 2"):
        cells_of_values(far, wanted(Function.PERCENTILE, most=2), Engine(store))
