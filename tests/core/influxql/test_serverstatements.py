"""Statements about a hub at work."""

import json

import pytest

from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore


@pytest.fixture
async def house(tmp_path):
    async with InfluxStore(tmp_path, engine=MemoryStore()) as house:
        await house.databases.create(house.login, "d")
        await house.write("d", b"m v=1 1\nm v=2 2\nn v=1 1")
        yield house


async def ask(house, query):
    (result,) = json.loads(await house.ask(query, {"db": "d"}))["results"]
    return result


def by_name(result):
    return {
        one["name"]: dict(zip(one["columns"], one["values"][0], strict=True))
        for one in result["series"]
    }


async def test_what_runs_is_shown_and_can_be_ended(house):
    with house.registry.running(house.space.id, lambda: "SELECT v FROM m", "d") as running:
        house.clock.advance(2)
        shown = await ask(house, "SHOW QUERIES")
        killed = await ask(house, f"KILL QUERY {running.number}")
        after = await ask(house, "SHOW QUERIES")

    assert shown["series"] == [
        {
            "columns": ["qid", "query", "database", "duration", "status"],
            "values": [[1, "SELECT v FROM m", "d", "2s", "running"]],
        }
    ]
    assert killed == {"statement_id": 0}
    assert after["series"][0]["values"][0][4] == "killed"
    assert running.is_killed


async def test_a_query_that_does_not_run_cannot_be_ended(house):
    assert (await ask(house, "KILL QUERY 7"))["error"] == "no such query id: 7"


async def test_statistics_are_figures_of_this_hub(house):
    shown = by_name(await ask(house, "SHOW STATS"))

    assert shown["write"] == {
        "pointReq": 3,
        "req": 1,
        "writeDrop": 0,
        "writeError": 0,
        "writeOk": 1,
    }
    assert shown["database"] == {"numMeasurements": 2}
    assert shown["cq"]["queryOk"] == 0
    assert shown["runtime"]["Sys"] > 1 << 20


async def test_one_module_can_be_asked_for(house):
    (database,) = (await ask(house, "SHOW STATS FOR 'database'"))["series"]

    assert database["tags"] == {"database": "d"}
    assert await ask(house, "SHOW STATS FOR 'nope'") == {"statement_id": 0}


async def test_diagnostics_say_what_the_hub_is(house):
    house.clock.advance(90)

    shown = by_name(await ask(house, "SHOW DIAGNOSTICS"))

    assert list(shown) == ["build", "muster", "network", "runtime", "system"]
    assert shown["build"]["Version"] == "1.8.10"
    assert shown["system"]["uptime"] == "1m30s"
    assert shown["system"]["started"].endswith("Z")
