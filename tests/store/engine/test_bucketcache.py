"""Kept buckets are those the engine would make, whatever is asked and written meanwhile."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.model.metric import Kind, Series
from muster.ports.series import Buckets, Parts, Rows, SeriesRef
from muster.store.engine.bucketcache import Asked, BucketCache
from muster.testing.series import MemoryStore

REFS = tuple(
    SeriesRef(tags, 7, Series("m", (("n", str(tags)),), "f", Kind.INTEGER)) for tags in (1, 2)
)
EVEN = Asked(Kind.INTEGER, REFS, 10, Parts.TOTAL)


class Engine:
    """A store of values (tag, time) and a cache before it; counts what reaches the store."""

    def __init__(self, most_bytes=1 << 20):
        self.cache = BucketCache(most_bytes)
        self.store = MemoryStore()
        self.asked = []
        self.meanwhile = None  # done once, after the store has been asked
        self.number = 0

    def write(self, *pairs):
        self.number += 1
        tags = np.array([tag for tag, _ in pairs], np.uint64)
        times = np.array([time for _, time in pairs], np.int64)
        rows = Rows(tags, np.full(len(tags), 7, np.uint64), times, times * 3 + self.number)
        self.store.append(str(self.number), {Kind.INTEGER: rows}, rewrites=True)
        self.cache.written(Kind.INTEGER, tags, times)

    def ask(self, start, end, asked=EVEN):
        def from_store(first, last):
            self.asked.append((first, last))
            found = self.plain(first, last, asked)
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile:
                meanwhile()
            return found

        return self.cache.aggregate(asked, start, end, from_store)

    def plain(self, start, end, asked=EVEN):
        return self.store.aggregate(asked.kind, asked.keys, start, end, asked.step_ns, asked.parts)


def lines(found):
    order = np.lexsort((found.start, found.key))
    columns = Buckets._make([*(column[order] for column in found[:-1]), None])[:-1]
    return [column.tolist() for column in columns]


def filled():
    engine = Engine()
    engine.write(*[(tag, time) for tag in (1, 2) for time in range(0, 200, 3)])
    return engine


def test_the_same_question_is_asked_once():
    engine = filled()
    first, again = engine.ask(5, 143), engine.ask(5, 143)
    assert lines(first) == lines(again) == lines(engine.plain(5, 143))
    assert engine.asked == [(5, 143)]


def test_a_window_that_moved_asks_for_its_new_end():
    engine = filled()
    engine.ask(10, 100)
    found = engine.ask(30, 120)
    assert lines(found) == lines(engine.plain(30, 120))
    assert engine.asked == [(10, 100), (100, 120)]


def test_a_bucket_that_is_cut_elsewhere_is_asked_for():
    engine = filled()
    engine.ask(10, 100)
    found = engine.ask(33, 96)
    assert lines(found) == lines(engine.plain(33, 96))
    assert engine.asked == [(10, 100), (33, 40), (90, 96)]


def test_a_late_row_forgets_what_follows_it_for_its_series():
    engine = filled()
    engine.ask(0, 100)
    engine.write((2, 71))
    found = engine.ask(0, 100)
    assert lines(found) == lines(engine.plain(0, 100))
    assert engine.asked == [(0, 100), (70, 100)]


def test_a_late_row_of_another_series_forgets_nothing():
    engine = filled()
    engine.ask(0, 100)
    engine.write((3, 71))
    engine.ask(0, 100)
    assert engine.asked == [(0, 100)]


def test_a_row_written_while_the_engine_answers_is_in_the_next_answer():
    engine = filled()
    engine.meanwhile = lambda: engine.write((1, 50))
    engine.ask(0, 100)
    assert lines(engine.ask(0, 100)) == lines(engine.plain(0, 100))
    assert engine.asked == [(0, 100), (50, 100)]


def test_rows_that_went_are_not_answered():
    engine = filled()
    engine.ask(0, 100)
    engine.cache.forget()
    engine.ask(0, 100)
    assert engine.asked == [(0, 100), (0, 100)]


def test_forgetting_while_the_engine_answers_keeps_nothing():
    engine = filled()
    engine.meanwhile = engine.cache.forget
    engine.ask(0, 100)
    engine.ask(0, 100)
    assert engine.asked == [(0, 100), (0, 100)]


def test_the_order_of_keys_is_part_of_the_question():
    engine = filled()
    engine.ask(0, 100)
    turned = EVEN._replace(keys=REFS[::-1])
    assert lines(engine.ask(0, 100, turned)) == lines(engine.plain(0, 100, turned))


def test_the_least_recently_used_goes_when_room_is_short():
    engine = filled()
    room = 10 * 2 * 32
    engine.cache = BucketCache(2 * room)
    parts = [EVEN._replace(parts=part) for part in (Parts.TOTAL, Parts.LOW, Parts.HIGH)]
    for asked in (parts[0], parts[1], parts[0], parts[2], parts[0], parts[1]):
        engine.ask(0, 100, asked)
    assert len(engine.asked) == 4


def test_without_room_everything_is_asked_for():
    engine = filled()
    engine.cache = BucketCache(0)
    engine.ask(0, 100)
    engine.ask(0, 100)
    assert len(engine.asked) == 2


def test_a_range_as_a_whole_and_texts_are_not_kept():
    engine = filled()
    for asked in (EVEN._replace(step_ns=0), EVEN._replace(kind=Kind.STRING)):
        engine.ask(0, 100, asked)
        engine.ask(0, 100, asked)
    assert len(engine.asked) == 4


TIMES = st.integers(0, 120)
WRITES = st.lists(st.tuples(st.sampled_from([1, 2, 3]), TIMES), min_size=1, max_size=4, unique=True)
STEPS = st.tuples(
    TIMES,
    st.integers(1, 60),
    st.sampled_from([4, 10]),
    st.sampled_from([Parts.TOTAL, Parts.LOW | Parts.LAST, Parts.FIRST, Parts.NONE]),
    st.none() | WRITES,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS | WRITES, max_size=25))
def test_whatever_is_asked_and_written_answers_are_the_engines(steps):
    engine = Engine(4_000)
    for step in steps:
        if isinstance(step, list):
            engine.write(*step)
            continue
        start, length, step_ns, parts, meanwhile = step
        asked = EVEN._replace(step_ns=step_ns, parts=parts)
        before = lines(engine.plain(start, start + length, asked))
        engine.meanwhile = meanwhile and (lambda some=meanwhile: engine.write(*some))
        found = lines(engine.ask(start, start + length, asked))
        if meanwhile is None:
            assert found == before
        engine.meanwhile = None
