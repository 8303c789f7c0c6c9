"""Queries answer as a real InfluxDB 1.6.7 did, number for number and word for word."""

import json
from pathlib import Path

import pytest

from muster.testing.influxasking import ask, documents, equal, shape, tolerance_of
from muster.testing.influxmemory import MemorySource, PointsOnly

GOLDEN = Path(__file__).parents[1] / "golden/influx"
CASES = json.loads((GOLDEN / "golden_queries.json").read_text())["cases"]


@pytest.fixture(scope="module", params=[MemorySource, PointsOnly])
def source(request):
    memory = request.param()
    memory.create("g")
    memory.write("g", "autogen", (GOLDEN / "golden_dataset.lp").read_bytes())
    return memory


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_recorded_query_gets_its_recorded_answer(source, case):
    status, body = ask(source, case["q"], case["params"])

    answer = case["answer"]
    wanted = [answer["json"]] if "json" in answer else documents(answer["text"])
    found = documents(body.decode())
    assert status == answer["status"]
    if case["volatile"]:
        assert shape(found) == shape(wanted)
    else:
        assert equal(found, wanted, tolerance_of(case["q"])), (
            f"{case['q']}\nfound  {found}\nwanted {wanted}"
        )
