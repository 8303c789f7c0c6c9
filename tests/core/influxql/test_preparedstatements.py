"""What a plan was made of, looked at again."""

import pytest

from muster.core.databases.databasenames import Defaults
from muster.core.influxql import preparedstatements
from muster.core.influxql.databasestatements import Asked
from muster.influxql.checking.conditions import TimeRange
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOW_S = 1_800_000_000
NOW = NOW_S * 10**9
DAY = 86_400 * 10**9
ONE = TimeRange(NOW, NOW + 1)


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        await house.write("d", f"m,a=1 v=1,w=1i {NOW}".encode())
        yield house


def prepared(house, evaluator, query, database="d"):
    (statement,) = parse_query(query)
    asked = Asked(house.login, Defaults(database, ""))
    answered = evaluator.at_once(asked, statement, 0)
    return evaluator.prepared(asked, statement), answered


@pytest.fixture
async def evaluator(house):
    await house.queries.ready()
    return house.evaluator(house.queries)


SELECT = f"SELECT mean(v) FROM m WHERE time >= {NOW} AND time <= {NOW + 1}"


async def test_another_range_is_answered_by_the_same_plan(house, evaluator):
    await house.write("d", f"m,a=1 v=3 {NOW + 1}\nm,a=1 v=8 {NOW + 2}".encode())
    one, other, none = (TimeRange(NOW + at, NOW + at) for at in (1, 2, 3))  # the head has all
    text = f"SELECT mean(v) FROM m WHERE time >= {NOW + 1} AND time <= {NOW + 1}"
    known, first = prepared(house, evaluator, text)

    assert known.again(one) == first
    assert rows_of(first) == [[3.0]]
    assert rows_of(known.again(other)) == [[8.0]]
    assert known.again(none).series == ()


@pytest.mark.parametrize(
    "line", [f"m,a=2 v=1 {NOW}", f"m,a=1 z=1 {NOW}", f"n v=1 {NOW - 20 * DAY}"]
)
async def test_what_was_added_since_ends_a_plan(house, evaluator, line):
    known, _ = prepared(house, evaluator, SELECT)
    await house.write("d", line.encode())

    assert known.again(ONE) is None


async def test_what_a_subquery_says_of_times_is_moved_too(house, evaluator):
    first, second = NOW + 1, NOW + 2  # which the head has
    await house.write("d", f"m,a=1 v=1 {first}\nm,a=2 v=5 {second}".encode())
    inner = f"SELECT mean(v) AS x FROM m WHERE time >= {first} AND time <= {first} GROUP BY a"
    known, answered = prepared(house, evaluator, f"SELECT top(x, a, 2) FROM ({inner})")

    one, both = (known.again(TimeRange(first, end)) for end in (first, second))

    assert one == answered
    assert rows_of(one) == [[1.0, "1"]]
    assert rows_of(both) == [[5.0, "2"], [1.0, "1"]]
    await house.write("d", f"m,a=3 v=1 {second}".encode())
    assert known.again(ONE) is None


async def test_what_is_said_around_a_subquery_holds_within_it(house, evaluator):
    first, second = NOW + 1, NOW + 2
    await house.write("d", f"m,a=1 v=1 {first}\nm,a=2 v=5 {second}".encode())
    times = f"WHERE time >= {first} AND time <= {first}"
    text = f"SELECT top(x, a, 2) FROM (SELECT mean(v) AS x FROM m GROUP BY a) {times}"
    known, _ = prepared(house, evaluator, text)

    one, both = (known.again(TimeRange(first, end)) for end in (first, second))

    assert rows_of(one) == [[1.0, "1"]]
    assert rows_of(both) == [[5.0, "2"], [1.0, "1"]]


def rows_of(result):
    (series,) = result.series
    return [list(row) for row in zip(*(each.cells() for each in series.cells), strict=True)]


async def test_too_many_windows_are_not_worked_out_at_once(house, evaluator):
    known, _ = prepared(house, evaluator, SELECT + " GROUP BY time(1s)")

    assert known.again(TimeRange(NOW - DAY, NOW)) is None
    assert known.again(TimeRange(None, NOW)) is None


@pytest.mark.parametrize(
    "query",
    ["SHOW TAG VALUES FROM m WITH KEY = a", "SHOW SERIES FROM m", "SHOW TAG KEYS FROM m LIMIT 1"],
)
async def test_names_are_listed_again_until_one_comes(house, evaluator, query):
    known, first = prepared(house, evaluator, query)

    assert first.series
    assert known.again(TimeRange()) is known.result
    assert known.result == first
    await house.write("d", f"m,a=1 v=2,w=2i {NOW + 1}".encode())  # a value is no name
    assert known.again(TimeRange()) == first
    await house.write("d", f"m,a=2 v=1 {NOW}".encode())
    assert known.again(TimeRange()) is None


async def test_names_are_listed_anew_once_one_is_gone(house, evaluator):
    await house.write("d", f"m,a=2 v=1 {NOW}".encode())
    known, _ = prepared(house, evaluator, "SHOW TAG VALUES FROM m WITH KEY = a")
    for statement in parse_query("DROP SERIES FROM m WHERE a = '2'"):
        asked = Asked(house.login, Defaults("d", ""))
        assert not (await evaluator.answer(asked, statement, 0)).error

    assert known.again(TimeRange()) is None


async def test_a_long_list_is_made_each_time(house, evaluator, monkeypatch):
    monkeypatch.setattr(preparedstatements, "_MOST_CELLS", 1)

    assert prepared(house, evaluator, "SHOW TAG VALUES FROM m WITH KEY = a")[0] is None


@pytest.mark.parametrize(
    ("query", "database"),
    [
        ("SHOW MEASUREMENTS", "d"),
        ("SHOW SERIES", "d"),
        ("SHOW SERIES FROM m WHERE a = '1'", "d"),
        ("SHOW SERIES FROM m, n", "d"),
        ("SHOW SERIES FROM m", "muster"),
        ("SHOW FIELD KEYS FROM m", "d"),
        ("SELECT mean(v) FROM m, n", "d"),
        ("SELECT mean(v) FROM (SELECT v FROM m)", "d"),
        ("SELECT mean(v) FROM m", "muster"),
        ("SELECT mean(v) FROM m", "none"),
    ],
)
async def test_other_statements_are_planned_each_time(house, evaluator, query, database):
    assert prepared(house, evaluator, query, database)[0] is None
