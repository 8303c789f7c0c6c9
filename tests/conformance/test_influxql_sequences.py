"""What is written and then asked answers as the server tests of InfluxDB recorded it.

Statements about databases and users are left to others, as are steps that need a server.
"""

import json
from pathlib import Path

import pytest

from muster.influxql.execution.options import Limits
from muster.influxql.source import Policy
from muster.testing.influxasking import NotOurs, ask, documents, equal, tolerance_of
from muster.testing.influxmemory import WEEK_NS, MemorySource

GOLDEN = Path(__file__).parents[1] / "golden/influx"
CASES = json.loads((GOLDEN / "server_sequences.json").read_text())
WRITES = json.loads((GOLDEN / "golden_writes.json").read_text())["cases"]
DAY_NS = WEEK_NS // 7
# What a case needs beyond points.
NEEDS_A_SERVER = {
    "server/TestServer_DatabaseRetentionPolicyAutoCreate": "databases are made by statements",
    "server/TestServer_ShowDatabases_NoAuth": "databases are made by statements",
    "server/TestServer_Write_LineProtocol_Partial": "a write is accepted in part",
}
LIMITS = {"server/TestServer_Query_MaxSelectSeriesN": Limits(series=3)}


def shard_duration(duration_ns):
    if duration_ns and duration_ns < 2 * DAY_NS:
        return DAY_NS // 24
    return DAY_NS if duration_ns and duration_ns < 180 * DAY_NS else WEEK_NS


def single(params):
    return {key: value[0] for key, value in params.items()}


def create_policy(source, step):
    known = list(source.policies(step["db"]) or ())
    if any(policy.name == step["rp"] for policy in known):
        return
    if step["default"]:
        known = [policy._replace(default=False) for policy in known]
    duration = step["duration_ns"]
    made = Policy(step["rp"], duration, shard_duration(duration), 1, step["default"])
    source.create(step["db"], *known, made)


def write(source, step):
    params = single(step["params"])
    if step["status"] != 204:
        return
    policies = source.policies(params["db"]) or ()
    default = next(policy.name for policy in policies if policy.default)
    source.write(params["db"], params.get("rp", default), step["data"].encode())


def differences(case):
    """Steps that answered otherwise, and how many were compared."""
    source = MemorySource()
    wrong, compared = [], 0
    for step in case["steps"]:
        match step["op"]:
            case "create_db":
                if source.policies(step["db"]) is None:
                    source.create(step["db"])
            case "create_db_rp":
                create_policy(source, step)
            case "drop_db":
                source.drop(step["db"])
            case "write":
                write(source, step)
            case "query":
                params = single(step["params"])
                limits = LIMITS.get(case["name"], Limits())
                try:
                    _, body = ask(source, step["q"], params, limits)
                except NotOurs:
                    continue
                compared += 1
                (found,) = documents(body.decode())
                if not equal(found, step["answer"], tolerance_of(step["q"])):
                    wrong.append(f"{step['q']}\nfound  {found}\nwanted {step['answer']}")
    return wrong, compared


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["name"] not in NEEDS_A_SERVER],
    ids=lambda case: case["name"],
)
def test_a_recorded_sequence_answers_as_recorded(case):
    wrong, _ = differences(case)

    assert wrong == []


def test_most_recorded_steps_are_compared():
    assert sum(differences(case)[1] for case in CASES) > 450


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in WRITES
        if not case["volatile"]
        and not case["pre"]
        and case["answer"]["status"] == 204
        and "body" in case
        and not {"precision", "rp"} & case["params"].keys()
        and not case["headers"]
    ],
    ids=lambda case: case["name"],
)
def test_what_a_recorded_write_left_is_read_as_recorded(case):
    source = MemorySource()
    source.create("w")
    source.write("w", "autogen", case["body"].encode())

    _, body = ask(source, case["follow_query"], {"db": "w", "epoch": "ns"})

    (found,) = documents(body.decode())
    assert equal(found, case["follow_answer"]), f"found {found}"


def test_explain_tells_what_was_recorded():
    cases = json.loads((GOLDEN / "golden_sequences.json").read_text())["cases"]
    (case,) = [case for case in cases if case["name"] == "sequence/explain"]
    source = MemorySource()
    source.create("d1")
    compared = 0

    for step in case["steps"]:
        if step["op"] == "write":
            source.write("d1", "autogen", step["data"].encode())
        elif step["q"].startswith("EXPLAIN"):
            _, body = ask(source, step["q"], step["params"])
            assert documents(body.decode()) == [step["answer"]["json"]]
            compared += 1

    assert compared == 2
