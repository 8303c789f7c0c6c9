"""Rows with their series."""

import numpy as np
import pytest

from muster.influxql.syntax.ast import DataType
from muster.influxql.values.columns import full
from muster.influxql.values.streams import (
    Head,
    Stream,
    ends_of,
    joined,
    limited,
    place_in_run,
    ranks,
    run_numbers,
    starts_of,
)

A, B = Head("m", (("host", "a"),)), Head("m", (("host", "b"),))


def stream(owner, heads=(A, B)):
    count = len(owner)
    value = full(DataType.INTEGER, np.arange(count))
    return Stream(heads, np.array(owner, np.int64), np.arange(count, dtype=np.int64), value)


def test_runs_change_with_any_key():
    run = run_numbers(np.array([1, 1, 2, 2]), np.array([5, 5, 5, 6]))

    assert run.tolist() == [0, 0, 1, 2]
    assert starts_of(run).tolist() == [0, 2, 3]
    assert ends_of(starts_of(run), 4).tolist() == [2, 3, 4]
    assert place_in_run(run).tolist() == [0, 1, 0, 0]


def test_no_rows_have_no_runs():
    none = np.zeros(0, np.int64)

    assert not len(run_numbers(none))
    assert not len(starts_of(none))
    assert not len(ends_of(none, 0))


def test_equal_heads_have_equal_ranks():
    assert ranks([B, A, B]).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("limit", "offset", "kept"),
    [(1, 0, [0, 2]), (0, 1, [1, 3]), (1, 1, [1, 3]), (0, 0, [0, 1, 2, 3])],
)
def test_limits_count_the_rows_of_each_series(limit, offset, kept):
    assert limited(stream([0, 0, 1, 1]), limit, offset).times.tolist() == kept


def test_series_that_alternate_are_counted_from_one_at_each_turn():
    assert len(limited(stream([0, 1, 0, 1]), 1, 0)) == 4


def test_narrowed_rows_share_a_head():
    narrow = stream([0, 1]).narrowed([])

    assert narrow.heads == [Head("m", ())]
    assert narrow.owner.tolist() == [0, 0]


def test_joined_streams_share_their_heads():
    both = joined([stream([0, 1]), stream([0], heads=(B,))])

    assert [both.heads[owner] for owner in both.owner] == [A, B, B]
