"""Statements that were put to a real InfluxDB 1.6.7 by the thousand: some of them, and its answers.

Those that a hub once answered otherwise are among them. `known` is about the points of the other
recorded queries, `drawn` about some with ties, gaps, kinds that change, and times before 1970.
"""

import json
from pathlib import Path

import pytest

from muster.testing.conformance.comparing import difference_of_results
from muster.testing.influxasking import ask, documents
from muster.testing.influxmemory import MemorySource, PointsOnly

GOLDEN = Path(__file__).parents[1] / "golden/influx_select"
RECORDED = {
    name: json.loads((GOLDEN / name / "golden_queries.json").read_text())
    for name in ("known", "drawn")
}
CASES = [(name, case) for name, recorded in RECORDED.items() for case in recorded["cases"]]


@pytest.fixture(scope="module", params=[MemorySource, PointsOnly])
def sources(request):
    found = {}
    for name, recorded in RECORDED.items():
        found[name] = request.param()
        found[name].create("g")
        points = (GOLDEN / name / recorded["dataset"]).read_bytes()
        found[name].write("g", "autogen", points)
    return found


@pytest.mark.parametrize(("name", "case"), CASES, ids=[case["name"] for _, case in CASES])
def test_a_recorded_statement_gets_its_recorded_answer(sources, name, case):
    status, body = ask(sources[name], case["q"], case["params"])

    answer = case["answer"]
    assert status == answer["status"]
    told = difference_of_results(documents(body.decode()), [answer["json"]], case["q"])
    assert not told, f"{case['q']}\n{told}"
