"""Statements about points, as the face hands them over."""

import json

import msgspec
import pytest

from muster.core.databasenames import Defaults
from muster.core.databasestatements import Asked
from muster.core.query import Settings
from muster.influxql.parser import parse_query
from muster.store.head import Head
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

NOW_S = 1_800_000_000


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        house.clock.advance(NOW_S - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "d")
        rows = [f"m,t={at % 2} v={at} {(NOW_S - 60 + at) * 10**9}" for at in range(10)]
        await house.write("d", "\n".join(rows).encode())
        yield house


async def ask(house, query, **params):
    body = await house.ask(query, {"db": "d", "epoch": "s", **params})
    return json.loads(body)["results"]


async def test_a_select_is_answered_out_of_the_store(house):
    (result,) = await ask(house, "SELECT mean(v) FROM m WHERE time > now() - 2m GROUP BY t")

    assert [series["values"][0][1] for series in result["series"]] == [4.0, 5.0]
    assert [series["tags"] for series in result["series"]] == [{"t": "0"}, {"t": "1"}]


async def test_show_tells_what_points_consist_of(house):
    measurements, keys, fields, values = await ask(
        house,
        "SHOW MEASUREMENTS; SHOW TAG KEYS; SHOW FIELD KEYS; SHOW TAG VALUES WITH KEY = t",
    )

    assert measurements["series"][0]["values"] == [["m"]]
    assert keys["series"][0]["values"] == [["t"]]
    assert fields["series"][0]["values"] == [["v", "float"]]
    assert values["series"][0]["values"] == [["t", "0"], ["t", "1"]]


async def test_a_dropped_database_has_no_points_and_none_when_made_again(house):
    await ask(house, "DROP DATABASE d")
    (gone,) = await ask(house, "SELECT v FROM m")
    await ask(house, "CREATE DATABASE d")
    (empty,) = await ask(house, "SELECT v FROM m")

    assert gone["error"] == "database not found: d"
    assert empty == {"statement_id": 0}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DELETE FROM m", "does not delete single points"),
        ("DROP SERIES FROM m", "does not delete single points"),
        ("DROP MEASUREMENT m", "does not delete single points"),
        ("SHOW STATS", "does not answer this statement"),
        ("SELECT v INTO n FROM m", "INTO is not answered"),
    ],
)
async def test_what_is_not_done_is_said_and_changes_nothing(house, statement, text):
    (result,) = await ask(house, statement)
    (count,) = await ask(house, "SELECT count(v) FROM m")

    assert text in result["error"]
    assert count["series"][0]["values"] == [[0, 10]]


async def test_a_space_reads_its_own_databases_alone(house):
    login = msgspec.structs.replace(house.login, space="elsewhere")
    statements = parse_query("SELECT v FROM m; SHOW MEASUREMENTS ON muster")

    for statement in statements:
        asked = Asked(login, Defaults("d", ""))
        (result,) = await house.statements.run(asked, [statement], is_get=True)
        assert result.series == ()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (Settings(max_rows=9), "more than 9 single values"),
        (Settings(max_values=19), "the answer would have 20 values"),
        (Settings(max_series=1), "more than 1 series match"),
        (Settings(waiting=0, threads=0), "questions wait already"),
    ],
)
async def test_a_statement_keeps_to_the_limits_of_questions(house, settings, text):
    house.queries.settings = settings

    (result,) = await ask(house, "SELECT v FROM m")

    assert text in result["error"]


async def test_an_engine_that_is_away_is_told_in_the_result(house):
    await house.settle()
    evaluator = house.asking(house.over(Head(clock=house.clock)))
    house.plane.store.failing = "the engine is away"

    body = await house.ask("SELECT v FROM m", {"db": "d"}, evaluator)

    assert json.loads(body)["results"] == [{"statement_id": 0, "error": "the engine is away"}]
    house.plane.store.failing = ""
