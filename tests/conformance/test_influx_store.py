"""Recorded queries over the real journal, head and engine answer as a real InfluxDB did: all.

Once with all points in the head, and once out of the engine alone.
"""

import json
from pathlib import Path

import pytest

from muster.store.head import Head
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
