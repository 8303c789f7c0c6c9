"""Sums by the hour of days whose rows are gone, copied from engine to engine."""

import numpy as np
import pytest

from muster.clock import DAY_NS
from muster.errors import Conflict, Unavailable
from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine import keptmigration, questions, statements
from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.migration import migrate
from muster.store.engine.rollups import KEPT_ALONE

HOUR = 3_600_000_000_000
DAY = 20_000
START = DAY * DAY_NS
FLOATS, INTEGERS = 7, 1 << 63  # hashes of fields, far from each other
NOTHING = [([], b""), ([], b"")]
WHOLE = 3  # a mark: minutes, and the hour
COUNTED = {"floats_hours": 3, "integers_hours": 2}


def ref(number, kind):
    return SeriesRef(number, number, Series("m", (), f"f{number}", kind))


def rows(number, times, values):
    hashes = np.full(len(times), number, np.uint64)
    return Rows(hashes, hashes, np.array(times), np.array(values).view(np.int64))


def fill(store, way, *, keeps=False):
    """Three hours of a day, of which only sums are left, and a value of the next one."""
    hours = [START + 60, START + HOUR, START + HOUR + 1, START + 2 * HOUR]
    floats = rows(FLOATS, hours, [0.1, float("nan"), -0.0, 7.5])
    store.append("t:1", {Kind.FLOAT: floats, Kind.INTEGER: rows(INTEGERS, hours[:3], [5, 7, 9])})
    store.append("t:2", {Kind.INTEGER: rows(INTEGERS, [START + DAY_NS + HOUR], [11])})
    for kind in (Kind.FLOAT, Kind.INTEGER):
        made = questions.Range(kind, None, START, START + DAY_NS, final=False)
        way.tell(questions.make_sums(made, HOUR))
        if not keeps:
            way.tell(statements.drop(statements.COLUMNS[kind].table, DAY))
    first, mark = START // HOUR, WHOLE if keeps else KEPT_ALONE
    way.tell(statements.mark_sums(range(first, first + 24), 1, mark))


@pytest.fixture
def started(tmp_path):
    """Opens a store on an engine anew, as a hub's start does."""

    def start(way):
        way.close()
        path = tmp_path / "anew"
        store = ClickHouse(path=path, settings=Settings(sums_bytes=0), sessions=way)
        store.open()
        return store

    return start


def answers(store):
    """What is known of the day by hours."""
    found = []
    for kind, number in ((Kind.FLOAT, FLOATS), (Kind.INTEGER, INTEGERS)):
        buckets = store.aggregate(kind, [ref(number, kind)], START, START + DAY_NS, HOUR)
        order = np.argsort(buckets.start)
        found.append((buckets.counts[order].tolist(), buckets.total[order].tobytes()))
    return found


def test_hours_of_a_day_without_rows_are_copied_once_and_back(sides, started):
    (here, _), ways = sides
    fill(here, ways[0])
    said = []

    assert migrate(*ways, said.append) == (1, 5)
    assert {each.table: each.rows for each in said if each.day == DAY} == COUNTED
    assert [each.done for each in said] == [1, 4, 6]
    assert not any(each.was_there for each in said)
    said.clear()
    assert migrate(*ways, said.append).text == "1 values and 5 sums by the hour"
    assert migrate(ways[1], ways[0], said.append) == (1, 5)
    assert all(each.was_there for each in said)
    assert answers(started(ways[1])) == answers(started(ways[0])) != NOTHING


def test_what_an_interrupted_copy_left_of_a_day_is_taken_away_first(sides, monkeypatch, started):
    (here, _), ways = sides
    fill(here, ways[0])
    whole = ways[1].insert

    def insert(statement, rows):
        if "integers_hours" in statement:
            raise Unavailable("the engine is away")
        whole(statement, rows)

    monkeypatch.setattr(ways[1], "insert", insert)
    with pytest.raises(Unavailable):
        migrate(*ways, lambda _: None)
    assert answers(started(ways[1])) == NOTHING
    monkeypatch.setattr(ways[1], "insert", whole)

    assert migrate(*ways, lambda _: None) == (1, 5)
    assert answers(started(ways[1])) == answers(started(ways[0]))


def test_hours_come_back_from_a_cluster(sides, started):
    (_, there), ways = sides
    fill(there, ways[1])

    assert migrate(ways[1], ways[0], lambda _: None) == (1, 5)
    assert answers(started(ways[0])) == answers(started(ways[1])) != NOTHING


def test_a_copy_that_was_ended_before_its_mark_is_marked(sides, monkeypatch, started):
    (here, _), ways = sides
    fill(here, ways[0])
    tell = ways[1].tell

    def no_mark(statement):
        if str(keptmigration.KEPT_ALONE) in statement and ".minutes values" in statement:
            raise Unavailable("the engine is away")
        tell(statement)

    monkeypatch.setattr(ways[1], "tell", no_mark)
    with pytest.raises(Unavailable):
        migrate(*ways, lambda _: None)
    monkeypatch.setattr(ways[1], "tell", tell)

    assert migrate(*ways, lambda _: None) == (1, 5)
    assert answers(started(ways[1])) == answers(started(ways[0]))


def test_a_day_goes_over_in_slices(sides, monkeypatch, started):
    monkeypatch.setattr(keptmigration, "_SLICE_ROWS", 1)
    (here, _), ways = sides
    fill(here, ways[0])

    assert migrate(*ways, lambda _: None) == (1, 5)
    assert answers(started(ways[1])) == answers(started(ways[0]))


def test_a_side_that_still_has_the_rows_keeps_its_own(sides, started):
    (here, there), ways = sides
    fill(here, ways[0])
    fill(there, ways[1], keeps=True)

    assert migrate(*ways, lambda _: None) == (1, 5)
    there = started(ways[1])
    there.drop(START + DAY_NS, 0)
    assert answers(there) == answers(started(ways[0])) != NOTHING


def test_another_history_of_a_day_is_found_on_either_side(sides):
    (here, there), ways = sides
    fill(here, ways[0])
    there.append("t:1", {Kind.FLOAT: rows(FLOATS, [START], [1.5])})

    with pytest.raises(Conflict, match="day 20000, of which only sums"):
        migrate(*ways, lambda _: None)
    with pytest.raises(Conflict, match="day 20000 of floats"):
        migrate(ways[1], ways[0], lambda _: None)
