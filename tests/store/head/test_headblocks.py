"""Blocks of the head: open and sealed ones give the same cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.metric import Kind
from muster.store.head.headblocks import MORE_ROWS, Open

KINDS = np.array([Kind.FLOAT, Kind.INTEGER, Kind.STRING], np.uint8)
CARRY = np.zeros(3, np.int64)
ALL = np.arange(3)


def row(*values):
    return np.array(values, np.int64)


rows = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.lists(st.integers(-5, 5), min_size=3, max_size=3),
        st.none() | st.lists(st.booleans(), min_size=3, max_size=3),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=40,
)


@given(rows, st.integers(0, 50), st.integers(0, 50))
def test_sealing_changes_nothing_but_the_order_of_late_rows(given_rows, start, end):
    block = Open(KINDS)
    for time, values, marks, segment in given_rows:
        present = None if marks is None else np.array(marks)
        block.add(time, row(*values), present, CARRY, segment)
    before = block.cells(ALL, start, end)
    order = np.argsort(before.times, kind="stable")

    after = block.seal().cells(ALL, start, end)

    assert after.times.tolist() == before.times[order].tolist()
    assert after.patterns.tolist() == before.patterns[:, order].tolist()
    segments = np.broadcast_to(after.segments, len(order))
    assert segments.tolist() == before.segments[order].tolist()
    marks = [one.present for one in (before, after)]
    wanted, got = (np.ones((3, len(order)), bool) if one is None else one for one in marks)
    assert got.tolist() == wanted[:, order].tolist()


def test_an_absent_cell_carries_the_value_above_it():
    block = Open(KINDS)
    block.add(1, row(4, 5, 0), None, CARRY, 1)
    block.add(2, row(0, 6, 0), np.array([False, True, True]), CARRY, 1)

    assert block.newest.tolist() == [4, 6, 0]


def test_regular_times_are_kept_as_start_and_step():
    block = Open(KINDS)
    for time in range(100, 500, 10):
        block.add(time, row(1, 2, 0), None, CARRY, 1)

    regular = block.seal()
    for time in (1, 2, 4):
        block.add(time, row(1, 2, 0), None, CARRY, 1)
    uneven = block.seal()

    assert regular.cells(ALL, 0, 999).times.tolist() == list(range(100, 500, 10))
    assert uneven.cells(ALL, 0, 999).times.tolist() == [1, 2, 4]
    assert regular.size_bytes < uneven.size_bytes + 40


def test_a_sealed_block_knows_its_newest_segment():
    block = Open(KINDS)
    for time, segment in enumerate((3, 5, 4)):
        block.add(time, row(1, 2, 0), None, CARRY, segment)

    sealed = block.seal()

    assert sealed.segment == 5
    assert sealed.cells(ALL, 0, 9).segments.tolist() == [3, 5, 4]


def test_texts_have_one_object_for_all_blocks():
    block = Open(KINDS)
    made = []
    for _ in range(2):
        text = "".join(["running", " well"])
        block.add(len(made), block.ids(row(1, 2, 0), None, (text,)), None, CARRY, 1)
        made.append(block.seal().cells(ALL, 0, 9).texts[0])

    assert made[0] is made[1]


def test_the_newest_row_can_be_replaced_in_part():
    block = Open(KINDS)
    block.add(1, row(1, 2, 0), np.array([True, False, True]), CARRY, 1)

    block.replace_newest(row(9, 8, 0), np.array([False, True, False]), 2)

    cells = block.cells(ALL, 0, 9)
    assert cells.patterns[:, 0].tolist() == [1, 8, 0]
    assert cells.present is not None
    assert cells.present.all()
    assert block.segment == 2


def test_there_is_room_for_a_few_rows_more_and_none_once_they_are_sealed():
    block = Open(KINDS)
    assert block.size_bytes == 0

    for time in range(MORE_ROWS + 1):
        block.add(time, row(1, 2, 0), None, CARRY, 1)
    grown = block.size_bytes
    block.seal()

    assert grown == 2 * MORE_ROWS * (3 + 2) * 8
    assert block.size_bytes == 0


def test_long_rows_are_not_moved_as_more_come_and_memory_is_reckoned_for_those_there_are():
    block = Open(np.full(1_500, Kind.FLOAT, np.uint8))
    values = np.ones((10, 1_500), np.int64)

    block.extend(range(10), values, 1)
    first = block.newest
    for start in range(10, 120, 10):
        block.extend(range(start, start + 10), values, 1)

    assert np.shares_memory(first.base, block.newest.base)
    assert block.size_bytes == 8 * MORE_ROWS * (1_500 + 2) * 8


def test_rows_that_come_together_are_as_those_that_come_one_by_one():
    rows = np.arange(60).reshape(20, 3)
    together, single = Open(KINDS), Open(KINDS)
    for block in (together, single):
        block.add(1, row(1, 2, 0), np.array([True, False, True]), CARRY, 1)
    together.extend(range(2, 22), rows, 7)
    for time, values in enumerate(rows, 2):
        single.add(time, values, None, CARRY, 7)

    for one, other in zip(together.cells(ALL, 0, 99), single.cells(ALL, 0, 99), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("start", "end", "expected"), [(0, 5, False), (5, 6, True), (6, 9, False)])
def test_an_open_block_knows_whether_it_touches_a_range(start, end, expected):
    block = Open(KINDS)
    block.add(5, row(1, 2, 0), None, CARRY, 1)

    assert block.touches(start, end) is expected
