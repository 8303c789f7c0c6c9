"""A real Prometheus that scrapes itself and writes to a hub: where the environment names one.

MUSTER_PROMETHEUS names it (Debian: /usr/bin/prometheus of the package `prometheus`).
"""

import http.client
import json
import os
import subprocess
from urllib.parse import urlencode

import pytest
from processes import until

PROMETHEUS = "MUSTER_PROMETHEUS"


class Prometheus:
    """Scrapes itself once a second; `remote` are the lines of its remote_write."""

    def __init__(self, folder, port: int, remote: str, read: str = ""):
        binary = os.environ.get(PROMETHEUS, "")
        if not binary:
            pytest.skip(f"{PROMETHEUS} names no prometheus: not tried with a real one")
        folder.mkdir(exist_ok=True)
        self.port = port
        self.log = folder / "log"
        config = folder / "prometheus.yml"
        config.write_text(
            f"""
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ["127.0.0.1:{port}"]
remote_write:
{remote}
{read}
"""
        )
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    binary,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--enable-feature=exemplar-storage",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until("Prometheus answers", self.answers)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.log.read_text()[-4_000:]

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            return self.ask("/-/ready")[0] == 200
        except OSError:
            return False

    def ask(self, path: str, **query: str) -> tuple[int, str]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request("GET", f"{path}?{urlencode(query)}")
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    def query(self, text: str) -> list:
        status, body = self.ask("/api/v1/query", query=text)
        assert status == 200, body
        return json.loads(body)["data"]["result"]

    def counted(self, metric: str) -> float:
        """One of its own counters, summed."""
        found = self.query(f"sum({metric})")
        return float(found[0]["value"][1]) if found else 0.0
