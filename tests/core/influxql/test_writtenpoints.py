"""Columns that are selected become bodies of points."""

import numpy as np

from muster.core.influxql.writtenpoints import bodies
from muster.influxql.execution.writing import WrittenRows
from muster.influxql.source import Place
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import Column, full, texts
from muster.model.metric import Kind, value_of


def rows(fields, times=(1, 2), tags=(("t", "a"),)):
    place = Place("d", "p", "m")
    return WrittenRows(place, tags, np.array(times, np.int64), tuple(fields))


def points_of(parsed):
    """Each point by its place in the body: time, tags, fields."""
    found = {}
    row = cell = 0
    for layout, count, strings in zip(parsed.layouts, parsed.rows, parsed.strings, strict=True):
        for _ in range(count):
            fields = {}
            for series in layout.series:
                fields[series.field] = value_of(parsed.values[cell], series.kind, strings)
                cell += 1
            tags = dict(layout.series[0].tags)
            found[parsed.order[row]] = (parsed.times[row], tags, fields)
            row += 1
    return [found[place] for place in sorted(found)]


def gaps(kind, values, valid):
    return Column(kind, values, np.array(valid))


def test_every_kind_of_value_is_carried():
    fields = [
        ("f", full(DataType.FLOAT, np.array([1.5, -0.0]))),
        ("i", full(DataType.INTEGER, np.array([1, -(1 << 63)]))),
        ("u", full(DataType.UNSIGNED, np.array([0, (1 << 64) - 1], np.uint64))),
        ("b", full(DataType.BOOLEAN, np.array([True, False]))),
        ("s", texts(["x", "y"])),
    ]

    (body,) = bodies([rows(fields)])

    assert [series.field for series in body.layouts[0].series] == ["b", "f", "i", "s", "u"]
    assert points_of(body) == [
        (1, {"t": "a"}, {"b": True, "f": 1.5, "i": 1, "s": "x", "u": 0}),
        (2, {"t": "a"}, {"b": False, "f": -0.0, "i": -(1 << 63), "s": "y", "u": (1 << 64) - 1}),
    ]


def test_rows_with_gaps_are_of_a_layout_without_them():
    fields = [
        ("x", gaps(DataType.FLOAT, np.array([1.0, 0.0, 3.0]), [True, False, True])),
        ("y", gaps(DataType.FLOAT, np.array([0.0, 2.0, 3.0]), [False, True, True])),
    ]

    (body,) = bodies([rows(fields, times=(1, 2, 3))])

    assert points_of(body) == [
        (1, {"t": "a"}, {"x": 1.0}),
        (2, {"t": "a"}, {"y": 2.0}),
        (3, {"t": "a"}, {"x": 3.0, "y": 3.0}),
    ]
    assert set(body.keys) == {0}


def test_many_points_come_in_pieces_in_their_order():
    fields = [("v", full(DataType.INTEGER, np.arange(5)))]
    other = rows(fields, times=range(10, 15), tags=())

    pieces = list(bodies([rows(fields, times=range(5)), other], most=3))

    assert [piece.points_total for piece in pieces] == [3, 3, 3, 1]
    every = [time_ns for piece in pieces for time_ns, _, _ in points_of(piece)]
    assert every == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    assert list(pieces[1].keys) == [0, 1]


def test_mixed_cells_are_written_by_their_kinds():
    cells = np.array([1.5, "a", True], np.object_)
    fields = [("v", full(DataType.UNKNOWN, cells))]

    (body,) = bodies([rows(fields, times=(1, 2, 3))])

    assert [fields for _, _, fields in points_of(body)] == [{"v": 1.5}, {"v": "a"}, {"v": True}]
    assert {layout.series[0].kind for layout in body.layouts} == {
        Kind.FLOAT,
        Kind.STRING,
        Kind.BOOLEAN,
    }


def test_of_two_columns_of_one_name_the_later_one_is_written():
    fields = [("v", full(DataType.INTEGER, np.array([at]))) for at in (1, 2)]

    (body,) = bodies([rows(fields, times=(1,))])

    assert points_of(body) == [(1, {"t": "a"}, {"v": 2})]


def test_a_field_named_time_is_told_of():
    (body,) = bodies([rows([("time", full(DataType.INTEGER, np.array([1, 2])))])])

    assert body.with_time == (0,)


def test_nothing_comes_of_nothing():
    assert list(bodies([])) == []
