import asyncio
import logging
from datetime import timedelta

import msgspec
import pytest

from muster.agent.collecting import scheduler as module
from muster.agent.collecting.lanes import Outcome
from muster.agent.collecting.scheduler import Scheduler
from muster.clock import SECOND_NS, ManualClock
from muster.collectors import COLLECTORS
from muster.collectors.api import Collector, File
from muster.errors import InputError, SettingsError
from muster.model.metric import Point, points_of

START_S = 1_800_000_000


class FakeLane:
    """Work waits until the test lets it run."""

    def __init__(self, name, *, at_once=True):
        self.name = name
        self.at_once = at_once
        self.work = None
        self.outcome = None
        self.closed = False

    @property
    def busy(self):
        return self.work is not None

    def start(self, work):
        assert not self.busy
        self.work = work
        if self.at_once:
            self.run()
        return True

    def run(self):
        try:
            self.outcome = Outcome(self.work(), None)
        except Exception as error:  # as a lane does
            self.outcome = Outcome(None, error)

    def take(self, timeout_s=0.0):
        outcome, self.outcome = self.outcome, None
        if outcome is not None:
            self.work = None
        return outcome

    def close(self):
        self.closed = True


class Machine:
    """A scheduler in a folder, with a clock and lanes in the test's hands."""

    def __init__(self, root, *collectors, at_once=True, **options):
        self.clock = ManualClock(START_S * SECOND_NS)
        self.lanes = {}
        self.at_once = at_once
        self.waits = []
        self.scheduler = Scheduler(
            collectors, self.clock, root=root, wait=self.wait, lanes=self.lane, **options
        )

    def lane(self, name):
        self.lanes[name] = FakeLane(name, at_once=self.at_once)
        return self.lanes[name]

    async def wait(self, seconds):
        self.waits.append(seconds)
        self.clock.advance(seconds)

    def tick(self, second):
        return self.scheduler.tick((START_S + second) * SECOND_NS)

    def status(self, name):
        return next(entry for entry in self.scheduler.status() if entry.name == name)


def declare(name, collect=None, *, interval_s=1, blocking=False, compares=False):
    def count(sample, _previous):
        yield Point(name, {"value": 1}, sample.time_ns)

    return Collector(
        name=name,
        sources=(File(f"/{name}", blocking=blocking),),
        collect=collect or count,
        interval_s=interval_s,
        compares=compares,
        measurements=(),
    )


