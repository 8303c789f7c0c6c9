"""Queries against a brute-force oracle, while rows come, late rows, evictions and restarts."""

import asyncio
import random
import threading
from datetime import timedelta

import msgspec
import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.querying.query import Queries, Settings
from muster.errors import InputError, LimitExceeded, Starting, Unavailable
from muster.model.access import Scope
from muster.model.aggregate import aggregate, answer_kind, rate_gap_ns, rates
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind, Layout
from muster.model.query import Function, Query, Selector
from muster.store.head.head import Head
from muster.store.head.head import Settings as HeadSettings
from muster.store.replay import Replay
from muster.testing.cohorts import MemoryCatalogue, block_of, engine_rows, series_of
from muster.testing.series import MemoryStore

S = SECOND_NS
T0 = 1_800_000_000 * S
SMALL = HeadSettings(budget_bytes=12_000, block_rows=7, window=timedelta(seconds=25))


class World:
    """A hub's data path without its disk, and the truth about every series."""

    def __init__(self, seed=0, head=SMALL):
        self.random = random.Random(seed)
        self.clock = ManualClock(T0)
        self.catalogue = MemoryCatalogue()
        self.store = MemoryStore()
        self.head_settings = head
        self.segment = 1
        self.unstored = []  # (segment, cohort, block)
        self.appends = 0
        self.truth = {}  # series -> time -> value
        self.layouts = {node: self.layout_of(node, 0) for node in ("n1", "n2")}
        self.generation = 0
        self.counter = 0
        self.summed_ns = self.random.choice([0, 20 * S, 40 * S])
        self.restart()

    def layout_of(self, node, generation):
        return Layout(
            (
                series_of("cpu", "usage", Kind.FLOAT, node=node),
                series_of("net", "rx", Kind.UNSIGNED, node=node),
                series_of("sys", "load", Kind.INTEGER, node=node),
                series_of("sys", "ok", Kind.BOOLEAN, node=node),
                series_of("sys", "up", Kind.STRING, node=node),
                series_of("box", "n", Kind.INTEGER, node=node, id=f"c{generation}"),
            )
        )

    def restart(self):
        self.store_segments(everything=True)
        self.head = Head(clock=self.clock, settings=self.head_settings)
        self.queries = Queries(
            catalogue=self.catalogue,
            head=self.head,
            store=self,
            settings=Settings(),
        )

    # the engine gets rows while it is asked: what it then shows may not count twice
    def select(self, *question):
        self.store_segments(everything=self.random.random() < 0.5, tell=False)
        return self.store.select(*question)

    def aggregate(self, *question):
        self.store_segments(everything=self.random.random() < 0.5, tell=False)
        return self.store.aggregate(*question)

    def summed_until(self, kind, since_ns, step_ns):
        """As if sums reached into what the head has."""
        return max(since_ns, (since_ns + self.summed_ns) // step_ns * step_ns)

    def value(self, kind):
        pick = self.random.random()
        match kind:
            case Kind.FLOAT:
                return round(self.random.gauss(50, 20), 2) if pick < 0.9 else 0.0
            case Kind.UNSIGNED:
                self.counter = 0 if pick < 0.02 else self.counter + self.random.randrange(1 << 40)
                return self.counter + ((1 << 63) if pick > 0.9 else 0)
            case Kind.BOOLEAN:
                return pick < 0.5
            case Kind.STRING:
                return f"up {self.random.randrange(5)}"
            case _:
                return self.random.randrange(-1000, 1000)

    def append(self, node, times, gaps=0.0):
        layout = self.layouts[node]
        rows = {
            time: [
                None if self.random.random() < gaps else self.value(series.kind)
                for series in layout.series
            ]
            for time in times
        }
        if all(value is None for row in rows.values() for value in row):
            return
        cohort, block = self.catalogue.cohort(NodeId(node), layout), block_of(layout, rows)
        self.head.append(cohort, block, self.segment)
        self.unstored.append((self.segment, cohort, block))
        for time, row in rows.items():
            for series, value in zip(layout.series, row, strict=True):
                if value is not None:
                    self.truth.setdefault(series, {})[time] = value

    def store_segments(self, everything=False, tell=True):
        newest = self.segment if everything else self.segment - 1
        if everything:
            self.segment += 1
        for segment, cohort, block in self.unstored:
            if segment <= newest:
                self.appends += 1
                rows = engine_rows(cohort, block)
                self.store.append(f"t{self.appends}", rows, rewrites=True)
        self.unstored = [held for held in self.unstored if held[0] > newest]
        if tell:
            self.told = newest
            if hasattr(self, "head"):
                self.head.stored(newest)

    def step(self):
        """One second in which something happens."""
        self.clock.advance(1)
        now = self.clock.now_ns() // S * S
        for node in self.layouts:
            if self.random.random() < 0.9:
                self.append(node, [now], self.random.choice([0, 0, 0, 0.3]))
        event = self.random.random()
        if event < 0.15:
            past = now - self.random.randrange(1, 60) * S + self.random.choice([0, 0, 5])
            self.append("n1", [past], self.random.choice([0, 0.5]))
        elif event < 0.25:
            self.segment += 1
        elif event < 0.40:
            self.store_segments(everything=self.random.random() < 0.3)
        elif event < 0.43:
            self.generation += 1
            self.layouts["n1"] = self.layout_of("n1", self.generation)
        elif event < 0.45:
            self.clock.advance(self.random.randrange(400))
        elif event < 0.47:
            self.restart()

    def expected(self, query):
        """(series, kind) -> time -> value, by the plain definitions."""
        found = {}
        for ref in self.catalogue.find(query.select, None):
            series = ref.series
            samples = sorted(self.truth.get(series, {}).items())
            inside = [one for one in samples if query.start_ns <= one[0] < query.end_ns]
            step = query.step_ns or 1 << 62
            if query.function is Function.RATE:
                before = [one for one in samples if one[0] < query.start_ns][-1:]
                length = query.step_ns or query.end_ns - query.start_ns
                values = rates([*before, *inside], step, rate_gap_ns(length))
            else:
                values = aggregate(inside, series.kind, query.function, step, query.percentile)
            found[series] = values
        return found

    def query(self):
        now = self.clock.now_ns()
        start = now - self.random.randrange(1, 120) * S - self.random.choice([0, 0, 7])
        end = min(start + self.random.randrange(1, 120) * S, now + S)
        function = self.random.choice(list(Function))
        wanted = ["cpu usage", "net rx", "sys load", "box n"]
        if function is not Function.RATE:
            wanted.append("sys ok")
        if function in (Function.RAW, Function.LAST, Function.FIRST, Function.COUNT):
            wanted.append("sys up")
        measurement, field = self.random.choice(wanted).split()
        nodes = self.random.choice([(), ("n1",), ("n2",)])
        return Query(
            select=Selector(measurement=measurement, fields=(field,), nodes=nodes),
            start_ns=start,
            end_ns=end,
            step_ns=self.random.choice([0, S, 5 * S, 7 * S, 60 * S]),
            function=function,
            percentile=self.random.choice([0.0, 50.0, 90.0, 100.0]),
        )


def check(frame, expected, query):
    """The frame says what the oracle says, and nothing else."""
    whole = query.function is not Function.RAW and not query.step_ns
    assert len(frame.series) == len(frame.values) == len(expected)
    for described, column, (series, values) in zip(
        frame.series, frame.values, expected.items(), strict=True
    ):
        assert (described.field, described.tags) == (series.field, series.tags)
        assert described.kind == answer_kind(query.function, series.kind)
        got = {t: v for t, v in zip(frame.times, column, strict=True) if v is not None}
        times = [query.start_ns] * len(values) if whole else values
        wanted = dict(zip(times, values.values(), strict=True))
        assert got.keys() == wanted.keys()
        for time, value in wanted.items():
            assert type(got[time]) is type(value)
            # Sums are made in doubles, in another order here and there.
            rounded = isinstance(value, float) or query.function is Function.SUM
            assert got[time] == (pytest.approx(value) if rounded else value)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens_answers_are_those_of_the_oracle(seed):
    world = World(seed)
    asked_engine = 0
    for _ in range(150):
        world.step()
        query = world.query()
        expected = world.expected(query)

        frame = await world.queries.run(query, None)

        check(frame, expected, query)
        asked_engine += bool(world.queries.plan(query, None).refs)
    world.queries.close()

    assert asked_engine


async def test_rows_that_left_the_head_are_asked_of_the_engine():
    world = World()
    for _ in range(100):
        world.clock.advance(1)
        world.append("n1", [world.clock.now_ns()])
        world.store_segments(everything=True)
    query = cpu_of(T0, T0 + 101 * S)

    frame = await world.queries.run(query, None)

    assert world.head.since(world.catalogue.find(query.select, None)[0]) > T0 + 50 * S
    check(frame, world.expected(query), query)
    world.queries.close()


async def test_what_the_head_has_whole_never_waits_for_the_engine():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + second * S for second in range(1, 101)])
    world.store.failing = "the engine is away"

    frame = await world.queries.run(cpu_of(T0 + S, T0 + 101 * S), None)

    assert len(frame.times) == 100


