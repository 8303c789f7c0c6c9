"""Columns, and places found by keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster.store.catalogue.columns import Column, NumberTable, groups, spread

KEYS = st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=300)


def test_a_column_holds_what_came_in_its_order():
    column = Column(np.uint32)
    before = column.all
    for first in range(0, 1_000, 100):
        column.extend(np.arange(first, first + 100))

    assert column.all.tolist() == list(range(1_000))
    assert column.size == 1_000
    assert before.tolist() == []


@given(KEYS, KEYS, st.integers(1, 50))
def test_a_table_finds_the_places_of_keys_and_no_others(held, others, step):
    table, column = NumberTable(), Column(np.uint64)
    for first in range(0, len(held), step):
        column.extend(np.array(held[first : first + step], np.uint64))
        table.extend(column.all)
    asked = held + others
    found = table.find(np.array(asked, np.uint64), column.all).tolist()

    assert found == [held.index(key) if key in held else -1 for key in asked]


@given(st.lists(st.integers(0, 5)))
def test_groups_have_each_place_once(keys):
    found = {key: places.tolist() for key, places in groups(np.array(keys, np.int64))}

    assert found == {key: [at for at, one in enumerate(keys) if one == key] for key in set(keys)}


def test_pieces_are_spread_behind_each_other():
    assert spread(np.array([7, 0, 3]), np.array([2, 0, 3])).tolist() == [7, 8, 3, 4, 5]
