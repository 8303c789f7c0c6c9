"""The child of the crash test: accepts batches of some nodes until it is killed.

Prints "node sequence" for each acknowledged batch. With `count`, it prints per node the rows,
the distinct times and the newest sequence that the engine has.
"""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np

from muster.clock import SECOND_NS, SystemClock
from muster.core.intake.ingest import Ingest
from muster.core.intake.ingest import Settings as IngestSettings
from muster.model.identity import Identity
from muster.model.metric import Batch, Kind, Layout, Series
from muster.model.query import Selector
from muster.store.dataplane import DataPlane, Settings
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.writer import Settings as WriterSettings
from muster.testing.cohorts import block_of

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
NODES = 4
LAYOUT = Layout(tuple(Series("m", (("at", str(at)),), "a", Kind.INTEGER) for at in range(20)))
START_NS = 1_790_000_000 * SECOND_NS  # the same in every run: sequence n is second n
SETTINGS = Settings(
    journal=JournalSettings(
        segment_bytes=64 << 10, segment_age=timedelta(milliseconds=300), reserve_bytes=0
    ),
    writer=WriterSettings(retention=timedelta(days=36_500)),
)


class NoHead:
    def append(self, cohort, block, segment):
        pass


async def main(data, count):
    clock = SystemClock()
    plane = DataPlane(
        data=data, hub=HUB, clock=clock, settings=SETTINGS, stored=lambda number: None
    )
    await asyncio.to_thread(plane.open)
    plane.start()
    ingest = Ingest(
        catalogue=plane.catalogue,
        journal=plane.journal,
        head=NoHead(),
        clock=clock,
        settings=IngestSettings(strange_days=1 << 30),
    )
    if count:
        while plane.journal.unstored_bytes:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
        print(json.dumps({at: counts(plane, str(at)) for at in range(NODES)}))
        await asyncio.to_thread(plane.close)
        return
    async with asyncio.TaskGroup() as group:
        for at in range(NODES):
            group.create_task(send(ingest, at))


async def send(ingest, at):
    identity = Identity(HUB, "s", str(at))
    sequence = ingest.acked(identity.node, "e")
    while True:
        sequence += 1
        rows = {START_NS + sequence * SECOND_NS: [sequence] * len(LAYOUT.series)}
        batch = Batch("e", sequence, (block_of(LAYOUT, rows),))
        await ingest.accept(identity, f"host{at}", batch)
        print(at, sequence, flush=True)
        await asyncio.sleep(0.001)


def counts(plane, node):
    """(rows, distinct times, newest sequence), if all series agree."""
    refs = plane.catalogue.find(Selector(nodes=(node,)), None)
    found = plane.store.aggregate(Kind.INTEGER, refs, 0, 1 << 62, 0)
    rows = plane.store.select(Kind.INTEGER, refs, 0, 1 << 62)
    numbers = rows.patterns.reshape(len(LAYOUT.series), -1) if len(refs) else np.zeros((1, 0))
    assert len(set(found.counts.tolist())) <= 1
    distinct = len(np.unique(rows.times))
    newest = int(numbers.max(initial=0))
    return int(found.counts.max(initial=0)), distinct, newest


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), "count" in sys.argv[2:]))
