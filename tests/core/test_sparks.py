"""Sparklines of all nodes."""

import json

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.query import Queries
from muster.core.sparks import KEPT_S, Sparks
from muster.errors import InputError
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.store.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

S = SECOND_NS
S1 = SpaceId("s1")


def layout_of(node, space):
    def named(*args, **tags):
        return series_of(*args, node=node, space=space, **tags)

    return Layout(
        (
            named("cpu", "usage_idle", cpu="cpu-total"),
            named("cpu", "usage_idle", cpu="cpu0"),
            named("net", "bytes_recv", Kind.INTEGER, interface="eth0"),
            named("net", "bytes_sent", Kind.INTEGER, interface="eth0"),
            named("net", "bytes_sent", Kind.INTEGER, interface="lo"),
        )
    )


class Hub:
    def __init__(self):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.head = Head(clock=self.clock)
        store = MemoryStore()
        store.failing = "never asked"
        queries = Queries(catalogue=self.catalogue, head=self.head, store=store, clock=self.clock)
        self.sparks = Sparks(queries=queries, clock=self.clock)

    def run(self, seconds):
        for second in range(seconds):
            self.clock.advance(1)
            for node, space in (("n1", "s1"), ("n2", "s2")):
                layout = layout_of(node, space)
                row = [75.0, 0.0, 100 * second, 20 * second, 9_999 * second]
                block = block_of(layout, {self.clock.now_ns(): row})
                self.head.append(self.catalogue.cohort(NodeId(node), layout), block, 1)

    async def ask(self, space=S1, window_s=60, points=6):
        return json.loads(await self.sparks.of_space(space, window_s, points))


async def test_a_node_has_a_line_of_cpu_and_one_of_network():
    hub = Hub()
    hub.run(45)

    answer = await hub.ask()

    assert list(answer) == ["n1"]
    assert answer["n1"]["cpu"] == [None, 25.0, 25.0, 25.0, 25.0, 25.0]
    assert answer["n1"]["net"][2:] == [120.0] * 4
    assert [len(line) for line in answer["n1"].values()] == [6, 6]


async def test_the_operator_sees_all_nodes():
    hub = Hub()
    hub.run(5)

    assert sorted(await hub.ask(None)) == ["n1", "n2"]


async def test_an_answer_is_kept_for_some_seconds():
    hub = Hub()
    hub.run(5)
    first = await hub.ask()
    hub.run(3)
    second = await hub.ask()
    hub.clock.advance(KEPT_S)
    third = await hub.ask()

    assert second == first
    assert third != first


@pytest.mark.parametrize(("window_s", "points"), [(0, 60), (3_601, 60), (900, 0), (900, 241)])
async def test_what_is_asked_is_bounded(window_s, points):
    with pytest.raises(InputError, match="window_s goes from 1 to 3600"):
        await Hub().ask(S1, window_s, points)
