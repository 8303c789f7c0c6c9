"""Queries answer as a real InfluxDB 1.6.7 did, number for number and word for word."""

import json
import math
from pathlib import Path

import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.execute import Request, execute
from muster.influxql.parser import parse_query
from muster.influxql.render import Style, error_json, to_json, to_json_chunks
from muster.influxql.results import ResultSeries
from muster.influxql.statements import ShowGrantsForUserStatement
from muster.testing.influxmemory import MemorySource

GOLDEN = Path(__file__).parents[1] / "golden/influx"
CASES = json.loads((GOLDEN / "golden_queries.json").read_text())["cases"]
NOW_NS = 1_795_000_000_000_000_000
FORECASTS = 1e-3


@pytest.fixture(scope="session")
def source():
    memory = MemorySource()
    memory.create("g")
    memory.write("g", "autogen", (GOLDEN / "golden_dataset.lp").read_bytes())
    return memory


def others(statement) -> list[ResultSeries]:
    """What is known about users is not this part's."""
    if isinstance(statement, ShowGrantsForUserStatement):
        raise InfluxqlError("user not found")
    raise NotImplementedError(statement)


def ask(source, case):
    params = case["params"]
    style = Style(params.get("epoch", ""))
    try:
        statements = parse_query(case["q"], json.loads(params.get("params", "{}")))
    except InfluxqlError as error:
        return 400, error_json(f"error parsing query: {error}", style)
    request = Request(params.get("db", ""), params.get("rp", ""), NOW_NS, others=others)
    results = execute(source, statements, request)
    if params.get("chunked") == "true":
        rows = int(params.get("chunk_size", "10000"))
        return 200, b"".join(to_json_chunks(results, rows, style))
    return 200, to_json(results, style)


def equal(found, wanted, tolerance):
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and found.keys() == wanted.keys()
            and all(equal(found[key], wanted[key], tolerance) for key in wanted)
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(equal(a, b, tolerance) for a, b in zip(found, wanted, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(found, bool) or not isinstance(wanted, int | float):
        return found == wanted and type(found) is type(wanted)
    if isinstance(wanted, int) and isinstance(found, int):
        return found == wanted
    return isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=tolerance)


def shape(value):
    """What stays the same of an answer that depends on when it was asked, or on chance."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def read(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_recorded_query_gets_its_recorded_answer(source, case):
    status, body = ask(source, case)

    answer = case["answer"]
    wanted = [answer["json"]] if "json" in answer else read(answer["text"])
    found = read(body.decode())
    tolerance = FORECASTS if "holt_winters" in case["q"] else 1e-12
    assert status == answer["status"]
    if case["volatile"]:
        assert shape(found) == shape(wanted)
    else:
        assert equal(found, wanted, tolerance), f"{case['q']}\nfound  {found}\nwanted {wanted}"
