"""Columns of many series."""

import numpy as np

from muster.promql.packing import alive, columns_of, no_columns, of_vector
from muster.promql.source import STALE, Samples

MARK = np.array([STALE], np.uint64).view(np.float64)[0]
A, B, C = (("a", "1"),), (("b", "2"),), (("c", "3"),)


def samples(labels, times, values):
    return Samples(labels, np.array(times, np.int64), np.array(values, np.float64))


def told(columns):
    return [(each.labels, each.times.tolist(), each.values.tolist()) for each in columns.samples()]


def test_neighbours_with_the_same_times_share_them():
    columns = columns_of([samples(A, [1, 2], [5, 6]), samples(B, [1, 2], [7, 8])])

    assert columns.times.tolist() == [1, 2]
    assert told(columns) == [(A, [1, 2], [5, 6]), (B, [1, 2], [7, 8])]


def test_each_series_keeps_its_own_times():
    each = [samples(A, [1], [5]), samples(B, [], []), samples(C, [2, 3], [7, 8])]
    columns = columns_of(each)

    assert told(columns) == [(A, [1], [5]), (C, [2, 3], [7, 8])]
    assert columns.held == 2
    assert told(no_columns()) == []


def test_marks_of_an_end_are_left_out_of_their_series_alone():
    columns = columns_of(
        [samples(A, [], []), samples(B, [1, 2, 3], [5, MARK, 7]), samples(C, [1, 2, 3], [1, 2, 3])]
    )

    assert told(alive(columns)) == [(B, [1, 3], [5, 7]), (C, [1, 2, 3], [1, 2, 3])]


def test_a_vectors_values_are_a_subquerys_samples():
    steps = np.array([10, 20])
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    there = np.array([[True, True], [False, True]])

    assert told(of_vector([A, B], values, there, steps)) == [(A, [10, 20], [1, 2]), (B, [20], [4])]
    assert told(of_vector([A], values[:1], there[:1], steps)) == [(A, [10, 20], [1, 2])]
