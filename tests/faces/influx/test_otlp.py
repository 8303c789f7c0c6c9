"""Metrics of OTLP: who may, how they are written, and what is answered."""

import gzip
import json
from pathlib import Path

import pytest

from muster.faces.influx.callers import Way
from muster.testing.remotehouse import RemoteServer
from muster.wire.lineparsed import LineLimits
from muster.wire.otlpanswer import Encoding, status_body

GOLDEN = Path(__file__).parents[2] / "golden" / "otlp"
BINARY, TEXT = (GOLDEN / "metrics.bin").read_bytes(), (GOLDEN / "metrics.json").read_bytes()
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@pytest.fixture
def server():
    with RemoteServer() as server:
        yield server


async def post(server, body, media=PROTOBUF, packing="", query=None, **more):
    headers = {"Content-Type": media, "Content-Encoding": packing}
    return await server.ask("POST", "/v1/metrics", query, headers=headers, body=body, **more)


@pytest.mark.parametrize(
    ("body", "media", "packing"),
    [
        (BINARY, PROTOBUF, ""),
        (TEXT, JSON, ""),
        (gzip.compress(BINARY), PROTOBUF, "gzip"),
        (gzip.compress(TEXT), JSON, "gzip"),
    ],
)
async def test_metrics_are_kept_in_a_database_that_is_made(server, body, media, packing):
    answer = await post(server, body, media, packing)

    assert (answer.status, answer.content_type) == (200, media)
    assert answer.body == (b"{}" if media == JSON else b"")
    names = {measurement for measurement, *_ in server.stored(db="otlp")}
    assert "http_server_duration_seconds_bucket" in names
    assert server.remote.metadata.of(server.space.id, "otlp")["gc_pause"].unit == "1"


async def test_prometheus_own_path_is_taken_too(server):
    headers = {"Content-Type": PROTOBUF}
    answer = await server.ask("POST", "/api/v1/otlp/v1/metrics", headers=headers, body=BINARY)

    assert answer.status == 200
    assert server.stored(db="otlp")


async def test_attributes_that_change_with_every_start_are_no_labels(server):
    await post(server, BINARY)

    keys = {key for _, tags, *_ in server.stored(db="otlp") for key, _ in tags}
    assert "process_pid" not in keys
    assert "host_name" in keys


async def test_what_was_rejected_is_told_beside_success(server):
    body = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":'
    body += b'[{"asInt":"1"},{},{"asInt":2,"attributes":'
    body += b'[{"key":"time","value":{"stringValue":"x"}}]}]}}]}]}]}'
    answer = await post(server, body, JSON)

    told = json.loads(answer.body)["partialSuccess"]
    assert (answer.status, told["rejectedDataPoints"]) == (200, "2")
    assert "without a value" in told["errorMessage"]
    assert 'input tag "time"' in told["errorMessage"]
    assert list(server.stored().values()) == [1.0]


@pytest.mark.parametrize(
    ("media", "packing"), [("text/plain", ""), (PROTOBUF, "zstd"), ("", "gzip")]
)
async def test_what_is_not_read_is_415(server, media, packing):
    assert (await post(server, BINARY, media, packing)).status == 415


async def test_what_is_malformed_is_a_status_in_the_form_of_the_request(server):
    answer = await post(server, b"\x0a")

    assert answer.status == 400
    text = "protobuf: malformed at byte 1"
    assert answer.body == status_body(400, text, Encoding.PROTOBUF)
    assert json.loads((await post(server, b"[", JSON)).body)["code"] == 3


async def test_a_text_with_half_a_character_is_no_bug(server):
    body = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a\\ud800","gauge":'
    body += b'{"dataPoints":[{"asInt":1,"attributes":[{"key":"k","value":'
    body += b'{"stringValue":"\\udfff"}}]}]}}]}]}]}'

    assert (await post(server, body, JSON)).status in (200, 400)


async def test_a_bomb_is_413():
    with RemoteServer(limits=LineLimits(body_bytes=1_000)) as server:
        answer = await post(server, gzip.compress(bytes(100_000)), PROTOBUF, "gzip")

    assert answer.status == 413


async def test_a_disk_that_is_full_is_told_so_that_the_sender_comes_again(server):
    server.journal.full = True
    answer = await post(server, TEXT, JSON)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert json.loads(answer.body)["code"] == 14


async def test_a_database_that_no_setting_names_has_to_be_there(server):
    assert (await post(server, BINARY, query={"db": "other"})).status == 404


async def test_a_node_writes_as_itself():
    with RemoteServer(Way.MTLS) as server:
        node = server.node()
        answer = await post(server, BINARY, peer=node)

        assert answer.status == 200
        assert {dict(stamps)["node"] for stamps in server.stamps()} == {node.node}
