"""From frames to acknowledgements, without a socket. More of it: test_agentlink.py."""

import asyncio
from array import array
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from muster.clock import ManualClock
from muster.core.intake.trim import Refused
from muster.faces.native.intake import Room
from muster.faces.native.linkbatches import LinkBatches
from muster.faces.native.linkbeats import LinkBeats
from muster.faces.native.linkcontext import LinkFaceSettings
from muster.model.identity import Identity
from muster.model.metric import Block, Kind, Layout, Series
from muster.wire.columns import ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.messages import Ack, Push
from muster.wire.sharednames import SharedNames

LAYOUT = Layout(tuple(Series("m", (), f"f{at}", Kind.INTEGER) for at in range(10)))


class Ingest:
    """Takes a batch when it is let, and refuses what it is told to."""

    def __init__(self, clock):
        self.clock = clock
        self.gate = asyncio.Event()
        self.gate.set()
        self.refusing = 0
        self.total = Refused(0, "", 0.0)
        self.most_values = 0

    def acked(self, node, epoch):
        return 0

    def refused(self, node):
        return self.total

    async def accept_all(self, identity, name, batches):
        self.most_values = max(self.most_values, sum(one.values_total for one in batches))
        await self.gate.wait()
        if self.refusing:
            values = self.total.values + self.refusing
            self.total = Refused(values, "too many series", self.clock.monotonic())
        return batches[-1].sequence


class Bench:
    def __init__(self, **settings):
        self.clock = ManualClock()
        self.ingest = Ingest(self.clock)
        self.said = []
        hub = SimpleNamespace(
            clock=self.clock,
            settings=LinkFaceSettings(**settings),
            limits=Limits(),
            series_names=SharedNames(),
            room=Room(LinkFaceSettings(**settings).values_waiting_total),
            ingest=self.ingest,
            name_of=lambda node: "pilot",
        )
        self.batches = LinkBatches(
            hub, Identity("h", "s", "n"), self.say, LinkBeats(self.clock, self.say)
        )
        self.batches.begin("epoch")
        self.encoder = ColumnEncoder()

    async def say(self, message):
        self.said.append(message)

    async def push(self, sequence, rows=1):
        times, values = array("q", range(rows)), array("q", bytes(8 * rows * 10))
        body = self.encoder.encode([Block(LAYOUT, times, values)], key=sequence == 1)
        await self.batches.take(Push(sequence=sequence, key=sequence == 1, body=body), 0.0)

    @asynccontextmanager
    async def running(self):
        async with asyncio.TaskGroup() as jobs:
            job = jobs.create_task(self.batches.run())
            yield jobs
            job.cancel()


async def turns(count=20):
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_acknowledgement_tells_once_what_was_not_kept():
    bench = Bench()
    async with bench.running():
        bench.ingest.refusing = 3
        await bench.push(1)
        await turns()
        bench.ingest.refusing = 0
        await bench.push(2)
        await turns()

    assert bench.said == [Ack(sequence=1, refused=3, reason="too many series"), Ack(sequence=2)]
    assert bench.batches.hindrance == ""


async def test_a_node_is_shown_as_not_wholly_kept_for_a_while():
    bench = Bench()
    async with bench.running():
        bench.ingest.refusing = 3
        await bench.push(1)
        await turns()
        during = bench.batches.warning
        bench.clock.advance(121)

        assert (during, bench.batches.warning) == ("too many series", "")


async def test_what_an_earlier_link_was_told_is_not_told_again():
    bench = Bench()
    bench.ingest.total = Refused(9, "too many series", 0.0)
    bench.batches.begin("epoch")
    async with bench.running():
        await bench.push(1)
        await turns()

    assert bench.said == [Ack(sequence=1)]


@pytest.mark.parametrize(("batches", "values"), [(4, 10_000), (100, 200)])
async def test_a_slow_disk_holds_the_reader_up_before_the_memory_is_full(batches, values):
    bench = Bench(batches_waiting=batches, values_waiting=values)
    bench.ingest.gate.clear()
    pushed = []

    async def agent():
        for sequence in range(1, 60):
            await bench.push(sequence, rows=5)
            pushed.append(sequence)

    async with bench.running() as jobs:
        await bench.push(1, rows=5)
        await turns()  # this one is on its way to the disk
        bench.encoder = ColumnEncoder()
        bench.batches.begin("epoch")
        sending = jobs.create_task(agent())
        await turns(400)
        held = len(pushed)
        bench.ingest.gate.set()
        await turns(400)
        await sending

    assert held == 4
    assert bench.ingest.most_values <= values
    assert bench.said[-1] == Ack(sequence=59)
