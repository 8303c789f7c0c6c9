"""Points of many series as one stream."""

import numpy as np

from muster.influxql.execution.ordering import Part, edges, first_of_shards, ordered
from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import empty, full, texts
from muster.influxql.values.streams import Head

M = Head("m", ())
A, B = Head("m", (("k", "a"),)), Head("m", (("k", "b"),))


def part(head, times, value, aux=()):
    times = np.array(times, np.int64)
    return Part(head, (0,), times, full(DataType.INTEGER, np.full(len(times), value)), aux)


def cells(stream):
    return list(zip(stream.times.tolist(), stream.value.cells(), strict=True))


PARTS = [part(M, [1, 2], 1), part(M, [1], 2), part(M, [1, 3], 3)]


def test_points_at_one_time_are_in_the_order_of_their_series_or_as_merged():
    assert cells(ordered(PARTS, (), ascending=True, merged=False))[:3] == [(1, 1), (1, 2), (1, 3)]
    assert cells(ordered(PARTS, (), ascending=True, merged=True))[:3] == [(1, 1), (1, 3), (1, 2)]


def test_backwards_the_last_is_first():
    assert cells(ordered(PARTS, (), ascending=False, merged=False)) == [
        (3, 3),
        (2, 1),
        (1, 3),
        (1, 2),
        (1, 1),
    ]


def test_groups_of_the_query_come_before_times():
    parts = [part(B, [1], 2), part(A, [5], 1)]

    assert cells(ordered(parts, ("k",), ascending=True, merged=True)) == [(5, 1), (1, 2)]
    assert cells(ordered(parts, (), ascending=True, merged=True)) == [(1, 2), (5, 1)]


def test_edges_are_two_points_of_each_group():
    assert cells(edges(PARTS, (), ascending=True, first=True)) == [(1, 1), (1, 3)]
    assert cells(edges(PARTS, (), ascending=True, first=False)) == [(2, 1), (3, 3)]


def test_each_shard_group_can_be_cut_by_itself():
    parts = [part(M, [1, 2, 12, 13], 1)._replace(shards=(0, 10)), part(A, [3], 2)]
    stream = ordered(parts, ("k",), ascending=True, merged=True)

    assert cells(first_of_shards(stream, parts, 1)) == [(1, 1), (12, 1), (3, 2)]


def test_edges_of_finer_groups_are_one_point_each_time_that_it_is_their_turn():
    parts = [part(A, [1], 1), part(A, [1], 2), part(B, [1], 3), part(A, [1], 4)]

    # A merge leaves them as first, last, third and second.
    found = edges(parts, (), ascending=True, first=True, finer=True)

    assert cells(found) == [(1, 1), (1, 3), (1, 2)]


def test_gaps_take_the_kind_of_what_is_there():
    parts = [
        part(M, [1], 1, (empty(DataType.UNKNOWN, 1),)),
        part(M, [2], 2, (texts(["x"]),)),
    ]

    assert ordered(parts, (), ascending=True, merged=True).aux[0].cells() == [None, "x"]


def test_rows_in_order_stay_as_they_are():
    parts = [part(A, [1, 2, 3], 1), part(B, [1, 2], 2)]

    stream = ordered(parts, ("k",), ascending=True, merged=True)

    assert stream.times.tolist() == [1, 2, 3, 1, 2]
    assert stream.owner.tolist() == [0, 0, 0, 1, 1]
