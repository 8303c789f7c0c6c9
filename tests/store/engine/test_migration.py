"""Values copied from the embedded engine to a cluster; the other way they go as well."""

import numpy as np
import pytest

from muster.clock import DAY_NS
from muster.errors import Conflict, Unavailable
from muster.model.metric import Kind, Series
from muster.ports.series import Rows, SeriesRef
from muster.store.engine import migration
from muster.store.engine.migration import migrate

NOON = 20_000 * DAY_NS + DAY_NS // 2


def rows(kind, number, times):
    count = len(times)
    hashes = np.full(count, number, np.uint64)
    texts = [f"text {at}" for at in range(count)] if kind is Kind.STRING else None
    return {kind: Rows(hashes, hashes, np.array(times), np.arange(count), texts)}


def ref(number, kind=Kind.INTEGER):
    return SeriesRef(number, number, Series("m", (), f"f{number}", kind))


def test_all_is_copied_once_and_compared_and_back(sides, monkeypatch):
    monkeypatch.setattr(migration, "_SLICE_ROWS", 10)
    (here, there), ways = sides
    here.append("t:1", rows(Kind.INTEGER, 1, range(NOON, NOON + 40 * 10**12, 10**12)))
    here.append("t:2", rows(Kind.STRING, 2, [NOON - DAY_NS]))
    here.append("t:3", rows(Kind.INTEGER, 1, [NOON]), rewrites=True)
    here.append("t:4", rows(Kind.FLOAT, 3, [-DAY_NS - 5, -1]))
    here.erase([ref(1)], NOON + 10**12, NOON + 2 * 10**12)
    said = []

    assert migrate(*ways, said.append) == (42, 0)
    assert sum(one.rows for one in said) == 42
    assert not any(one.was_there for one in said)
    assert said[-1].done == said[-1].total == 42
    for kind, number in ((Kind.INTEGER, 1), (Kind.STRING, 2), (Kind.FLOAT, 3)):
        span = kind, [ref(number, kind)], -2 * DAY_NS, NOON + DAY_NS
        mine, other = here.select(*span), there.select(*span)
        assert mine.times.tolist() == other.times.tolist()
        assert mine.patterns.tolist() == other.patterns.tolist()
        assert mine.texts == other.texts
    said.clear()
    assert migrate(*ways, said.append) == (42, 0)
    assert migrate(ways[1], ways[0], said.append) == (42, 0)
    assert all(one.was_there for one in said)


def test_a_copy_that_was_interrupted_goes_on(sides, monkeypatch):
    monkeypatch.setattr(migration, "_SLICE_ROWS", 10)
    (here, there), ways = sides
    here.append("t:1", rows(Kind.INTEGER, 1, range(NOON, NOON + 40 * 10**12, 10**12)))
    whole, calls = ways[1].insert, []

    def insert(statement, stream):
        calls.append(statement)
        if len(calls) == 2:
            raise Unavailable("the engine is away")
        whole(statement, stream)

    monkeypatch.setattr(ways[1], "insert", insert)
    with pytest.raises(Unavailable):
        migrate(*ways, lambda _: None)
    assert migrate(*ways, lambda _: None).text == "40 values"

    assert there.aggregate(Kind.INTEGER, [ref(1)], 0, 1 << 62, 0).counts.tolist() == [40]


def test_of_days_that_went_ahead_only_what_came_since_is_copied(sides):
    (here, _), ways = sides
    here.append("t:1", rows(Kind.INTEGER, 1, [NOON - DAY_NS, NOON]))
    migrate(*ways, lambda _: None)
    here.append("t:2", rows(Kind.INTEGER, 2, [NOON + 1]))
    here.append("t:3", rows(Kind.INTEGER, 1, [NOON]), rewrites=True)
    said = []

    assert migrate(*ways, said.append) == (3, 0)
    assert [one.was_there for one in said] == [True, False]
    assert migrate(*reversed(ways), said.append) == (3, 0)
    assert all(one.was_there for one in said[2:])


def test_sums_of_a_day_that_rows_are_copied_to_are_made_anew(sides):
    (here, there), ways = sides
    hour, midnight = 3_600_000_000_000, 20_000 * DAY_NS
    for store in (here, there):
        store.append("t:1", rows(Kind.INTEGER, 1, range(midnight, midnight + 3 * hour, hour)))
    while there.roll(midnight + 3 * hour):
        pass
    assert there.summed_until(Kind.INTEGER, midnight, hour) > midnight
    here.append("t:2", rows(Kind.INTEGER, 1, [midnight + 5]))

    assert migrate(*ways, lambda _: None).rows == 4
    marks = ways[1].asked("select max(good) as good from (select good from muster.minutes final)")
    assert marks.to_pylist() == [{"good": 0}]


def test_other_rows_of_a_day_on_the_other_side_are_found(sides):
    (here, there), ways = sides
    here.append("t:1", rows(Kind.INTEGER, 1, [NOON]))
    there.append("t:1", rows(Kind.INTEGER, 1, [NOON + 5]))

    with pytest.raises(Conflict, match="day 20000 of integers is not the same"):
        migrate(*ways, lambda _: None)