def seconds(blocks):
    return [block.times[0] // SECOND_NS - START_S for block in blocks]


def names(block):
    return [series.measurement for series in block.layout.series]


def fail(_sample, _previous):
    raise InputError("/x: unexpected shape")


def test_collectors_of_one_interval_share_a_row_and_its_layout(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("b"))
    (first,) = machine.tick(0)
    (second,) = machine.tick(1)

    assert names(first) == ["a", "b"]
    assert second.layout is first.layout
    assert seconds([first, second]) == [0, 1]


def test_a_longer_interval_has_rows_of_its_own_on_its_own_grid(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("slow", interval_s=10))
    found = {second: [names(b) for b in machine.tick(second)] for second in (3, 4, 9, 10, 11)}

    assert found == {
        3: [["a"], ["slow"]],  # the first tick runs everything
        4: [["a"]],
        9: [["a"]],
        10: [["a"], ["slow"]],
        11: [["a"]],
    }


def test_a_missed_second_of_the_grid_is_made_up_for_at_the_next_tick(tmp_path):
    machine = Machine(tmp_path, declare("slow", interval_s=10))
    machine.tick(0)

    assert seconds(machine.tick(13)) == [13]
    assert machine.tick(14) == []
    assert seconds(machine.tick(20)) == [20]


def test_a_collector_that_raises_is_counted_and_absent_and_the_others_go_on(tmp_path):
    broken = [False]

    def collect(sample, _previous):
        if broken[0]:
            raise InputError("/b: unexpected shape")
        yield Point("b", {"value": 2}, sample.time_ns)

    machine = Machine(tmp_path, declare("a"), declare("b", collect), declare("c"))
    (good,) = machine.tick(0)
    broken[0] = True
    (bad,) = machine.tick(1)

    assert bad.layout is good.layout
    assert bad.present == b"\1\0\1"
    status = machine.status("b")
    assert (status.runs, status.failures, status.values) == (1, 1, 0)
    assert status.last_error == "/b: unexpected shape"
    assert status.last_error_ns == (START_S + 1) * SECOND_NS
    assert status.failing
    broken[0] = False
    assert machine.tick(2)[0].present is None
    assert not machine.status("b").failing
    assert machine.status("b").last_error


def test_a_bug_in_a_collector_is_logged_once_with_its_traceback(tmp_path, caplog):
    machine = Machine(tmp_path, declare("bug", lambda _s, _p: [1 // 0]), declare("a"))
    with caplog.at_level(logging.WARNING):
        for second in range(3):
            assert names(machine.tick(second)[0]) == ["a"]

    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info[0] is ZeroDivisionError
    assert machine.status("bug").failures == 3
    assert machine.status("bug").last_error.startswith("ZeroDivisionError")


def test_a_value_that_does_not_fit_fails_its_collector_alone(tmp_path):
    def collect(sample, _previous):
        yield Point("big", {"value": 1 << 70}, sample.time_ns)

    machine = Machine(tmp_path, declare("a"), declare("big", collect))
    (block,) = machine.tick(0)

    assert [p.measurement for p in points_of(block)] == ["a"]
    assert "does not fit" in machine.status("big").last_error


def test_a_collector_that_compares_gets_the_sample_of_its_last_success(tmp_path):
    (tmp_path / "d").write_text("0")

    def collect(sample, previous):
        now = int(sample.text("/d"))
        if previous is not None:
            step = now - int(previous.text("/d"))
            yield Point("d", {"step": step, "s": sample.clock_s - previous.clock_s}, 1)

    machine = Machine(tmp_path, declare("d", collect, compares=True))
    assert machine.tick(0) == []
    for second, text, expected in ((1, "7", [7, 1.0]), (2, "broken", None), (3, "9", [2, 2.0])):
        (tmp_path / "d").write_text(text)
        machine.clock.advance(1)
        blocks = machine.tick(second)
        found = [next(iter(p.fields.values())) for b in blocks for p in points_of(b)]
        assert found == (expected or [])


def test_a_collector_that_may_block_runs_in_a_lane_with_rows_of_its_own(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("slow", blocking=True))
    blocks = machine.tick(0)

    assert list(machine.lanes) == ["slow"]
    assert [names(block) for block in blocks] == [["a"], ["slow"]]
    assert machine.status("slow").values == 1


def test_a_row_that_is_late_travels_with_a_later_tick_under_its_own_time(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("slow", blocking=True), at_once=False)
    assert [names(block) for block in machine.tick(0)] == [["a"]]
    machine.lanes["slow"].run()
    blocks = machine.tick(1)

    assert [(names(b), s) for b, s in zip(blocks, seconds(blocks), strict=True)] == [
        (["slow"], 0),
        (["a"], 1),
    ]
    assert machine.lanes["slow"].busy  # with the work of second 1


def test_a_collector_that_hangs_is_skipped_and_shown_and_stops_nobody(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("slow", blocking=True), at_once=False)
    for second in range(13):
        assert [names(block) for block in machine.tick(second)] == [["a"]]
        machine.clock.advance(1)

    status = machine.status("slow")
    assert (status.runs, status.skipped, status.busy_s) == (0, 12, 13.0)
    assert status.failures == 3  # from ten seconds on
    assert status.last_error == "at work for 12 s without an end"
    machine.lanes["slow"].run()
    assert seconds(machine.tick(13)) == [0, 13]
    assert machine.status("slow").runs == 1


def test_an_error_in_a_lane_is_counted(tmp_path):
    machine = Machine(tmp_path, declare("slow", fail, blocking=True))

    assert machine.tick(0) == []
    assert machine.status("slow").failures == 1
    assert machine.status("slow").last_error == "/x: unexpected shape"


def test_a_lane_that_finds_nothing_rests_before_it_looks_again(tmp_path):
    runs = []

    def collect(sample, _previous):
        runs.append(sample.time_ns // SECOND_NS - START_S)
        return ()

    machine = Machine(tmp_path, declare("none", collect, blocking=True))
    for second in range(25):
        machine.tick(second)

    assert runs == [0, 10, 20]


def needing(collector, *needs):
    return msgspec.structs.replace(collector, needs=needs)


def test_what_a_machine_does_not_have_is_not_read_and_has_no_thread(tmp_path):
    machine = Machine(tmp_path, needing(declare("ups", blocking=True), "/ups.pid", "/etc/ups"))
    assert machine.tick(0) == []
    assert machine.lanes["ups"].outcome is None
    (tmp_path / "ups.pid").touch()
    assert machine.tick(5) == []  # it looks again after a while
    assert [names(block) for block in machine.tick(10)] == [["ups"]]
    assert machine.status("ups").failures == 0


def test_what_settings_say_where_to_find_is_not_looked_for(tmp_path):
    collector = needing(declare("ups", blocking=True), "/ups.pid")
    machine = Machine(tmp_path, collector, addresses={"ups": "tcp:host:1"})

    assert [names(block) for block in machine.tick(0)] == [["ups"]]


def test_disabled_collectors_do_not_run_and_say_so(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("b"), disabled=("b",))

    assert names(machine.tick(0)[0]) == ["a"]
    assert [(s.name, s.enabled) for s in machine.scheduler.status()] == [("a", True), ("b", False)]


def test_an_interval_can_be_set(tmp_path):
    machine = Machine(tmp_path, declare("a"), intervals={"a": timedelta(seconds=5)})
    machine.tick(0)

    assert machine.tick(4) == []
    assert len(machine.tick(5)) == 1
    assert machine.status("a").interval_s == 5


@pytest.mark.parametrize(
    "options",
    [
        {"disabled": ["x"]},
        {"addresses": {"x": "tcp:host:1"}},
        {"intervals": {"x": timedelta(seconds=5)}},
        {"intervals": {"a": timedelta(0)}},
        {"intervals": {"a": timedelta(seconds=1.5)}},
        {"intervals": {"a": timedelta(days=2)}},
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path, options):
    with pytest.raises(SettingsError, match=r"no such collector|an interval is"):
        Machine(tmp_path, declare("a"), **options)


class Ran(Exception):
    """Ends a run that would go on for ever."""


async def run(machine, ticks):
    """The seconds of so many emissions."""
    emitted = []

    def emit(blocks):
        emitted.append(seconds(blocks))
        if len(emitted) == ticks:
            raise Ran

    with pytest.raises(Ran):
        await machine.scheduler.run(emit)
    return emitted


async def test_ticks_are_on_the_grid_of_seconds(tmp_path):
    machine = Machine(tmp_path, declare("a"))
    machine.clock.advance(0.25)

    assert await run(machine, 3) == [[1], [2], [3]]
    assert machine.waits == [0.75, 1.0, 1.0]
    assert machine.scheduler.missed_ticks == 0


async def test_seconds_that_were_slept_through_are_counted_and_never_made_up_for(tmp_path):
    def sleepy(sample, _previous):
        if sample.time_ns == (START_S + 2) * SECOND_NS:
            machine.clock.advance(7.5)  # suspended
        yield Point("a", {"value": 1}, sample.time_ns)

    machine = Machine(tmp_path, declare("a", sleepy))

    assert await run(machine, 4) == [[1], [2], [10], [11]]
    assert machine.scheduler.missed_ticks == 7


async def test_waking_a_moment_early_gives_no_second_twice(tmp_path):
    machine = Machine(tmp_path, declare("a"))

    async def early(wanted):
        machine.clock.advance(wanted - 0.0005)

    machine.scheduler._wait = early

    assert await run(machine, 3) == [[1], [2], [3]]


async def test_waking_late_skips_to_the_second_of_now(tmp_path):
    machine = Machine(tmp_path, declare("a"))

    async def late(wanted):
        machine.clock.advance(wanted + 2.2)

    machine.scheduler._wait = late

    assert await run(machine, 2) == [[3], [6]]
    assert machine.scheduler.missed_ticks == 2


async def test_a_wall_clock_set_far_back_is_followed(tmp_path):
    machine = Machine(tmp_path, declare("a"))

    async def wait(wanted):
        machine.clock.advance(wanted)
        if machine.clock.now_ns() == (START_S + 2) * SECOND_NS:
            machine.clock.jump(-100.5)

    machine.scheduler._wait = wait

    assert await run(machine, 3) == [[1], [-98], [-97]]


async def test_a_wall_clock_set_back_by_a_second_gives_no_second_twice(tmp_path):
    def collect(sample, _previous):
        if sample.time_ns == (START_S + 2) * SECOND_NS:
            machine.clock.jump(-1.0)
        yield Point("a", {"value": 1}, sample.time_ns)

    machine = Machine(tmp_path, declare("a", collect))

    assert await run(machine, 3) == [[1], [2], [3]]


async def test_a_lane_is_given_a_moment_so_that_its_row_travels_with_the_tick(tmp_path):
    machine = Machine(tmp_path, declare("a"), declare("slow", blocking=True), at_once=False)

    async def wait(wanted):
        machine.clock.advance(wanted)
        if wanted == module.GRACE_S:
            machine.lanes["slow"].run()

    machine.scheduler._wait = wait

    assert await run(machine, 2) == [[1, 1], [2, 2]]
    assert machine.lanes["slow"].closed  # when the run ended


async def test_the_real_collectors_run_on_this_machine(tmp_path):
    clock = ManualClock(START_S * SECOND_NS)

    async def wait(wanted):
        clock.advance(wanted)
        await asyncio.sleep(0)

    scheduler = Scheduler(COLLECTORS, clock, wait=wait)
    emitted = []

    def emit(blocks):
        emitted.extend(blocks)
        if len(emitted) > 6:
            raise Ran

    with pytest.raises(Ran):
        await scheduler.run(emit)
    measurements = {series.measurement for block in emitted for series in block.layout.series}

    assert {"mem", "system", "kernel", "net", "swap"} <= measurements
    assert [s.last_error for s in scheduler.status() if s.failures] == []
