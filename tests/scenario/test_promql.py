"""PromQL asked of a real hub: beside a real Prometheus, and as Grafana asks it for people."""

import http.client
import json
import ssl
from urllib.parse import urlencode, urlsplit

import pytest
from processes import Hub, free_port_base, until
from prometheusreal import Prometheus
from test_influx_write import FORM, Client, hub_of
from test_netdata_doors import free_port
from test_prometheus import OWN, QUICK

from muster.testing.promasking import alike

pytestmark = pytest.mark.scenario

QUERIES = [
    "up",
    "scrape_samples_scraped",
    f"rate({OWN}[8s])",
    f"increase({OWN}[5s] offset 1s)",
    "sum by (job) (rate(prometheus_http_requests_total[6s]))",
    "histogram_quantile(0.9, sum by (le) (prometheus_http_request_duration_seconds_bucket))",
    "topk(3, prometheus_http_requests_total)",
    "count({__name__=~'prometheus_tsdb_.*'})",
    "max_over_time(go_goroutines[5s]) - on(job) go_goroutines",
    "avg_over_time(process_resident_memory_bytes[5s:1s])",
    "absent(nothing_here)",
    "count by (__name__) ({__name__=~'go_gc_.*'})",
    "prometheus_build_info * on(instance) group_right(version) up",
    "label_replace(up, 'port', '$1', 'instance', '.*:(.*)')",
    "go_gc_duration_seconds{quantile=~'0|1'}",
    "deriv(go_memstats_alloc_bytes[6s]) > bool 0",
]


def test_answers_are_those_of_the_prometheus_that_writes(tmp_path):
    base, port = free_port_base(), free_port()
    hub = hub_of(tmp_path, base, port, "off")
    client = Client(port)
    sender = Prometheus(
        tmp_path / "prometheus",
        free_port(),
        f"  - url: http://127.0.0.1:{port}/api/v1/write\n{QUICK}",
    )

    def answer(query, **given):
        path = "/api/v1/query_range" if "step" in given else "/api/v1/query"
        theirs = sender.ask(path, query=query, **given)
        ours = client.ask(
            "POST", path, urlencode({"query": query, **given, "db": "prometheus"}), FORM
        )
        return [(status, json.loads(text)) for status, text in (theirs, ours)]

    try:
        until(
            "fifteen samples are made",
            lambda: len(sender.query(f"count_over_time({OWN}[1m]) > 14")),
        )
        end = int(sender.query("time()")[0]) - 3
        times = {"start": str(end - 8), "end": str(end), "step": "2"}

        def is_here():
            theirs, ours = answer(f"timestamp({OWN})", time=str(end))
            return theirs == ours and ours[1]["data"]["result"]

        until("what was scraped is here", is_here)
        for query in QUERIES:
            for given in ({"time": str(end)}, times):
                theirs, ours = answer(query, **given)
                assert theirs[0] == ours[0] == 200
                if query.startswith("histogram") or "topk" in query:  # in no order
                    for _, document in (theirs, ours):
                        document["data"]["result"].sort(key=str)
                assert alike(theirs[1], ours[1], 1e-9), (query, given, theirs, ours)
    finally:
        sender.stop()
        client.close()
        assert hub.stop() == 0, hub.said()


def test_people_ask_for_their_space_by_an_api_token(tmp_path):
    hub = Hub(tmp_path / "hub", free_port_base())
    made = hub.muster("user", "token", "create", "--role", "viewer", "--json")
    (space,) = hub.muster("space", "list", "--json")
    base = f"/api/v1/spaces/{space['id']}/prometheus/api/v1"
    pem = tmp_path / "ca.pem"
    pem.write_text(hub.muster("ca", "show", "--pem"))
    context = ssl.create_default_context(cafile=str(pem))
    web = http.client.HTTPSConnection("127.0.0.1", urlsplit(hub.ready["web"]).port, context=context)

    def ask(method, path, token=made["token"], **given):
        text = urlencode(given)
        headers = {"Authorization": f"Bearer {token}", **FORM}
        if method == "GET":
            web.request("GET", f"{base}/{path}?{text}", headers=headers)
        else:
            web.request("POST", f"{base}/{path}", text, headers)
        answer = web.getresponse()
        return answer.status, json.loads(answer.read())

    def found(query):
        status, answer = ask("POST", "query", query=query)
        assert status == 200, answer
        return answer["data"]["result"]

    try:
        (load,) = until("values are read", lambda: found("count(system_load1)"))
        assert load["value"][1] == "1"
        assert found("sum by (host) (avg_over_time(system_load1[1m]))")[0]["metric"]["host"]
        assert "system_load1" in ask("GET", "label/__name__/values")[1]["data"]
        assert ask("POST", "query", token=made["token"][:-4] + "aaaa", query="up")[0] == 401
    finally:
        web.close()
        assert hub.stop() == 0, hub.said()
