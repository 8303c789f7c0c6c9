"""A real Grafana at a real hub: data sources from files, health, panels, alerts, certificates."""

import gzip
import http.client
import json
import time
from urllib.parse import quote, urlencode

import pytest
from grafanareal import RealGrafana, server_or_skip
from processes import Agent, claim, free_port_base, until
from test_grafana import DATABASE, ORIGINALS, READER, SECRET, Grafana
from test_influx_write import FORM, TELEGRAF, hub_of
from test_netdata_doors import free_port

from muster.agent.joining.identity import load_identity
from muster.net.tls import client_context
from muster.testing.grafana import frames, targets
from muster.testing.homestack import HOSTS, PAGES, PINGS, lines

pytestmark = pytest.mark.scenario
BOARDS = ("few-systems", "internet", "smart")
# What the editor keeps with a query that is written out.
WRITTEN = {"rawQuery": True, "resultFormat": "time_series", "policy": "default"} | {
    "groupBy": [],
    "select": [],
    "tags": [],
}


def influx(name, url, anchors, sealed=(), **more):
    """A data source as the home stack's file has it, and the hub's CA. `sealed` is kept secret."""
    settings = {"tlsAuthWithCACert": True, **more.pop("jsonData", {})}
    return {
        **{"name": name, "type": "influxdb", "access": "proxy", "url": url},
        **{"database": DATABASE, "jsonData": settings, **more},
        "secureJsonData": {"tlsCACert": anchors, **dict(sealed)},
    }


def prometheus(name, url, anchors, sealed=(), **more):
    made = influx(name, url, anchors, sealed, **more)
    return {key: value for key, value in made.items() if key != "database"} | {"type": "prometheus"}


def sources_of(hub, anchors, token):
    """All ways to sign in that the guide names."""
    url = hub.ready["influx"]
    header = {"httpHeaderName1": "Authorization"}
    known = {"user": READER, "basicAuth": False}
    signed = {"basicAuth": True, "basicAuthUser": READER}
    custom = {"customQueryParameters": "db=prometheus"}
    password, sealed = {"password": SECRET}, {"basicAuthPassword": SECRET}
    return [
        influx("telegraf1", url, anchors, password, **known, isDefault=True),
        influx("post", url, anchors, password, **known, jsonData={"httpMode": "POST"}),
        influx("basic", url, anchors, sealed, **signed),
        influx("token", url, anchors, {"password": token}, user="any"),
        influx("header", url, anchors, {"httpHeaderValue1": f"Token {token}"}, jsonData=header),
        influx("wrong", url, anchors, {"password": "wrong"}, **known),
        prometheus("metrics", url, anchors, sealed, **signed, jsonData=custom),
    ]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The hub of the home stack, and a real Grafana with its sources and the three dashboards."""
    server_or_skip()
    asked = Grafana(tmp_path_factory.mktemp("hub"))
    anchors = asked.hub.muster("ca", "show", "--pem")
    boards = [
        json.loads(asked.hub.muster("dashboard", "export", board, "--format", "grafana"))
        for board in BOARDS
    ]
    sources = sources_of(asked.hub, anchors, asked.token["token"])
    asked.real = RealGrafana(tmp_path_factory.mktemp("grafana"), sources, boards)
    yield asked
    asked.real.stop()
    asked.link.close()
    assert asked.hub.stop() == 0, asked.hub.said()


def through(real, source, text, post=False):
    """The series of one statement through Grafana's proxy."""
    query = {"db": DATABASE, "epoch": "ms"}
    if post:
        return frames(*real.proxied(source, "POST", "/query", query, f"q={quote(text)}"))
    return frames(*real.proxied(source, "GET", "/query", {**query, "q": text}))


@pytest.mark.parametrize("source", ["telegraf1", "post", "basic", "token", "header"])
def test_each_way_to_sign_in_works(stack, source):
    is_post = source == "post"
    (found,) = through(stack.real, source, f'SHOW RETENTION POLICIES on "{DATABASE}"', is_post)
    assert [row[0] for row in found["values"]] == ["autogen", "old"]
    text = 'SELECT mean("used") FROM "mem" WHERE $timeFilter GROUP BY time($__interval), "host"'
    status, answered = stack.real.by_back_end(source, **WRITTEN, query=text)
    assert status == 200 and not answered.get("error"), answered
    assert len(answered.get("series") or answered["frames"]) == len(HOSTS)


