"""Packed blocks: every pattern comes back, by both twins."""

import math
import struct
from itertools import pairwise
from typing import Any, NamedTuple

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


class Block(NamedTuple):
    code: Any


class Room:
    def take(self, rows, columns):
        return np.empty((rows, columns), np.int64)


@st.composite
def runs(draw):
    """Blocks' rows of two columns and open rows, all at one distance from 0 on."""
    step = draw(st.integers(1, 3))
    counts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    sizes = sum(counts), 2
    size = sizes[0] * sizes[1]
    cells = draw(st.lists(patterns, min_size=size, max_size=size))
    values, times = np.array(cells, np.int64).reshape(sizes), step * np.arange(sizes[0])
    return values, times, np.cumsum([0, *counts]).tolist()


@pytest.mark.parametrize("is_pure", [False, True])
@pytest.mark.parametrize("kind", [np.float64, np.int64])
@given(made=runs(), columns=st.sampled_from([[0], [1], [1, 0]]), data=st.data())
def test_sealed_rows_and_open_ones_behind_them_are_one_matrix(is_pure, kind, made, columns, data):
    values, times, ends = made
    kinds, step = np.array([Kind.INTEGER] * 2, np.uint8), int(times[1]) if len(times) > 1 else 1
    start, end = (data.draw(st.integers(-2, int(times[-1]) + 3)) for _ in range(2))
    inside = (times >= start) & (times < end)
    expected, size = values[inside][:, columns].T.view(kind), inside.sum() * len(columns)
    is_open, span = data.draw(st.booleans()), (start, end)
    with pytest.MonkeyPatch.context() as patching:
        if is_pure:
            patching.setattr(blocks, "_blocks", None)
        read = blocks.plain_matrix_plainly if is_pure else blocks.plain_matrix
        sealed = [
            Block(
                blocks.code_of(
                    blocks.seal(values[a:b], kinds), kinds, int(times[a]), int(times[b - 1]), step
                )
            )
            for a, b in pairwise(ends)
        ]
        held = np.zeros((20, 4), np.int64)
        if is_open:
            rows = np.column_stack((values, times, times))[ends[-2] :]
            held[: len(rows)], sealed = rows, sealed[:-1]
        opened = len(times) - ends[-2] if is_open else 0

        def read_most(most):
            asked = np.array(columns), span, most, np.dtype(kind), Room()
            return read(sealed, held, opened, *asked)

        found_times, found, is_odd = read_most(size)

        assert found_times.tolist() == times[inside].tolist()
        assert found.tobytes() == expected.tobytes() and found.dtype == kind
        assert is_odd == (kind is np.float64 and not np.isfinite(expected).all())
        assert not size or read_most(size - 1) is None


@pytest.mark.parametrize("is_pure", [False, True])
def test_blocks_that_leave_a_gap_or_are_not_plain_are_no_one_matrix(monkeypatch, is_pure):
    if is_pure:
        monkeypatch.setattr(blocks, "_blocks", None)
    read = blocks.plain_matrix_plainly if is_pure else blocks.plain_matrix
    kinds, columns = np.array([Kind.INTEGER], np.uint8), np.array([0])

    def times_of(end, *spans):
        packed = blocks.seal(np.arange(3).reshape(3, 1), kinds)
        sealed = [Block(blocks.code_of(packed, kinds, *span)) for span in spans]
        asked = columns, (0, end), 99, np.dtype(np.int64), Room()
        found = read(sealed, np.zeros((0, 3), np.int64), 0, *asked)
        return None if found is None else found[0].tolist()

    assert times_of(99, (10, 20, 5), (25, 35, 5)) == [10, 15, 20, 25, 30, 35]
    assert times_of(99, (10, 20, 5), (26, 36, 5)) is None
    assert times_of(99, (10, 20, 5), (25, 27, 1)) is None
    assert times_of(99, (10, 20, 5), (25, 35, 0)) is None
    assert times_of(99, (10, 20, 0)) is None
    assert times_of(25, (10, 20, 5), (26, 36, 5)) == [10, 15, 20]


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
