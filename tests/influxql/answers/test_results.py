"""Answers of statements."""

import numpy as np

from muster.influxql.answers.results import StatementResult, cells_of, cut, listing, series_of
from muster.influxql.answers.tables import Table
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full
from muster.influxql.values.streams import Head

A, B = Head("m", (("k", "a"),)), Head("m", (("k", "b"),))


def table(owner):
    count = len(owner)
    column = full(DataType.INTEGER, np.arange(count))
    return Table((A, B), np.array(owner, np.int64), np.arange(count), ("v",), (column,))


def test_each_run_of_a_head_is_a_series():
    found = series_of(table([0, 0, 1]), "t", None)

    assert [(each.tags, each.rows) for each in found] == [(A.tags, 2), (B.tags, 1)]
    assert found[0].columns == ("t", "v")
    assert series_of(table([]), "time", None) == ()


def test_a_part_says_that_others_follow():
    (series,) = series_of(table([0, 0, 0]), "time", None)

    assert series.part(0, 2).partial
    assert series.part(2, 4).times.tolist() == [2]
    assert not series.part(2, 4).partial


def test_a_listing_is_by_columns():
    found = listing("x", ("a", "b"), [[1, 2], [3, 4]])

    assert found.cells == ([1, 3], [2, 4])
    assert found.part(1, 2).cells == ([3], [4])
    assert listing("x", ("a",), []).rows == 0


def test_a_row_limit_cuts_the_last_series_and_drops_those_behind():
    result = StatementResult(0, series_of(table([0, 0, 1, 1]), "time", None))

    (three,) = cut([result], 3)
    (two,) = cut([result], 2)
    (many,) = cut([result], 9)

    assert [(each.rows, each.partial) for each in three.series] == [(2, False), (1, True)]
    assert [(each.rows, each.partial) for each in two.series] == [(2, False)]
    assert many.series == result.series


def test_a_table_is_as_many_series_as_it_has_runs():
    found = series_of(table([0, 0, 1]), "t", None)

    assert len(found) == 2
    assert [each.times.tolist() for each in found[:]] == [[0, 1], [2]]
    assert found[-1] is list(found)[1]
    assert found == tuple(found)
    assert cells_of(found) == cells_of(tuple(found)) == 6
    assert cells_of(()) == 0
