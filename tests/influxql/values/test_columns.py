"""Columns of one kind."""

import numpy as np
import pytest

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import (
    Column,
    cast,
    concatenate,
    empty,
    every_row,
    full,
    strongest,
    texts,
)


def test_cells_are_python_values_and_gaps_are_none():
    column = Column(DataType.INTEGER, np.array([1, 2]), np.array([True, False]))

    assert column.cells() == [1, None]
    assert len(column) == 2


def test_numbers_are_cast_and_texts_are_not():
    numbers = full(DataType.FLOAT, np.array([1.9, -1.9]))

    assert cast(numbers, DataType.INTEGER).cells() == [1, -1]
    assert cast(texts(["a"]), DataType.FLOAT).cells() == [None]
    assert cast(numbers, DataType.UNKNOWN) is numbers


def test_what_is_concatenated_has_the_strongest_kind():
    integers, floats = full(DataType.INTEGER, np.array([1])), full(DataType.FLOAT, np.array([0.5]))

    joined = concatenate([integers, floats, empty(DataType.STRING, 1)])

    assert joined.kind is DataType.FLOAT
    assert joined.cells() == [1.0, 0.5, None]


def test_floats_are_stronger_than_integers_and_these_than_texts():
    kinds = [DataType.STRING, DataType.INTEGER, DataType.FLOAT]

    assert strongest(kinds) is DataType.FLOAT
    assert strongest(kinds[:2]) is DataType.INTEGER
    assert strongest([]) is DataType.UNKNOWN


@pytest.mark.parametrize("rows", [0, 3, 20_000])
def test_masks_and_numbers_of_rows_are_shared_and_cannot_be_changed(rows):
    column, numbers = full(DataType.INTEGER, np.zeros(rows, np.int64)), every_row(rows)

    assert column.is_full
    assert Column(column.kind, column.values, np.ones(rows, np.bool_)).is_full
    assert Column(column.kind, column.values, np.zeros(rows, np.bool_)).is_full == (not rows)
    assert numbers.tolist() == list(range(rows))
    for shared in (column.valid, numbers):
        with pytest.raises(ValueError, match="read-only"):
            shared.fill(0)
