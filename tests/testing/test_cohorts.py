"""Cohorts and a catalogue made by hand."""

from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout, points_of
from muster.model.query import Selector
from muster.testing.cohorts import (
    MemoryCatalogue,
    block_of,
    engine_rows,
    ref_of,
    rows_of,
    series_of,
)

LAYOUT = Layout(
    (
        series_of("cpu", "idle", cpu="cpu0"),
        series_of("cpu", "idle", cpu="cpu1"),
        series_of("sys", "up", Kind.STRING),
    )
)


def test_a_block_holds_what_its_rows_say():
    block = block_of(LAYOUT, {5: [1.5, None, "x"], 6: [2.5, 3.5, None]})

    values = [(point.time_ns, *point.fields.values()) for point in points_of(block)]

    assert values == [(5, 1.5), (5, "x"), (6, 2.5), (6, 3.5)]


def test_a_layout_has_one_cohort_per_node():
    catalogue = MemoryCatalogue()

    one = catalogue.cohort(NodeId("n1"), LAYOUT)

    assert catalogue.cohort(NodeId("n1"), LAYOUT) is one
    assert catalogue.cohort(NodeId("n2"), LAYOUT).number == 2
    assert catalogue.series_total == 3


def test_series_are_found_by_name_tag_node_and_space():
    catalogue = MemoryCatalogue()
    catalogue.cohort(NodeId("n1"), LAYOUT)

    def found(scope=None, **select):
        return len(catalogue.find(Selector(**select), scope))

    assert found(measurement="cpu") == 2
    assert found(tags={"cpu": ("cpu1", "cpu7")}) == 1
    assert found(fields=("up",)) == 1
    assert found(nodes=("n2",)) == 0
    assert found(Scope(nodes=frozenset({NodeId("n1")}))) == 3
    assert found(Scope(frozenset({SpaceId("s1")}))) == 3
    assert found(Scope(frozenset({SpaceId("s2")}))) == 0


def test_a_removed_node_is_found_no_more():
    catalogue = MemoryCatalogue()
    catalogue.cohort(NodeId("n1"), LAYOUT)

    catalogue.remove(NodeId("n1"))

    assert catalogue.find(Selector(), None) == []


def test_rows_for_the_engine_leave_out_what_is_absent():
    catalogue = MemoryCatalogue()
    cohort = catalogue.cohort(NodeId("n1"), LAYOUT)

    rows = engine_rows(cohort, block_of(LAYOUT, {5: [1.5, None, "x"]}))

    assert rows[Kind.FLOAT].times.tolist() == [5]
    assert rows[Kind.STRING].texts == ["x"]
    assert int(rows[Kind.STRING].tags[0]) == ref_of(LAYOUT.series[2]).tags


def test_rows_of_one_series_can_be_made_by_hand():
    rows = rows_of(ref_of(series_of("m", "f", Kind.INTEGER)), {1: 7, 2: 8})

    assert rows.patterns.tolist() == [7, 8]
