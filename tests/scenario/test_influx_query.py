"""InfluxQL asked of a real hub, over HTTP."""

import json
import shutil
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


def asked_again(tmp_path, folder):
    """What is told of a folder of recordings by a hub that is started for it."""
    port, told = free_port(), []
    hub = hub_of(tmp_path, free_port_base(), port, "off", env=KEPT)
    try:
        run(["influx", str(folder), "--url", f"http://127.0.0.1:{port}"], told.append)
    finally:
        assert hub.stop() == 0, hub.said()
    return told


def test_all_that_was_recorded_is_answered_as_recorded_also_after_a_restart(tmp_path):
    told = asked_again(tmp_path, GOLDEN)

    failed = {text.partition("\n")[0] for text in told[:-1]}
    assert failed <= ON_PURPOSE, told
    assert told[-1] == f"{786 - len(failed)} passed, {len(failed)} failed\n"

    queries = tmp_path / "queries"
    queries.mkdir()
    for name in ("golden_queries.json", "golden_dataset.lp"):
        shutil.copy(GOLDEN / name, queries)
    assert asked_again(tmp_path, queries) == ["228 passed, 0 failed\n"]


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
