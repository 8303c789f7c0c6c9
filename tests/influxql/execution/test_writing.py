"""What SELECT INTO writes."""

import numpy as np

from muster.influxql.answers.results import ResultSeries
from muster.influxql.execution.writing import written, written_rows
from muster.influxql.syntax.ast import DataType, Measurement, VarRef
from muster.influxql.values.columns import Column, full, texts

SERIES = ResultSeries(
    "m",
    (("h", "a"), ("none", "")),
    ("time", "x", "y"),
    np.array([1, 2], np.int64),
    (
        Column(DataType.FLOAT, np.array([1.0, 2.0]), np.array([True, False])),
        Column(DataType.FLOAT, np.array([0.0, 0.0]), np.array([False, False])),
    ),
)


def test_rows_and_columns_without_values_are_not_written():
    (rows,) = written_rows(Measurement(database="d", retention_policy="p", name="n"), [SERIES])

    assert rows.place == ("d", "p", "n")
    assert rows.tags == (("h", "a"),)
    assert rows.times.tolist() == [1]
    assert [(name, column.cells()) for name, column in rows.fields] == [("x", [1.0])]


def test_a_target_without_a_name_keeps_that_of_the_source():
    (rows,) = written_rows(
        Measurement(database="d", retention_policy="p", is_target=True), [SERIES]
    )

    assert rows.place.measurement == "m"


def test_tags_that_top_shows_become_tags_and_its_fields_are_not_written():
    series = ResultSeries(
        "m",
        (),
        ("time", "top", "host", "f"),
        np.array([1, 1, 2], np.int64),
        (
            full(DataType.FLOAT, np.array([3.0, 2.0, 1.0])),
            texts(["a", "b", "a"]),
            full(DataType.FLOAT, np.array([0.0, 0.0, 0.0])),
        ),
    )
    extras = {1: VarRef("host", DataType.TAG), 2: VarRef("f", DataType.FLOAT)}

    found = written_rows(Measurement(name="n"), [series], extras)

    assert [(rows.tags, rows.times.tolist()) for rows in found] == [
        ((("host", "a"),), [1, 2]),
        ((("host", "b"),), [1]),
    ]
    assert [name for name, _ in found[0].fields] == ["top"]


def test_a_row_with_a_number_that_is_none_is_not_written():
    values = np.array([np.inf, 1.0])
    series = ResultSeries(
        "m", (), ("time", "x"), np.array([1, 2], np.int64), (full(DataType.FLOAT, values),)
    )

    (rows,) = written_rows(Measurement(name="n"), [series])

    assert rows.times.tolist() == [2]


def test_what_is_not_a_number_is_a_gap():
    cells = (full(DataType.FLOAT, np.array([np.nan])), full(DataType.FLOAT, np.array([1.0])))
    series = ResultSeries("m", (), ("time", "x", "y"), np.array([1], np.int64), cells)

    (rows,) = written_rows(Measurement(name="n"), [series])

    assert [name for name, _ in rows.fields] == ["y"]


def test_nothing_is_written_of_nothing():
    none = ResultSeries(
        "m", (), ("time", "x"), np.zeros(0, np.int64), (full(DataType.FLOAT, np.zeros(0)),)
    )

    assert written_rows(Measurement(name="n"), [none]) == []
    assert written(3).cells == ([3],)
