"""The order of points at one time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.execution.merging import merge, tied_order


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=6))
def test_streams_are_merged_by_their_keys_and_each_stays_in_order(streams):
    keys = [key for stream in streams for key in sorted(stream)]
    rows, start = [], 0
    for stream in streams:
        rows.append(list(range(start, start + len(stream))))
        start += len(stream)

    merged = merge(rows, lambda row, other: keys[row] < keys[other])

    assert sorted(merged) == list(range(len(keys)))
    assert [keys[row] for row in merged] == sorted(keys)
    for stream in rows:
        assert [row for row in merged if row in stream] == stream


def test_of_three_equal_ones_the_heap_decides():
    assert merge([[0], [1], [2]], lambda row, other: False) == [0, 2, 1]


def test_texts_decide_before_the_heap():
    none = np.zeros(3, np.int64)

    order = tied_order(none, np.arange(3), none, none, [[2, 0, 1]])

    assert order.tolist() == [1, 2, 0]


def test_ranks_come_before_times():
    rank, time = np.array([1, 0]), np.array([0, 5])

    assert tied_order(rank, np.arange(2), np.zeros(2, np.int64), time, []).tolist() == [1, 0]


def test_of_each_rank_no_more_are_merged_than_are_wanted():
    rank = np.array([0, 0, 0, 0, 1])
    part = np.array([0, 0, 1, 1, 1])
    time = np.array([1, 3, 2, 4, 9])

    order = tied_order(rank, part, np.zeros(5, np.int64), time, [], most=2)

    assert order.tolist() == [0, 2, 4]
