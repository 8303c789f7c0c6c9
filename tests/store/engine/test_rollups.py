"""Sums of the engine answer what its rows do, whatever comes late or fails."""

import math
import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from muster.clock import DAY_NS, SECOND_NS, ManualClock
from muster.errors import Unavailable
from muster.model.metric import Kind, Series, pattern_of
from muster.ports.series import Parts, Rows, SeriesRef
from muster.store.engine import rollups
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.rollups import Rollups
from muster.store.engine.statements import sum_tables
from muster.store.engine.sumfile import HOUR_NS
from muster.store.engine.sumfiles import SumFiles
from muster.testing.series import MemoryStore

S = SECOND_NS
T0 = 20_000 * DAY_NS
MINUTE = 60 * S


def ref(number, kind=Kind.INTEGER):
    return SeriesRef(number, 7, Series("m", (("n", str(number)),), "f", kind))


def rows(kind, number, values):
    """`values`: time -> value."""
    count = len(values)
    times = np.array(list(values), np.int64)
    patterns = np.array([pattern_of(value, kind) for value in values.values()], np.int64)
    return {kind: Rows(np.full(count, number, np.uint64), np.full(count, 7, np.uint64), times,
                       patterns)}  # fmt: skip


@pytest.fixture
def opened(tmp_path, whole_hours):
    """Opens stores one after the other; a process can have only one open."""
    stores = []

    def make(cache_bytes=0, **settings):
        for store in stores:
            store.close()
        settings = Settings(cache_bytes=cache_bytes, **settings)
        stores.append(ClickHouse(path=tmp_path / "series", settings=settings))
        stores[-1].open()
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def fill(store, hours, number=1, token="t"):
    """A value of 1 every ten seconds."""
    for hour in hours:
        start = T0 + hour * HOUR_NS
        values = {start + at * 10 * S: 1 for at in range(360)}
        store.append(f"{token}:{number}:{hour}", rows(Kind.INTEGER, number, values))


def roll(store, now_ns=T0 + 10 * DAY_NS):
    """How many hours became good."""
    before = store._rollups.good
    while store.roll(now_ns):
        pass
    return len(store._rollups.good - before)


