"""InfluxQL asked of a real hub, over HTTP."""

import json
from pathlib import Path

import pytest
from processes import Hub, free_port_base, until
from test_influx_write import Client, hub_of
from test_netdata_doors import free_port

from muster.testing.conformance.program import run

pytestmark = pytest.mark.scenario

GOLDEN = Path(__file__).parents[1] / "golden" / "influx"
ON_PURPOSE = {  # reasons: docs/faces/influx.md
    "write/v2_write_slash",
    "http/v2_ready",
    "server/TestServer_Query_MaxSelectSeriesN",
}
KEPT = {"MUSTER_STORE_WRITER_RETENTION": "36500d"}  # what was recorded is old


def series_of(client, query, **params):
    status, text = client.ask("GET", "/query", q=query, **params)
    (result,) = json.loads(text)["results"]
    assert status == 200 and "error" not in result, text
    return result.get("series", [])


def test_all_that_was_recorded_is_answered_as_recorded_also_after_a_restart(tmp_path):
    base, port = free_port_base(), free_port()
    url = f"http://127.0.0.1:{port}"
    for _ in range(2):
        told = []
        hub = hub_of(tmp_path, base, port, "off", env=KEPT)
        try:
            run(["influx", str(GOLDEN), "--url", url], told.append)
        finally:
            assert hub.stop() == 0, hub.said()
        failed = {text.partition("\n")[0] for text in told[:-1]}
        assert failed <= ON_PURPOSE, told
        assert told[-1].split()[0] == str(786 - len(failed))


def test_what_agents_send_is_read_as_the_built_in_database(tmp_path):
    base, port = free_port_base(), free_port()
    words = ("--influx-port", str(port), "--influx-auth", "off")
    hub = Hub(tmp_path / "hub", base, *words)
    client = Client(port)
    try:
        query = "SELECT count(*) FROM /.*/ WHERE time > now() - 1h GROUP BY host"
        found = until("values are read", lambda: series_of(client, query, db="muster"))
        assert found[0]["tags"]["host"]
        measurements = series_of(client, "SHOW MEASUREMENTS", db="muster")
        assert {each["name"] for each in found} <= {name for (name,) in measurements[0]["values"]}
        status, text = client.ask("POST", "/write", "m v=1", db="muster")
        assert status == 403, text
    finally:
        client.close()
        assert hub.stop() == 0, hub.said()
