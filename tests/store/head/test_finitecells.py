"""Cells of a row as bytes, by both twins."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind
from muster.store.head import finitecells

TWINS = [finitecells.pure_finite_cells, finitecells.finite_cells]
KINDS = np.array([Kind.FLOAT, Kind.INTEGER, Kind.UNSIGNED, Kind.BOOLEAN, Kind.STRING], np.uint8)
twins = pytest.mark.parametrize("cells_of", TWINS, ids=["pure", "compiled"])


def held(real=0.5, integer=-7):
    """Two rows of one column of each kind, with a time and a segment behind them."""
    (pattern,) = struct.unpack("=q", struct.pack("=d", real))
    return np.array([[0] * 7, [pattern, integer, 5, 1, 0, 99, 1]])


@twins
def test_they_come_in_the_order_that_is_asked_for(cells_of):
    found = cells_of(held(), 1, np.array([2, 0, 1]), KINDS)

    assert struct.unpack("=Qdq", found) == (5, 0.5, -7)


@twins
@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_a_row_with_a_float_that_is_not_finite_has_none(cells_of, odd):
    assert cells_of(held(odd), 1, np.array([1, 0]), KINDS) is None
    assert cells_of(held(odd), 1, np.array([1, 2]), KINDS) is not None


@twins
@pytest.mark.parametrize("column", [3, 4])
def test_what_is_no_number_has_none(cells_of, column):
    assert cells_of(held(), 1, np.array([0, column]), KINDS) is None


@twins
@pytest.mark.parametrize(("row", "column"), [(2, 0), (0, 5)])
def test_what_is_beyond_is_an_error(cells_of, row, column):
    with pytest.raises(IndexError):
        cells_of(held(), row, np.array([column]), KINDS)


@given(
    st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=5, max_size=5),
    st.lists(st.integers(0, 4), max_size=8),
)
def test_both_twins_give_the_same(patterns, columns):
    rows = np.array([[*patterns, 1, 1]])
    asked = rows, 0, np.array(columns, np.int64), KINDS

    assert finitecells.finite_cells(*asked) == finitecells.pure_finite_cells(*asked)
