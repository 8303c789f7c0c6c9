"""Telegraf by the recipe of Connect: its certificate, its settings, its points at a real hub."""

import http.client
import time
import tomllib
from urllib.parse import urlencode, urlsplit

import pytest
from processes import Hub, claim, free_port_base
from test_netdata_doors import free_port

from muster.agent.identity import load_identity
from muster.net.tls import client_context

pytestmark = pytest.mark.scenario


def test_what_connect_says_is_all_that_telegraf_needs(tmp_path):
    port = free_port()
    hub = Hub(tmp_path / "hub", free_port_base(), "--influx-port", str(port), command="hub")
    try:
        made = hub.muster("connect", "telegraf", "--json")
        files = {file["name"]: file["text"] for file in made["files"]}
        output = tomllib.loads(files["muster.conf"])["outputs"]["influxdb_v2"][0]
        assert claim(tmp_path / "telegraf", made["token"]["token"]).returncode == 0
        identity = load_identity(tmp_path / "telegraf")
        where = urlsplit(output["urls"][0])
        assert where.port == port

        # As Telegraf's influxdb_v2 does: an empty token still makes a header.
        context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
        link = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        query = urlencode({"bucket": output["bucket"], "org": output["organization"]})
        headers = {"Authorization": f"Token {output['token']}"}
        point = f"sent,host=liar v=1 {time.time_ns()}"
        link.request("POST", f"/api/v2/write?{query}", point, headers)
        answer = link.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
        link.close()

        last = ("--field", "v", "--last", "10m", "--json")
        (series,) = hub.muster("query", "--measurement", "sent", *last)["series"]
        assert dict(series["tags"])["node"] == identity.node.node
    finally:
        assert hub.stop() == 0, hub.said()


def test_without_a_listener_for_it_telegraf_is_not_offered(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base(), command="hub")
    try:
        refused = hub.muster("connect", "telegraf", ok=False)
        assert "influx.port" in refused.stderr
        assert hub.muster("token", "list", "--json") == []
    finally:
        assert hub.stop() == 0, hub.said()
