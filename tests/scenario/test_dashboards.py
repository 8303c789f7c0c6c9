"""Dashboards of a real hub: as files, from Grafana, shown to people without an account."""

import http.client
import json
import ssl
import time
from urllib.parse import urlsplit

import pytest
from processes import Hub, free_port_base, patiently, until

from muster.cli.exits import Exit

pytestmark = pytest.mark.scenario

GRAFANA = {
    "title": "From Grafana",
    "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "influxdb"}]},
    "panels": [
        {
            "type": "stat",
            "title": "Load",
            "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4},
            "targets": [
                {
                    "measurement": "system",
                    "select": [
                        [
                            {"type": "field", "params": ["load1"]},
                            {"type": "last", "params": []},
                        ]
                    ],
                }
            ],
        }
    ],
}


class Visitor:
    """Somebody with a browser and a link, and nothing else."""

    def __init__(self, hub, token):
        self.address = urlsplit(hub.ready["web"])
        self.context = ssl.create_default_context(cadata=hub.muster("ca", "show", "--pem"))
        self.headers = {"X-Muster-Link": token}

    def ask(self, method, path, body=None):
        connection = http.client.HTTPSConnection(
            self.address.hostname, self.address.port, context=self.context, timeout=60
        )
        try:
            data = json.dumps(body) if body is not None else None
            connection.request(method, path, data, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def panel(self, id, **variables):
        now = time.time_ns()
        body = {"from_ns": now - 600 * 10**9, "to_ns": now, "panel": id, "variables": variables}
        return self.ask("POST", "/api/v1/public/query", body)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "hub", free_port_base()


@pytest.fixture
def hub(place):
    hub = Hub(*place)
    yield hub
    hub.stop()


def ids(hub):
    return {each["id"]: each for each in hub.muster("dashboard", "list", "--json")}


def test_a_file_is_applied_changed_and_taken_back(hub, tmp_path):
    file = tmp_path / "few-systems.toml"
    file.write_text(hub.muster("dashboard", "export", "few-systems"))
    before = hub.muster("dashboard", "apply", str(file), "--json")
    file.write_text(file.read_text().replace('title = "Few Systems"', 'title = "Ours"'))
    dry = hub.muster("dashboard", "apply", str(file), "--dry-run", "--json")
    applied = hub.muster("dashboard", "apply", str(file), "--json")

    assert [each["change"] for each in (*before, *dry, *applied)] == [
        "unchanged",
        "created",
        "created",
    ]
    assert ids(hub)["few-systems"]["title"] == "Ours"
    (kept,) = (hub.data / "dashboards").rglob("*.toml")
    assert kept.read_text() == hub.muster("dashboard", "export", "few-systems")
    kept.write_text(kept.read_text().replace("grid = {", "grit = {", 1))
    assert "panels[0].grit: no such key" in ids(hub)["few-systems"]["error"]
    hub.muster("dashboard", "remove", "few-systems")
    assert ids(hub)["few-systems"]["built_in"]


def test_a_fault_in_one_file_keeps_none(hub, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('id = "good"\ntitle = "Good"\n')
    query = '[[panels]]\nid = "p"\n[[panels.queries]]\ntext = "DROP DATABASE x"\n'
    bad.write_text(f'id = "bad"\ntitle = "Bad"\n{query}')
    done = hub.muster("dashboard", "apply", str(good), str(bad), ok=False)

    assert done.returncode == Exit.USAGE
    assert f"{bad}:6: panels[0].queries[0].text: here only SELECT" in done.stderr
    assert "good" not in ids(hub)


def test_a_dashboard_of_grafana_is_taken_in_and_shown_by_a_link_until_it_is_revoked(
    place, tmp_path
):
    hub = Hub(*place)
    try:
        file = tmp_path / "grafana.json"
        file.write_text(json.dumps(GRAFANA))
        taken = hub.muster("dashboard", "import-grafana", str(file), "--json")
        assert len(taken["not_carried"]) == 1
        made = hub.muster("dashboard", "link", "create", "from-grafana", "--json")
    finally:
        assert hub.stop() == 0
    hub = Hub(*place)
    try:
        visitor = Visitor(hub, made["token"])

        def load():
            status, text = patiently(lambda: visitor.panel("load"), lambda answer: answer[1])
            assert status == 200, text
            (answer,) = json.loads(text)["answers"]
            assert answer["error"] == answer["text"] == ""
            return answer["series"]

        (series,) = until("the agent's load is shown", load)
        assert series["columns"][0]["kind"] == "float"
        status, text = visitor.ask("GET", "/api/v1/public/dashboard")
        assert (status, json.loads(text)["dashboard"]["id"]) == (200, "from-grafana")
        assert "SELECT" not in text
        assert visitor.panel("none")[0] == 404
        assert visitor.panel("load", host="x")[0] == 400
        for path in ("/api/v1/spaces", "/api/v1/nodes", "/api/v1/series"):
            assert visitor.ask("GET", path)[0] == 401
        hub.muster("dashboard", "link", "revoke", "from-grafana", made["link"]["id"])
        assert visitor.panel("load")[0] == 401
        actions = [each["action"] for each in hub.muster("audit", "list", "--json")]
        assert {"dashboard.create", "dashboard.share", "dashboard.unshare"} <= set(actions)
        assert made["token"] not in hub.said()
    finally:
        hub.stop()
