"""Copying: what is chosen, where it begins, gaps, restarts, and what cannot be had."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit

import pytest
from agentdesk import Desk, FakeReach

from muster.clock import SECOND_NS, ManualClock
from muster.errors import Unavailable
from muster.faces.netdata.chartwords import ChartData
from muster.faces.netdata.keep import BACKFILL_S, EPOCH, Keeper, block_of, chosen
from muster.model.inventory import NetdataKeep, Node
from muster.model.metric import points_of
from muster.wire.netdata.messages import ContextUpdated

NOW_S = 1_800_000_000
STEP_S = 10
LOAD = ContextUpdated(id="system.load", units="load")
CPU = ContextUpdated(id="system.cpu", units="percentage")


class Spaces:
    def __init__(self, keep):
        self.keep = keep

    def netdata_keep(self, space):
        return self.keep

    def netdata_keeps(self):
        return {"s1": self.keep} if self.keep.contexts else {}


class Ingest:
    """Takes batches as the real one does, and knows where each node stands."""

    def __init__(self):
        self.batches = []
        self.refusal = None
        self.came = asyncio.Event()

    def acked(self, node, epoch):
        assert epoch == EPOCH
        return max((batch.sequence for batch in self.batches), default=0)

    async def accept(self, identity, name, batch):
        assert (identity.space, identity.node, name) == ("s1", "n1", "web-1")
        assert batch.sequence > self.acked("n1", batch.epoch)
        if self.refusal is not None:
            raise self.refusal
        self.batches.append(batch)
        self.came.set()
        return batch.sequence

    def times(self, field="load1"):
        return [
            point.time_ns // SECOND_NS
            for batch in self.batches
            for block in batch.blocks
            for point in points_of(block)
            if field in point.fields
        ]


class Shop:
    """A Keeper with one node, whose agent has every step of some time."""

    def __init__(self, contexts=("system.load",), step_s=STEP_S, since_s=0, known=(LOAD,)):
        self.clock = ManualClock(NOW_S * SECOND_NS)
        self.desk = Desk()
        self.desk.answers = self.answer
        self.has = (0, 1 << 40)  # seconds of which the agent has values
        self.troubled = {}  # context -> answer
        self.reach = FakeReach(self.desk, node="n1", known=list(known))
        self.spaces = Spaces(NetdataKeep(contexts, step_s, since_s))
        self.ingest = Ingest()
        self.connected = ["n1"]
        self.is_ready = True
        self.keeper = self.fresh()

    def fresh(self):
        return Keeper(
            hub="hub",
            spaces=self.spaces,
            inventory=self,
            ingest=self.ingest,
            connected=lambda: self.connected,
            reach_of=lambda id: self.reach,
            clock=self.clock,
            is_ready=lambda: self.is_ready,
        )

    def find(self, id):
        return Node(id="n1", space="s1", name="web-1")

    def answer(self, target):
        query = {name: text for name, (text,) in parse_qs(urlsplit(target).query).items()}
        context = query["scope_contexts"]
        if context in self.troubled:
            return self.troubled[context]
        assert query["group_by"] == "dimension,instance"
        after, before, step = (int(query[name]) for name in ("after", "before", "points"))
        step = (before - after) // step
        first, last = self.has
        rows = [
            [at, [at % 7 if first <= at <= last else None, 0, 0]]
            for at in range(before, after - step, -step)  # agents give one row more than asked
        ]
        return {"result": {"labels": ["time", f"load1,{context}"], "data": rows}}

    async def turns(self, count=1):
        for _ in range(count):
            await self.keeper.copy("n1")


async def test_values_are_copied_from_when_that_was_set_at_their_step():
    shop = Shop(since_s=NOW_S - 42)
    await shop.turns()

    assert shop.ingest.times() == [NOW_S - 40, NOW_S - 30, NOW_S - 20, NOW_S - 10]
    shop.clock.advance(20)
    await shop.turns()
    assert shop.ingest.times()[4:] == [NOW_S, NOW_S + 10]


async def test_the_series_have_our_names_and_their_context():
    shop = Shop(since_s=NOW_S - 20)
    await shop.turns()

    series = shop.ingest.batches[0].blocks[0].layout.series[0]
    assert (series.measurement, series.field) == ("system", "load1")
    assert series.tags == (("context", "system.load"),)


async def test_a_gap_is_filled_oldest_first_and_no_second_is_copied_twice():
    shop = Shop(since_s=NOW_S - 10)
    await shop.turns()
    shop.clock.advance(3_600)
    shop.keeper = shop.fresh()  # the hub was away
    await shop.turns(2)

    times = shop.ingest.times()
    assert times == list(range(times[0], NOW_S + 3_600 - 5, STEP_S))


async def test_a_gap_that_is_very_long_stays_one():
    shop = Shop(since_s=1)
    await shop.turns()

    assert shop.ingest.times()[0] == NOW_S - BACKFILL_S + STEP_S
    assert len(shop.desk.asked) == 8
    assert shop.keeper.due() == ["n1"]


async def test_seconds_that_the_agent_has_not_got_yet_are_waited_for():
    shop = Shop(since_s=NOW_S - 60)
    shop.has = (0, NOW_S - 30)
    await shop.turns()
    assert shop.ingest.times()[-1] == NOW_S - 30
    shop.has = (0, NOW_S)
    await shop.turns()

    assert shop.ingest.times()[-3:] == [NOW_S - 30, NOW_S - 20, NOW_S - 10]


async def test_seconds_that_it_never_had_are_passed_over():
    shop = Shop(since_s=NOW_S - 3_600)
    shop.has = (NOW_S - 300, NOW_S)
    await shop.turns(2)

    assert shop.ingest.times()[0] == NOW_S - 300
    assert shop.ingest.times()[-1] == NOW_S - 10


async def test_nothing_is_asked_where_nothing_is_kept():
    shop = Shop(contexts=())
    await shop.turns()

    assert shop.desk.asked == []
    assert shop.keeper.due() == []


async def test_a_node_has_its_turn_once_per_step_and_only_while_connected():
    shop = Shop(step_s=60, since_s=NOW_S - 60)
    assert shop.keeper.due() == ["n1"]
    await shop.turns()
    assert shop.keeper.due() == []
    shop.clock.advance(60)
    assert shop.keeper.due() == ["n1"]
    shop.connected = []

    assert shop.keeper.due() == []


async def test_a_choice_that_changes_counts_at_once():
    shop = Shop(step_s=60, since_s=NOW_S - 60)
    shop.keeper.due()
    await shop.turns()
    assert shop.keeper.due() == []
    shop.spaces.keep = NetdataKeep(("system.*",), 60, NOW_S - 60)

    assert shop.keeper.due() == ["n1"]


async def test_nobody_has_a_turn_before_the_journal_is_read():
    shop = Shop(since_s=NOW_S - 60)
    shop.is_ready = False

    assert shop.keeper.due() == []


async def test_a_node_that_cannot_be_asked_waits():
    shop = Shop(since_s=NOW_S - 60)
    shop.reach.queries = None
    await shop.turns()

    assert shop.ingest.batches == []


async def test_a_context_that_cannot_be_had_holds_the_others_up_only_for_so_long():
    shop = Shop(contexts=("system.*",), since_s=NOW_S - 60, known=(CPU, LOAD))
    shop.troubled["system.cpu"] = (500, b"broken")
    await shop.turns(3)
    assert shop.ingest.batches == []
    await shop.turns()

    assert shop.ingest.times()[-1] == NOW_S - 10
    assert shop.keeper.left_out == 1


async def test_a_context_that_is_gone_holds_nothing_up():
    shop = Shop(contexts=("system.*",), since_s=NOW_S - 60, known=(CPU, LOAD))
    shop.troubled["system.cpu"] = (404, b"No metrics where matched to query.")
    await shop.turns()

    assert shop.ingest.times()[-1] == NOW_S - 10


async def test_a_hub_that_cannot_store_keeps_the_piece_for_later():
    shop = Shop(since_s=NOW_S - 60)
    shop.ingest.refusal = Unavailable("the disk is full")
    assert shop.keeper.due() == ["n1"]
    with pytest.raises(Unavailable):
        await shop.turns()
    assert shop.keeper.due() == []
    shop.ingest.refusal = None
    await shop.turns()

    assert shop.ingest.times()[0] == NOW_S - 50


async def test_it_runs_until_it_is_cancelled():
    shop = Shop(since_s=NOW_S - 60)
    async with asyncio.TaskGroup() as jobs:
        running = jobs.create_task(shop.keeper.run())
        await shop.ingest.came.wait()
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert shop.ingest.times()[0] == NOW_S - 50


async def test_a_fault_with_one_node_ends_neither_the_copying_nor_the_hub(caplog):
    shop = Shop(since_s=NOW_S - 60)
    shop.connected = ["broken", "n1"]
    whole = shop.reach
    shop.keeper._reach_of = lambda id: whole if id == "n1" else 1 / 0
    async with asyncio.TaskGroup() as jobs:
        running = jobs.create_task(shop.keeper.run())
        await shop.ingest.came.wait()
        running.cancel()

    assert "copying failed" in caplog.text


def test_contexts_are_chosen_by_pattern_while_they_have_values():
    gone = ContextUpdated(id="system.old", last_entry=100)
    ids = [each.id for each in chosen([CPU, LOAD, gone], ("system.[lo]*", "x"), 100)]
    assert ids == ["system.load"]
    assert [each.id for each in chosen([gone, CPU], ("*",), 99)] == ["system.cpu", "system.old"]


def test_rows_outside_of_a_piece_and_empty_ones_at_its_end_are_left_out():
    data = ChartData(
        labels=["load1", "load5"],
        times=[10, 20, 30, 40, 50],
        values=[[1, 2, None, 4, None], [1, None, 3, None, None]],
        update_every_s=10,
    )
    block = block_of("system.load", data, 10, 50)

    assert list(block.times) == [20 * SECOND_NS, 30 * SECOND_NS, 40 * SECOND_NS]
    assert block.present == bytes([1, 0, 0, 1, 1, 0])
    assert block_of("system.load", data, 40, 50) is None


def test_units_become_ours():
    data = ChartData(labels=["used"], times=[10], values=[[2]], update_every_s=1)
    (point,) = points_of(block_of("system.ram", data, 0, 10))

    assert point.fields == {"used": 2 * (1 << 20)}


async def test_a_link_that_ends_meanwhile_is_held_against_no_context():
    shop = Shop(since_s=NOW_S - 60)
    for _ in range(4):
        shop.desk.queries.link_ended("it was cut")
        ended, shop.reach = shop.reach, FakeReach(None, node="n1", known=[LOAD])
        found = iter((ended, shop.reach, shop.reach))
        shop.keeper._reach_of = lambda id, found=found: next(found)
        await shop.turns()
        shop.desk = Desk()
        shop.desk.answers = shop.answer
        shop.reach = FakeReach(shop.desk, node="n1", known=[LOAD])
    shop.keeper._reach_of = lambda id: shop.reach
    await shop.turns()

    assert shop.keeper.left_out == 0
    assert shop.ingest.times()[-1] == NOW_S - 10