def counts(store, step_ns=HOUR_NS, number=1, end_ns=T0 + DAY_NS):
    found = store.aggregate(Kind.INTEGER, [ref(number)], T0, end_ns, step_ns, Parts.NONE)
    return dict(zip(((found.start - T0) // step_ns).tolist(), found.counts.tolist(), strict=True))


def good(store):
    return sorted(hour - T0 // HOUR_NS for hour in store._rollups.good)


def forget_rows(store):
    """Take the rows away, so that only minutes can answer."""
    store.manage("truncate table muster.integers")


def test_an_hour_is_summed_up_once_later_rows_are_in(opened):
    store = opened()
    fill(store, range(3))

    assert roll(store) == 2
    assert good(store) == [0, 1]
    assert counts(store) == {0: 360, 1: 360, 2: 360}


def test_an_hour_that_is_not_over_by_the_clock_waits(opened):
    store = opened()
    fill(store, range(3))

    assert roll(store, T0 + HOUR_NS + 11 * MINUTE) == 1


def test_whole_steps_of_good_hours_are_read_from_minutes_alone(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    forget_rows(store)

    assert counts(store) == {0: 360, 1: 360}
    assert counts(store, 45 * S) == {}
    assert counts(store, 5 * MINUTE, end_ns=T0 + 61 * MINUTE) == dict.fromkeys(range(12), 30)


def test_tens_of_seconds_of_the_last_days_are_read_from_their_sums(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    forget_rows(store)

    assert counts(store, 10 * S) == dict.fromkeys(range(720), 1)
    assert counts(store, 90 * S) == dict.fromkeys(range(80), 9)


def test_a_range_is_answered_out_of_sums_to_the_first_hour_without_them(opened):
    store = opened()
    fill(store, [0, 1, 2, 3])
    roll(store)

    def until(hour, step_ns, kind=Kind.INTEGER):
        at = T0 + int(hour * HOUR_NS)
        return (store.summed_until(kind, at, step_ns) - T0) / HOUR_NS

    assert good(store) == [0, 1, 2]
    assert until(0.5, 10 * S) == 3
    assert until(0.5, 60 * S) == 3
    assert until(0.5, 7 * S) == 0.5  # no sums make such steps
    assert until(0.5, 10 * S, Kind.STRING) == 0.5
    assert until(3.5, 10 * S) == 3.5  # the last hour is not settled
    whole = (T0 + 3 * HOUR_NS) // (70 * S) * 70 * S
    assert until(0.5, 70 * S) == (whole - T0) / HOUR_NS


def test_older_days_keep_their_minutes_alone(opened):
    store = opened()
    fill(store, [0, 1, 24, 48])
    now = T0 + 10 * DAY_NS
    roll(store, now)
    store.roll(now + 3 * MINUTE)

    kept = store.manage("select distinct intDiv(ts, 86400000000000) from muster.integers_tens")
    assert [int(day) for day in kept] == [T0 // DAY_NS + 1]
    forget_rows(store)
    assert counts(store) == {0: 360, 1: 360}
    assert counts(store, 10 * S) == {}


def test_no_question_loses_the_tens_of_seconds_that_it_began_to_read(opened):
    store = opened()
    fill(store, [0, 1])
    now = T0 + 10 * DAY_NS
    roll(store, now)
    fill(store, [48])
    store.roll(now)

    assert not store._rollups.fine  # no later question reads them
    tens = "select count() from muster.integers_tens"
    assert store.manage(tens) == ["360"]
    store.roll(now + 3 * MINUTE)
    assert store.manage(tens) == ["0"]


def test_tens_of_seconds_that_a_kill_left_behind_are_taken_away(opened):
    store = opened()
    fill(store, [0, 1])
    roll(store)
    store.manage(f"insert into muster.minutes values ({T0 // HOUR_NS}, 99, 1)")
    store = opened()
    store.roll(T0 + 10 * DAY_NS)

    assert store.manage("select count() from muster.integers_tens") == ["0"]


def test_minutes_outlast_a_restart(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    store = opened()
    forget_rows(store)

    assert counts(store) == {0: 360, 1: 360}


def forget_minutes(store):
    """Take all away but the sums of whole hours."""
    for table in ("integers", "integers_minutes", "integers_tens"):
        store.manage(f"truncate table muster.{table}")


def test_whole_hours_are_read_from_sums_of_their_own(opened):
    store = opened(sums_bytes=0)
    fill(store, range(4))
    roll(store)
    forget_minutes(store)

    assert counts(store) == {0: 360, 1: 360, 2: 360}
    assert counts(store, 3 * HOUR_NS) == {0: 1080}
    assert counts(store, 90 * MINUTE) == {}
    assert store._rollups.spans(T0, T0 + 4 * HOUR_NS, HOUR_NS) == [
        (T0, T0 + 3 * HOUR_NS, HOUR_NS),
        (T0 + 3 * HOUR_NS, T0 + 4 * HOUR_NS, 0),
    ]


def test_hours_of_an_older_folder_are_read_from_their_minutes(opened):
    store = opened()
    fill(store, range(4))
    roll(store)
    store.manage(f"insert into muster.minutes values ({T0 // HOUR_NS + 1}, 99, 1)")
    store = opened()

    assert [(width, (end - first) // HOUR_NS) for first, end, width in spans(store, 3)] == [
        (HOUR_NS, 1),
        (MINUTE, 1),
        (HOUR_NS, 1),
    ]
    assert counts(store) == dict.fromkeys(range(4), 360)


def spans(store, hours):
    return store._rollups.spans(T0, T0 + hours * HOUR_NS, HOUR_NS)


def test_an_hour_that_a_deletion_cuts_between_minutes_is_read_from_these(opened):
    store = opened()
    fill(store, range(4))
    fill(store, range(4), number=2)
    roll(store)
    store.erase([ref(1)], T0 + HOUR_NS // 2, T0 + 2 * HOUR_NS)

    assert [width for _, _, width in spans(store, 3)] == [MINUTE, HOUR_NS]
    assert counts(store) == {0: 180, 2: 360, 3: 360}
    assert counts(store, number=2) == dict.fromkeys(range(4), 360)
    store = opened()
    assert counts(store) == {0: 180, 2: 360, 3: 360}


def test_hours_outlast_the_tens_of_seconds_of_their_day(opened):
    store = opened(sums_bytes=0)
    fill(store, [0, 1, 2, 24, 48])
    now = T0 + 10 * DAY_NS
    roll(store, now)
    store.roll(now + 3 * MINUTE)
    forget_minutes(store)

    assert T0 // HOUR_NS not in store._rollups.fine
    assert counts(store) == {0: 360, 1: 360, 2: 360}


def test_hours_may_outlast_their_days(opened):
    store = opened()
    fill(store, [0, 1, 24, 48])
    roll(store)
    assert store.drop(T0 + DAY_NS, T0) == 1
    store.append("late", rows(Kind.INTEGER, 1, {T0 + 1: 1}))
    kept = {0: 360, 1: 360}

    assert counts(store) == kept
    assert counts(store, 5 * MINUTE) == {}
    store = opened()
    store.append("later", rows(Kind.INTEGER, 1, {T0 + 2: 1}))
    assert counts(store) == kept
    assert store.drop(T0 + DAY_NS, T0) == 1  # the late ones
    assert counts(store) == kept
    assert store.drop(T0 + DAY_NS, T0 + DAY_NS) == 1
    assert counts(store) == {}


def test_a_day_that_is_not_summed_up_waits_for_it_if_its_hours_are_to_outlast_it(opened):
    store = opened()
    fill(store, [0, 1, 24, 48])
    assert store.drop(T0 + DAY_NS, T0) == 0
    roll(store)
    fill(store, [3], token="late")
    assert store.drop(T0 + DAY_NS, T0) == 0
    roll(store, T0 + 10 * DAY_NS)
    roll(store, T0 + 10 * DAY_NS + 3 * MINUTE)

    assert store.drop(T0 + DAY_NS, T0) == 1
    assert counts(store) == {0: 360, 1: 360, 3: 360}


def test_a_day_does_not_wait_for_ever_to_be_summed_up(opened):
    store = opened()
    fill(store, [0])

    assert store.drop(T0 + 8 * DAY_NS, T0) == 1


def test_a_day_that_was_deleted_and_is_written_again_is_summed_up_again(opened):
    store = opened()
    fill(store, [0, 1, 24, 48])
    roll(store)
    store.erase([ref(1)], T0, T0 + DAY_NS)
    store.settle()
    store = opened()
    fill(store, [0], token="again")

    assert counts(store) == {0: 360}
    now = T0 + 10 * DAY_NS
    fill(store, [49])
    roll(store, now)
    roll(store, now + 3 * MINUTE)
    assert 0 in good(store)
    assert counts(store) == {0: 360}


def test_late_rows_take_their_days_minutes_away_until_it_rests(opened):
    store = opened()
    fill(store, [5, 6, 23, 24, 25, 26])
    roll(store)
    now = T0 + 10 * DAY_NS
    store.append("late", rows(Kind.INTEGER, 1, {T0 + 5 * HOUR_NS + 1: 1}))

    assert good(store) == list(range(24, 26))
    assert counts(store)[5] == 361
    assert roll(store, now) == 0
    assert roll(store, now + 3 * MINUTE) == 24
    forget_rows(store)
    assert counts(store)[5] == 361


def test_rows_of_an_open_hour_take_nothing_away(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    fill(store, range(2, 4), number=2)

    assert good(store) == [0, 1]


def test_days_of_an_older_folder_are_summed_up_once_something_comes(opened):
    store = opened()
    fill(store, [0, 24, 48])
    store = opened()

    assert roll(store) == 0
    fill(store, [49])
    assert roll(store) == 49


def test_a_half_made_hour_is_made_anew(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    store.manage(f"insert into muster.minutes values ({T0 // HOUR_NS + 1}, 99, 0)")
    store = opened()
    fill(store, [3])

    assert good(store) == []
    now = T0 + 10 * DAY_NS
    assert roll(store, now) == 0
    assert roll(store, now + 3 * MINUTE) == 3
    forget_rows(store)
    assert counts(store) == {0: 360, 1: 360, 2: 360}


def test_an_hour_that_fails_is_answered_from_rows_until_its_day_is_made_anew(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    fill(store, [3])
    store.manage("rename table muster.integers_minutes to muster.away")
    with pytest.raises(Unavailable):
        roll(store)
    store.manage("rename table muster.away to muster.integers_minutes")

    assert counts(store) == dict.fromkeys(range(4), 360)
    now = T0 + 10 * DAY_NS
    assert roll(store, now) == 0
    assert good(store) == []
    assert roll(store, now) == 0  # until no question can be reading them
    assert roll(store, now + 3 * MINUTE) == 3
    forget_rows(store)
    assert counts(store) == {0: 360, 1: 360, 2: 360}


def test_a_kind_without_rows_that_hour_is_not_asked_for(opened, monkeypatch):
    store = opened()
    fill(store, [0, 1])
    store.append("f", rows(Kind.FLOAT, 1, {T0 + HOUR_NS: 1.0}))
    told, tell = [], store._sessions.tell
    monkeypatch.setattr(store._sessions, "tell", lambda one: (told.append(one), tell(one))[1])
    roll(store)

    assert good(store) == [0]
    made = {one.split()[2] for one in told if " select field" in one}
    assert made == {"muster." + table for table in sum_tables() if table.startswith("integers")}


def test_an_hour_without_rows_costs_no_sums(opened, monkeypatch):
    store = opened()
    fill(store, [4, 5])
    told, tell = [], store._sessions.tell
    monkeypatch.setattr(store._sessions, "tell", lambda one: (told.append(one), tell(one))[1])
    roll(store)

    assert good(store) == [0, 1, 2, 3, 4]
    hours = {int(found[1]) // HOUR_NS for one in told if (found := re.search(r"ts >= (\d+)", one))}
    assert hours == {T0 // HOUR_NS + 4}


def test_minutes_leave_with_their_day(opened):
    store = opened()
    fill(store, [0, 24, 48])
    roll(store)

    assert store.drop(T0 + DAY_NS) == 1
    assert counts(store, end_ns=T0 + 2 * DAY_NS) == {24: 360}


def test_times_that_are_written_again_count_once(opened):
    store = opened()
    fill(store, range(3))
    store.append(
        "again", rows(Kind.INTEGER, 1, {T0 + at * 10 * S: 5 for at in range(9)}), rewrites=True
    )
    roll(store)
    forget_rows(store)

    assert counts(store)[0] == 360


VALUES = {
    Kind.FLOAT: lambda draw: draw.choice([math.nan, math.inf, 0.0, draw.uniform(-9, 9)]),
    Kind.INTEGER: lambda draw: draw.choice([0, draw.randrange(-100, 100), (1 << 63) - 1]),
    Kind.UNSIGNED: lambda draw: draw.choice([0, draw.randrange(100), (1 << 64) - 1]),
    Kind.BOOLEAN: lambda draw: draw.random() < 0.5,
}
STEPS = [0, 10 * S, 30 * S, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR_NS, 45 * S, 90 * S]


class Twins:
    """An engine with minutes, and the plain reading of the port."""

    def __init__(self, store, seed):
        self.draw = random.Random(seed)
        self.engine, self.plain = store, MemoryStore()
        self.now_ns = T0
        self.number = 0
        self.from_minutes = 0

    def write(self, start_ns, length_ns):
        """Values of two kinds: an hour seldom has rows of all."""
        for kind in self.draw.sample(list(VALUES), 2):
            seconds = self.draw.sample(range(length_ns // S), self.draw.randrange(120))
            values = {start_ns + second * S: VALUES[kind](self.draw) for second in seconds}
            some = rows(kind, self.draw.choice([1, 2]), values)
            self.number += 1
            for store in (self.engine, self.plain):
                store.append(str(self.number), some, rewrites=True)

    def step(self):
        event = self.draw.random()
        if event < 0.5:
            self.write(self.now_ns, HOUR_NS // 2)
            self.now_ns += HOUR_NS // 2
        elif event < 0.6:
            back = self.draw.randrange(1, 8) * HOUR_NS
            self.write(max(T0, self.now_ns - back), HOUR_NS)
        elif event < 0.9:
            roll(self.engine, self.now_ns)

    def check(self):
        start = T0 + self.draw.randrange(7 * 3600) * S // 60 * self.draw.choice([1, 60])
        end = start + self.draw.randrange(1, 9 * 60) * MINUTE + self.draw.choice([0, 0, 7 * S])
        step, kind = self.draw.choice(STEPS), self.draw.choice(list(VALUES))
        parts = self.draw.choice([Parts.ALL, Parts.TOTAL, Parts.FIRST | Parts.LAST | Parts.RISE])
        question = kind, [ref(2, kind), ref(1, kind)], start, end, step, parts
        spans = self.engine._rollups.spans(start, end, step)
        self.from_minutes += sum(span[2] > 0 for span in spans)
        same(*(lines(store.aggregate(*question)) for store in (self.engine, self.plain)))


def lines(found):
    order = np.lexsort((found.start, found.key))
    return {name: getattr(found, name)[order] for name in found._fields[:-1]}


def same(found, wanted):
    for name, column in wanted.items():
        if name in ("total", "rise"):
            assert found[name].tolist() == pytest.approx(column.tolist(), nan_ok=True, rel=1e-9)
        else:
            assert found[name].tolist() == column.tolist(), name


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_and_is_summed_up_answers_are_those_of_rows(opened, seed):
    twins = Twins(opened(cache_bytes=seed % 2 * 1_000_000), seed)
    for _ in range(40):
        twins.step()
        twins.check()

    assert twins.from_minutes


class Engine:
    """Notes what it is told; sums up `speed` of all fields in a second."""

    def __init__(self, speed):
        self.clock = ManualClock()
        self.rollups = Rollups(self.clock.monotonic, SumFiles(Path("no files"), 0))
        self.speed = speed
        self.slices = []  # (table, first field, last field) of each statement
        self.appended(T0, T0 + 2 * HOUR_NS)

    def tell(self, statement):
        found = re.search(r"into (\S+) .*field >= (\d+) and field <= (\d+)", statement)
        if found:
            first, last = int(found[2]), int(found[3])
            self.slices.append((found[1], first, last))
            share = 0.05 if found[1].endswith("_hours") else 1.0  # it reads minutes
            self.clock.advance((last - first + 1) / 2**64 / self.speed * share)

    def ask(self, statement):
        """Whether there are rows of a kind: there are of all."""
        return pa.table({"found": [1]})

    def roll(self):
        return self.rollups.roll(T0 + 2 * HOUR_NS, frozenset(), self.ask, self.tell)

    def appended(self, *times):
        some = rows(Kind.INTEGER, 1, dict.fromkeys(times, 1))
        self.rollups.before_append(some, self.tell)
        self.rollups.after_append(some)

    def is_good(self):
        return T0 // HOUR_NS in self.rollups.good


@pytest.mark.parametrize("speed", [1000.0, 0.2, 0.02])
def test_slices_of_an_hour_are_all_its_series_and_none_twice(speed):
    engine = Engine(speed)
    while not engine.is_good():
        assert engine.roll()

    tables = {table for table, _, _ in engine.slices}
    for table in tables:
        at = 0
        for _, first, last in (each for each in engine.slices if each[0] == table):
            assert first == at
            at = last + 1
        assert at == 2**64
    assert len(tables) == len(sum_tables())


def test_a_slice_takes_about_a_second_on_a_large_hub():
    engine = Engine(speed=0.025)  # forty seconds for one kind
    longest = 0.0
    while not engine.is_good():
        began = engine.clock.monotonic()
        engine.roll()
        longest = max(longest, engine.clock.monotonic() - began)

    assert 0.5 <= longest <= 1.3


def test_a_small_hub_needs_few_slices():
    engine = Engine(speed=1000.0)
    while not engine.is_good():
        engine.roll()

    assert len(engine.slices) <= 8 * len(sum_tables())


def test_rows_that_come_for_an_hour_between_its_slices_make_it_be_made_anew():
    engine = Engine(speed=1.0)
    engine.roll()
    engine.appended(T0 + 5 * MINUTE)

    assert not engine.roll()  # its day has to rest first
    assert not engine.is_good()


def test_rows_of_later_hours_go_between_slices_and_change_nothing():
    engine = Engine(speed=1.0)
    engine.roll()
    engine.appended(T0 + 2 * HOUR_NS + 1)
    while not engine.is_good():
        assert engine.roll()


def test_a_day_that_leaves_between_slices_is_summed_up_no_further():
    engine = Engine(speed=1.0)
    engine.roll()
    engine.rollups.drop(T0 // DAY_NS)

    assert not engine.roll()


def test_what_is_deleted_by_whole_minutes_leaves_all_hours_good(opened):
    store = opened()
    fill(store, range(3), number=1)
    fill(store, range(3), number=2)
    roll(store)

    store.erase([ref(1)], T0 + 30 * MINUTE, T0 + 90 * MINUTE)

    assert good(store) == [0, 1]
    forget_rows(store)
    assert counts(store) == {0: 180, 1: 180}
    assert counts(store, number=2) == {0: 360, 1: 360}
    assert counts(store, 10 * S, end_ns=T0 + HOUR_NS) == dict.fromkeys(range(180), 1)


def test_a_minute_that_a_deletion_cuts_is_made_anew_with_its_day(opened):
    store = opened()
    fill(store, [*range(3), 24, 25])
    roll(store)

    store.erase([ref(1)], T0 + 5 * S, T0 + 24 * HOUR_NS)

    assert good(store) == [24]
    assert counts(store, end_ns=T0 + 2 * DAY_NS) == {0: 1, 24: 360, 25: 360}
    now = T0 + 10 * DAY_NS
    while store.roll(now):  # it rests
        pass
    while store.roll(now + 3 * MINUTE):
        pass
    forget_rows(store)
    assert counts(store, MINUTE, end_ns=T0 + 2 * DAY_NS)[0] == 1
    assert {0, 24} <= set(good(store))


def test_a_deletion_while_an_hour_is_summed_up_is_in_its_sums(opened, monkeypatch):
    monkeypatch.setattr(rollups, "_FIRST_SLICES", 2)
    store = opened()
    for number in range(1, 20):
        fill(store, range(2), number=number)
    store.roll(T0 + 10 * DAY_NS)
    assert store._rollups._making

    store.erase([ref(1)], T0, T0 + DAY_NS)

    now = T0 + 11 * DAY_NS
    for later in (0, 3, 6):
        while store.roll(now + later * MINUTE):
            pass
    assert good(store) == [0]
    forget_rows(store)
    assert counts(store, number=1) == {}
    assert counts(store, number=2) == {0: 360}


def test_where_a_deletion_fails_rows_answer_until_sums_are_made_anew(opened, monkeypatch):
    store = opened()
    fill(store, range(3))
    roll(store)

    def fail(*_):
        raise OSError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr("muster.store.engine.erasure.sync", fail)
        with pytest.raises(Unavailable):
            store.erase([ref(1)], T0, T0 + HOUR_NS)
    assert good(store) == []
    assert counts(store) == {1: 360, 2: 360}
    store = opened()
    assert counts(store) == {1: 360, 2: 360}
    fill(store, [4])
    for later in (0, 3, 6):
        roll(store, T0 + (10 + later) * DAY_NS)
    assert {0, 1} <= set(good(store))
    forget_rows(store)
    assert counts(store) == {1: 360, 2: 360}


def test_deletions_outlast_a_restart(opened):
    store = opened()
    fill(store, range(3))
    roll(store)
    store.erase([ref(1)], T0, T0 + HOUR_NS)
    store = opened()

    assert counts(store) == {1: 360, 2: 360}
    assert counts(store, 45 * S, end_ns=T0 + HOUR_NS) == {}


class Both:
    """An engine and the plain store, which are told the same."""

    def __init__(self, opened, seed):
        self.draw = random.Random(seed)
        self.opened = opened
        self.store, self.plain = opened(cache_bytes=1 << 20), MemoryStore()
        self.kinds = {number: self.draw.choice(Both.KINDS) for number in range(1, 5)}
        self.refs = [ref(number, kind) for number, kind in self.kinds.items()]
        self.now = T0 + 4 * DAY_NS
        self.turn = 0

    KINDS = (Kind.INTEGER, Kind.UNSIGNED)

    def write(self):
        number = self.draw.choice(list(self.kinds))
        start = T0 + self.draw.randrange(30) * HOUR_NS + self.draw.randrange(60) * MINUTE
        values = {start + at * 10 * S: self.draw.randrange(100) for at in range(200)}
        self.turn += 1
        for each in (self.store, self.plain):
            some = rows(self.kinds[number], number, values)
            each.append(f"t:{self.turn}", some, rewrites=True)

    def erase(self):
        some = self.draw.sample(self.refs, self.draw.randrange(1, 4))
        start = T0 + self.draw.randrange(30 * 3600) * self.draw.choice([S, MINUTE])
        end = start + self.draw.randrange(1, 900) * self.draw.choice([S, MINUTE])
        for each in (self.store, self.plain):
            each.erase(some, start, end)

    def roll(self):
        self.now += 3 * MINUTE
        while self.store.roll(self.now):
            pass

    def restart(self):
        if self.draw.random() < 0.3:
            self.store = self.opened(cache_bytes=1 << 20)

    STEPS = (10 * S, MINUTE, HOUR_NS)

    def check(self, steps):
        for kind in Both.KINDS:
            some = [one for one in self.refs if one.series.kind is kind]
            for step in steps:
                asked = kind, some, T0, T0 + 3 * DAY_NS, step, Parts.TOTAL
                found, wanted = (
                    sorted_buckets(each.aggregate(*asked)) for each in (self.store, self.plain)
                )
                assert found == wanted


@pytest.mark.parametrize("seed", range(4))
def test_writes_and_deletions_in_any_order_leave_what_plain_reading_leaves(opened, seed):
    both = Both(opened, seed)
    for _ in range(25):
        step = both.draw.choice([both.write, both.write, both.erase, both.roll, both.restart])
        step()
        both.check([both.draw.choice(Both.STEPS)])
    both.check(Both.STEPS)


def sorted_buckets(found):
    listed = (found.key.tolist(), found.start.tolist(), found.counts.tolist(), found.total.tolist())
    return sorted(zip(*listed, strict=True))
