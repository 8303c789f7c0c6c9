"""Columns, and places found by keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.store.catalogue import columns
from muster.store.catalogue.columns import (
    NONE,
    Column,
    PureTable,
    firsts,
    firsts_plainly,
    groups,
    spread,
)

KEYS = st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=300)


def test_a_column_holds_what_came_in_its_order():
    column = Column(np.uint32)
    before = column.all
    for first in range(0, 1_000, 100):
        column.extend(np.arange(first, first + 100))

    assert column.all.tolist() == list(range(1_000))
    assert column.size == 1_000
    assert before.tolist() == []


TABLES = [PureTable, columns.number_table]


@pytest.mark.parametrize("make", TABLES)
@given(KEYS, KEYS, st.integers(1, 50))
def test_a_table_finds_the_places_of_keys_and_no_others(make, held, others, step):
    table, column = make(), Column(np.uint64)
    for first in range(0, len(held), step):
        column.extend(np.array(held[first : first + step], np.uint64))
        table.extend(column.all)
    asked = held + others
    found = table.find(np.array(asked, np.uint64), column.all).tolist()

    assert found == [held.index(key) if key in held else -1 for key in asked]


@pytest.mark.parametrize("make", TABLES)
def test_an_empty_table_has_nothing(make):
    nothing = np.zeros(0, np.uint64)
    table = make()
    table.extend(nothing)

    assert table.find(np.array([0, 7], np.uint64), nothing).tolist() == [-1, -1]
    assert table.find(nothing, nothing).tolist() == []


@given(st.lists(st.lists(st.integers(0, 19), max_size=6)), st.integers(0, 4))
def test_both_twins_find_the_first_kinds_of_lists(lists, kinds):
    kind_of = np.arange(20, dtype=np.uint32) % 7
    lengths = np.array(list(map(len, lists)), np.int64)
    numbers = np.array([one for some in lists for one in some], np.uint32)
    found = firsts(numbers, lengths, kind_of, kinds)
    of_list = [{one % 7: one for one in some} for some in lists]

    assert found.tolist() == [some.get(kind, NONE) for some in of_list for kind in range(kinds)]
    assert found.tolist() == firsts_plainly(numbers, lengths, kind_of, kinds).tolist()


@given(st.lists(st.integers(0, 5)))
def test_groups_have_each_place_once(keys):
    found = {key: places.tolist() for key, places in groups(np.array(keys, np.int64))}

    assert found == {key: [at for at, one in enumerate(keys) if one == key] for key in set(keys)}


def test_pieces_are_spread_behind_each_other():
    assert spread(np.array([7, 0, 3]), np.array([2, 0, 3])).tolist() == [7, 8, 3, 4, 5]