def test_a_wrong_password_is_told(stack):
    status, text = stack.real.proxied("wrong", "GET", "/query", {"db": DATABASE, "q": "SHOW x"})
    assert status in (400, 401) and "uth" in text, text
    assert stack.real.by_back_end("wrong", **WRITTEN, query="SHOW MEASUREMENTS")[0] >= 400


@pytest.mark.parametrize("board", BOARDS)
def test_every_panel_gets_what_the_hub_answers(stack, board):
    chosen = {**stack.view.chosen, "url": PINGS, "server": PAGES}
    view = type(stack.view)(stack.view.from_ms, stack.view.to_ms, 60_000, chosen)
    kept = stack.real.get(f"/api/dashboards/uid/{board}")["dashboard"]
    for panel in targets(kept):
        texts = [view.fill(target["query"]) for target in panel]
        alone = [stack.shown(text) for text in texts]
        status, text = stack.real.proxied(
            "telegraf1", "GET", "/query", {"db": DATABASE, "q": ";".join(texts), "epoch": "ms"}
        )
        results = json.loads(text)["results"]
        assert status == 200 and [each.get("series", []) for each in results] == alone
        assert any(alone), texts


def test_every_query_of_the_original_dashboards_comes_through(stack):
    for text in map(stack.view.fill, ORIGINALS.splitlines()):
        found = through(stack.real, "telegraf1", text)
        assert found and through(stack.real, "post", text, post=True) == found, text


def test_prometheus_is_asked_by_browsers_and_for_alerts(stack):
    real, end = stack.real, stack.now // 10**9
    asked = {"query": "sum(up)", "time": end, "db": "prometheus"}
    for method, query, body in (("GET", asked, None), ("POST", {}, urlencode(asked))):
        status, text = real.proxied("metrics", method, "/api/v1/query", query, body)
        assert status == 200, text
        assert json.loads(text)["data"]["result"][0]["value"] == [end, "2"]
    status, answered = real.by_back_end("metrics", expr="up", step=60, range=True)
    assert status == 200 and len(answered.get("series") or answered["frames"]) == len(HOSTS)


def test_certificates_from_files_are_read_anew(tmp_path, monkeypatch):
    """As the guide has it where clients need certificates; each of these lives half a minute."""
    server_or_skip()
    monkeypatch.setenv("MUSTER_ENROL_AGENT_LIFETIME", "30s")
    port, folder = free_port(), tmp_path / "companion"
    hub = hub_of(tmp_path, free_port_base(), port, "mtls")
    token = hub.muster("token", "create", "--json")["token"]
    assert claim(folder, token).returncode == 0
    first = load_identity(folder)
    context = client_context(first.anchors(), key=first.key, chain=first.chain)
    viewer = hub.muster("user", "token", "create", "--role", "viewer", "--json")["token"]
    admin = hub.muster("user", "token", "create", "--json")["token"]
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    made = urlencode({"q": f"CREATE DATABASE {DATABASE}"})
    link.request("POST", "/query", made, {**FORM, "Authorization": f"Token {admin}"})
    assert "error" not in link.getresponse().read().decode()
    link.request("POST", f"/write?db={DATABASE}", gzip.compress(lines(time.time_ns())), TELEGRAF)
    assert link.getresponse().read() == b""
    link.close()

    files = {"tlsCACert": "anchors", "tlsClientCert": "chain", "tlsClientKey": "key"}
    sealed = {name: f"$__file{{{folder}/identity/{file}.pem}}" for name, file in files.items()} | {
        "password": viewer
    }
    source = influx("mtls", hub.ready["influx"], "", sealed, user="any", jsonData={"tlsAuth": True})
    companion, real = Agent(folder), RealGrafana(tmp_path / "grafana", [source])
    try:
        if real.version < (7, 2):
            pytest.skip("this Grafana reads no files from its provisioning: not tried")
        assert through(real, "mtls", "SHOW MEASUREMENTS")
        ends = [first.node.not_after_ns]

        def renewed_twice():
            end_ns = load_identity(folder).node.not_after_ns
            if end_ns != ends[-1]:
                ends.append(end_ns)
            return len(ends) > 2 and time.time_ns() > ends[1]

        asked = ("mtls", "GET", "/query", {"db": DATABASE, "q": "SHOW MEASUREMENTS"})

        def answered():
            """As the unit of the guide does with each new certificate."""
            real.reload()
            return real.proxied(*asked)[0] == 200

        until("the certificate is renewed twice", renewed_twice, 120)
        assert real.proxied(*asked)[0] >= 400  # with the first one, which is over
        until("the newest one is shown", answered)
    finally:
        real.stop()
        companion.stop()
        assert hub.stop() == 0, hub.said()