class Unread(Head):
    """A head that shows no rows."""

    def view(self, refs, start_ns, end_ns, cut_ns):
        raise AssertionError("rows are read")


async def test_last_values_are_known_without_reading_rows():
    world = World()
    world.head = Unread(clock=world.clock)
    world.queries = replaying(world, None)
    world.append("n1", [T0 + S])
    world.append("n2", [T0 + S, T0 + 5 * S])
    everything = Selector()
    query = cpu_of(T0 + S, T0 + 6 * S, select=everything, function=Function.LAST)
    late = cpu_of(T0 + 2 * S + 1, T0 + 6 * S, select=everything, function=Function.LAST)

    check(await world.queries.run(query, None), world.expected(query), query)
    with pytest.raises(AssertionError, match="rows are read"):  # what is newer may hide the last
        await world.queries.run(cpu_of(T0 + S, T0 + 5 * S, function=Function.LAST,
                                       select=everything), None)  # fmt: skip
    assert (await world.queries.run(late, None)).values.count([None]) == 6


async def test_only_series_the_head_lacks_are_asked_of_the_engine():
    world = World(head=HeadSettings())
    world.append("n1", [T0])
    world.clock.advance(50)
    world.restart()
    world.append("n1", [T0 + 50 * S])
    world.append("n2", [T0 + 10 * S])
    query = cpu_of(T0 + 20 * S, T0 + 60 * S)
    query = query.__class__(**{**as_dict(query), "select": Selector(measurement="cpu")})

    frame = await world.queries.run(query, None)

    check(frame, world.expected(query), query)
    world.queries.close()


