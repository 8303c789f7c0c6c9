import numpy as np

from muster.store.engine.lateness import shorten_late


class Answer:
    def __init__(self, tags, hi_ns):
        self.tags, self.hi_ns = np.array(tags, np.uint64), hi_ns

    def shorten(self, hi_ns):
        self.hi_ns = min(self.hi_ns, hi_ns)


def late(answers, tags, times):
    shorten_late(answers, np.array(tags, np.uint64), np.array(times, np.int64))
    return [one.hi_ns for one in answers]


def test_an_answer_ends_where_the_first_of_its_rows_came_late():
    assert late([Answer([1, 2], 100), Answer([3], 100)], [2, 2, 3], [70, 50, 200]) == [50, 100]


def test_rows_that_are_newer_than_all_that_is_kept_change_nothing():
    assert late([Answer([1], 100)], [1, 1], [100, 150]) == [100]
    assert late([Answer([1], 100)], [], []) == [100]
