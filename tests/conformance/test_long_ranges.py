"""Hours of rows in head, rows, minutes and kept buckets: every answer is the definitions'."""

import random
from datetime import timedelta

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.querying.query import Queries
from muster.model.aggregate import aggregate, rate_gap_ns, rates
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.model.query import Function, Query, Selector
from muster.store.engine import rollups
from muster.store.engine.clickhouse import ClickHouse
from muster.store.engine.clickhouse import Settings as EngineSettings
from muster.store.head.head import Head
from muster.store.head.head import Settings as HeadSettings
from muster.testing.cohorts import MemoryCatalogue, block_of, engine_rows, series_of

S = SECOND_NS
HOUR = 3600 * S
T0 = 1_800_000_000 * S // HOUR * HOUR
HEAD = HeadSettings(budget_bytes=20_000, block_rows=16, window=timedelta(minutes=20))
LAYOUTS = {
    node: Layout(
        (
            series_of("cpu", "usage", Kind.FLOAT, node=node),
            series_of("net", "rx", Kind.UNSIGNED, node=node),
            series_of("sys", "load", Kind.INTEGER, node=node),
        )
    )
    for node in ("n1", "n2")
}
STEPS = [0, 10 * S, 45 * S, 60 * S, 300 * S, HOUR, 7 * 60 * S]


class Hub:
    """Head, catalogue, engine and questions, and the truth about every series."""

    def __init__(self, engine, seed):
        self.draw = random.Random(seed)
        self.engine = engine
        self.clock = ManualClock(T0)
        self.catalogue = MemoryCatalogue()
        self.head = Head(clock=self.clock, settings=HEAD)
        self.queries = Queries(catalogue=self.catalogue, head=self.head, store=engine)
        self.segment = 0
        self.counter = 0
        self.waiting = []
        self.truth = {}

    def values(self):
        self.counter = 0 if self.draw.random() < 0.01 else self.counter + self.draw.randrange(999)
        row = [self.draw.gauss(50, 20), self.counter, self.draw.randrange(-1000, 1000)]
        return [None if self.draw.random() < 0.1 else value for value in row]

    def take(self, node, times):
        rows = {time: self.values() for time in times}
        cohort = self.catalogue.cohort(NodeId(node), LAYOUTS[node])
        block = block_of(LAYOUTS[node], rows)
        self.segment += 1
        self.head.append(cohort, block, self.segment)
        self.waiting.append((self.segment, cohort, block))
        for time, row in rows.items():
            for series, value in zip(LAYOUTS[node].series, row, strict=True):
                if value is not None:
                    self.truth.setdefault(series, {})[time] = value

    def store(self):
        for segment, cohort, block in self.waiting:
            rows = engine_rows(cohort, block)
            self.engine.append(f"s:{segment}", rows, rewrites=True)
            self.head.stored(segment)
        self.waiting = []

    def step(self):
        """Some minutes, seldom with a gap, late rows or a summed up hour."""
        begin, seconds = self.clock.now_ns(), self.draw.choice([300, 600, 1200])
        self.clock.advance(seconds)
        for node in LAYOUTS:
            if self.draw.random() < 0.9:
                self.take(node, range(begin, begin + seconds * S, 20 * S))
        if self.draw.random() < 0.05:  # all of their day is summed up anew
            late = begin - self.draw.randrange(5) * HOUR
            self.take("n1", range(late, late + 120 * S, 15 * S))
        if self.draw.random() < 0.8:
            self.store()
        if self.draw.random() < 0.5:
            while self.engine.roll(self.clock.now_ns()):
                pass

    def question(self):
        now = self.clock.now_ns()
        start = now - self.draw.randrange(1, 6 * 3600) * S
        start -= start % self.draw.choice([S, 60 * S, 60 * S])
        function = self.draw.choice([one for one in Function if one is not Function.RAW])
        measurement = self.draw.choice(["cpu", "net", "sys"])
        return Query(
            select=Selector(measurement=measurement),
            start_ns=start,
            end_ns=min(start + self.draw.randrange(60, 6 * 3600) * S, now),
            step_ns=self.draw.choice(STEPS),
            function=function,
        )

    def expected(self, query, series):
        samples = sorted(self.truth.get(series, {}).items())
        inside = [one for one in samples if query.start_ns <= one[0] < query.end_ns]
        step = query.step_ns or 1 << 62
        if query.function is not Function.RATE:
            return aggregate(inside, series.kind, query.function, step, query.percentile)
        before = [one for one in samples if one[0] < query.start_ns][-1:]
        gap = rate_gap_ns(query.step_ns or query.end_ns - query.start_ns)
        return rates([*before, *inside], step, gap)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Hours are summed up in pieces; in hubs these are 64 that grow as fast as the machine is."""
    monkeypatch.setattr(rollups, "_FIRST_SLICES", 4)
    store = ClickHouse(path=tmp_path / "series", settings=EngineSettings())
    store.open()
    yield store
    store.close()


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_asked_of_hours_answers_are_those_of_the_definitions(engine, seed):
    hub = Hub(engine, seed)
    asked_minutes = 0
    for _ in range(60):
        hub.step()
        for _ in range(2):
            query = hub.question()
            frame = await hub.queries.run(query, None)
            spans = engine._rollups.spans(query.start_ns, query.end_ns, query.step_ns)
            asked_minutes += sum(span[2] > 0 for span in spans)
            for ref, column in zip(hub.queries.plan(query, None).refs, frame.values, strict=True):
                wanted = hub.expected(query, ref.series)
                times = frame.times if query.step_ns else [0]
                found = zip(times, column, strict=True)
                got = {time: value for time, value in found if value is not None}
                assert got == pytest.approx(wanted, rel=1e-9), query
    hub.queries.close()

    assert asked_minutes
