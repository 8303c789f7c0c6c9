"""Points as memory has them, range after range, beside what the plan reads."""

import math

import numpy as np
import pytest

from muster.core.databases.databasenames import Defaults
from muster.core.databases.retention import PolicySpec
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.keptreads import KeptReads
from muster.core.influxql.pointlines import Placed
from muster.core.writes.pointwrites import Target, Writer
from muster.influxql.answers.render import to_json
from muster.influxql.checking.conditions import TimeRange
from muster.influxql.execution.execute import result_of
from muster.influxql.syntax.parser import parse_query
from muster.model.metric import Kind
from muster.testing.cohorts import ref_of, series_of
from muster.testing.influxstore import InfluxStore
from muster.testing.remotewriting import request_v1
from muster.testing.series import MemoryStore
from muster.wire.prometheus import remote_parser
from muster.wire.prometheusparts import Version

NOW_S = 1_800_000_000
NOW = NOW_S * 10**9
STEP = 10 * 10**9
WHERE = "WHERE time >= {} AND time <= {}"
MEAN = f"SELECT mean(v) FROM m {WHERE} GROUP BY time(20s), a"


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        for at in range(30):
            await house.write("d", body(at))
        await house.queries.ready()
        yield house


def body(at):
    lines = [f"m,a={a} v={a + at / 8},w={at * a}i {NOW + at * STEP}" for a in range(3)]
    return "\n".join(lines).encode()


def prepared(house, text, first=1, last=29):
    evaluator = house.evaluator(house.queries)
    (statement,) = parse_query(text.format(NOW + first * STEP, NOW + last * STEP))
    asked = Asked(house.login, Defaults("d", ""))
    answered = evaluator.at_once(asked, statement, 0)
    return evaluator.prepared(asked, statement), answered


def span(first, last):
    return TimeRange(NOW + first * STEP, NOW + last * STEP)


def rows(known, span):
    """Those of the short way."""
    return known.kept(*span) if known.watch.is_still(span) else None


@pytest.mark.parametrize(
    "text",
    [
        MEAN,
        f"SELECT max(v) FROM m {WHERE} GROUP BY time(20s)",
        f"SELECT sum(w) FROM m {WHERE} GROUP BY time(30s), a",
        f"SELECT last(v) FROM m {WHERE} GROUP BY a",
        f"SELECT last(v), last(w) FROM m {WHERE} GROUP BY a",
        f"SELECT v FROM m {WHERE} AND a = '1'",
        f"SELECT top(x, a, 2) FROM (SELECT mean(v) AS x FROM m {WHERE} GROUP BY a)",
        f"SELECT top(x, a, 2) FROM (SELECT sum(w) AS x FROM m GROUP BY a) {WHERE}",
    ],
)
async def test_each_range_is_read_as_by_the_plan(house, text):
    known, _ = prepared(house, text)
    for first, last in ((1, 29), (3, 29), (20, 40)):
        found = rows(known, span(first, last))
        _, ordinary = prepared(house, text, first, last)

        assert found is not None
        assert to_json([result_of(found, known.plan)]) == to_json([ordinary])


async def test_points_that_came_since_are_there(house):
    known, _ = prepared(house, MEAN)
    await house.write("d", body(30))

    assert rows(known, span(1, 30)).times[-1] == NOW + 30 * STEP


async def test_what_memory_has_not_as_one_is_left_to_the_plan(house):
    known, _ = prepared(house, MEAN)
    before = NOW - 100 * STEP, NOW - 90 * STEP
    assert rows(known, TimeRange(*before)) is None  # the head began later
    await house.write("d", body(5))  # late

    assert rows(known, span(1, 29)) is None
    assert rows(known, span(20, 29)) is not None


async def test_a_window_in_the_shard_before_is_left_to_the_plan(house):
    spec = PolicySpec(name="day", duration_ns=86_400 * 10**9)  # its shards are of an hour
    await house.databases.create_policy(house.login, "d", spec, default=True)
    house.clock.advance(3_500)
    for at in range(350, 370):
        await house.write("d", body(at))
    text = f"SELECT derivative(mean(v), 10s) FROM m {WHERE} GROUP BY time(10s), a"
    known, _ = prepared(house, text, 365, 369)
    _, ordinary = prepared(house, text, 361, 369)

    assert to_json([result_of(rows(known, span(361, 369)), known.plan)]) == to_json([ordinary])
    assert rows(known, span(360, 369)) is None


async def test_last_values_that_memory_does_not_know_are_left_to_the_plan(house):
    known, _ = prepared(house, f"SELECT last(v) FROM m {WHERE} GROUP BY a")

    assert rows(known, span(-20, -10)) is None
    assert rows(known, span(1, 12)) is None  # the newest are beyond


class OneRow:
    """Reader and head, of which the newest row came at 50."""

    @property
    def head(self):
        return self

    def newest_cells(self, refs):
        return 50, bytes(8 * len(refs))


@pytest.mark.parametrize(
    ("span", "slots", "reach", "is_there"),
    [
        ((50, 50), 2, (50, 51), True),
        ((51, 90), 2, (0, 100), False),
        ((0, 49), 2, (0, 100), False),
        ((0, 90), 2, (51, 100), False),
        ((0, 90), 2, (0, 50), False),
        ((0, 90), 3, (0, 100), False),  # of a field that a series lacks
    ],
)
def test_the_newest_row_is_that_of_a_range_of_all_series(span, slots, reach, is_there):
    refs = [ref_of(series_of("m", name, Kind.FLOAT)) for name in "ab"]
    reads = KeptReads(OneRow(), Placed(np.arange(2), refs), slots, reach, 100)

    assert reads.newest(*span) == ((50, bytes(16)) if is_there else None)


async def test_more_windows_than_are_shown_at_once_are_left_to_the_plan(house):
    known, _ = prepared(house, f"SELECT mean(v) FROM m {WHERE} GROUP BY time(1s)")

    assert rows(known, span(1, 29)) is not None
    assert rows(known, span(1, 600)) is None


async def test_a_range_without_an_end_has_no_short_way(house):
    known, _ = prepared(house, MEAN)

    known.kept = lambda *span: pytest.fail("it was asked")

    assert known.again((NOW, None)) is None


@pytest.mark.parametrize(("odd", "is_read"), [(0.5, True), (math.nan, False), (-math.inf, False)])
async def test_numbers_that_influxql_does_not_know_are_left_to_the_plan(house, odd, is_read):
    labels = (("__name__", "p"), ("a", "1"))
    times = [(NOW + at * STEP) // 10**6 for at in range(30)]
    message = request_v1([(labels, times, [*map(float, range(29)), odd])])
    parsed = remote_parser().parse(message, Version.V1).parsed
    await house.writes.store(parsed, Target(house.space.id, "d", "", 1), Writer())
    text = f"SELECT mean(value) FROM p {WHERE} GROUP BY time(20s), a"
    known, _ = prepared(house, text, 1, 28)

    assert rows(known, span(1, 28)) is not None
    assert (rows(known, span(1, 29)) is not None) is is_read
