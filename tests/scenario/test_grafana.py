"""Grafana pointed at a hub: what its InfluxDB and Prometheus sources send, request by request."""

import base64
import gzip
import json
import ssl
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest
from processes import free_port_base
from test_influx_write import FORM, TELEGRAF, Client, hub_of
from test_netdata_doors import free_port

from muster.testing.grafana import (
    View,
    by_alert,
    by_back_end,
    by_browser,
    by_page,
    frames,
    of_prometheus,
    offered,
    targets,
)
from muster.testing.homestack import HOSTS, PAGES, PINGS, lines

pytestmark = pytest.mark.scenario

DATABASE, READER, WRITER = "telegraf1", "masysmareader", "masysmawriter"
SECRET = "only-for-tests-8Hdp"
ORIGINALS = (Path(__file__).parents[1] / "golden" / "grafana" / "originals.txt").read_text()
HOUR_MS = 3_600_000


def basic(name, password=SECRET):
    text = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


class Grafana:
    """A hub of the home stack with three hours of points, and somebody who looks at it."""

    def __init__(self, folder):
        port = free_port()
        self.hub = hub_of(folder, free_port_base(), port, "password")
        context = ssl.create_default_context(cadata=self.hub.muster("ca", "show", "--pem"))
        self.link = Client(port, context)
        self.token = self.hub.muster("user", "token", "create", "--role", "viewer", "--json")
        self.sign_in = basic(READER)
        self.run("CREATE USER root WITH PASSWORD 'only-for-tests-root' WITH ALL PRIVILEGES", {})
        for statement in (
            f'CREATE DATABASE "{DATABASE}"',
            "CREATE DATABASE prometheus",
            f"CREATE USER {READER} WITH PASSWORD '{SECRET}'",
            f"CREATE USER {WRITER} WITH PASSWORD '{SECRET}'",
            f"GRANT READ ON {DATABASE} TO {READER}",
            f"GRANT READ ON prometheus TO {READER}",
            f"GRANT WRITE ON {DATABASE} TO {WRITER}",
            f"GRANT WRITE ON prometheus TO {WRITER}",
            f"CREATE RETENTION POLICY old ON {DATABASE} DURATION 52w REPLICATION 1",
        ):
            self.run(statement, basic("root", "only-for-tests-root"))
        self.now = time.time_ns() // 10**9 * 10**9
        event = f'events title="Moved",text="to the attic",tags="work,disk" {self.now - 10**12}'
        self.write(DATABASE, lines(self.now) + b"\n" + event.encode())
        self.write("prometheus", node_exporter(self.now))
        end = self.now // 10**6
        self.view = View(end - 3 * HOUR_MS, end, 60_000, {"host": HOSTS, "device": ("sda", "sdb")})

    def run(self, statement, sign_in):
        status, text = self.send("POST", "/query", urlencode({"q": statement}), {**FORM, **sign_in})
        assert (status, "error" in text) == (200, False), text

    def write(self, database, body):
        headers = {**TELEGRAF, **basic(WRITER)}
        status, text = self.send("POST", f"/write?db={database}", gzip.compress(body), headers)
        assert status == 204, text

    def send(self, method, path, body=None, headers=None):
        answer, data = self.link.send(method, path, body or None, headers)
        if answer.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        return answer.status, data.decode()

    def ask(self, asked):
        return self.send(asked.method, asked.path, asked.body, asked.headers)

    def shown(self, text, **more):
        """What a panel gets by the back end's request."""
        asked = by_back_end(DATABASE, self.view.fill(text), self.sign_in, **more)
        return frames(*self.ask(asked))

    def metrics(self, path, **more):
        """What the Prometheus source makes of an answer."""
        status, text = self.ask(of_prometheus(path, self.sign_in, **more))
        document = json.loads(text)
        assert (status, document["status"]) == (200, "success"), text
        return document["data"]


