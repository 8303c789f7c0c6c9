"""A sink's queue; that ingest fills it is tested in test_ingest.py."""

import asyncio

from muster.clock import SECOND_NS
from muster.core.intake.sinkqueue import SinkQueue
from muster.model.ids import NodeId
from muster.model.metric import Layout
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of

LAYOUT = Layout((series_of("m", "a"),))
COHORT = MemoryCatalogue().cohort(NodeId("n1"), LAYOUT)


class Recorder:
    name = "recorder"

    def __init__(self):
        self.seen = []

    async def take(self, cohort, block):
        if block.times[0] == 2 * SECOND_NS:
            raise ValueError("broken sink")
        self.seen.append(block.times[0] // SECOND_NS)


async def test_a_sink_misses_what_does_not_fit_and_goes_on_after_a_failure():
    recorder = Recorder()
    queue = SinkQueue(recorder, 3)
    for second in (1, 2, 3, 4, 5):
        queue.offer(COHORT, block_of(LAYOUT, {second * SECOND_NS: (1.0,)}))
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(queue.run())
        for _ in range(5):
            await asyncio.sleep(0)
        job.cancel()

    assert recorder.seen == [1, 3]
    assert queue.dropped == 3
