"""What is erased of the head is seen by nobody, and what came later stays."""

import random

import numpy as np
import pytest

from muster.clock import ManualClock
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout, value_of
from muster.ports.series import Buckets
from muster.store.head.head import Head, Settings
from muster.store.head.headrows import FAR
from muster.testing.cohorts import MemoryCatalogue, block_of, ref_of, series_of

LAYOUTS = [
    Layout(
        (
            series_of("m", "f", Kind.FLOAT),
            series_of("m", "i", Kind.INTEGER),
            series_of("m", "s", Kind.STRING),
        )
    ),
    Layout((series_of("m", "i", Kind.INTEGER), series_of("m", "g", Kind.FLOAT))),
]
REFS = {ref_of(one): None for layout in LAYOUTS for one in layout.series}


class Pair:
    """A head, and what it has to answer. Rows are known with the segment that brought them."""

    def __init__(self, block_rows=4):
        self.clock = ManualClock(0)
        self.head = Head(clock=self.clock, settings=Settings(block_rows=block_rows))
        self.catalogue = MemoryCatalogue()
        self.truth = {}

    def write(self, layout, time, row, segment):
        cohort = self.catalogue.cohort(NodeId("n1"), layout)
        self.head.append(cohort, block_of(layout, {time: row}), segment)
        for one, value in zip(layout.series, row, strict=True):
            if value is not None:
                self.truth.setdefault(one, {})[time] = (value, segment)

    def erase(self, some, start, end, through):
        self.head.erase([ref_of(one) for one in some], start, end, through)
        for one in some:
            for time, (_, segment) in list(self.truth.get(one, {}).items()):
                if start <= time < end and segment <= through:
                    del self.truth[one][time]

    def found(self, one):
        view = self.head.view([ref_of(one)], 0, FAR, 0)
        found = {}
        for grid in view.grids():
            for time, pattern in zip(grid.times.tolist(), grid.patterns[0].tolist(), strict=True):
                found[time] = value_of(pattern, one.kind, view.texts)
        return found

    def counts(self, one):
        buckets, grids = self.head.view([ref_of(one)], 0, FAR, 0).sums(10)
        return sum(int(some.counts.sum()) for some in buckets if isinstance(some, Buckets)) + sum(
            len(grid.times) for grid in grids
        )

    def check(self, some=()):
        """All series, or some."""
        for one in some or {series for layout in LAYOUTS for series in layout.series}:
            wanted = {time: value for time, (value, _) in self.truth.get(one, {}).items()}
            assert self.found(one) == wanted
            if one.kind is not Kind.STRING:
                assert self.counts(one) == len(wanted)
            newest = max(wanted, default=None)
            last = None if newest is None else (newest, wanted[newest])
            assert self.head.last([ref_of(one)]) == [last]


def test_a_range_of_one_series_is_gone_and_the_others_stay():
    pair = Pair()
    for time in range(1, 12):
        pair.write(LAYOUTS[0], time, (time / 2, time, str(time)), 1)

    pair.erase([LAYOUTS[0].series[1]], 3, 7, 1)

    pair.check()
    assert list(pair.found(LAYOUTS[0].series[1])) == [1, 2, 7, 8, 9, 10, 11]


def test_what_a_later_segment_brought_stays():
    pair = Pair()
    pair.write(LAYOUTS[0], 5, (1.0, 1, "a"), 1)
    pair.write(LAYOUTS[0], 5, (None, 2, None), 2)

    pair.erase(LAYOUTS[0].series, 0, 100, 1)

    pair.check()
    assert pair.found(LAYOUTS[0].series[1]) == {5: 2}
    assert pair.found(LAYOUTS[0].series[0]) == {}


def test_blocks_that_are_gone_take_their_memory_with_them():
    pair = Pair()
    for time in range(1, 100):
        pair.write(LAYOUTS[0], time, (time / 2, time, str(time)), 1)
    pair.erase(LAYOUTS[0].series, 0, 1_000, 1)

    pair.check()
    assert pair.head.state.bytes_sealed == pair.head.state.rows_sealed == 0
    pair.write(LAYOUTS[0], 101, (1.0, None, "x"), 2)
    pair.check()


def test_erased_blocks_leave_as_others_do():
    pair = Pair()
    for time in range(1, 100):
        pair.write(LAYOUTS[0], time, (time / 2, time, str(time)), 1)
    pair.erase([LAYOUTS[0].series[0]], 0, 50, 1)
    pair.head.stored(1)
    pair.clock.advance(100_000)
    pair.write(LAYOUTS[0], 200, (1.0, 2, "a"), 2)
    pair.clock.advance(100_000)
    pair.write(LAYOUTS[0], 201, (1.0, 2, "a"), 2)

    assert pair.head.state.rows_sealed < 10
    assert int(pair.head.since_all([ref_of(LAYOUTS[0].series[0])])[0]) > 90


@pytest.mark.parametrize("seed", range(30))
def test_writes_and_erasures_in_any_order_leave_what_a_plain_model_has(seed):
    draw = random.Random(seed)
    pair, segment = Pair(draw.choice([2, 5, 20])), 1
    for _ in range(120):
        if draw.random() < 0.9:
            layout = draw.choice(LAYOUTS)
            time = draw.randrange(30) if draw.random() < 0.3 else segment + draw.randrange(5)
            # No time in both: which of two layouts came last is not what this is about.
            time = 1 + 2 * time + LAYOUTS.index(layout)
            values = {
                Kind.FLOAT: draw.gauss(0, 1),
                Kind.INTEGER: draw.randrange(99),
                Kind.STRING: draw.choice("abc"),
            }
            row = [None if draw.random() < 0.2 else values[one.kind] for one in layout.series]
            pair.write(layout, time, row, segment)
            pair.check([draw.choice(layout.series)])
            segment += draw.random() < 0.2
        else:
            layout = draw.choice(LAYOUTS)
            some = draw.sample(layout.series, draw.randrange(1, len(layout.series) + 1))
            start = draw.randrange(0, 90)
            pair.erase(some, start, start + draw.randrange(1, 60), segment - draw.randrange(2))
            pair.check()
    pair.check()


def test_what_is_held_by_a_reader_does_not_change():
    pair = Pair()
    for time in range(1, 12):
        pair.write(LAYOUTS[0], time, (time / 2, time, str(time)), 1)
    view = pair.head.view([ref_of(LAYOUTS[0].series[1])], 0, FAR, 0)

    pair.erase(LAYOUTS[0].series, 0, 100, 1)

    assert np.concatenate([grid.times for grid in view.grids()]).tolist() == list(range(1, 12))