def node_exporter(now):
    """An hour of what a Prometheus that asks a node exporter writes, in InfluxDB's mapping."""
    for_each = []
    for step in range(240):
        at = now - (239 - step) * 15 * 10**9
        for host in HOSTS:
            labels = f"instance={host}:9100,job=node"
            for mode, rate in (("idle", 0.75), ("user", 0.25)):
                value = step * 15 * rate
                key = f"node_cpu_seconds_total,cpu=0,{labels},mode={mode}"
                for_each.append(f"{key} value={value} {at}")
            for_each.append(f"node_memory_MemTotal_bytes,{labels} value=8e9 {at}")
            for_each.append(f"node_memory_MemAvailable_bytes,{labels} value=2e9 {at}")
            for_each.append(f"up,{labels} value=1 {at}")
    return "\n".join(for_each).encode()


@pytest.fixture(scope="module")
def grafana(tmp_path_factory):
    grafana = Grafana(tmp_path_factory.mktemp("grafana"))
    yield grafana
    grafana.link.close()
    assert grafana.hub.stop() == 0, grafana.hub.said()


@pytest.mark.parametrize("post", [False, True])
def test_the_source_is_healthy_whatever_the_age_and_sign_in_of_grafana(grafana, post):
    checks = (
        f'SHOW RETENTION POLICIES on "{DATABASE}"',
        "SHOW MEASUREMENTS LIMIT 1",
        "SHOW measurements",
    )
    token = grafana.token["token"]
    for sign_in in (
        basic(READER),
        {"Authorization": f"Token {READER}:{SECRET}"},
        {"Authorization": f"Token {token}"},
        basic("any", token),
    ):
        for check in checks:
            asked = by_back_end(DATABASE, check, sign_in, post=post)
            (found,) = frames(*grafana.ask(asked))
            assert found["values"], check
    asked = by_browser(DATABASE, checks[:1], basic(READER), post=post)
    (found,) = frames(*grafana.ask(asked))
    assert [row[0] for row in found["values"]] == ["autogen", "old"]
    assert frames(*grafana.ask(by_page(DATABASE, checks[:1], READER, SECRET))) == [found]


def test_a_panel_shows_why_it_has_nothing(grafana):
    wrong = by_back_end(DATABASE, "SHOW measurements", basic(READER, "wrong"))
    status, text = grafana.ask(wrong)
    assert (status, json.loads(text)) == (401, {"error": "authorization failed"})
    with pytest.raises(AssertionError, match="400 error parsing query: found FROM"):
        grafana.shown('SELECT mean("used" FROM')
    with pytest.raises(AssertionError, match=r"200 undefined function nope\(\)"):
        grafana.shown('SELECT nope("used") FROM "mem"')
    with pytest.raises(AssertionError, match="403 error authorizing query"):
        grafana.shown("DROP MEASUREMENT mem")
    assert grafana.shown('SELECT mean("used") FROM "nothing" WHERE $timeFilter') == []


def test_the_builder_finds_names_in_the_words_of_its_menus(grafana):
    def names(text):
        return offered(grafana.shown(text))

    assert {"cpu", "mem", "ping"} <= set(names("SHOW MEASUREMENTS LIMIT 100"))
    assert names("SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)SWA/ LIMIT 100") == ["swap"]
    assert names("SHOW MEASUREMENTS WHERE \"url\" = '8.8.4.4' LIMIT 100") == ["ping"]
    assert names('SHOW TAG KEYS FROM "cpu"') == ["cpu", "host"]
    assert names('SHOW TAG VALUES FROM "mem" WITH KEY = "host"') == list(HOSTS)
    lately = "WHERE time > now() - 1h"  # of 11 on, where the data source is set so
    assert names(f'SHOW TAG VALUES FROM "mem" WITH KEY = "host" {lately}') == list(HOSTS)
    assert names(f'SHOW TAG KEYS FROM "cpu" {lately}') == ["cpu", "host"]
    where = "WHERE \"fstype\" = 'udf'"
    assert names(f'SHOW TAG VALUES FROM "disk" WITH KEY = "path" {where}') == ["/cd"]
    assert names('SHOW FIELD KEYS FROM "swap"') == ["total", "used", "used_percent"]
    assert names('SHOW FIELD KEYS FROM "old"."swap"') == []
    assert names("SHOW TAG KEYS FROM /^sys/") == ["host"]


