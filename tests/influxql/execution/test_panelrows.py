"""Rows of cells: what windows without points show."""

import numpy as np
import pytest

from muster.influxql.answers.fill import Fill
from muster.influxql.execution.panelrows import kind_of_cells, owner_of_one, rows_of_cells
from muster.influxql.functions.panelsums import Cells
from muster.influxql.syntax.ast import DataType, FillOption
from muster.influxql.values.streams import Head

HEADS = [Head("m", (("h", name),)) for name in "ab"]
WINDOWS = 100, 10
NULL = Fill(FillOption.NULL)


def rows(name, values, counts, fill=NULL, kind=DataType.FLOAT):
    there = np.array(counts) > 0
    cells = Cells(np.array(values), None if there.all() else there)
    found = rows_of_cells(name, kind, HEADS, fill, cells, WINDOWS)
    if found is None:
        return None
    heads = [found.heads[each].tags[0][1] for each in found.owner.tolist()]
    return list(zip(heads, found.times.tolist(), found.value.cells(), strict=True))


def test_each_cell_is_a_row_of_its_head_and_window():
    assert rows("max", [[1.5, 2.0], [3.0, 4.0]], [[1, 1], [2, 1]]) == [
        ("a", 100, 1.5),
        ("a", 110, 2.0),
        ("b", 100, 3.0),
        ("b", 110, 4.0),
    ]


@pytest.mark.parametrize(
    ("name", "fill", "shown"),
    [
        ("max", NULL, [("b", 100, None), ("b", 110, 4.0)]),
        ("max", Fill(FillOption.NONE), [("b", 110, 4.0)]),
        ("max", Fill(FillOption.NUMBER, 7), [("b", 100, 7.0), ("b", 110, 4.0)]),
        ("count", NULL, [("b", 100, 0), ("b", 110, 4)]),
    ],
)
def test_empty_windows_show_what_is_asked_and_empty_series_are_not_there(name, fill, shown):
    assert rows(name, [[0.0, 0.0], [9.0, 4.0]], [[0, 0], [0, 1]], fill) == shown


def test_of_nothing_there_are_no_rows():
    assert rows("max", [[0.0]], [[0]]) is None


def test_rows_of_the_same_shape_are_not_written_to():
    cells = Cells(np.ones((2, 2)), None)
    one, other = (
        rows_of_cells("max", DataType.FLOAT, HEADS, NULL, cells, (first, 10)) for first in (0, 50)
    )

    assert one.owner is other.owner
    assert not one.owner.flags.writeable
    assert (other.times - one.times == 50).all()


def test_counts_are_integers_and_means_are_floats():
    kinds = [kind_of_cells(name, DataType.UNSIGNED) for name in ("count", "mean", "max")]

    assert kinds == [DataType.INTEGER, DataType.FLOAT, DataType.UNSIGNED]


@pytest.mark.parametrize("count", [0, 1, 3, 20_000])
def test_rows_of_one_head_are_all_its_own(count):
    assert owner_of_one(count).tolist() == [0] * count
