"""Single values that are kept for the next question."""

import numpy as np
import pytest

from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine.rowcache import RowCache, grids_of

KEYS = [
    SeriesRef(number, 9, Series("m", (("a", str(number)),), "value", Kind.FLOAT))
    for number in (1, 2, 3)
]


class Engine:
    """Rows at multiples of ten, of the keys that are said to have them."""

    def __init__(self, cache):
        self.cache = cache
        self.asked = []
        self.rows = {number: list(range(0, 200, 10)) for number in (1, 2, 3)}
        self.meanwhile = lambda: None

    def __call__(self, start, end):
        self.asked.append((start, end))
        rows = [
            (number, at) for number in (1, 2, 3) for at in self.rows[number] if start <= at < end
        ]
        self.meanwhile()
        tags = np.array([number for number, _ in rows], np.uint64)
        times = np.array([at for _, at in rows], np.int64)
        fields = np.full(len(rows), 9, np.uint64)
        return grids_of(Rows(tags, fields, times, times + tags.astype(np.int64)), KEYS)

    def told(self, start, end):
        found = self.cache.grids(Kind.FLOAT, KEYS, start, end, self)
        return {
            int(key) + 1: [grid.times.tolist(), row.tolist()]
            for grid in found
            for key, row in zip(grid.keys, grid.patterns, strict=True)
        }

    def truth(self, start, end):
        found = {
            number: [at for at in times if start <= at < end] for number, times in self.rows.items()
        }
        return {
            number: [times, [at + number for at in times]]
            for number, times in found.items()
            if times
        }

    def write(self, number, at):
        self.rows[number] = sorted({*self.rows[number], at})
        self.cache.written(Kind.FLOAT, np.array([number], np.uint64), np.array([at]))


@pytest.fixture
def engine():
    return Engine(RowCache(1 << 20))


def test_what_is_kept_is_not_asked_for_again(engine):
    assert engine.told(0, 100) == engine.truth(0, 100)
    assert engine.told(30, 70) == engine.truth(30, 70)
    assert engine.told(0, 105) == engine.truth(0, 105)
    assert engine.asked == [(0, 112)]  # a little more than what is wanted now


def test_a_window_that_moves_on_asks_for_what_is_new(engine):
    engine.told(0, 100)

    assert engine.told(20, 120) == engine.truth(20, 120)
    assert engine.told(20, 120) == engine.truth(20, 120)
    assert engine.asked == [(0, 112), (112, 132)]


def test_an_earlier_start_is_read_anew(engine):
    engine.told(50, 100)

    assert engine.told(0, 100) == engine.truth(0, 100)
    assert engine.asked == [(50, 106), (0, 112)]


def test_what_is_new_may_part_the_series_otherwise(engine):
    engine.told(0, 100)
    engine.rows[2].remove(120)

    assert engine.told(60, 140) == engine.truth(60, 140)
    assert engine.told(60, 140) == engine.truth(60, 140)
    assert engine.asked == [(0, 112), (112, 150)]


def test_late_rows_are_seen(engine):
    engine.told(0, 100)
    engine.write(2, 55)

    assert engine.told(0, 100) == engine.truth(0, 100)
    assert engine.asked[1:] == [(55, 112)]


def test_rows_of_others_and_newer_ones_change_nothing(engine):
    engine.told(0, 100)
    engine.cache.written(Kind.FLOAT, np.array([7], np.uint64), np.array([50]))
    engine.cache.written(Kind.INTEGER, np.array([2], np.uint64), np.array([50]))
    engine.write(2, 150)
    engine.told(0, 100)

    assert engine.asked == [(0, 112)]


def test_what_is_written_while_the_engine_is_asked_is_not_missed(engine):
    engine.meanwhile = lambda: engine.write(2, 55)
    engine.told(0, 100)
    engine.meanwhile = lambda: None

    assert engine.told(0, 100) == engine.truth(0, 100)


def test_nothing_is_kept_of_what_has_gone(engine):
    engine.told(0, 100)
    engine.rows[1] = []
    engine.cache.forget()

    assert engine.told(0, 100) == engine.truth(0, 100)
    assert list(engine.told(0, 100)) == [2, 3]


def test_what_goes_while_the_engine_is_asked_is_not_kept(engine):
    engine.meanwhile = engine.cache.forget
    engine.told(0, 100)
    engine.meanwhile = lambda: None
    engine.rows[1] = []

    assert engine.told(0, 100) == engine.truth(0, 100)


def test_no_more_is_kept_than_is_allowed():
    engine = Engine(RowCache(3_000))
    engine.told(0, 100)  # 3 series of 10 values, and their times
    for other in range(5):
        engine.cache.grids(Kind.INTEGER, KEYS[: 1 + other % 2], other, 100, engine)
    held = sum(one.bytes for one in engine.cache._entries.values())
    assert held <= 3_000

    nothing = Engine(RowCache(0))
    nothing.told(0, 100)
    nothing.told(0, 100)
    assert len(nothing.asked) == 2


def test_series_with_the_same_times_are_together():
    times = {1: [0, 10, 20], 2: [0, 5, 20], 3: [0, 10, 20]}
    rows = [(number, at) for number, each in times.items() for at in each]
    tags = np.array([number for number, _ in rows], np.uint64)
    at = np.array([at for _, at in rows], np.int64)
    found = grids_of(Rows(tags, np.full(9, 9, np.uint64), at, at), KEYS)

    assert sorted(grid.keys.tolist() for grid in found) == [[0, 2], [1]]
