"""A real Grafana for scenario tests: its folders, data sources from files, what its server answers.

MUSTER_GRAFANA names its server (`grafana-server`, or `grafana`); MUSTER_GRAFANA_HOME the folder
with `conf` and `public` where that is neither beside it nor /usr/share/grafana.
"""

import base64
import http.client
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest
from processes import until
from test_netdata_doors import free_port

NAME, HOME = "MUSTER_GRAFANA", "MUSTER_GRAFANA_HOME"
ADMIN, PASSWORD = "masysma", "only-for-tests-boards"
SETTINGS = """
[paths]
data = {folder}/data
logs = {folder}/log
plugins = {folder}/plugins
provisioning = {folder}/provisioning
[server]
http_addr = 127.0.0.1
http_port = {port}
[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
[security]
admin_user = {user}
admin_password = {password}
[log]
mode = console
"""


def server_or_skip():
    """The program; skips, and says so, where MUSTER_GRAFANA names none."""
    program = os.environ.get(NAME, "")
    if not program:
        pytest.skip(f"{NAME} names no Grafana: not tried with a real one")
    return program


def home_of(program):
    places = (os.environ.get(HOME, ""), str(Path(program).parents[1]), "/usr/share/grafana")
    for place in filter(None, places):
        if (Path(place) / "conf" / "defaults.ini").is_file():
            return place
    raise AssertionError(f"{HOME} names no folder with conf/defaults.ini, and {places} are none")


class RealGrafana:
    """A server with what is laid into its provisioning folder."""

    def __init__(self, folder, sources, boards=()):
        program = server_or_skip()
        self.port = free_port()
        self.provisioning = folder / "provisioning"
        for name in ("datasources", "dashboards", "notifiers", "plugins", "alerting"):
            (self.provisioning / name).mkdir(parents=True)
        self.provide(sources)
        self._lay(folder / "boards", boards)
        settings = folder / "grafana.ini"
        words = {"folder": folder, "port": self.port, "user": ADMIN, "password": PASSWORD}
        settings.write_text(SETTINGS.format(**words))
        self.log = (folder / "grafana.log").open("w+")
        start = [program, "server"] if Path(program).name == "grafana" else [program]
        self.process = subprocess.Popen(
            [*start, "-homepath", home_of(program), "-config", str(settings)],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        self.version = until("Grafana answers", self._version, 120)
        self.ids = {each["name"]: each for each in self.get("/api/datasources")}

    def provide(self, sources):
        """Data sources as a file has them; YAML holds JSON."""
        text = json.dumps({"apiVersion": 1, "datasources": list(sources)})
        (self.provisioning / "datasources" / "muster.yaml").write_text(text)

    def _lay(self, folder, boards):
        folder.mkdir()
        for number, board in enumerate(boards):
            (folder / f"{number}.json").write_text(json.dumps(board))
        provider = {"name": "muster", "type": "file", "options": {"path": str(folder)}}
        text = json.dumps({"apiVersion": 1, "providers": [provider]})
        (self.provisioning / "dashboards" / "muster.yaml").write_text(text)

    def _version(self):
        """Its version once it answers, None before."""
        assert self.process.poll() is None, self.said()
        try:
            status, text = self.ask("GET", "/api/health")
        except OSError:
            return None
        if status != 200:
            return None
        return tuple(map(int, json.loads(text)["version"].partition("-")[0].split(".")))

    def ask(self, method, path, body=None):
        """Status and text, as its admin. Gzip is left alone: the answers are plain."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        known = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {known}", "X-Grafana-Org-Id": "1"}
        headers["Content-Type"] = "application/json"
        if isinstance(body, str):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        try:
            link.request(method, path, text, headers)
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    def get(self, path):
        status, text = self.ask("GET", path)
        assert status == 200, (path, text)
        return json.loads(text)

    def proxied(self, source, method, path, query, body=None):
        """What a data source answers through the proxy that browsers use."""
        known = self.ids[source]
        way = f"uid/{known['uid']}" if self.version >= (9,) else known["id"]
        return self.ask(method, f"/api/datasources/proxy/{way}{path}?{urlencode(query)}", body)

    def by_back_end(self, source, **query):
        """Status and what is answered to one query that the server itself makes, as for alerts."""
        known = self.ids[source]
        asked = {"refId": "A", "datasourceId": known["id"], "intervalMs": 60_000, **query}
        asked["datasource"] = {"uid": known.get("uid"), "type": known["type"]}
        path = "/api/ds/query" if self.version >= (7, 2) else "/api/tsdb/query"
        status, text = self.ask("POST", path, {"from": "3h", "to": "now", "queries": [asked]})
        found = json.loads(text)
        return status, found.get("results", {}).get("A", found)

    def reload(self):
        """Lets it read its data sources anew, and their certificates with them."""
        status, text = self.ask("POST", "/api/admin/provisioning/datasources/reload", {})
        assert status == 200, text

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]
