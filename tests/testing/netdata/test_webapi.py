import gzip
import json

import msgspec
import pytest

from muster.testing.netdata.machine import make_machine
from muster.testing.netdata.quirks import V1_45, V2_10
from muster.testing.netdata.webapi import WebApi

NOW = 1_800_000_000


@pytest.fixture
def machine():
    made = make_machine("guid", "web", now_s=NOW, children=[("guid-1", "one")])
    made.own.node_id, made.hosts[1].node_id = "node-0", "node-1"
    return made


def api(machine, quirks=V2_10):
    return WebApi(machine, quirks, lambda: NOW)


def get(machine, target, quirks=V2_10, **headers):
    return api(machine, quirks).answer(target, headers)


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/info",
        "/node/node-1/api/v1/info",
        "/host/one/api/v1/charts",
        "/api/v1/chart?chart=system.cpu",
        "/api/v1/contexts",
        "/api/v1/context?context=disk.space",
        "/api/v1/data?chart=system.cpu&after=-5",
        "/api/v1/data?context=disk.space&after=-5&options=jsonwrap|flip",
        "/api/v2/data?contexts=system.cpu&after=-5&points=5",
        "/api/v3/data?scope_contexts=system.cpu&after=-5&scope_nodes=node-1",
        "/api/v1/alarms?all",
        "/api/v1/alarm_log",
        "/api/v1/allmetrics?format=json",
        "/api/v1/functions",
        "/api/v1/function?function=processes&timeout=5",
        "/api/v2/contexts",
        "/api/v2/nodes",
        "/api/v2/info",
    ],
)
def test_each_call_is_answered_in_json(machine, target):
    answer = get(machine, target)

    assert answer.status == 200, answer.body
    assert json.loads(answer.body)
    assert answer.stale == b""


@pytest.mark.parametrize("kind", ["shell", "prometheus", "prometheus_all_hosts"])
def test_all_metrics_are_text_too(machine, kind):
    answer = get(machine, f"/api/v1/allmetrics?format={kind}")

    assert (answer.status, answer.content_type) == (200, "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("/api/v1/nothing", 404, "Unsupported API command: nothing"),
        ("/index.html", 404, "Unknown API endpoint."),
        ("/node/other/api/v1/info", 404, "no such node"),
        ("/api/v1/data?chart=none", 404, "No metrics where matched to query."),
        ("/api/v2/data?contexts=none", 404, "No metrics where matched to query."),
        ("/api/v1/chart?chart=none", 404, "Chart is not found"),
        ("/api/v1/context?context=none", 404, "Context is not found"),
        ("/api/v1/allmetrics?format=xml", 400, "format"),
        ("/api/v1/function?function=shutdown", 404, "No collector"),
        ("/api/v1/data?chart=system.cpu&after=x", 400, "invalid parameters"),
    ],
)
def test_errors_are_text_with_stale_bytes_behind_them(machine, target, status, text):
    answer = get(machine, target)

    assert answer.status == status
    assert answer.body.decode().startswith(text)
    assert answer.format().endswith(answer.body + answer.stale)
    assert answer.stale


def test_a_child_is_asked_by_its_node_id(machine):
    said = json.loads(get(machine, "/node/node-1/api/v1/info").body)

    assert said["uid"] == "guid-1"


def test_the_third_version_is_there_from_2_on(machine):
    assert get(machine, "/api/v3/info").status == 200
    assert get(machine, "/api/v3/info", V1_45).status == 404


def test_what_is_compressed_is_called_text_by_2_10(machine):
    headers = {"accept-encoding": "gzip"}
    new = api(machine).answer("/api/v1/charts", headers)
    old = api(machine, V1_45).answer("/api/v1/charts", headers)

    assert gzip.decompress(new.body) == gzip.decompress(old.body)
    assert (new.encoding, old.encoding) == ("gzip", "gzip")
    assert new.content_type.startswith("text/plain")
    assert old.content_type.startswith("application/json")


def test_the_length_of_a_formatted_answer_leaves_stale_bytes_out(machine):
    answer = msgspec.structs.replace(get(machine, "/api/v1/nothing"), stale=b"old")
    head, _, body = answer.format("42").partition(b"\r\n\r\n")

    assert b"X-Transaction-ID: 42" in head
    assert f"Content-Length: {len(answer.body)}".encode() in head
    assert body == answer.body + b"old"
