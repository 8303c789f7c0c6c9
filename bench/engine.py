"""Sealed journal segments into the engine: rows/s, and what small questions cost.

    python bench/engine.py [--folder DIR] [--nodes 20] [--ticks 600] [--json]
    python bench/engine.py --agents 10000 --frames 14

Ticks of 1,500 values per node go through the journal's own code; measured are reading back,
the insert and the whole, then questions on what is stored.

With `--agents` instead: what values of so many agents take of memory, without their links. Each
sends ten series, a frame of ten rows at a time; all that is in a hub's process between a frame
and the engine, and a segment of the journal after each round. A line of MiB for each round.
"""

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import threading
import time
import uuid
from array import array
from pathlib import Path

import data
import load as frames
import numpy as np

from muster.clock import SystemClock
from muster.core.intake.ingest import Ingest
from muster.core.intake.ingest import Settings as IngestSettings
from muster.hub.process import memory
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Batch, Block, Kind, Layout, Series
from muster.model.query import Selector
from muster.store.catalogue.allowance import Settings as CatalogueSettings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.dataplane import DataPlane
from muster.store.dataplane import Settings as PlaneSettings
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.head.head import Head
from muster.store.journal.segmentdisk import Disk
from muster.store.journal.tail import Tail
from muster.store.readback import ReadBack
from muster.wire.columns import ColumnDecoder
from muster.wire.limits import Limits
from muster.wire.sharednames import SharedNames

HUB = "6a8d1c3e-0000-4000-8000-000000000001"
SECOND = 1_000_000_000
START = 1_790_035_200 * SECOND  # midnight and some hours
VALUES = 1_500


def layout(node):
    tags = (("host", f"host-{node}"), ("node", f"node-{node}"), ("space", "s"))
    return Layout(
        tuple(
            Series(
                "cpu",
                (("cpu", f"cpu{at // 10}"), *tags),
                f"usage_{at % 10}",
                Kind.FLOAT if at % 2 else Kind.INTEGER,
            )
            for at in range(VALUES)
        )
    )


def ticks(nodes, count):
    """Half floats that are ratios of small numbers, half counters; a third stands still."""
    chance = np.random.default_rng(1)
    counters = np.cumsum(chance.integers(0, 100, (count, VALUES)), axis=0)
    ratios = chance.integers(0, 101, (count, VALUES)) / chance.integers(97, 104, (count, VALUES))
    matrix = np.where(np.arange(VALUES) % 2 == 1, ratios.view(np.int64), counters)
    matrix[:, ::3] = matrix[0, ::3]
    return matrix


def segments(folder, catalogue, nodes, count):
    tail = Tail(folder=folder, hub=HUB, segment_bytes=64 << 20, disk=Disk())
    matrix = ticks(nodes, count)
    cohorts = [catalogue.cohort(f"node-{node}", layout(node)) for node in range(nodes)]
    over = []
    for tick in range(count):
        values = array("q", matrix[tick].tobytes())
        batches = [
            (
                (cohort.node, "e", tick + 1),
                [(cohort, Block(cohort.layout, array("q", [START + tick * SECOND]), values))],
            )
            for cohort in cohorts
        ]
        while batches:
            written = tail.write(batches)
            batches = batches[written:]
            if batches:
                over.append(tail.end())
    return [*over, tail.end()]


def load(store, files):
    back = ReadBack({})
    reading = inserting = 0.0
    values = 0
    cpu, began = time.process_time(), time.perf_counter()
    for file in files:
        parts = back.read(file).parts()
        while True:
            mark = time.perf_counter()
            part = next(parts, None)
            reading += time.perf_counter() - mark
            if part is None:
                break
            mark = time.perf_counter()
            store.append(part.token, part.rows, rewrites=part.rewrites)
            inserting += time.perf_counter() - mark
            values += part.values
    wall = time.perf_counter() - began
    return {
        "values": values,
        "m_values_s": round(values / wall / 1e6, 2),
        "read_m_values_s": round(values / reading / 1e6, 2),
        "insert_m_values_s": round(values / inserting / 1e6, 2),
        "cpu_s_per_m_values": round((time.process_time() - cpu) / values * 1e6, 3),
    }


def question(run, count=15):
    waits = []
    for _ in range(count):
        began = time.perf_counter()
        run()
        waits.append(time.perf_counter() - began)
    return round(statistics.median(waits) * 1e3, 2)


