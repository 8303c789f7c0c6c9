"""Recorded queries over the real journal, head and engine answer as a real InfluxDB did: all.

Once with all points in the head, and once out of the engine alone.
"""

import json
from pathlib import Path

import pytest

from muster.store.head.head import Head
from muster.testing.influxasking import NOW_NS, documents, equal, shape, tolerance_of
from muster.testing.influxstore import InfluxStore

GOLDEN = Path(__file__).parents[1] / "golden" / "influx"
CASES = json.loads((GOLDEN / "golden_queries.json").read_text())["cases"]


async def differing(house, statements):
    differ = {}
    for case in CASES:
        answer = case["answer"]
        wanted = [answer["json"]] if "json" in answer else documents(answer["text"])
        body = await house.ask(case["q"], case["params"], statements)
        found = documents(body.decode())
        if case["volatile"]:
            same = shape(found) == shape(wanted)
        else:
            same = equal(found, wanted, tolerance_of(case["q"]))
        if not same:
            differ[case["name"]] = (case["q"], found, wanted)
    return differ


@pytest.mark.parametrize("by", ["head", "engine"])
async def test_recorded_queries_get_their_recorded_answers(tmp_path, by):
    async with InfluxStore(tmp_path) as house:
        house.clock.advance((NOW_NS - house.clock.now_ns()) / 1e9)
        await house.databases.create(house.login, "g")
        await house.write("g", (GOLDEN / "golden_dataset.lp").read_bytes())
        statements = house.statements
        if by == "engine":
            await house.settle()
            statements = house.asking(house.over(Head(clock=house.clock)))

        assert await differing(house, statements) == {}


@pytest.mark.parametrize("by", ["head", "pending", "engine"])
async def test_a_point_that_is_written_again_is_one_point(tmp_path, by):
    asked = "SELECT count(v), sum(v), mean(v), max(v), first(v), last(v) FROM m"
    begun = NOW_NS // 3_600_000_000_000 * 3_600_000_000_000 - 4 * 3_600_000_000_000
    async with InfluxStore(tmp_path) as house:
        house.clock.advance((NOW_NS - house.clock.now_ns()) / 1e9)
        await house.databases.create(house.login, "g")
        for value in (9, 1, 2):
            lines = [f"m v={value}i {begun + at * 10_000_000_000}" for at in range(5)]
            await house.write("g", "\n".join(lines).encode())
            if by == "engine" or (by == "pending" and value == 9):
                await house.settle()
        head = Head(clock=house.clock) if by == "engine" else house.head
        statements = house.asking(house.over(head))
        for text in ("", f" WHERE time >= {begun} AND time < {begun + 40_000_000_000}"):
            body = await house.ask(asked + text, {"db": "g", "epoch": "ns"}, statements)
            (series,) = json.loads(body)["results"][0]["series"]
            count = 4 if text else 5
            assert series["values"][0][1:] == [count, 2 * count, 2, 2, 2, 2]
        windows = f"{asked} WHERE time >= {begun} AND time < {begun + 60_000_000_000}"
        body = await house.ask(f"{windows} GROUP BY time(20s)", {"db": "g"}, statements)
        (series,) = json.loads(body)["results"][0]["series"]
        assert [row[1:3] for row in series["values"]] == [[2, 4], [2, 4], [1, 2]]