def as_dict(query):
    return {name: getattr(query, name) for name in query.__struct_fields__}


def cpu_of(start, end, **changes):
    values = {
        "select": Selector(measurement="cpu", nodes=("n1",)),
        "start_ns": start,
        "end_ns": end,
        "function": Function.RAW,
    }
    return Query(**{**values, **changes})


async def test_the_axis_of_steps_has_every_step_and_none_where_nothing_is():
    world = World(head=HeadSettings())
    world.append("n1", [T0, T0 + 30 * S])

    frame = await world.queries.run(
        cpu_of(T0, T0 + 40 * S, step_ns=10 * S, function=Function.COUNT), None
    )

    assert frame.times == [T0 + second * S for second in (0, 10, 20, 30)]
    assert frame.values == [[1, None, None, 1]]


async def test_the_step_grows_until_the_width_holds_it():
    world = World(head=HeadSettings())
    world.append("n1", [T0])

    frame = await world.queries.run(
        cpu_of(T0, T0 + 900 * S, step_ns=S, function=Function.MEAN, width=100), None
    )

    assert frame.step_ns == 10 * S
    assert len(frame.times) == 90


async def test_times_that_are_equally_far_apart_are_a_grid_where_asked():
    world = World(head=HeadSettings())
    world.append("n1", [T0, T0 + 10 * S, T0 + 20 * S])
    raw = cpu_of(T0, T0 + 40 * S, grid=True)
    steps = cpu_of(T0, T0 + 40 * S, grid=True, step_ns=20 * S, function=Function.COUNT)

    one, other = [await world.queries.run(query, None) for query in (raw, steps)]
    world.append("n1", [T0 + 21 * S])
    odd = await world.queries.run(raw, None)

    assert (one.times, one.grid, len(one.values[0])) == ([], (T0, 10 * S, 3), 3)
    assert (other.times, other.grid, other.values) == ([], (T0, 20 * S, 2), [[2, 1]])
    assert (len(odd.times), odd.grid) == (4, msgspec.UNSET)


async def test_a_range_of_a_width_begins_with_a_whole_step():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + 10 * S, T0 + 14 * S])

    wide, narrow = [
        await world.queries.run(
            cpu_of(T0 + 13 * S, T0 + 60 * S, step_ns=10 * S, function=Function.COUNT, width=width),
            None,
        )
        for width in (100, 0)
    ]

    assert wide.times == narrow.times
    assert (wide.values[0][0], narrow.values[0][0]) == (2, 1)