def test_the_builders_queries_have_answers(grafana):
    first, *more = grafana.shown(
        'SELECT mean("usage_idle") AS "idle" FROM "cpu" WHERE ("cpu"::tag = \'cpu-total\' AND'
        ' "host"::tag =~ /^$host$/) AND $timeFilter GROUP BY time($__interval), "host"::tag'
        " fill(null)"
    )
    assert first["tags"] == {"host": "alder"} and len(more) == 1
    assert len(first["values"]) == 181
    assert {right[0] - left[0] for left, right in pairwise(first["values"])} == {60_000}

    loose = (
        'SELECT "load15" FROM "system" WHERE  $timeFilter ORDER BY time DESC limit 5 slimit 6'
        " tz('Europe/Berlin')"
    )
    (series,) = grafana.shown(loose)
    assert len(series["values"]) == 5 and series["values"][0][0] > series["values"][2][0]
    assert grafana.shown(loose, post=True) == [series]
    assert grafana.shown(loose, policy="old") == []
    (table,) = grafana.shown(
        'SELECT last("used") FROM "mem" WHERE time > now() - 3h AND $timeFilter'
    )
    assert table["columns"] == ["time", "last"]
    (half,) = grafana.shown(
        'SELECT sum("uptime") / $__interval_ms FROM "system" WHERE time >= 1600000000s AND'
        " $timeFilter GROUP BY time(500ms) limit 1"
    )
    assert len(half["values"]) == 1


def test_an_alert_reads_seconds(grafana):
    text = (
        'SELECT mean("used") FROM "mem" WHERE "host" = \'alder\' AND time > now() - 3h'
        ' and time < now() - 5m GROUP BY time(1m), "host" fill(null)'
    )
    found = [
        frames(*grafana.ask(by_alert(DATABASE, text, basic(READER), post=post)))
        for post in (False, True)
    ]
    for (series,) in found:
        assert {right[0] - left[0] for left, right in pairwise(series["values"])} == {60}


def test_variables_hang_on_each_other(grafana):
    hosts = offered(grafana.shown("SHOW TAG VALUES FROM system WITH KEY=host;"))
    assert sorted(hosts) == list(HOSTS)
    of_host = View(0, 1, 1, {"host": hosts}).fill(
        "SHOW TAG VALUES FROM smart_attribute with key=device WHERE host =~ /^$host$/"
    )
    assert "/^(alder|birch)$/" in of_host
    assert offered(grafana.shown(of_host)) == ["sda", "sdb"]
    pages = View(0, 1, 1, {"page": PAGES}).fill(
        'SHOW TAG VALUES FROM "http_response" WITH KEY = "server" WHERE "server" =~ /^$page$/'
    )
    assert offered(grafana.shown(pages)) == sorted(PAGES)


def test_annotations_and_filters_put_in_by_hand(grafana):
    events = 'SELECT "title", "tags", "text" FROM "events" WHERE $timeFilter'
    (found,) = grafana.shown(events)
    assert found["columns"] == ["time", "title", "tags", "text"]
    assert found["values"][0][1:] == ["Moved", "work,disk", "to the attic"]

    assert {"host", "url"} <= set(offered(grafana.shown("SHOW TAG KEYS")))
    assert offered(grafana.shown('SHOW TAG VALUES WITH KEY = "url"')) == sorted(PINGS)
    (kept,) = grafana.shown(
        'SELECT last("used") FROM "mem" WHERE $timeFilter AND "host" = \'birch\' GROUP BY "host"'
    )
    assert kept["tags"] == {"host": "birch"}


@pytest.mark.parametrize("board", ["few-systems", "internet", "smart"])
def test_every_panel_of_the_three_dashboards_taken_to_grafana_is_filled(grafana, board):
    made = json.loads(grafana.hub.muster("dashboard", "export", board, "--format", "grafana"))
    view = View(
        grafana.view.from_ms,
        grafana.view.to_ms,
        grafana.view.interval_ms,
        {**grafana.view.chosen, "url": PINGS, "server": PAGES},
    )
    panels = targets(made)
    assert len(panels) >= 4
    for panel in panels:
        texts = [view.fill(each["query"]) for each in panel]
        alone = [grafana.shown(text) for text in texts]
        status, text = grafana.ask(by_browser(DATABASE, texts, basic(READER)))
        together = json.loads(text)["results"]
        assert status == 200 and [each.get("series", []) for each in together] == alone
        assert any(alone), texts


