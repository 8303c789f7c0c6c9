"""Sparklines of all nodes."""

import json

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.live.sparks import SLOT_S, Sparks
from muster.core.live.summaries import Summaries
from muster.errors import InputError
from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of

HOME = Scope(frozenset({SpaceId("s1")}))


def layout_of(node, space):
    def named(*args, **tags):
        return series_of(*args, node=node, space=space, **tags)

    return Layout(
        (
            named("cpu", "usage_idle", cpu="cpu-total"),
            named("net", "bytes_recv", Kind.INTEGER, interface="eth0"),
            named("net", "bytes_sent", Kind.INTEGER, interface="eth0"),
        )
    )


class Hub:
    """Nodes n1 (space s1) and n2 (space s2) that send every second."""

    def __init__(self):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.summaries = Summaries(clock=self.clock)
        self.sparks = Sparks(summaries=self.summaries, clock=self.clock)

    def run(self, seconds, idle=75.0, nodes=(("n1", "s1"), ("n2", "s2"))):
        for _ in range(seconds):
            self.clock.advance(1)
            second = self.clock.now_ns() // SECOND_NS
            for node, space in nodes:
                layout = layout_of(node, space)
                row = [idle, 100 * second, 20 * second]
                block = block_of(layout, {self.clock.now_ns(): row})
                self.summaries.take(self.catalogue.cohort(NodeId(node), layout), block)
            self.sparks.record()

    def ask(self, scope=HOME, window_s=90, points=6, only=()):
        return json.loads(self.sparks.lines(scope, window_s, points, only))


def test_a_node_has_a_line_of_cpu_and_one_of_network():
    hub = Hub()
    hub.run(44)
    hub.run(15, idle=50.0)

    assert hub.ask() == {
        "n1": {
            "cpu": [None, None, 25.0, 25.0, 25.0, 50.0],
            "net": [None, None, 120.0, 120.0, 120.0, 120.0],
        }
    }


def test_the_operator_sees_all_nodes():
    hub = Hub()
    hub.run(5)

    assert sorted(hub.ask(Scope(None))) == ["n1", "n2"]


def test_fewer_points_are_means_of_several_slots():
    hub = Hub()
    hub.run(14)
    hub.run(15, idle=50.0)

    assert hub.ask(window_s=60, points=2)["n1"]["cpu"] == [None, 37.5]


def test_points_are_no_finer_than_slots():
    hub = Hub()
    hub.run(60)

    assert len(hub.ask(window_s=60, points=60)["n1"]["cpu"]) == 60 // SLOT_S


def test_a_node_that_fell_silent_has_a_gap():
    hub = Hub()
    hub.run(14)
    hub.run(90, nodes=[("n2", "s2")])

    assert hub.ask(window_s=30, points=2)["n1"]["cpu"] == [None, None]


def test_after_an_hour_the_oldest_slots_begin_anew():
    hub = Hub()
    hub.run(14, idle=0.0)
    hub.run(3_700, nodes=[])
    hub.run(14, idle=50.0)

    line = hub.ask(window_s=3_600, points=240)["n1"]["cpu"]

    assert 100.0 not in line
    assert line[-1] == 50.0


def test_a_removed_node_leaves_its_place_empty_for_the_next():
    hub = Hub()
    hub.run(14)
    hub.summaries.forget(NodeId("n1"))
    hub.sparks.forget(NodeId("n1"))
    hub.run(15, nodes=[("n3", "s1")])

    assert hub.ask(window_s=30, points=2) == {"n3": {"cpu": [None, 25.0], "net": [None, 120.0]}}


def test_an_answer_is_kept_for_some_seconds():
    hub = Hub()
    hub.run(14)
    first = hub.ask()
    hub.run(4, idle=10.0)
    second = hub.ask()
    hub.run(6, idle=10.0)

    assert second == first
    assert hub.ask() != first


@pytest.mark.parametrize(("window_s", "points"), [(14, 60), (3_601, 60), (900, 0), (900, 241)])
def test_what_is_asked_is_bounded(window_s, points):
    with pytest.raises(InputError, match="window_s goes from 15 to 3600"):
        Hub().ask(HOME, window_s, points)


def test_many_nodes_have_room():
    hub = Hub()
    hub.run(1, nodes=[(f"n{number}", "s1") for number in range(100)])

    assert len(hub.ask()) == 100


def test_some_nodes_can_be_asked_for_if_one_may_look_at_them():
    hub = Hub()
    hub.run(14, nodes=[(f"n{number}", "s1") for number in range(5)] + [("other", "s2")])

    assert sorted(hub.ask(only=("n4", "n1", "other", "nobody"))) == ["n1", "n4"]


def test_of_very_many_nodes_one_names_those_that_one_wants():
    hub = Hub()
    hub.run(1, nodes=[(f"n{number}", "s1") for number in range(1_001)])

    with pytest.raises(InputError, match="1001 nodes are too many at once: name up to 1000"):
        hub.ask()
    assert len(hub.ask(only=("n7",))) == 1
