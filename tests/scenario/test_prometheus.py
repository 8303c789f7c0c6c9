"""A real Prometheus writes to a real hub, with a client certificate and without."""

import json
import signal

import pytest
from processes import claim, free_port_base, until
from prometheusreal import Prometheus
from test_influx_write import Client, hub_of
from test_netdata_doors import free_port

from muster.agent.joining.identity import load_identity

pytestmark = pytest.mark.scenario

RETRIED = "prometheus_remote_storage_samples_retried_total"
OWN = "prometheus_tsdb_head_samples_appended_total"
QUICK = "    queue_config: {batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 500ms}\n"


@pytest.fixture
def prometheus():
    """Makes Prometheuses, and stops them."""
    made = []

    def make(*words):
        made.append(Prometheus(*words))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def rows(client, query):
    """Values of the first series of an answer."""
    status, text = client.ask("GET", "/query", q=query, db="prometheus", epoch="ms")
    assert status == 200, text
    series = json.loads(text)["results"][0].get("series", [])
    return series[0]["values"] if series else []


def test_what_prometheus_scrapes_is_here_also_what_it_sent_while_the_hub_was_dead(
    tmp_path, prometheus
):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    client = Client(port)
    sender = prometheus(
        tmp_path / "prometheus",
        free_port(),
        f"  - url: http://127.0.0.1:{port}/api/v1/write\n{QUICK}",
    )
    query = f"SELECT value FROM {OWN}"
    try:
        until("samples are here", lambda: len(rows(client, query)) > 2)
        client.close()
        hub.stop(signal.SIGKILL)
        until("writes fail", lambda: sender.counted(RETRIED))
        hub = hub_of(tmp_path, base, port, "off")
        client = Client(port)
        pending = "prometheus_remote_storage_samples_pending"
        until("all was sent", lambda: sender.counted(pending) < 100)
        times = {
            round(float(at) * 1_000)
            for series in sender.query(f"{OWN}[2m]")
            for at, _ in series["values"]
        }
        wanted = sorted(times)[:-3]
        until("none is missing", lambda: set(wanted) <= {at for at, _ in rows(client, query)})
        assert sender.counted("prometheus_remote_storage_samples_failed_total") == 0
    finally:
        client.close()
        assert hub.stop() == 0, hub.said()


def test_by_a_certificate_its_samples_are_that_nodes(tmp_path, prometheus):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "mtls")
    try:
        token = hub.muster("token", "create", "--json")["token"]
        assert claim(tmp_path / "agent", token).returncode == 0
        identity = tmp_path / "agent" / "identity"
        sender = prometheus(
            tmp_path / "prometheus",
            free_port(),
            f"  - url: https://localhost:{port}/api/v1/write\n{QUICK}"
            f"    tls_config: {{ca_file: {identity}/anchors.pem, cert_file: {identity}/chain.pem,"
            f" key_file: {identity}/key.pem}}\n",
        )
        last = ("--field", "value", "--last", "10m", "--json")
        answer = until(
            "samples are here",
            lambda: hub.muster("query", "--measurement", "up", *last)["series"],
        )
        tags = dict(answer[0]["tags"])
        assert (tags["job"], tags["db"]) == ("prometheus", "prometheus")
        assert tags["node"] == load_identity(tmp_path / "agent").node.node
        assert sender.counted("prometheus_remote_storage_samples_failed_total") == 0
    finally:
        assert hub.stop() == 0, hub.said()


def test_prometheus_reads_what_another_one_wrote(tmp_path, prometheus):
    base, port, sender_port = free_port_base(), free_port(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    url = f"http://127.0.0.1:{port}/api/v1"
    try:
        sender = prometheus(tmp_path / "sender", sender_port, f"  - url: {url}/write\n{QUICK}")
        read = f"remote_read:\n  - url: {url}/read\n    read_recent: true\n"
        reader = prometheus(tmp_path / "reader", free_port(), "", read)
        query = f'{OWN}{{instance="127.0.0.1:{sender_port}",type="float"}}[1m]'
        (ours,) = until(
            "samples are read",
            lambda: [each for each in reader.query(query) if len(each["values"]) > 3],
        )
        (theirs,) = sender.query(query)

        assert ours["metric"] == theirs["metric"]
        assert ours["values"] == theirs["values"][: len(ours["values"])]
    finally:
        assert hub.stop() == 0, hub.said()