def test_every_query_of_the_original_dashboards_is_answered_as_they_send_it(grafana):
    now = replace(grafana.view, since="3h")
    texts = ORIGINALS.splitlines()
    assert len(texts) == 29
    for text in texts:
        asked = by_browser(DATABASE, [now.fill(text)], basic(READER))
        by_get = frames(*grafana.ask(asked))
        assert by_get, text
        asked = by_browser(DATABASE, [grafana.view.fill(text)], basic(READER), post=True)
        assert frames(*grafana.ask(asked)) == grafana.shown(grafana.view.fill(text)), text


def test_the_first_target_of_a_panel_may_be_hidden_and_the_last_end_in_a_semicolon(grafana):
    used = grafana.view.fill('SELECT last("used") FROM "mem" WHERE $timeFilter')
    for texts in (["", used], [used, used + ";"]):
        status, text = grafana.ask(by_browser(DATABASE, texts, basic(READER)))
        results = json.loads(text)["results"]
        assert status == 200 and len(results) == len([text for text in texts if text])
        assert all(result["series"] for result in results)


def test_the_prometheus_source_is_healthy_and_finds_names(grafana):
    assert grafana.metrics("query", query="1+1", time="4") == {
        "resultType": "scalar",
        "result": [4, "2"],
    }
    build = grafana.metrics("status/buildinfo", post=False)
    assert build["version"] and not build.get("features")

    start, end = str(grafana.view.from_ms // 1000), str(grafana.view.to_ms // 1000)
    custom = "db=prometheus"
    times = {"start": start, "end": end, "custom": custom}
    names = grafana.metrics("label/__name__/values", post=False, **times)
    assert {"node_cpu_seconds_total", "up"} <= set(names)
    labels = grafana.metrics("labels", **times, match="node_cpu_seconds_total")
    assert labels == ["__name__", "cpu", "instance", "job", "mode"]
    values = grafana.metrics(
        "label/instance/values", post=False, **times, match='up{job="node"}', limit="40000"
    )
    assert values == [f"{host}:9100" for host in HOSTS]
    series = grafana.metrics("series", **times, match='{__name__="up"}')
    assert len(series) == 2
    assert grafana.metrics("metadata", post=False, custom=custom, limit="20000") == {}
    assert grafana.metrics("rules", post=False, custom=custom) == {"groups": []}
    exemplars = {"query": "up", "start": start, "end": end, "custom": custom}
    assert grafana.metrics("query_exemplars", **exemplars) == []


@pytest.mark.parametrize("post", [True, False])
def test_a_node_exporters_dashboard_is_filled(grafana, post):
    end = grafana.view.to_ms // 1000 // 60 * 60
    times = {"start": str(end - 1800), "end": str(end), "step": "60", "custom": "db=prometheus"}
    idle = 'rate(node_cpu_seconds_total{mode="idle",job="node"}[1m0s])'
    cases = {
        f"100 - avg by (instance) ({idle}) * 100": 25,
        "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100": 75,
        'sum by (instance) (irate(node_cpu_seconds_total{instance=~"alder.*|birch.*"}[5m]))': 1,
        'count(up{job=~"node"} == 1) without (instance)': 2,
    }
    for query, value in cases.items():
        found = grafana.metrics("query_range", post=post, query=query, **times)
        assert found["resultType"] == "matrix" and found["result"], query
        for series in found["result"]:
            assert len(series["values"]) == 31
            assert [float(text) for _, text in series["values"]] == pytest.approx([value] * 31)
    instant = grafana.metrics(
        "query", post=post, query="topk(1, up)", time=f"{end}.5", custom="db=prometheus"
    )
    assert instant["result"][0]["value"] == [end + 0.5, "1"]


def test_what_telegraf_wrote_has_names_for_promql(grafana):
    found = grafana.metrics(
        "query",
        query='max by (host) (mem_used_percent{host=~"alder|birch"})',
        time=str(grafana.now // 10**9),
        custom=f"db={DATABASE}",
    )
    assert [each["metric"] for each in found["result"]] == [{"host": host} for host in HOSTS]
    status, text = grafana.ask(of_prometheus("query", grafana.sign_in, query="sum(", time="4"))
    assert (status, json.loads(text)["errorType"]) == (400, "bad_data")
