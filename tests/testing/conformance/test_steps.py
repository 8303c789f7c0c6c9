"""Requests that follow each other."""

import pytest

from muster.testing.conformance.inprocess import InProcess
from muster.testing.conformance.steps import differences_of_steps, single
from muster.testing.influxasking import NOW_NS

CREATE = {"op": "create_db_rp", "db": "d", "rp": "p", "duration_ns": 0, "default": True}
WRITE = {"op": "write", "params": {"db": ["d"], "rp": ["p"]}, "data": "m v=1 7", "status": 204}


@pytest.fixture
def server():
    with InProcess() as server:
        yield server


def query(text, values, **more):
    series = [{"name": "m", "columns": ["time", "v"], "values": values}]
    answer = {"results": [{"statement_id": 0, "series": series}]}
    return {"op": "query", "q": text, "params": {"epoch": ["ns"]}, "answer": answer, **more}


def told(server, *steps, volatile=False):
    return list(differences_of_steps(steps, server, volatile=volatile))


def test_steps_build_on_each_other_and_a_step_that_differs_is_told(server):
    right = query("SELECT v FROM d.p.m", [[7, 1]])

    assert told(server, CREATE, CREATE, WRITE, right, {"op": "drop_db", "db": "d"}) == []
    (text,) = told(server, CREATE, WRITE, query("SELECT v FROM d.p.m", [[7, 2]]))
    assert text.startswith("step 3: SELECT v FROM d.p.m\n--- recorded")


def test_each_sequence_begins_without_databases(server):
    shown = {"op": "query", "q": "SHOW DATABASES", "params": {}}
    names = {"name": "databases", "columns": ["name"], "values": [["d"]]}
    shown["answer"] = {"results": [{"statement_id": 0, "series": [names]}]}

    assert told(server, {"op": "create_db", "db": "d"}, shown) == []
    assert told(server, {"op": "create_db", "db": "d"}, shown) == []


def test_times_of_the_recording_are_moved_to_the_servers_clock(server):
    hour = {**CREATE, "duration_ns": 3_600 * 10**9}
    recent = {**WRITE, "data": f"m v=1 {NOW_NS - 5 * 86_400 * 10**9}"}

    steps = [hour, recent, query("SELECT v FROM d.p.m", [[0, 5]])]

    assert told(server, *steps, volatile=True) == []


def test_writes_are_compared_by_status_and_body(server):
    (text,) = told(server, CREATE, {**WRITE, "status": 400, "body": "{}"})

    assert '-  "status": 400' in text.replace("- ", "-  ")


def test_what_upstream_expects_of_a_volatile_answer_is_enough(server):
    step = query("SHOW DATABASES", [], upstream_pattern=True, upstream_expected="databases")

    assert told(server, step) == []


def test_an_unknown_step_is_a_failure(server):
    assert told(server, {"op": "dance"}) == ["step 1: dance\nunknown step 'dance'"]


def test_parameters_may_be_lists():
    assert single({"db": ["d"], "chunked": "true"}) == {"db": "d", "chunked": "true"}
