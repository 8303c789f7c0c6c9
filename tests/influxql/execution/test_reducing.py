"""Groups of series and window."""

import numpy as np
from msgspec.structs import replace

from muster.influxql.execution.reducing import at_window_starts, has_kind, reduce_windows, transform
from muster.influxql.functions.aggregates import count
from muster.influxql.functions.selectors import SELECTORS
from muster.influxql.functions.transformations import Along, cumulative_sum
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import MIN_TIME_NS, Column, empty, full
from muster.influxql.values.streams import Head, Stream
from muster.influxql.values.windows import Interval
from tests.influxql.execution.plainoptions import OPTIONS

A, B = Head("m", (("k", "a"),)), Head("m", (("k", "b"),))
WINDOWED = replace(OPTIONS, interval=Interval(10), dimensions=("k",), group_by=("k",))


def stream(owner, times, values, valid=None):
    column = full(DataType.INTEGER, np.array(values))
    if valid is not None:
        column = Column(column.kind, column.values, np.array(valid))
    return Stream((A, B), np.array(owner), np.array(times, np.int64), column)


def rows(found):
    return list(zip(found.owner.tolist(), found.times.tolist(), found.value.cells(), strict=True))


def test_each_series_has_one_row_for_each_window():
    found = reduce_windows(stream([0, 0, 0, 1], [1, 2, 11, 5], [1, 2, 3, 4]), WINDOWED, count)

    assert rows(found) == [(0, 0, 2), (0, 10, 1), (1, 0, 1)]


def test_finer_groups_than_the_querys_follow_each_other_by_window():
    finer = replace(WINDOWED, dimensions=())

    found = reduce_windows(stream([1, 0, 0, 1], [1, 2, 11, 12], [1, 2, 3, 4]), finer, count)

    assert rows(found) == [(0, 0, 1), (1, 0, 1), (0, 10, 1), (1, 10, 1)]


def test_selectors_show_the_time_of_the_point_until_it_is_moved():
    found = reduce_windows(stream([0, 0], [12, 15], [1, 2]), WINDOWED, SELECTORS["max"])

    assert rows(found) == [(0, 15, 2)]
    assert rows(at_window_starts(found, WINDOWED.windows)) == [(0, 10, 2)]


def test_without_a_start_the_window_stands_at_1970():
    found = at_window_starts(stream([0], [5], [1]), OPTIONS.windows)

    assert OPTIONS.start_ns == MIN_TIME_NS
    assert found.times.tolist() == [0]


def test_nothing_comes_behind_a_point_outside_of_the_range():
    ranged = replace(OPTIONS, start_ns=5, dimensions=("k",), group_by=("k",))

    found = reduce_windows(stream([0, 0, 1, 1], [5, 9, 0, 7], [1, 2, 3, 4]), ranged, count)

    assert rows(found) == [(0, 5, 2)]


def test_gaps_are_no_points():
    found = reduce_windows(stream([0, 0], [1, 2], [1, 2], [True, False]), WINDOWED, count)

    assert rows(found) == [(0, 0, 1)]


def test_functions_along_series_keep_the_order_of_rows():
    found = transform(stream([0, 1, 0, 1], [1, 1, 2, 2], [1, 10, 2, 20]), cumulative_sum)

    assert rows(found) == [(0, 1, 1), (1, 1, 10), (0, 2, 3), (1, 2, 30)]


def test_functions_along_series_take_no_gaps():
    found = transform(
        stream([0, 0, 1, 1], [1, 2, 1, 2], [1, 5, 10, 20], [True, False, True, True]),
        cumulative_sum,
    )

    assert rows(found) == [(0, 1, 1), (1, 1, 10), (1, 2, 30)]


def test_what_a_function_gives_in_another_order_stays_in_that_of_the_rows():
    def backwards(segments):
        order = np.arange(len(segments.times))[::-1]
        return Along(order, segments.column.take(order))

    found = transform(stream([0, 0, 1], [1, 2, 1], [1, 2, 3]), backwards)

    assert rows(found) == [(0, 1, 1), (0, 2, 2), (1, 1, 3)]


def test_tags_have_no_kind_that_functions_take():
    none = np.zeros(0, np.int64)

    assert not has_kind(Stream([], none, none, empty(DataType.TAG, 0)))
