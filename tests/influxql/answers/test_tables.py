"""Columns of several calls side by side."""

import numpy as np
import pytest

from muster.influxql.answers.fill import Fill
from muster.influxql.answers.tables import (
    MatrixTable,
    NewestTable,
    Scanned,
    Table,
    WindowTable,
    empty_table,
    table,
)
from muster.influxql.syntax.ast import DataType, FillOption, VarRef
from muster.influxql.syntax.parser import parse_expression
from muster.influxql.values.columns import Column, empty, full
from muster.influxql.values.streams import Head, Stream

A, B = Head("m", (("k", "a"),)), Head("m", (("k", "b"),))
X, Y = VarRef("x"), VarRef("y")


def scanned(key, rows):
    owner, times, values = zip(*rows, strict=True) if rows else ((), (), ())
    column = full(DataType.INTEGER, np.array(values, np.int64))
    stream = Stream((A, B), np.array(owner, np.int64), np.array(times, np.int64), column)
    return Scanned(stream, (key,), (DataType.INTEGER,))


def side_by_side(first, second, option=FillOption.NULL, value=None, text="x"):
    exprs = [parse_expression(text), Y]
    found = table(
        [scanned(X, first), scanned(Y, second)], exprs, ["x", "y"], Fill(option, value), True
    )
    return list(
        zip(
            found.owner.tolist(),
            found.times.tolist(),
            *(column.cells() for column in found.columns),
            strict=True,
        )
    )


def test_rows_with_the_same_series_and_time_become_one():
    found = side_by_side([(0, 1, 5), (0, 2, 6)], [(0, 2, 7), (1, 1, 8)])

    assert found == [(0, 1, 5, None), (0, 2, 6, 7), (1, 1, None, 8)]


def test_rows_that_agree_stay_as_they_are():
    assert side_by_side([(0, 1, 5)], [(0, 1, 6)]) == [(0, 1, 5, 6)]


@pytest.mark.parametrize(
    ("option", "value", "filled"),
    [(FillOption.NUMBER, 3.7, 3), (FillOption.PREVIOUS, None, 7), (FillOption.NULL, None, None)],
)
def test_what_a_call_has_no_row_for_is_filled(option, value, filled):
    found = side_by_side([(0, 1, 5), (0, 2, 6)], [(0, 1, 7)], option, value)

    assert found == [(0, 1, 5, 7), (0, 2, 6, filled)]


def test_series_that_alternate_are_walked_through():
    first = [(0, 1, 1), (1, 1, 2), (0, 2, 3)]

    found = side_by_side(first, [(0, 1, 4), (0, 2, 5)])

    assert sorted(found, key=lambda row: row[:2])[0] == (0, 1, 1, 4)
    assert len(found) == 4  # the second is past what the first has not reached


def test_expressions_are_worked_out_and_may_be_infinite():
    (row,) = side_by_side([(0, 1, 5)], [(0, 1, 0)], text="ln(x * 0)")

    assert row == (0, 1, -np.inf, 0)


def test_a_number_fills_gaps_of_texts_too():
    words = np.array(["a", ""], np.object_)
    column = Column(DataType.STRING, words, np.array([True, False]))
    stream = Stream((A,), np.array([0, 0]), np.array([1, 2]), column)

    found = table(
        [Scanned(stream, (X,), (DataType.STRING,))], [X], ["x"], Fill(FillOption.NUMBER, 0), True
    )

    assert found.columns[0].cells() == ["a", 0]


def test_a_number_is_of_the_kind_that_a_call_has_where_it_has_no_points():
    stream = Stream((A,), np.array([0]), np.array([1]), empty(DataType.FLOAT, 1))

    found = table(
        [Scanned(stream, (X,), (DataType.INTEGER,))],
        [X],
        ["x"],
        Fill(FillOption.NUMBER, -1.5),
        True,
    )

    assert found.columns[0].cells() == [-1]


def test_an_empty_table_has_its_columns():
    assert empty_table(["a", "b"]).names == ("a", "b")
    assert empty_table(["a"]).take(np.zeros(0, np.int64)).columns[0].cells() == []


def test_rows_of_windows_are_those_of_a_table():
    column = full(DataType.INTEGER, np.arange(6))
    found = WindowTable((A, B), (-10, 20, 3), ("x",), (column,))

    assert found.rows == 6
    assert found.owner.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.times.tolist() == [-10, 10, 30, -10, 10, 30]
    some = found.take(np.array([2, 3]))
    assert isinstance(some, Table)
    assert (some.owner.tolist(), some.times.tolist()) == ([0, 1], [30, -10])
    assert some.columns[0].cells() == [2, 3]


def test_a_row_of_newest_numbers_is_that_of_a_table():
    patterns = np.array([7, 8]).tobytes() + np.array([0.5, 1.5]).tobytes()
    found = NewestTable((A, B), 30, patterns, ("x", "y"), (DataType.INTEGER, DataType.FLOAT))

    assert (found.rows, found.owner.tolist(), found.times.tolist()) == (2, [0, 1], [30, 30])
    assert [column.cells() for column in found.columns] == [[7, 8], [0.5, 1.5]]
    some = found.take(np.array([1]))
    assert (some.owner.tolist(), some.times.tolist()) == ([1], [30])
    assert [column.cells() for column in some.columns] == [[8], [1.5]]


def test_rows_of_a_matrix_are_those_of_a_table():
    matrix = np.array([[1, 2, 3], [4, 5, 6]])
    found = MatrixTable((A,), np.array([10, 20, 30]), matrix, ("x", "y"), DataType.INTEGER)

    assert (found.rows, found.owner.tolist()) == (3, [0, 0, 0])
    assert [column.kind for column in found.columns] == [DataType.INTEGER] * 2
    assert [column.cells() for column in found.columns] == [[1, 2, 3], [4, 5, 6]]
    some = found.take(np.array([2, 0]))
    assert (some.owner.tolist(), some.times.tolist()) == ([0, 0], [30, 10])
    assert [column.cells() for column in some.columns] == [[3, 1], [6, 4]]
