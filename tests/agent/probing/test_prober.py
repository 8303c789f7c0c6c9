"""When probes run, and whose rows they are."""

import asyncio

import pytest

from muster.agent.probing.prober import MAX_TESTS, Prober
from muster.agent.probing.run import Outcome
from muster.clock import SECOND_NS, ManualClock
from muster.errors import LimitExceeded
from muster.model.metric import Point, points_of
from muster.model.probe import PingProbe, Reach

START_S = 1_800_000_000
A = PingProbe(url="a", interval_s=5)
B = PingProbe(url="b", interval_s=10)


class Stage:
    """A prober whose probes end when the test says so."""

    def __init__(self):
        self.clock = ManualClock(START_S * SECOND_NS)
        self.ran = []
        self.emitted = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault = ""
        self.prober = Prober(clock=self.clock, run=self.run, emit=self.emit)

    async def run(self, probe, reach, time_ns):
        self.ran.append((probe.url, reach, time_ns // SECOND_NS - START_S))
        await self.gate.wait()
        if self.fault == "bug":
            raise ValueError("a bug")
        fields = {"result_code": 0, "ttl": 5}
        return Outcome([Point("ping", fields, time_ns, {"url": probe.url})], self.fault)

    def emit(self, owner, blocks):
        found = [point for block in blocks for point in points_of(block)]
        rows = [(owner, each.tags["url"], each.time_ns // SECOND_NS) for each in found]
        self.emitted += dict.fromkeys(rows)  # a point for each field

    async def seconds(self, number, tasks):
        for _ in range(number):
            self.prober.tick(tasks)
            for _ in range(5):
                await asyncio.sleep(0)
            self.clock.advance(1)


@pytest.fixture
def stage():
    return Stage()


async def test_each_probe_runs_on_its_intervals_grid(stage):
    stage.prober.assign("", [A], Reach.ANY)
    stage.prober.assign("main", [B], Reach.PUBLIC)
    async with asyncio.TaskGroup() as tasks:
        await stage.seconds(11, tasks)

    assert [each for each in stage.ran if each[0] == "a"] == [
        ("a", Reach.ANY, 0),
        ("a", Reach.ANY, 5),
        ("a", Reach.ANY, 10),
    ]
    assert [each for each in stage.ran if each[0] == "b"] == [
        ("b", Reach.PUBLIC, 0),
        ("b", Reach.PUBLIC, 10),
    ]
    assert stage.emitted[:2] == [("", "a", START_S), ("main", "b", START_S)]


async def test_a_probe_that_is_still_at_work_misses_its_turn(stage):
    stage.gate.clear()
    stage.prober.assign("", [A], Reach.ANY)
    async with asyncio.TaskGroup() as tasks:
        await stage.seconds(6, tasks)
        assert stage.prober.status()[0].skipped == 1
        stage.gate.set()
        await stage.seconds(5, tasks)

    assert len(stage.ran) == 2


async def test_what_was_taken_away_meanwhile_leaves_no_row(stage):
    stage.gate.clear()
    stage.prober.assign("main", [A], Reach.ANY)
    async with asyncio.TaskGroup() as tasks:
        await stage.seconds(1, tasks)
        stage.prober.assign("main", [B], Reach.ANY)
        stage.gate.set()
        await stage.seconds(1, tasks)

    assert [url for _, url, _ in stage.emitted] == ["b"]


async def test_who_goes_on_keeps_what_is_known_of_him(stage):
    stage.prober.assign("", [A], Reach.ANY)
    async with asyncio.TaskGroup() as tasks:
        await stage.seconds(1, tasks)
        stage.prober.assign("", [A, B], Reach.ANY)
        await stage.seconds(1, tasks)

    assert [(each.target, each.runs) for each in stage.prober.status()] == [("a", 1), ("b", 1)]


async def test_a_fault_is_shown_and_a_bug_stops_nobody(stage):
    stage.fault = "no such host"
    stage.prober.assign("", [A], Reach.ANY)
    async with asyncio.TaskGroup() as tasks:
        await stage.seconds(1, tasks)
        assert stage.prober.status()[0].fault == "no such host"
        stage.fault = "bug"
        await stage.seconds(5, tasks)
        stage.fault = ""
        await stage.seconds(5, tasks)

    assert stage.prober.status()[0].runs == 2


async def test_a_trial_is_answered_and_its_points_go_nowhere(stage):
    told = []
    stage.prober.test(A, Reach.ANY, lambda *answer: told.append(answer))
    running = asyncio.ensure_future(stage.prober.run())
    for _ in range(10):
        await asyncio.sleep(0)
    running.cancel()

    assert told[0][0]["points"][0]["fields"] == {"result_code": 0, "ttl": 5}
    assert stage.emitted == []


async def test_trials_have_a_bound(stage):
    for _ in range(MAX_TESTS):
        stage.prober.test(A, Reach.ANY, lambda *_: None)
    with pytest.raises(LimitExceeded):
        stage.prober.test(A, Reach.ANY, lambda *_: None)
