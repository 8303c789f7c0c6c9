"""Lists of rows by a number."""

import numpy as np

from muster.store.catalogue.rowlists import RowLists


def lists(*pairs):
    found = RowLists()
    for number, row in pairs:
        found.add(np.array([number]), np.array([row]))
    return found


def test_rows_are_listed_by_their_number_in_order():
    found = lists((3, 1))
    found.add(np.array([3, 0, 3]), np.array([5, 6, 7]))

    assert found.of(3).tolist() == [1, 5, 7]
    assert found.of(0).tolist() == [6]
    assert found.of_all([0, 3]).tolist() == [6, 1, 5, 7]
    assert found.lengths([0, 1, 3]) == 4
    assert found.filled() == [0, 3]


def test_what_no_list_has_is_empty():
    found = lists((1, 1))

    assert [found.of(number).tolist() for number in (-1, 0, 9)] == [[], [], []]
    assert [found.length(number) for number in (-1, 0, 9)] == [0, 0, 0]
    assert found.of_all([]).tolist() == []


def test_what_is_gone_is_taken_out():
    found = lists((0, 0), (0, 1), (0, 2), (1, 2), (2, 1))
    found.keep([0, 1, 2, 9], np.array([False, True, False]))

    assert [found.of(number).tolist() for number in range(3)] == [[1], [], [1]]
    assert found.filled() == [0, 2]