def questions(store, catalogue, nodes, count):
    end = START + count * SECOND
    one = catalogue.find(
        Selector(
            measurement="cpu", fields=("usage_1",), nodes=("node-0",), tags={"cpu": ("cpu0",)}
        ),
        None,
    )
    host = [
        ref
        for ref in catalogue.find(Selector(nodes=("node-0",)), None)
        if ref.series.kind is Kind.FLOAT
    ]
    eight = catalogue.find(
        Selector(
            measurement="cpu",
            fields=("usage_1",),
            tags={"cpu": ("cpu0",)},
            nodes=tuple(f"node-{at}" for at in range(min(8, nodes))),
        ),
        None,
    )
    every = catalogue.find(Selector(fields=("usage_1",)), None)
    return {
        "one_series_ms": question(lambda: store.select(Kind.FLOAT, one, START, end)),
        "eight_series_by_10s_ms": question(
            lambda: store.aggregate(Kind.FLOAT, eight, START, end, 10 * SECOND)
        ),
        "one_host_all_floats_by_60s_ms": question(
            lambda: store.aggregate(Kind.FLOAT, host, START, end, 60 * SECOND), 5
        ),
        "last_of_one_field_everywhere_ms": question(
            lambda: store.last(Kind.FLOAT, every, end - 300 * SECOND), 5
        ),
    }


class Peak(threading.Thread):
    """The most of the process's own memory since it was asked last."""

    def __init__(self):
        super().__init__(daemon=True)
        self._bytes = 0

    def run(self):
        while True:
            self._bytes = max(self._bytes, memory.own_bytes())
            time.sleep(0.02)

    def take_mib(self):
        most, self._bytes = max(self._bytes, memory.own_bytes()), 0
        return most >> 20


async def agents(folder, count, rounds):
    """Print what is resident after each round of frames."""
    clock, names, limits = SystemClock(), SharedNames(), Limits()
    head = Head(clock=clock, own_bytes=memory.own_bytes)
    plane = DataPlane(
        data=folder, hub=HUB, clock=clock, settings=PlaneSettings(), stored=head.stored
    )
    head.begin(plane.newest if plane.open() else {})
    plane.start()
    ingest = Ingest(
        catalogue=plane.catalogue,
        journal=plane.journal,
        head=head,
        clock=clock,
        settings=IngestSettings(),
    )
    shape = Layout(data.layout().series[:10])
    values = [row[:10] for row in data.rows(1, 10 * rounds)]
    start_ns = clock.now_ns() // SECOND * SECOND - 10 * SECOND * rounds
    batches = [[block] for block in data.blocks(shape, values, 10, start_ns)]
    identities = [Identity(HUB, SpaceId("s"), NodeId(f"node-{at}")) for at in range(count)]
    senders = [(one, ColumnDecoder(limits, names=names), str(uuid.uuid4())) for one in identities]
    await asyncio.to_thread(lambda: plane.journal.drain(30.0) and plane.store.usage(0))
    memory.give_back()
    peak, empty = Peak(), memory.own_bytes() >> 20
    peak.start()
    for number, (key, body) in enumerate(frames.encoded(batches, key_every=6), 1):
        cpu_s = time.thread_time()
        for at in range(0, count, 100):
            await asyncio.gather(
                *(
                    ingest.accept(who, who.node, Batch(epoch, number, coder.decode(body, key=key)))
                    for who, coder, epoch in senders[at : at + 100]
                )
            )
        cpu_s = time.thread_time() - cpu_s
        await asyncio.to_thread(plane.journal.drain, 300.0)
        state = head.state
        told = {
            "round": number,
            "empty_mib": empty,
            "own_mib": memory.own_bytes() >> 20,
            "peak_mib": peak.take_mib(),
            "sealed_mib": state.bytes_sealed >> 20,
            "open_mib": state.bytes_open >> 20,
            "loop_us_per_frame": round(1e6 * cpu_s / count, 1),
        }
        print(json.dumps(told), flush=True)
    await asyncio.to_thread(plane.close)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--ticks", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--agents", type=int, default=0)
    parser.add_argument("--frames", type=int, default=14)
    options = parser.parse_args()
    if options.agents:
        memory.settle()
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            asyncio.run(agents(Path(name), options.agents, options.frames))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        (folder / "journal").mkdir()
        catalogue = Catalogue(path=folder / "c.sqlite", settings=CatalogueSettings())
        files = segments(folder / "journal", catalogue, options.nodes, options.ticks)
        store = ClickHouse(path=folder / "series", settings=Settings())
        began = time.perf_counter()
        store.open()
        result = {"bench": "engine", "open_s": round(time.perf_counter() - began, 2)}
        result |= load(store, files)
        result |= questions(store, catalogue, options.nodes, options.ticks)
        store.close()
        size = sum(path.stat().st_size for path in (folder / "series").rglob("*.bin"))
        result["bytes_per_value"] = round(size / result["values"], 2)
        result["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(result) if options.json else result)


if __name__ == "__main__":
    main()
