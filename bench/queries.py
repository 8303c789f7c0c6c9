"""Small questions, in process: core.querying.query out of head and engine; what live pages cost.

    python bench/queries.py [--hours 12] [--hosts 20] [--nodes 1000]
    python bench/queries.py --year 50

`hosts` of 12 fields a second are in the engine for `hours`, the last hour also in the head.
Then `nodes` send a row a second with what the table of nodes shows. Every answer is made
whole, JSON included; medians in ms, as one JSON line. HTTP and the peers: bench/ingest.py.
With `--year` so many series have sums of a year, by minutes and by hours, and the same questions
are answered out of either, in turn; nothing else is measured.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from array import array
from pathlib import Path

import msgspec
import numpy as np

from muster.clock import DAY_NS, SECOND_NS, ManualClock
from muster.core.live.live import Live
from muster.core.live.summaries import Summaries
from muster.core.querying.query import Queries
from muster.model.access import Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Link, Node, NodeState
from muster.model.metric import Block, Kind, Layout, Series
from muster.model.query import Function, Query, Selector
from muster.ports.series import Parts, Rows, SeriesRef
from muster.store.engine.clickhouse import ClickHouse
from muster.store.engine.clickhouse import Settings as EngineSettings
from muster.store.engine.questions import Range, make_sums
from muster.store.engine.statements import HOUR_NS, MINUTE_NS, SUMS, mark_sums
from muster.store.head.head import Head, Settings
from muster.testing.cohorts import MemoryCatalogue, series_of
from muster.testing.series import MemoryStore

FIELDS, HOUR = 12, 3_600
START_NS = 1_790_035_200 * SECOND_NS
TIMES = 15
YEAR_TIMES = 5


class World:
    """Engine, head and queries, filled."""

    def __init__(self, folder, hosts, hours):
        self.clock = ManualClock(START_NS)
        self.catalogue = MemoryCatalogue()
        self.store = ClickHouse(path=folder, settings=EngineSettings())
        self.store.open()
        self.cohorts = [self._cohort(host) for host in range(hosts)]
        random = np.random.default_rng(1)
        for hour in range(hours):
            if hour == hours - 1:
                self.head = Head(clock=self.clock, settings=Settings())
            for host, cohort in enumerate(self.cohorts):
                self._fill(cohort, hour, host, random, into_head=hour == hours - 1)
            self.clock.advance(HOUR)
        self.end_ns = START_NS + hours * HOUR * SECOND_NS
        self.head.stored(1)
        self.queries = Queries(catalogue=self.catalogue, head=self.head, store=self.store)

    def _cohort(self, host):
        layout = Layout(
            tuple(
                series_of("cpu", f"usage_{field}", Kind.FLOAT, node=f"n{host}")
                for field in range(FIELDS)
            )
        )
        return self.catalogue.cohort(NodeId(f"n{host}"), layout)

    def _fill(self, cohort, hour, host, random, *, into_head):
        start = START_NS + hour * HOUR * SECOND_NS
        times = start + np.arange(HOUR, dtype=np.int64) * SECOND_NS
        values = random.poisson(40, (HOUR, FIELDS)) / (400 + random.integers(-2, 3, (HOUR, 1)))
        rows = Rows(
            np.tile(cohort.tags, HOUR),
            np.tile(cohort.fields, HOUR),
            np.repeat(times, FIELDS),
            values.view(np.int64).ravel(),
        )
        self.store.append(f"bench:{hour * 1_000 + host + 1}", {Kind.FLOAT: rows})
        if into_head:
            self.clock.advance(0)
            patterns = array("q", values.view(np.int64).tobytes())
            block = Block(cohort.layout, array("q", times.tobytes()), patterns)
            self.head.append(cohort, block, 1)


async def median_ms(work, count=TIMES):
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - begun)
    return round(statistics.median(taken) * 1_000, 2)


async def questions(world):
    hour_ago = world.end_ns - (HOUR - 1) * SECOND_NS
    nodes = tuple(f"n{number}" for number in range(8))

    def ask(function, start_ns, step_s, nodes):
        query = Query(
            select=Selector(measurement="cpu", fields=("usage_1",), nodes=nodes),
            start_ns=start_ns,
            end_ns=world.end_ns,
            step_ns=step_s * SECOND_NS,
            function=function,
        )

        async def work():
            msgspec.json.encode(await world.queries.run(query, None))

        return median_ms(work)

    async def last_of_all():
        refs = world.catalogue.find(Selector(measurement="cpu"), None)
        msgspec.json.encode(world.head.last(refs))

    return {
        "one_series_hour_ms": await ask(Function.RAW, hour_ago, 0, nodes[:1]),
        "8_series_hour_by_10s_ms": await ask(Function.MEAN, hour_ago, 10, nodes),
        "8_series_all_hours_by_10s_ms": await ask(Function.MEAN, START_NS, 10, nodes),
        "8_series_all_hours_rate_by_60s_ms": await ask(Function.RATE, START_NS, 60, nodes),
        "last_of_all_ms": await median_ms(last_of_all),
    }


class Known:
    """As many nodes as asked, all live."""

    def __init__(self, count):
        self._nodes = [
            Node(id=NodeId(f"n{number}"), space=SpaceId("s1"), name=f"host-{number}")
            for number in range(count)
        ]

    def nodes(self, actor):
        return self._nodes

    def find(self, id):
        return None

    def state_of(self, node):
        return NodeState.LIVE, ""

    def link_of(self, node):
        return Link()


def table_layout(node):
    tags = [("cpu", "usage_idle", Kind.FLOAT, {"cpu": "cpu-total"})]
    tags += [("cpu", "usage_idle", Kind.FLOAT, {"cpu": f"cpu{core}"}) for core in range(4)]
    tags += [("mem", "used_percent", Kind.FLOAT, {})]
    tags += [("disk", "used_percent", Kind.FLOAT, {"path": path}) for path in ("/", "/var")]
    for interface in ("eth0", "eth1", "lo"):
        tags += [
            ("net", field, Kind.INTEGER, {"interface": interface})
            for field in ("bytes_recv", "bytes_sent")
        ]
    return Layout(tuple(series_of(m, f, kind, node=node, **more) for m, f, kind, more in tags))


async def live_pages(count):
    """A tick of all nodes into head and summaries, the table, the sparklines."""
    clock, catalogue = ManualClock(START_NS), MemoryCatalogue()
    head = Head(clock=clock)
    queries = Queries(catalogue=catalogue, head=head, store=MemoryStore())
    known = Known(count)
    live = Live(
        queries=queries,
        summaries=Summaries(clock=clock),
        inventory=known,
        links=known,
        views=lambda nodes, actor: list(nodes),
        pulse=dict,
        clock=clock,
    )
    cohorts = [catalogue.cohort(node.id, table_layout(node.id)) for node in known.nodes(None)]
    width = len(cohorts[0].layout.series)
    ticks = []
    for second in range(900):
        clock.advance(1)
        now = array("q", [clock.now_ns()])
        row = array("q", [second * 1_000] * width)
        begun = time.perf_counter()
        for cohort in cohorts:
            block = Block(cohort.layout, now, row)
            head.append(cohort, block, 1)
            await live.take(cohort, block)
        ticks.append(time.perf_counter() - begun)
        live.tick()

    async def table():
        live.tick()
        live.table(None)

    async def sparks():
        clock.advance(5)
        live.sparks.record()
        live.sparks.lines(Scope(None), 900, 60)

    found = {
        "nodes": count,
        "tick_of_all_nodes_ms": round(statistics.median(ticks) * 1_000, 2),
        "table_of_all_nodes_ms": await median_ms(table),
        "sparks_of_all_nodes_ms": await median_ms(sparks, 3),
    }
    queries.close()
    return found


class Year:
    """An engine with sums of a year, as store/engine/rollups.py leaves them behind retention."""

    def __init__(self, folder, series):
        self.refs = [
            SeriesRef(number, 7, Series("m", (("n", str(number)),), "f", Kind.FLOAT))
            for number in range(1, series + 1)
        ]
        self.end_ns = START_NS // DAY_NS * DAY_NS
        self.start_ns = self.end_ns - 365 * DAY_NS
        store = ClickHouse(path=folder, settings=EngineSettings())
        store.open()
        for month in range(self.start_ns, self.end_ns, 73 * DAY_NS):
            self._fill(store, month, month + 73 * DAY_NS, series)
        store.manage(mark_sums(range(self.start_ns // HOUR_NS, self.end_ns // HOUR_NS), 1, 3))
        store.close()
        self.store = ClickHouse(path=folder, settings=EngineSettings(cache_bytes=0))
        self.store.open()

    def _fill(self, store, start_ns, end_ns, series):
        minutes = (end_ns - start_ns) // MINUTE_NS
        values = "toFloat64(40 + cityHash64(number) % 100)"
        store.manage(
            f"insert into muster.{SUMS[MINUTE_NS][Kind.FLOAT]} select 7, intDiv(number, {minutes})"
            f" + 1, {start_ns} + (number % {minutes}) * {MINUTE_NS} as t, t, t + {MINUTE_NS} - 1,"
            f" {MINUTE_NS} - 1, 6, {values} * 6, {values}, {values}, {values}, {values}, 1."
            f" from numbers({minutes * series}) settings max_partitions_per_insert_block = 0"
        )
        made = Range(Kind.FLOAT, None, start_ns, end_ns, False, sums=MINUTE_NS)
        store.manage(f"{make_sums(made, HOUR_NS)}, max_partitions_per_insert_block = 0")

    async def questions(self):
        """Medians, by hours and by minutes in turn; the answers of both are compared."""
        found = {"series": len(self.refs)}
        for name, step_ns, parts in (
            ("mean_by_day", DAY_NS, Parts.TOTAL),
            ("all_by_6h", 6 * HOUR_NS, Parts.ALL & ~Parts.RISE),
        ):
            taken = {"hours": [], "minutes": []}
            answers = []
            for width in ["hours", "minutes"] * YEAR_TIMES:
                self.store._rollups.wide = self.wide if width == "hours" else frozenset()
                begun = time.perf_counter()
                answers.append(self._ask(step_ns, parts))
                taken[width].append(time.perf_counter() - begun)
            assert len({(len(each.key), int(each.counts.sum())) for each in answers}) == 1
            for width, some in taken.items():
                found[f"{name}_from_{width}_ms"] = round(statistics.median(some) * 1_000, 1)
        return found

    def _ask(self, step_ns, parts):
        span = self.start_ns, self.end_ns, step_ns
        return self.store.aggregate(Kind.FLOAT, self.refs, *span, parts)

    @property
    def wide(self):
        return self.store._rollups.good


async def run(options):
    if options.year:
        with tempfile.TemporaryDirectory() as folder:
            year = Year(Path(folder) / "series", options.year)
            print(json.dumps(await year.questions()))
            year.store.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "series", options.hosts, options.hours)
        report = {"hosts": options.hosts, "hours": options.hours, **await questions(world)}
        world.queries.close()
        world.store.close()
    print(json.dumps({**report, **await live_pages(options.nodes)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--year", type=int, default=0, help="of so many series, and no more")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
