"""A hub's wire in this process."""

import json

import pytest

from muster.faces.influx.callers import Way
from muster.testing.conformance.inprocess import InProcess
from muster.testing.conformance.serving import Exchange
from muster.testing.influxasking import NOW_NS


def query(text):
    return Exchange("POST", "/query", {"q": text})


@pytest.fixture
def server():
    with InProcess() as server:
        server.fresh()
        yield server


def test_it_answers_as_a_listener_does_and_forgets_when_it_is_fresh(server):
    assert server.ask(query("CREATE DATABASE d")).status == 200
    shown = [server.ask(query("SHOW DATABASES"))]
    server.fresh()
    shown.append(server.ask(query("SHOW DATABASES")))

    tables = [json.loads(one.body)["results"][0]["series"][0] for one in shown]
    assert [table.get("values") for table in tables] == [[["d"]], None]
    assert shown[0].headers["content-type"] == "application/json"
    assert "x-influxdb-version" in shown[0].headers


def test_its_clock_goes_where_it_is_wanted_but_not_back(server):
    assert server.set_time(NOW_NS + 5) == NOW_NS + 5
    assert server.set_time(NOW_NS) == NOW_NS + 5


def test_refusals_are_answers(server):
    assert server.ask(Exchange("GET", "/nowhere")).status == 404
    body = b"x" * (26 << 20)
    assert server.ask(Exchange("POST", "/write", {"db": "d"}, {}, body)).status in (404, 413)


def test_one_that_asks_for_passwords_wants_an_admin_first():
    with InProcess(Way.PASSWORD) as guarded:
        guarded.fresh()

        assert guarded.ask(query("SHOW DATABASES")).status == 403


def test_chunks_come_as_one_body(server):
    server.ask(query("CREATE DATABASE d"))
    lines = "\n".join(f"m v={at} {at}" for at in range(9_000)).encode()
    server.ask(Exchange("POST", "/write", {"db": "d"}, {}, lines))
    asked = {"q": "SELECT v FROM m", "db": "d", "chunked": "true", "chunk_size": "100"}

    answer = server.ask(Exchange("POST", "/query", asked))

    assert len(answer.body.splitlines()) == 90
