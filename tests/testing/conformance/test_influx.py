"""Recordings asked again."""

import json
from pathlib import Path

import pytest

from muster.errors import InputError
from muster.faces.influx.callers import Way
from muster.testing.conformance.influx import Corpus, load, outcomes
from muster.testing.conformance.inprocess import InProcess

GOLDEN = Path(__file__).parents[2] / "golden" / "influx"
ON_PURPOSE = {  # reasons: docs/faces/influx.md
    "write/v2_write_slash",
    "http/v2_ready",
    "server/TestServer_Query_MaxSelectSeriesN",
}
CASE = {
    "name": "query/one",
    "q": "SELECT v FROM m",
    "params": {"db": "g", "epoch": "ns"},
    "volatile": False,
}


def answer(value, status=200):
    series = {"name": "m", "columns": ["time", "v"], "values": [[7, value]]}
    return {"status": status, "json": {"results": [{"statement_id": 0, "series": [series]}]}}


@pytest.fixture
def server():
    with InProcess() as server:
        yield server


def told(server, case):
    corpus = Corpus({"golden_queries.json": [case]}, "g", b"m v=1 7")
    ((name, text),) = outcomes(corpus, server, server)
    assert name == case["name"]
    return text


@pytest.mark.parametrize(
    "file",
    [
        "line_protocol.json",
        "influxql_parse.json",
        "golden_queries.json",
        "golden_writes.json",
        "golden_http.json",
        "golden_sequences.json",
        "server_sequences.json",
        "golden_auth.json",
    ],
)
def test_a_hub_answers_what_was_recorded(file):
    corpus = load(GOLDEN)
    only = corpus._replace(files={file: corpus.files[file]})
    with InProcess() as server, InProcess(Way.PASSWORD) as guarded:
        found = list(outcomes(only, server, guarded))

    failed = {each.name: each.told for each in found if each.told}
    assert failed.keys() <= ON_PURPOSE, failed
    assert len(found) >= 3


def test_an_answer_that_differs_is_told_with_its_difference(server):
    assert told(server, {**CASE, "answer": answer(1)}) == ""

    failure = told(server, {**CASE, "answer": answer(2)})

    lines = [line.strip() for line in failure.splitlines()]
    assert lines[0] == "SELECT v FROM m"
    assert [line.split() for line in lines if line[:2] in ("- ", "+ ")] == [["-", "2"], ["+", "1"]]


def test_another_status_is_a_failure(server):
    failure = told(server, {**CASE, "answer": answer(1, 400)})

    assert '-  "status": 400' in failure.replace("- ", "-  ")


def test_of_a_volatile_answer_only_the_shape_counts(server):
    assert told(server, {**CASE, "volatile": True, "answer": answer(2)}) == ""


def test_a_folder_may_have_other_names_of_its_own(tmp_path, server):
    content = {"dataset": "d.lp", "db": "other", "cases": [{**CASE, "answer": answer(1)}]}
    content["cases"][0]["params"] = {"db": "other", "epoch": "ns"}
    (tmp_path / "golden_queries.json").write_text(json.dumps(content))
    (tmp_path / "d.lp").write_text("m v=1 7")

    corpus = load(tmp_path)

    assert [each.told for each in outcomes(corpus, server, server)] == [""]
    assert corpus.databases == {"other", "w"}


def test_databases_that_recorded_requests_make_are_known():
    steps = [
        {"op": "create_db", "db": "a"},
        {"op": "query", "q": 'CREATE DATABASE "b"; create database c WITH DURATION 1h'},
    ]
    corpus = Corpus({"server_sequences.json": [{"name": "x", "steps": steps}]}, "g", b"")

    assert corpus.databases == {"a", "b", "c", "g", "w"}


def test_a_corpus_without_cases_is_refused(tmp_path):
    (tmp_path / "golden_queries.json").write_text(json.dumps({"cases": []}))

    with pytest.raises(InputError, match="no recordings"):
        load(tmp_path)
