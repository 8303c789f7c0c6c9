"""The head: budget, pin, window, boundary, layouts that come and go."""

from datetime import timedelta

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.store.head.head import Head, Settings
from muster.store.head.headrows import FAR
from muster.testing.cohorts import MemoryCatalogue, block_of, ref_of, series_of

S = SECOND_NS
T0 = 1_800_000_000 * S
NOW = T0 + S


class Filled:
    """A head and a hand to fill it with."""

    def __init__(self, **settings):
        self.clock = ManualClock(T0)
        self.head = Head(clock=self.clock, settings=Settings(**settings))
        self.catalogue = MemoryCatalogue()

    def tick(self, layout, seconds=1, *, node="n1", segment=1):
        for _ in range(seconds):
            self.clock.advance(1)
            cohort = self.catalogue.cohort(NodeId(node), layout)
            row = [self.clock.now_ns() // S % 1_000 / 7 for _ in layout.series]
            self.head.append(cohort, block_of(layout, {self.clock.now_ns(): row}), segment)

    def rows(self, layout):
        grids = self.head.view([ref_of(layout.series[0])], T0, FAR, T0).grids()
        return sum(len(grid.times) for grid in grids)


def layout_of(*names, node="n1"):
    return Layout(tuple(series_of("m", name, Kind.FLOAT, node=node) for name in names))


ONE = layout_of("a", "b")


def test_over_budget_the_oldest_blocks_leave_once_they_are_stored():
    filled = Filled(budget_bytes=6_000, block_rows=10)
    filled.tick(ONE, 200)
    pinned = filled.head.state

    filled.head.stored(1)

    assert filled.rows(ONE) < 200
    assert filled.head.since(ref_of(ONE.series[0])) > NOW
    assert pinned.bytes_pinned > 0
    assert filled.head.state.bytes_pinned == 0


def test_nothing_leaves_before_it_is_stored():
    filled = Filled(budget_bytes=1, block_rows=5, window=timedelta(seconds=5))

    filled.tick(ONE, 50)

    assert filled.rows(ONE) == 50
    assert filled.head.since(ref_of(ONE.series[0])) == T0 + 1


def test_blocks_older_than_the_window_leave():
    filled = Filled(block_rows=10, window=timedelta(seconds=30), small_window=timedelta(0))
    filled.tick(ONE, 100)

    filled.head.stored(1)

    assert 30 <= filled.rows(ONE) <= 50


def test_blocks_stay_longer_while_all_of_them_are_small():
    short, longer = timedelta(seconds=30), timedelta(seconds=60)
    small = Filled(block_rows=10, window=short, small_window=longer)
    large = Filled(block_rows=10, window=short, small_window=longer, budget_bytes=20_000)
    for filled in (small, large):
        filled.tick(ONE, 200)
        filled.head.stored(1)

    assert 60 <= small.rows(ONE) <= 80
    assert 30 <= large.rows(ONE) <= 50


def test_what_is_not_to_be_kept_stays_for_the_window_alone():
    filled = Filled(block_rows=10, window=timedelta(seconds=30))
    filled.tick(ONE, 100, segment=0)
    passing = filled.rows(ONE)
    filled.tick(ONE, 100)
    filled.head.stored(1)

    assert 30 <= passing <= 50
    assert filled.rows(ONE) > 100


def test_the_oldest_block_of_all_cohorts_goes_first():
    filled = Filled(budget_bytes=5_000, block_rows=10)
    other = layout_of("a", node="n2")
    filled.tick(ONE, 20)
    filled.tick(other, 60, node="n2")
    filled.head.stored(1)

    assert filled.head.since(ref_of(ONE.series[0])) > NOW
    assert filled.head.last([ref_of(ONE.series[0])])[0] is not None


def test_what_came_after_the_start_is_all_in_the_head():
    filled = Filled()
    filled.clock.advance(9)
    filled.tick(ONE, 3)

    assert filled.head.since(ref_of(ONE.series[0])) == T0 + 1


def test_rows_of_before_the_start_do_not_move_the_boundary_back():
    filled = Filled()
    cohort = filled.catalogue.cohort(NodeId("n1"), ONE)

    filled.head.append(cohort, block_of(ONE, {T0 - 50 * S: [1.0, 2.0]}), 1)

    assert filled.head.since(ref_of(ONE.series[0])) == T0 + 1
    view = filled.head.view([ref_of(ONE.series[0])], 0, FAR, T0 + 1)
    assert [grid.times.tolist() for grid in view.pending()] == [[T0 - 50 * S]]


def test_a_series_nobody_sent_is_known_nowhere():
    filled = Filled()
    filled.tick(ONE)
    stranger = ref_of(series_of("m", "z"))

    assert filled.head.since(stranger) == FAR
    assert filled.head.last([stranger]) == [None]
    assert filled.head.since(ref_of(series_of("m", "a", node="n9"))) == FAR


def test_a_kind_of_its_own_is_a_series_of_its_own():
    filled = Filled()
    filled.tick(ONE)

    assert filled.head.since(ref_of(series_of("m", "a", Kind.INTEGER))) == FAR


def test_first_blocks_of_cohorts_are_sealed_at_different_heights():
    filled = Filled(block_rows=120)
    layouts = [layout_of("a", node=f"n{n}") for n in range(9)]

    for _ in range(240):
        for number, layout in enumerate(layouts):
            filled.tick(layout, node=f"n{number}")
        filled.clock.advance(-8)

    sealed = {waiting.block.rows for waiting in filled.head._leaving}
    assert len(sealed) == 10  # nine first heights and the common one


def test_many_series_make_open_blocks_lower():
    few, many = Filled(budget_bytes=1 << 20), Filled(budget_bytes=1 << 20)
    few.tick(ONE)
    many.tick(layout_of(*(f"f{n}" for n in range(3_000))))

    assert few.head._rows_limit() == 120
    assert many.head._rows_limit() == 16


def test_the_last_value_survives_the_layout_it_came_with():
    filled = Filled()
    filled.tick(ONE)
    filled.tick(layout_of("b", "c"), 2)

    first, second = filled.head.last([ref_of(series) for series in ONE.series])

    assert first[0] == T0 + S
    assert second[0] == T0 + 3 * S


def test_a_layout_the_node_has_left_is_forgotten_after_a_window():
    filled = Filled(window=timedelta(seconds=60), small_window=timedelta(0))
    filled.tick(ONE, 5)
    for _ in range(60):
        filled.clock.advance(9)
        filled.tick(layout_of("b"), 1)
        filled.head.stored(1)

    assert filled.head.state.cohorts == 1
    assert filled.head.since(ref_of(ONE.series[0])) == FAR
    assert filled.head.since(ref_of(ONE.series[1])) > T0 + 5 * S


def test_a_node_that_fell_silent_keeps_only_its_last_values():
    filled = Filled(window=timedelta(seconds=60), small_window=timedelta(0))
    filled.tick(ONE, 5)
    for _ in range(60):
        filled.tick(layout_of("a", node="n2"), 10, node="n2")
        filled.head.stored(1)

    state = filled.head.state

    assert state.cohorts == 2
    assert filled.rows(ONE) == 0
    assert filled.head.last([ref_of(ONE.series[0])])[0][0] == T0 + 5 * S


def test_what_is_open_is_known_at_each_moment_and_all_nodes_have_their_turn():
    filled = Filled(block_rows=30)
    others = [f"other-{number}" for number in range(25)]
    for name in others:
        filled.tick(layout_of("a", node=name), node=name)
    for _ in range(250):
        filled.tick(ONE)
        held = [rows for name in ("n1", *others) for rows in filled.head._nodes[name]]
        assert filled.head.state.bytes_open == sum(rows.open_bytes for rows in held)

    assert not any(rows.open_bytes for name in others for rows in filled.head._nodes[name])
    filled.head.forget(NodeId("n1"))
    assert filled.head.state.bytes_open == 0


def test_a_removed_node_leaves_nothing():
    filled = Filled(block_rows=5)
    filled.tick(ONE, 9)
    filled.tick(layout_of("a", node="n2"), 1, node="n2")

    filled.head.forget(NodeId("n1"))
    filled.head.stored(1)

    assert filled.head.state.cohorts == 1
    assert filled.head.state.rows_sealed == 0
    assert filled.head.since(ref_of(ONE.series[0])) == FAR


def test_a_node_that_changes_its_layout_all_the_time_holds_few_open_blocks():
    filled = Filled()
    for number in range(60):
        filled.tick(layout_of("a", f"f{number}"))

    assert filled.head.state.bytes_open < 40 * 16 * 2 * 8
    assert filled.rows(ONE) == 60


def test_what_a_node_sent_before_this_run_is_asked_of_the_engine():
    filled = Filled()
    other = layout_of("a", node="n2")
    filled.head.begin({NodeId("n1"): T0 + 30 * S})
    filled.tick(ONE, 10)
    filled.tick(other, 1, node="n2")

    assert filled.head.since(ref_of(ONE.series[0])) == T0 + 30 * S + 1
    assert filled.head.since(ref_of(other.series[0])) == T0 + 1


def test_a_list_that_is_asked_about_again_is_not_searched_again():
    filled = Filled()
    filled.tick(ONE)
    refs = [ref_of(series) for series in (*ONE.series, *layout_of("c").series)]
    before = filled.head.since_all(refs).tolist()
    filled.tick(layout_of("a", "b", "c"))

    assert before == [T0 + 1, T0 + 1, FAR]
    assert filled.head.since_all(refs).tolist() == [T0 + 1] * 3


def test_lists_that_were_asked_about_are_not_kept_for_ever():
    filled = Filled()
    filled.tick(ONE)
    for _ in range(1_000):
        filled.head.since(ref_of(ONE.series[0]))

    assert len(filled.head._located) <= 256


@pytest.mark.parametrize("budget", [0, 12_345])
def test_the_budget_is_what_is_set_or_an_eighth_of_the_memory(budget):
    head = Head(clock=ManualClock(), settings=Settings(budget_bytes=budget))

    assert head._budget.bytes == budget or 1 << 20 < head._budget.bytes <= 512 << 20