async def test_nodes_of_another_space_are_not_seen():
    world = World(head=HeadSettings())
    world.append("n1", [T0])

    frame = await world.queries.run(cpu_of(T0, T0 + S), Scope(frozenset({SpaceId("another")})))

    assert (frame.times, frame.series) == ([], ())


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"end_ns": T0}, InputError, "not a time range"),
        ({"start_ns": -1}, InputError, "not a time range"),
        ({"step_ns": -1, "function": Function.MEAN}, InputError, "negative"),
        ({"limit": 0}, InputError, "limit"),
        ({"function": Function.PERCENTILE, "percentile": 101.0}, InputError, "101"),
        ({"start_ns": 0}, LimitExceeded, "3660 days"),
        ({"limit": 1, "select": Selector(measurement="sys")}, LimitExceeded, "than 1 series match"),
        ({"limit": 2, "select": Selector()}, LimitExceeded, "than 2 series match"),
        ({"select": Selector(), "function": Function.MEAN}, InputError, "is text"),
        (
            {"function": Function.MEAN, "step_ns": 1, "select": Selector(measurement="cpu")},
            LimitExceeded,
            "larger step",
        ),
    ],
)
async def test_a_question_that_cannot_be_answered_says_why(changes, error, text):
    world = World(head=HeadSettings())
    world.append("n1", [T0])
    query = cpu_of(**{"start": T0, "end": T0 + S, **changes})

    with pytest.raises(error, match=text):
        await world.queries.run(query, None)


async def test_too_many_raw_values_are_refused_before_they_are_read():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + second * S for second in range(100)])
    world.restart()
    world.queries = Queries(
        catalogue=world.catalogue,
        head=world.head,
        store=world,
        settings=Settings(max_rows=50),
    )

    with pytest.raises(LimitExceeded, match="100 single values"):
        await world.queries.run(cpu_of(T0, T0 + 100 * S), None)
    world.queries.close()


class Stuck(MemoryStore):
    """An engine that answers when it is let."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def select(self, *question):
        self.go.wait(60)
        return super().select(*question)


@pytest.fixture
def stuck():
    catalogue, clock, store = MemoryCatalogue(), ManualClock(T0), Stuck()
    catalogue.cohort(NodeId("n1"), Layout((series_of("cpu", "usage"),)))
    queries = Queries(
        catalogue=catalogue,
        head=Head(clock=clock),
        store=store,
        settings=Settings(timeout=timedelta(milliseconds=1), threads=1, waiting=1),
    )
    yield queries
    store.go.set()
    queries.close()


async def test_an_engine_that_does_not_answer_is_given_up(stuck):
    with pytest.raises(Unavailable, match="no answer within"):
        await stuck.run(cpu_of(T0, T0 + S), None)


async def test_questions_that_wait_are_bounded(stuck):
    results = await asyncio.gather(
        *(stuck.run(cpu_of(T0, T0 + S), None) for _ in range(4)), return_exceptions=True
    )

    assert all(isinstance(result, Unavailable) for result in results)
    assert sum("wait already" in str(result) for result in results) == 2


def replaying(world, replay):
    return Queries(
        catalogue=world.catalogue,
        head=world.head,
        store=world,
        replay=replay,
        settings=Settings(starting=timedelta(0)),
    )


async def test_what_the_engine_does_not_have_yet_is_not_left_out():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + second * S for second in range(10)])
    world.clock.advance(10)
    world.restart()
    world.append("n1", [T0 + 20 * S])
    replay = Replay()
    replay.expect([1])
    queries = replaying(world, replay)

    with pytest.raises(Starting):
        await queries.run(cpu_of(T0, T0 + 30 * S), None)
    replay.stored(1)
    frame = await queries.run(cpu_of(T0, T0 + 30 * S), None)

    assert len(frame.times) == 11
    queries.close()


async def test_what_the_head_has_whole_is_answered_while_the_hub_starts():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + second * S for second in range(1, 11)])
    replay = Replay()
    replay.expect([1])
    queries = replaying(world, replay)

    frame = await queries.run(cpu_of(T0 + S, T0 + 30 * S), None)

    assert len(frame.times) == 10


async def test_rows_ahead_of_the_clock_are_found_after_a_restart():
    world = World(head=HeadSettings())
    world.append("n1", [T0 + 100 * S])
    world.restart()
    world.head.begin({NodeId("n1"): T0 + 100 * S})
    world.clock.advance(10)
    world.append("n1", [T0 + 10 * S])
    query = cpu_of(T0, T0 + 200 * S)

    frame = await world.queries.run(query, None)

    check(frame, world.expected(query), query)
    assert frame.times == [T0 + 10 * S, T0 + 100 * S]
    world.queries.close()


async def test_a_question_that_runs_on_is_told_of_at_the_end(stuck):
    with pytest.raises(Unavailable, match="no answer within"):
        await stuck.run(cpu_of(T0, T0 + S), None)

    assert not stuck.close(0)
    assert stuck.close()


def test_while_the_hub_starts_questions_are_not_ready():
    world = World(head=HeadSettings())
    replay = Replay()
    replay.expect([1])
    queries = replaying(world, replay)
    before = queries.is_ready
    replay.stored(1)

    assert (before, queries.is_ready, world.queries.is_ready) == (False, True, True)
