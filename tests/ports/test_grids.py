"""Grids one behind the other."""

import numpy as np

from muster.ports.grids import followed
from muster.ports.series import Grid


def grid(keys, times, *rows):
    return Grid(np.array(keys), np.array(times), np.array(rows))


def test_series_that_are_together_on_both_sides_stay_together():
    older = [grid([0, 1], [1, 2], [10, 20], [11, 21]), grid([2, 4], [1], [12], [14])]
    newer = [grid([1, 0], [3], [31], [30]), grid([2], [4], [42]), grid([3], [5], [53])]
    found = {
        tuple(each.keys.tolist()): (each.times.tolist(), each.patterns.tolist())
        for each in followed(older, newer, 5)
    }

    assert found == {
        (0, 1): ([1, 2, 3], [[10, 20, 30], [11, 21, 31]]),
        (2,): ([1, 4], [[12, 42]]),
        (3,): ([5], [[53]]),
        (4,): ([1], [[14]]),
    }
    assert followed([], newer, 5) is newer
    assert followed(older, [], 5) is older
