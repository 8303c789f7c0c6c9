"""The journal and ingest alone: M values/s and how long an acknowledgement takes.

    python bench/journal.py [--folder DIR] [--seconds 3] [--json]

Each writer is one node that sends ticks of 1,500 values and waits for each acknowledgement,
as an agent does. `accept` is stamping, naming, journal and a head that does nothing; rows
are synced to the disk of DIR. `open` rates are what arrives with up to 16 ticks under way.
"""

import argparse
import asyncio
import json
import tempfile
import time
from array import array
from pathlib import Path

from muster.clock import SECOND_NS, SystemClock
from muster.core.intake.ingest import Ingest
from muster.core.intake.ingest import Settings as IngestSettings
from muster.model.identity import Identity
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.store.catalogue.allowance import Settings as CatalogueSettings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.journal.journal import Journal
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.journal.recovery import recover

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
VALUES = 1_500


class NoHead:
    def append(self, cohort, block, segment):
        pass


def layout():
    return Layout(
        tuple(
            Series("cpu", (("cpu", f"cpu{at // 10}"),), f"usage_{at % 10}", Kind(at % 3))
            for at in range(VALUES)
        )
    )


async def round_of(folder, writers, under_way, seconds):
    clock = SystemClock()
    journal = Journal(
        folder=folder / "journal",
        hub=HUB,
        clock=clock,
        settings=JournalSettings(waiting_bytes=1 << 50, reserve_bytes=0),
    )
    recover(
        folder=folder / "journal",
        hub=HUB,
        stored=0,
        sequences={},
        segment_bytes=64 << 20,
        learn=lambda *_: None,
    )
    journal.start()
    catalogue = Catalogue(path=folder / "c.sqlite", settings=CatalogueSettings())
    ingest = Ingest(
        catalogue=catalogue,
        journal=journal,
        head=NoHead(),
        clock=clock,
        settings=IngestSettings(),
    )
    values = array("q", range(1 << 40, (1 << 40) + VALUES))
    waits = []
    end = time.perf_counter() + seconds
    start_ns = clock.now_ns() // SECOND_NS * SECOND_NS

    def recycle():
        while (file := journal.sealed(0.0)) is not None:
            journal.release(file.number)

    async def node(number):
        identity = Identity(HUB, "s", f"node-{number}")
        shape = layout()
        sequence = 0
        gate = asyncio.Semaphore(under_way)

        async def one(at):
            block = Block(shape, array("q", [start_ns + at]), values)
            began = time.perf_counter()
            await ingest.accept(identity, f"host-{number}", Batch("e", at, (block,)))
            waits.append(time.perf_counter() - began)
            gate.release()

        async with asyncio.TaskGroup() as group:
            while time.perf_counter() < end:
                await gate.acquire()
                sequence += 1
                group.create_task(one(sequence))

    async def recycler():
        while time.perf_counter() < end:
            recycle()
            await asyncio.sleep(0.05)

    for number in range(writers):  # names are learnt before the clock runs
        await ingest.accept(
            Identity(HUB, "s", f"node-{number}"),
            f"host-{number}",
            Batch("warm", 1, (Block(layout(), array("q"), array("q")),)),
        )
    cpu, began = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(recycler())
        for number in range(writers):
            group.create_task(node(number))
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    sync_ms = journal.sync_ms
    await asyncio.to_thread(journal.close)
    waits.sort()
    return {
        "writers": writers,
        "under_way": under_way,
        "batches_s": round(len(waits) / wall),
        "m_values_s": round(len(waits) * VALUES / wall / 1e6, 2),
        "p50_ms": round(waits[len(waits) // 2] * 1e3, 3),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1e3, 3),
        "cpu_us_per_batch": round(cpu / len(waits) * 1e6, 1),
        "sync_ms": round(sync_ms, 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = []
    for writers, under_way in ((1, 1), (8, 1), (64, 1), (1, 16), (8, 16)):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            result = asyncio.run(round_of(Path(folder), writers, under_way, options.seconds))
        results.append(result)
        if not options.json:
            print(result)
    if options.json:
        print(json.dumps({"bench": "journal", "values_per_batch": VALUES, "results": results}))


if __name__ == "__main__":
    main()
