"""The head alone: values/s in, bytes per value, and the small questions of a live page.

    python bench/head.py [--series 1500 100000] [--minutes 60] [--mix agent busy]

Ticks of 1 s in order, cohorts of 1,500 series. `agent` is what a quiet host sends: 60 %
constant, 30 % counters, the rest gauges of which one in two has a full mantissa. `busy`:
every value changes, 5 of 12 fields have full mantissas. One JSON line per run; times are
medians in ms, in process: no HTTP. `q_` questions go through core.querying.query, `head_` ones
through the head alone.
"""

import argparse
import gc
import json
import statistics
import time
from array import array
from pathlib import Path

import numpy as np

from muster.clock import SECOND_NS, ManualClock
from muster.core.querying.aggregate import WHOLE
from muster.core.querying.query import Queries
from muster.model.ids import NodeId
from muster.model.metric import Block, Kind, Layout
from muster.model.query import Function, Query, Selector
from muster.store.head.blocks import COMPILED
from muster.store.head.head import Head, Settings
from muster.testing.cohorts import MemoryCatalogue, series_of
from muster.testing.series import MemoryStore

COHORT = 1_500
SECONDS = 3_600  # of data, repeated from another second on for each cohort


def agent_column(number, random):
    place = number % 20
    if place < 12:
        kind = Kind.INTEGER if place % 4 else Kind.FLOAT
        return kind, np.full(SECONDS, random.integers(1 << 30)).astype(_type(kind))
    if place < 16:
        steps = random.poisson(random.choice([0.05, 3, 200]), SECONDS)
        return Kind.INTEGER, np.cumsum(steps)
    if place < 18:
        steps = random.integers(-99, 99, SECONDS) * (random.random(SECONDS) < 0.2)
        return Kind.INTEGER, 10**6 + np.cumsum(steps)
    if place < 19:
        return Kind.FLOAT, np.round(random.normal(5, 1, SECONDS), 2)
    return Kind.FLOAT, random.poisson(40, SECONDS) / (400 + random.integers(-2, 3, SECONDS)) * 100


def busy_column(number, random):
    place = number % 12
    if place < 5:
        total = 400 + random.integers(-2, 3, SECONDS)
        return Kind.FLOAT, random.poisson(40, SECONDS) / total * 100
    if place < 9:
        return Kind.INTEGER, np.cumsum(random.poisson(2_000, SECONDS))
    return Kind.INTEGER, 10**9 + np.cumsum(random.integers(-4_096, 4_096, SECONDS))


def _type(kind):
    return np.float64 if kind is Kind.FLOAT else np.int64


def pool(mix):
    """Kinds, and one row of 1,500 patterns for each second."""
    random = np.random.default_rng(1)
    make = {"agent": agent_column, "busy": busy_column}[mix]
    columns = [make(number, random) for number in range(COHORT)]
    patterns = [values.astype(_type(kind)).view(np.int64) for kind, values in columns]
    rows = [array("q", row.tobytes()) for row in np.array(patterns).T.copy()]
    return [kind for kind, _ in columns], rows


def rss_mib():
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in x)
    return int(line.split()[1]) / 1024


def median_ms(work, count=9):
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return round(statistics.median(taken) * 1000, 3)


def fill(series, minutes, mix):
    """A head with `minutes` of ticks; what it took."""
    kinds, rows = pool(mix)
    clock, catalogue = ManualClock(), MemoryCatalogue()
    nodes = max(series // COHORT, 1)
    layouts = [
        Layout(
            tuple(
                series_of("m", f"f{number}", kind, node=f"n{node}")
                for number, kind in enumerate(kinds)
            )
        )
        for node in range(nodes)
    ]
    cohorts = [catalogue.cohort(NodeId(f"n{node}"), layout) for node, layout in enumerate(layouts)]
    gc.collect()
    before, took = rss_mib(), []
    head = Head(clock=clock, settings=Settings(budget_bytes=8 << 30))
    cpu = time.process_time()
    for tick in range(minutes * 60):
        clock.advance(1)
        now = array("q", [clock.now_ns()])
        begun = time.perf_counter()
        for node, (cohort, layout) in enumerate(zip(cohorts, layouts, strict=True)):
            values = rows[(tick + node * 37) % SECONDS]
            head.append(cohort, Block(layout, now, values), 1)
        took.append(time.perf_counter() - begun)
    cpu = time.process_time() - cpu
    state = head.state
    took.sort()
    report = {
        "series": nodes * COHORT,
        "mix": mix,
        "minutes": minutes,
        "compiled": COMPILED,
        "m_values_s": round(nodes * COHORT * len(took) / sum(took) / 1e6, 1),
        "cpu_ms_per_tick": round(cpu / len(took) * 1000, 3),
        "tick_p99_ms": round(took[int(len(took) * 0.99)] * 1000, 2),
        "bytes_per_value": round(state.bytes_sealed / (state.rows_sealed * COHORT), 3),
        "rss_mib": round(rss_mib() - before),
    }
    return report, head, catalogue, clock


def ask(report, head, catalogue, clock):
    """The questions, as the head and as core.querying.query answer them."""
    end = clock.now_ns() + 1
    hour = end - min(report["minutes"], 60) * 60 * SECOND_NS
    refs = catalogue.find(Selector(), None)
    queries = Queries(catalogue=catalogue, head=head, store=MemoryStore())
    one = iter(np.random.default_rng(5).permutation(len(refs)).tolist() * 99)

    def column():
        head.view([refs[next(one)]], hour, end, hour).grids()

    report["head_series_hour_ms"] = median_ms(column, 81)
    floats = [ref for ref in refs if ref.series.kind is Kind.FLOAT]
    page = [floats[place] for place in np.linspace(0, len(floats) - 1, 40).astype(int)]
    ago = end - 300 * SECOND_NS
    report["head_live_page_ms"] = median_ms(lambda: head.view(page, ago, end, ago).grids())
    node = [ref for ref in floats if ("node", "n0") in ref.series.tags][:40]
    report["head_live_page_of_one_node_ms"] = median_ms(
        lambda: head.view(node, ago, end, ago).grids()
    )
    report["head_last_of_all_ms"] = median_ms(lambda: head.last(refs), 3)
    report["head_hour_mean_of_all_floats_ms"] = median_ms(
        lambda: head.view(floats, hour, end, hour).sums(WHOLE), 3
    )

    def run(refs, function, step_s, start):
        plan = queries.plan(
            Query(
                select=Selector(measurement="m", fields=(refs[0].series.field,), nodes=("n0",)),
                start_ns=start,
                end_ns=end,
                step_ns=step_s * SECOND_NS,
                function=function,
            ),
            None,
        )
        groups = [plan.groups[0]._replace(places=np.arange(len(refs)), refs=refs)]
        plan = plan._replace(refs=refs, groups=groups)
        return median_ms(lambda: queries.run_in_head(plan))

    report["q_8_series_hour_by_10s_ms"] = run(floats[:8], Function.MEAN, 10, hour)
    report["q_live_page_by_1s_ms"] = run(node, Function.MEAN, 1, ago)
    report["q_live_second_of_40_ms"] = run(node, Function.MEAN, 1, end - 6 * SECOND_NS)
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--mix", nargs="+", default=["agent", "busy"])
    options = parser.parse_args()
    for series in options.series:
        for mix in options.mix:
            print(json.dumps(ask(*fill(series, options.minutes, mix))), flush=True)


if __name__ == "__main__":
    main()
