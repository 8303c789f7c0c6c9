"""Statements about points, as the face hands them over."""

import json
from datetime import timedelta

import msgspec
import pytest

from muster.core.databases.databasenames import Defaults
from muster.core.influxql.databasestatements import Asked
from muster.core.querying.query import Settings
from muster.influxql.syntax.parser import parse_query
from muster.store.head.head import Head
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


@pytest.mark.parametrize("statement", ["DELETE FROM m", "DROP SERIES FROM m", "DROP MEASUREMENT m"])
async def test_what_is_deleted_is_seen_no_more(house, statement):
    (result,) = await ask(house, statement)
    (count,) = await ask(house, "SELECT count(v) FROM m")

    assert result == count == {"statement_id": 0}


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
        (Settings(timeout=timedelta(0)), "query-timeout limit exceeded: no answer within 0 s"),
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


async def rows(house, query, **params):
    (result,) = await ask(house, query, **params)
    return [(one.get("tags"), one["columns"], one["values"]) for one in result.get("series", ())]


async def test_select_into_writes_what_it_selects_and_tells_how_much(house):
    (result,) = await ask(house, "SELECT v, t INTO n FROM m WHERE v < 2")

    assert result["series"] == [
        {"name": "result", "columns": ["time", "written"], "values": [[0, 2]]}
    ]
    assert await rows(house, "SELECT * FROM n") == [
        (None, ["time", "t", "v"], [[NOW_S - 60, "0", 0], [NOW_S - 59, "1", 1]])
    ]
    (kinds,) = await ask(house, "SHOW FIELD KEYS FROM n")
    assert kinds["series"][0]["values"] == [["t", "string"], ["v", "float"]]


async def test_tags_that_are_grouped_by_stay_tags(house):
    await ask(house, "SELECT sum(v) INTO n FROM m GROUP BY *")

    assert await rows(house, "SELECT * FROM n GROUP BY *") == [
        ({"t": "0"}, ["time", "sum"], [[0, 20]]),
        ({"t": "1"}, ["time", "sum"], [[0, 25]]),
    ]


async def test_a_target_may_be_another_policy_and_repeat_names(house):
    await ask(house, "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1")
    await ask(house, "SELECT count(v) INTO p.:MEASUREMENT FROM /m/")

    assert await rows(house, "SELECT * FROM p.m") == [(None, ["time", "count"], [[0, 10]])]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("nodb..n", "database not found: nodb"),
        ("nope.n", "retention policy not found: nope"),
        ("muster..n", "database muster is built in"),
    ],
)
async def test_what_cannot_be_written_to_is_told(house, target, text):
    (result,) = await ask(house, f"SELECT v INTO {target} FROM m")

    assert text in result["error"]


async def test_a_field_of_another_kind_is_told_and_the_others_are_written(house):
    await house.write("d", f"n count=1.5 {NOW_S * 10**9}".encode())

    (result,) = await ask(house, "SELECT count(v) INTO n FROM m WHERE time > now() - 2m")

    assert result["error"] == (
        'partial write: field type conflict: input field "count" on measurement "n" is type'
        " integer, already exists as type float dropped=1"
    )


async def test_an_interrupted_request_gets_no_answer(house):
    with house.registry.running(house.space.id, lambda: "SELECT v FROM m", "d") as running:
        running.kill()
        asked = Asked(house.login, Defaults("d", ""), running)
        (result,) = await house.statements.run(asked, parse_query("SELECT v FROM m"), is_get=False)

    assert result.error == "query interrupted"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT mean(v) FROM m WHERE time > 0 AND time < now() GROUP BY time(1ns)", "buckets"),
        ("SELECT v FROM m WHERE t =~ /(a{1000}){1000}/", "error parsing regexp"),
        ("SELECT v FROM m WHERE t =~ /" + "(" * 900 + "a+" + ")+" * 900 + "b/", ""),
    ],
)
async def test_what_would_run_away_is_stopped_or_ends(house, query, text):
    body = json.loads(await house.ask(query, {"db": "d"}))

    error = body.get("error") or body["results"][0].get("error", "")
    assert text in error


async def test_what_memory_knows_is_answered_at_once(house):
    evaluator = house.evaluator(house.over(Head(clock=house.clock)))
    (show, select, write, delete) = parse_query(
        "SHOW TAG VALUES FROM m WITH KEY = t; SELECT v FROM m; SELECT v INTO n FROM m;DELETE FROM m"
    )
    asked = Asked(house.login, Defaults("d", ""))

    assert evaluator.at_once(asked, show, 3).statement_id == 3
    for statement in (select, write, delete):  # of an empty head the engine has to be asked
        assert evaluator.at_once(asked, statement, 0) is None
