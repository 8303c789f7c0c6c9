"""Recorded queries asked again."""

import json
from pathlib import Path

import pytest

from muster.errors import InputError
from muster.testing.conformance.influx import Corpus, failures, in_memory, load

GOLDEN = Path(__file__).parents[2] / "golden" / "influx"
CASE = {
    "name": "query/one",
    "q": "SELECT v FROM m",
    "params": {"db": "g", "epoch": "ns"},
    "volatile": False,
}


def answer(value, status=200):
    series = {"name": "m", "columns": ["time", "v"], "values": [[7, value]]}
    return {"status": status, "json": {"results": [{"statement_id": 0, "series": [series]}]}}


def failures_of(case):
    return list(failures(Corpus([case], b"m v=1 7"), in_memory()))


def test_the_plain_reading_answers_all_that_was_recorded():
    assert list(failures(load(GOLDEN), in_memory())) == []


def test_an_answer_that_differs_is_told_with_its_difference():
    assert failures_of({**CASE, "answer": answer(1)}) == []

    (failure,) = failures_of({**CASE, "answer": answer(2)})

    lines = [line.strip() for line in failure.splitlines()]
    assert lines[:2] == ["query/one", "SELECT v FROM m"]
    assert [line.split() for line in lines if line[:2] in ("- ", "+ ")] == [["-", "2"], ["+", "1"]]


def test_another_status_is_a_failure():
    (failure,) = failures_of({**CASE, "answer": answer(1, 400)})

    assert "status 200, not 400" in failure


def test_of_a_volatile_answer_only_the_shape_counts():
    assert failures_of({**CASE, "volatile": True, "answer": answer(2)}) == []


def test_a_corpus_without_cases_is_refused(tmp_path):
    (tmp_path / "golden_queries.json").write_text(json.dumps({"cases": []}))

    with pytest.raises(InputError, match="no cases"):
        load(tmp_path)
