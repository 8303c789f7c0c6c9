"""Values of many series out of head and engine."""

import numpy as np
import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.querying.pointreader import PointReader, TakesLonger
from muster.errors import LimitExceeded
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.model.query import Selector
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, engine_rows, series_of
from muster.testing.series import MemoryStore

T0 = 1_800_000_000 * SECOND_NS
LAYOUT = Layout(
    (
        series_of("m", "f", Kind.FLOAT),
        series_of("m", "s", Kind.STRING),
        series_of("m", "u", Kind.UNSIGNED),
    )
)


class World:
    """Rows 0 to 4 are in the engine alone, 5 to 9 in the head alone."""

    def __init__(self):
        self.catalogue, self.store = MemoryCatalogue(), MemoryStore()
        self.head = Head(clock=ManualClock(T0 + 4 * SECOND_NS))
        self.cohort = self.catalogue.cohort(NodeId("n1"), LAYOUT)
        self.store.open()
        self.store.append("a", engine_rows(self.cohort, self.block(range(5))))
        self.head.append(self.cohort, self.block(range(5, 10)), 1)
        self.refs = self.catalogue.find(Selector(), None)

    def block(self, seconds):
        big = (1 << 63) + 1
        return block_of(LAYOUT, {T0 + at * SECOND_NS: (at / 2, f"t{at}", big) for at in seconds})

    def reader(self, most=1_000):
        def at_once(work):
            return work()

        return PointReader(head=self.head, store=self.store, on_loop=at_once, most_values=most)


def test_what_head_and_engine_have_is_one_column_of_each_series():
    world = World()

    found = list(world.reader().values(world.refs, T0, T0 + 8 * SECOND_NS))

    columns = {world.refs[each.place].series.field: each for each in found}
    assert columns["f"].values.tolist() == [at / 2 for at in range(8)]
    assert columns["s"].values.tolist() == [f"t{at}" for at in range(8)]
    assert columns["u"].values.dtype == np.uint64
    assert columns["f"].times.tolist() == [T0 + at * SECOND_NS for at in range(8)]


def test_a_range_without_length_and_no_series_have_nothing():
    world = World()

    assert list(world.reader().values(world.refs, T0, T0)) == []
    assert list(world.reader().values([], T0, T0 + SECOND_NS)) == []


def test_a_statement_that_reads_too_much_is_refused():
    world = World()

    with pytest.raises(LimitExceeded, match="more than 20"):
        list(world.reader(20).values(world.refs, T0, T0 + 10 * SECOND_NS))


def test_it_tells_which_series_have_values_in_which_spans():
    world = World()
    spans = [(T0 - 2 * SECOND_NS, T0), (T0, T0 + 4 * SECOND_NS), (T0 + 8 * SECOND_NS, T0 + 10**12)]

    there = world.reader().presence(world.refs, spans)

    assert there.tolist() == [[False, True, True]] * 3


def test_at_once_there_is_what_memory_has_in_few_cells():
    world = World()
    recent = T0 + 5 * SECOND_NS, T0 + 10 * SECOND_NS
    reader = world.reader()
    reader.at_once(100)

    found = list(reader.values(world.refs, *recent))
    with pytest.raises(TakesLonger):
        list(reader.values(world.refs, T0, recent[1]))
    reader.at_once(100, windows=40)
    with pytest.raises(TakesLonger):
        list(reader.values(world.refs, *recent))
    reader.at_once(0)

    assert len(found) == 3
    assert len(list(reader.values(world.refs, T0, recent[1]))) == 3


def test_tables_of_memory_are_those_that_need_no_engine(monkeypatch):
    world = World()
    refs = [ref for ref in world.refs if ref.series.kind is not Kind.STRING]
    recent = T0 + 5 * SECOND_NS, T0 + 10 * SECOND_NS

    found = world.reader().tables_of_head(refs, *recent)

    assert {refs[at].series.field for each in found for at in each.places.tolist()} == {"f", "u"}
    assert all(each.values.shape == (1, 5) for each in found)
    assert world.reader().tables_of_head(refs, T0, recent[1]) is None
    monkeypatch.setattr("muster.core.querying.pointreader.MOST_OF_HEAD", 9)
    assert world.reader().tables_of_head(refs, *recent) is None


def test_series_of_two_kinds_and_of_one_are_read_in_as_few_sides_as_can_be():
    world = World()
    numbers = [ref for ref in world.refs if ref.series.kind is Kind.FLOAT]
    reader = world.reader()
    before = reader.is_at_once
    reader.at_once(100)

    for refs, count in ((numbers, 1), (world.refs, 3)):
        assert len(reader._sides(refs, T0 + 5 * SECOND_NS, T0 + 10 * SECOND_NS)) == count
    assert (before, reader.is_at_once) == (False, True)


def test_on_the_loop_one_kind_of_series_is_read_in_one_step():
    world = World()
    refs = [ref for ref in world.refs if ref.series.kind is Kind.FLOAT]
    reader, span = world.reader(), (T0 + 5 * SECOND_NS, T0 + 9 * SECOND_NS)
    (slow,) = reader.tables_of_head(refs, *span)
    reader.at_once(100)
    world.head.view = None  # nobody asks for it

    (found,) = reader.tables_of_head(refs, *span)

    assert found.places.tolist() == slow.places.tolist() == [0]
    assert found.times.tolist() == slow.times.tolist()
    assert found.values.tolist() == slow.values.tolist() == [[2.5, 3.0, 3.5, 4.0]]
    assert (slow.is_odd, found.is_odd) == (True, False)  # it was looked at on the way
