"""Metrics of OpenTelemetry at a real hub: by certificate, as a Collector posts them."""

import gzip
import http.client
import json
import signal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from processes import claim, free_port_base, patiently
from test_influx_write import hub_of
from test_netdata_doors import free_port

from muster.agent.joining.identity import load_identity
from muster.net.tls import client_context

pytestmark = pytest.mark.scenario

METRICS = Path(__file__).parents[1] / "golden" / "otlp" / "metrics.bin"


def test_metrics_that_were_acknowledged_outlast_a_hub_that_is_killed(tmp_path):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "mtls")
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(tmp_path / "agent", token).returncode == 0
    identity = load_identity(tmp_path / "agent")
    context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
    api = {"Authorization": f"Token {hub.muster('user', 'token', 'create', '--json')['token']}"}

    def ask(method, path, body=None, headers=None):
        link = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        try:
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    packed = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
    assert ask("POST", "/v1/metrics", gzip.compress(METRICS.read_bytes()), packed) == (200, "")
    hub.stop(signal.SIGKILL)
    again = hub_of(tmp_path, base, port, "mtls")
    try:
        query = urlencode({"q": "SELECT * FROM http_server_requests_total", "db": "otlp"})
        status, text = patiently(
            lambda: ask("GET", f"/query?{query}", headers=api), lambda answer: answer[1]
        )
        (series,) = json.loads(text)["results"][0]["series"]
        row = dict(zip(series["columns"], series["values"][0], strict=True))
        assert (status, row["value"], row["job"]) == (200, 7, "shop/cart")
    finally:
        assert again.stop() == 0, again.said()
