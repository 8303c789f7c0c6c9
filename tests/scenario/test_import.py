"""A database of another server brought into a real hub, and on where it was interrupted."""

import json
import signal
import time

import pytest
from neighbours import InfluxDB
from processes import Process, free_port_base, until
from test_influx_query import series_of
from test_influx_write import Client, clients, hub_of  # noqa: F401 - a fixture
from test_neighbours import ordered
from test_netdata_doors import free_port

pytestmark = pytest.mark.scenario

SECOND_NS = 10**9
POINTS = 3_000


def lines(start):
    for number in range(POINTS):
        at = start - number * SECOND_NS
        key = f"m,host=h{number % 7},where=a\\ b"
        yield f'{key} f={number}.5,i={number}i,s="x \\"{number}\\"",b=t {at}'
    yield rf'we\ ird\,"m\,ta\=g=a\,\ b,"t"=\"q f\ i\"e=1i,"time"=2 {start}'
    yield f"whole,host=h f=1 {start}"
    yield f"whole,host=h f=2.25 {start + 1}"


def test_a_hubs_own_database_is_copied_with_kinds_tags_and_times(tmp_path, clients):  # noqa: F811
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    try:
        client = clients(port)
        ordered(client, "CREATE DATABASE one WITH DURATION 52w NAME year")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        assert client.flush(lines(start), db="one") == (204, "")
        url = f"http://127.0.0.1:{port}"
        state = tmp_path / "state.json"
        words = ("import", "influx", url, "--db", "one", "--into", "two", "--state", str(state))
        report = hub.muster(*words, "--json")
        assert (report["points"], report["refused"]) == (POINTS + 3, 0)
        assert report["measurements"]["year"]["m"]["points"] == POINTS

        for query in (
            "SELECT * FROM year.m GROUP BY * LIMIT 5",
            "SELECT count(*), sum(i), last(s) FROM year.m GROUP BY host",
            "SELECT * FROM year.whole",
            "SELECT * FROM year./ird/ GROUP BY *",
            "SHOW FIELD KEYS FROM year.m",
        ):
            assert series_of(client, query, db="two") == series_of(client, query, db="one") != []
        assert client.flush([f"whole,host=h f=3 {start + 2}"], db="one") == (204, "")
        again = hub.muster(*words, "--json")
        assert again["points"] == POINTS + 4
        (whole,) = series_of(client, "SELECT count(f) FROM year.whole", db="two")
        assert whole["values"][0][1] == 3

        refused = hub.muster("import", "influx", url, "--db", "none", ok=False)
        assert "no database 'none'" in refused.stderr
    finally:
        assert hub.stop() == 0, hub.said()


class OtherHub:
    """A hub as the source, asked as InfluxDB is: see neighbours.InfluxDB."""

    def __init__(self, folder, base, port):
        self.port = port
        self.hub = hub_of(folder, base, port, "off")

    def ask(self, method, path, body=None, **query):
        client = Client(self.port)
        try:
            return client.ask(method, path, body, **query)
        finally:
            client.close()

    def query(self, text, **more):
        status, found = self.ask("POST", "/query", q=text, epoch="ns", **more)
        assert status == 200, found
        (result,) = json.loads(found)["results"]
        assert "error" not in result, result
        return result.get("series", [])

    def stop(self):
        assert self.hub.stop() == 0, self.hub.said()


@pytest.fixture(params=["hub", "InfluxDB"])
def source(request, tmp_path):
    """Somebody who has a database; skips where there is no real InfluxDB."""
    folder = tmp_path / "source"
    folder.mkdir()
    if request.param == "hub":
        made = OtherHub(folder, free_port_base(), free_port())
    else:
        made = InfluxDB(folder, free_port(), free_port())
    yield made
    made.stop()


def test_a_database_is_brought_also_when_hub_and_import_are_killed(tmp_path, clients, source):  # noqa: F811
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    try:
        source.query("CREATE DATABASE one")
        select = "SELECT mean(f) INTO x FROM m GROUP BY time(1h)"
        source.query(f"CREATE CONTINUOUS QUERY c ON one BEGIN {select} END")
        start = time.time_ns() // SECOND_NS * SECOND_NS
        assert source.ask("POST", "/write", "\n".join(lines(start)), db="one")[0] == 204
        old = start - 300 * 86_400 * SECOND_NS
        assert source.ask("POST", "/write", f"m,host=old f=1.5 {old}", db="one")[0] == 204
        url = f"http://127.0.0.1:{source.port}"
        words = ("import", "influx", url, "--db", "one", "--state", str(tmp_path / "state.json"))
        running = Process("--data", str(hub.data), *words)
        until(
            "it has begun",
            lambda: (tmp_path / "state.json").exists() or running.process.poll() is not None,
        )
        running.stop(signal.SIGKILL)
        hub.stop(signal.SIGKILL)
        hub = hub_of(tmp_path, base, port, "off")

        report = hub.muster(*words, "--json")
        assert report["refused"] == 0
        assert report["not_brought"]["continuous queries"] == 1
        client = clients(port)
        for query in (
            "SELECT count(*), sum(i), last(s), min(f), max(f) FROM m GROUP BY host",
            "SELECT * FROM whole",
            "SELECT * FROM /ird/ GROUP BY *",
            "SELECT * FROM m WHERE host = 'old'",
        ):
            assert series_of(client, query, db="one", epoch="ns") == source.query(query, db="one")
    finally:
        assert hub.stop() == 0, hub.said()
