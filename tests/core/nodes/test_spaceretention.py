"""Spaces that keep values for fewer days than the hub lose theirs, and others none."""

import asyncio
from datetime import timedelta

import pytest

from muster.clock import DAY_NS, ManualClock
from muster.core.nodes.spaceretention import SpaceRetention
from muster.errors import Unavailable
from muster.model.ids import NodeId
from muster.model.inventory import Space, SpaceSettings
from muster.model.metric import Kind, Layout
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, engine_rows, series_of
from muster.testing.series import MemoryStore

TODAY = 20_000


class Hub:
    def __init__(self, **days):
        self.clock = ManualClock(TODAY * DAY_NS + DAY_NS // 2)
        self.spaces = [Space(id, id, SpaceSettings(keep_days=kept)) for id, kept in days.items()]
        self.catalogue, self.store = MemoryCatalogue(), MemoryStore()
        self.head = Head(clock=self.clock)
        self.erased, self.dropped, self.believed = [], [], True
        drop = self.store.drop
        self.store.drop = lambda before: self.dropped.append(before // DAY_NS) or drop(before)
        for space in days:
            self.fill(space)
        self.retention = SpaceRetention(
            spaces=lambda: self.spaces,
            hub=timedelta(days=30),
            catalogue=self.catalogue,
            store=self.store,
            head=self.head,
            erase=self.erase,
            clock=self.clock,
            may_forget=lambda: self.believed,
        )

    def fill(self, space):
        """A value of each of forty days."""
        layout = Layout((series_of("m", "v", Kind.INTEGER, node=f"of-{space}", space=space),))
        cohort = self.catalogue.cohort(NodeId(f"of-{space}"), layout)
        block = block_of(layout, {(TODAY - ago) * DAY_NS: [ago] for ago in range(40)})
        self.store.append(space, engine_rows(cohort, block))
        self.head.append(cohort, block, 1)

    def erase(self, refs, start_ns, end_ns):
        self.erased.append(end_ns // DAY_NS)
        self.store.erase(refs, start_ns, end_ns)
        return 1

    def oldest(self, space):
        refs = self.catalogue.of_space(space)
        times = self.store.select(Kind.INTEGER, refs, 0, 1 << 62).times
        return TODAY - int(times.min()) // DAY_NS

    def of_head(self, space):
        view = self.head.view(self.catalogue.of_space(space), 0, 1 << 62, 0)
        return sum(len(grid.times) for grid in view.grids())


async def test_a_space_keeps_its_days_and_the_others_theirs():
    hub = Hub(a=7, b=0, c=14)
    await hub.retention.sweep()

    assert [hub.oldest(space) for space in "abc"] == [7, 39, 14]
    assert [hub.of_head(space) for space in "abc"] == [8, 40, 15]
    assert hub.dropped == []  # the hub does that by itself


async def test_what_no_space_keeps_goes_as_days():
    hub = Hub(a=7, b=10)
    await hub.retention.sweep()

    assert hub.dropped == [TODAY - 10]
    assert [hub.oldest(space) for space in "ab"] == [7, 10]


async def test_it_is_done_once_a_day():
    hub = Hub(a=7, b=0)
    for _ in range(3):
        await hub.retention.sweep()
    hub.clock.advance(86_400)
    await hub.retention.sweep()

    assert hub.erased == [TODAY - 7, TODAY - 6]


async def test_a_space_does_not_keep_longer_than_the_hub():
    hub = Hub(a=300)
    await hub.retention.sweep()

    assert (hub.dropped, hub.erased) == ([], [])


async def test_a_clock_that_is_not_believed_drops_nothing():
    hub = Hub(a=7, b=0)
    hub.believed = False
    await hub.retention.sweep()

    assert hub.oldest("a") == 39


async def test_what_failed_is_tried_again(monkeypatch, caplog):
    hub, slept = Hub(a=7, b=0), []
    erase = hub.retention._erase

    def away(*_):
        raise Unavailable("the engine is away")

    async def sleep(seconds):
        slept.append(seconds)
        hub.retention._erase = away if slept == [3600.0] else erase
        if len(slept) > 2 and seconds:
            raise asyncio.CancelledError

    monkeypatch.setattr("muster.core.nodes.spaceretention.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await hub.retention.run()

    assert "put off" in caplog.text
    assert hub.oldest("a") == 7
