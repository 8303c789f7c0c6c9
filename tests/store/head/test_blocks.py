"""Packed blocks: every pattern comes back, by both twins."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind
from muster.store.head import blocks

MOST, LEAST = (1 << 63) - 1, -(1 << 63)


def bits(*values):
    return [struct.unpack("<q", struct.pack("<d", value))[0] for value in values]


ODD = bits(0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, 5e-324, 0.1, 1 / 3, 2.0**53 + 2, 12.5)
EXTREME = [MOST, LEAST, 0, -1, 1, 2**53 + 1]

patterns = st.integers(LEAST, MOST) | st.sampled_from(ODD) | st.sampled_from(EXTREME)


def column(rows):
    """Columns of the sorts that the codes are made for, and of none."""
    steps = st.integers(0, 1 << 40)
    return st.one_of(
        patterns.map(lambda value: [value] * rows),
        st.lists(patterns, min_size=rows, max_size=rows),
        st.lists(st.sampled_from(ODD), min_size=rows, max_size=rows),
        st.lists(steps, min_size=rows, max_size=rows).map(lambda one: np.cumsum(one).tolist()),
        st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=rows, max_size=rows).map(
            lambda values: bits(*values)
        ),
        st.lists(st.floats(), min_size=rows, max_size=rows).map(lambda values: bits(*values)),
    )


@st.composite
def matrices(draw):
    rows = draw(st.integers(1, 40))
    columns = draw(st.lists(column(rows), min_size=1, max_size=10))
    kinds = draw(
        st.lists(st.sampled_from(list(Kind)), min_size=len(columns), max_size=len(columns))
    )
    present = draw(
        st.none()
        | st.lists(st.booleans(), min_size=rows * len(columns), max_size=rows * len(columns))
    )
    matrix = np.array(columns, np.int64).T.copy()
    marks = None if present is None else np.array(present).reshape(matrix.shape)
    return matrix, np.array(kinds, np.uint8), marks


def unpack(packed, kinds, shape, first=0, last=None):
    last = shape[0] if last is None else last
    out = np.empty((shape[1], last - first), np.int64)
    blocks.decode(packed, kinds, np.arange(shape[1]), first, last, out)
    return out.T


@given(matrices(), st.data())
def test_every_pattern_comes_back_bit_for_bit(made, data):
    matrix, kinds, present = made
    first = data.draw(st.integers(0, len(matrix)))
    last = data.draw(st.integers(first, len(matrix)))

    packed = blocks.seal(matrix, kinds, present)

    assert (unpack(packed, kinds, matrix.shape, first, last) == matrix[first:last]).all()


@given(st.lists(matrices(), min_size=1, max_size=4), st.data())
def test_blocks_that_are_read_together_stand_one_behind_the_other(made, data):
    columns = np.zeros(data.draw(st.integers(1, 3)), np.int64)
    codes, spans, parts = [], [], []
    for matrix, kinds, present in made:
        packed = blocks.seal(matrix, kinds, present)
        first = data.draw(st.integers(0, len(matrix)))
        spans.append((first, data.draw(st.integers(first, len(matrix)))))
        codes.append(blocks.code_of(packed, kinds))
        parts.append(matrix[slice(*spans[-1])][:, columns].T)
    expected = np.concatenate(parts, axis=1)
    out = np.empty(expected.shape, np.int64)
    blocks.decode_together(codes, [columns] * len(codes), spans, out)
    assert (out == expected).all()


@given(matrices())
def test_what_the_pure_twin_packs_either_twin_reads(made):
    matrix, kinds, present = made

    packed = blocks.seal_plainly(matrix, kinds, present)

    out = np.empty((matrix.shape[1], len(matrix)), np.int64)
    blocks.decode_plainly(packed, np.arange(matrix.shape[1]), 0, len(matrix), out)
    assert (matrix == out.T).all()
    assert (unpack(packed, kinds, matrix.shape) == matrix).all()


@pytest.mark.skipif(not blocks.COMPILED, reason="this environment has no compiled twin")
@given(matrices())
def test_both_twins_agree_on_sum_min_and_max(made):
    matrix, kinds, present = made

    one, other = blocks.seal(matrix, kinds, present), blocks.seal_plainly(matrix, kinds, present)

    assert np.array_equal(one.totals, other.totals, equal_nan=True)
    for mine, its in ((one.lows, other.lows), (one.highs, other.highs)):
        for place, kind in enumerate(kinds):
            values = blocks.typed(mine, kind)[place], blocks.typed(its, kind)[place]
            assert values[0] == values[1] or (values[0] != values[0] and values[1] != values[1])


def test_unsigned_numbers_beyond_two_to_the_63_are_the_largest():
    matrix = np.array([[-1], [5]])  # -1 is the pattern of 2^64 - 1

    packed = blocks.seal(matrix, np.array([Kind.UNSIGNED], np.uint8))

    assert (packed.lows[0], packed.highs[0]) == (5, -1)
    assert packed.totals[0] == pytest.approx(2.0**64)


def test_absent_cells_take_no_part_in_sums():
    matrix = np.array([[1, 7], [100, 8]])
    present = np.array([[True, True], [False, True]])

    packed = blocks.seal(matrix, np.array([Kind.INTEGER] * 2, np.uint8), present)

    assert packed.totals.tolist() == [1.0, 15.0]
    assert packed.highs.tolist() == [1, 8]


@pytest.mark.skipif(not blocks.COMPILED, reason="this environment has no compiled twin")
@pytest.mark.parametrize(
    ("values", "most_bytes"),
    [
        ([7] * 120, 9),
        (list(range(10**9, 10**9 + 120)), 20),
        ([10**12 + step % 7 for step in range(120)], 60),
        (bits(*(round(20 + step % 30 / 10, 1) for step in range(120))), 120),
        (bits(*((1 / 3, 2 / 7)[step % 2] for step in range(120))), 36),
    ],
)
def test_a_regular_column_takes_few_bytes(values, most_bytes):
    kinds = np.array([Kind.FLOAT if values[0] > 2**61 else Kind.INTEGER], np.uint8)

    packed = blocks.seal(np.array(values).reshape(-1, 1), kinds)

    assert packed.offsets[1] <= most_bytes


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (blocks.MAX_ROWS + 1, 1)])
def test_a_matrix_without_cells_or_too_high_is_refused(shape):
    with pytest.raises(ValueError, match="cannot seal"):
        blocks.seal(np.zeros(shape, np.int64), np.zeros(shape[1], np.uint8))
