"""The InfluxDB face answers as a running InfluxDB 1.6.7 did; what needs evaluation is left out."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from muster.faces.influx.callers import Way
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_query
from muster.testing.influxface import InfluxServer

GOLDEN = Path(__file__).parents[1] / "golden" / "influx"
ALL = "SELECT * FROM /.*/"
HEADERS = ("content-type", "x-influxdb-error", "www-authenticate")
# Where 1.8, or this hub on purpose, answers another thing than 1.6.7.
ELSEWHERE = {
    "write/v2_write_slash": "1.8 has /api/v2/write",
    "http/v2_ready": "2.x has /ready",
    "http/prom_write_empty": "no writes of Prometheus yet",
    "http/prom_write_no_db": "no writes of Prometheus yet",
    "http/prom_write_bad": "no writes of Prometheus yet",
}


def cases(name):
    return json.loads((GOLDEN / name).read_text())["cases"]


def body_of(case):
    if case.get("body_b64"):
        return base64.b64decode(case["body_b64"])
    return (case.get("body") or "").encode("utf-8", "surrogateescape")


def content(response, wanted):
    """What is compared of an answer, and of the one recorded."""
    headers = {name.lower(): text for name, text in response.headers.items()}
    headers["content-type"] = response.content_type
    found = {name: headers.get(name, "").partition(";")[0].strip() for name in HEADERS}
    recorded = wanted.get("headers", {})
    expected = {name: recorded.get(name, "").partition(";")[0] for name in HEADERS}
    if response.status in (200, 204) and not response.body:
        found["content-type"] = expected["content-type"] = ""
    if "json" in wanted:
        return (response.status, json.loads(response.body), found), (
            wanted["status"],
            wanted["json"],
            expected,
        )
    text = response.body.decode() if "text" in wanted else None
    return (response.status, text, found), (wanted["status"], wanted.get("text"), expected)


async def ask(server, case):
    return await server.ask(
        case["method"],
        case["path"],
        case["params"] or {},
        headers=case["headers"],
        body=body_of(case),
    )


async def create(server, *names):
    for name in names:
        answer = await server.ask("POST", "/query", {"q": f'CREATE DATABASE "{name}"'})
        assert answer.status == 200


def rows_of(answer):
    """What a recorded query of all fields shows, and when, by measurement."""
    found = []
    for series in answer["results"][0].get("series", ()):
        for row in series["values"]:
            named = zip(series["columns"][1:], row[1:], strict=True)
            shown = {name.removesuffix("_1"): value for name, value in named if value is not None}
            found.append((series["name"], row[0], shown))
    return sorted(found, key=str)


def kept(server):
    """What is kept, likewise: a point for each time and set of tags."""
    found = {}
    for (measurement, tags, field, time_ns), value in server.stored().items():
        found.setdefault((measurement, time_ns, tags), {})[field] = value
    shown = [(name, at, {**dict(tags), **row}) for (name, at, tags), row in found.items()]
    return sorted(shown, key=str)


WRITES = [case for case in cases("golden_writes.json") if case["name"] not in ELSEWHERE]


@pytest.mark.parametrize("case", WRITES, ids=[case["name"] for case in WRITES])
async def test_a_write_is_answered_and_kept_as_recorded(case):
    with InfluxServer() as server:
        await create(server, "w")
        for pre in case["pre"]:
            path, given, body = "/write", {"db": "w"}, pre.encode()
            if pre.split(" ")[0] in ("CREATE", "ALTER", "DROP"):
                path, given, body = "/query", {"q": pre, "db": "w"}, b""
            assert (await server.ask("POST", path, given, body=body)).status in (200, 204)
        if case["sent_at_ns"] > server.clock.now_ns():
            server.clock.advance((case["sent_at_ns"] - server.clock.now_ns()) / 1e9)
        response = await ask(server, case)

        found, wanted = content(response, case["answer"])
        assert found == wanted
        if case["follow_query"] == ALL and not case["volatile"]:
            assert kept(server) == rows_of(case["follow_answer"])


def is_known(server, case):
    """Whether a request needs no evaluation."""
    given = dict(case["params"] or {})
    if case["path"] == "/query" and case["method"] == "POST":
        given |= dict(parse_qsl(case["body"] or ""))
    try:
        statements = parse_query(given.get("q", ""))
    except InfluxqlError:
        return True
    return all(server.statements.knows(each) for each in statements)


HTTP = [case for case in cases("golden_http.json") if case["name"] not in ELSEWHERE]


async def test_single_requests_are_answered_as_recorded():
    compared, differ = 0, []
    with InfluxServer() as server:
        await create(server, "g", "w")
        for case in HTTP:
            if not is_known(server, case):
                continue
            response = await ask(server, case)
            if case["answer"].get("headers", {}).get("content-type") == "application/x-msgpack":
                assert response.content_type == "application/x-msgpack"
                continue
            found, wanted = content(response, case["answer"])
            compared += 1
            assert "X-Influxdb-Version" in response.headers
            if found != wanted:
                differ.append((case["name"], found, wanted))

    assert differ == []
    assert compared >= 15


async def test_the_recorded_sequence_of_sign_ins_is_answered_alike():
    compared, differ = 0, []
    with InfluxServer(Way.PASSWORD) as server:
        for case in cases("golden_auth.json"):
            response = await ask(server, case)
            if case.get("answer_hidden") or not is_known(server, case):
                continue
            found, wanted = content(response, case["answer"])
            compared += 1
            if found != wanted:
                differ.append((case["name"], found, wanted))

    assert [name for name, _, _ in differ] == [], differ
    assert compared >= 37
