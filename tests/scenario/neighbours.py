"""Somebody to send points to: a strict server of `/write`, and a real InfluxDB where there is one.

The strict one takes what InfluxDB's subscribers take and nothing else, so that what a hub sends
is right in every word and not by a peer's kindness.
"""

import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from processes import until

INFLUXD, VICTORIA = "MUSTER_TEST_INFLUXD", "MUSTER_TEST_VICTORIAMETRICS"
LINE = re.compile(r"^[^ ]+( |\\ )[^ ].* -?[0-9]+$", re.DOTALL)


class Neighbour:
    """Listens at `port`; `stop` and `start` again, as a machine that is switched off and on."""

    def __init__(self, port):
        self.port = port
        self.lines = []
        self.requests = []
        self.faults = []
        self.answers = []  # statuses to give before all others
        self.start()

    def start(self):
        neighbour = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = neighbour.take(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # a hub that was killed

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def take(self, path, headers, body):
        if self.answers:
            return self.answers.pop(0)
        parts = urlsplit(path)
        query = {key: value[0] for key, value in parse_qs(parts.query, True).items()}
        self.requests.append((parts.path, query, headers))
        wanted = {"consistency", "db", "precision", "rp"}
        if parts.path != "/write" or set(query) != wanted or query["precision"] != "ns":
            self.faults.append(f"not what a subscriber is sent: {path}")
        if headers.get("User-Agent") != "InfluxDBClient" or headers.get("Content-Type"):
            self.faults.append(f"headers: {headers}")
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if not body.endswith(b"\n"):
            self.faults.append("no newline at the end")
        found = body.decode().splitlines()
        self.faults += [
            f"not a point with its time: {line}" for line in found if not LINE.match(line)
        ]
        self.lines += found
        return 204

    @property
    def times(self):
        return {int(line.rsplit(" ", 1)[1]) for line in self.lines}


class Datagrams:
    """Listens for datagrams at `port`."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(60)

    def take(self, count):
        return [self.socket.recv(65_536) for _ in range(count)]

    def close(self):
        self.socket.close()


class VictoriaMetrics:
    """A real one; skips, and says so, where MUSTER_TEST_VICTORIAMETRICS names none."""

    def __init__(self, folder: Path, port: int):
        binary = os.environ.get(VICTORIA, "")
        if not binary:
            pytest.skip(f"{VICTORIA} names no victoria-metrics: not tried with a real one")
        self.port = port
        self.words = [binary, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}"]
        self.start()

    def start(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.words, **quiet)
        until("VictoriaMetrics answers", lambda: self.ask("/health") == "OK")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, **query):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request("GET", f"{path}?{urlencode(query)}" if query else path)
            return link.getresponse().read().decode()
        except OSError:
            return ""
        finally:
            link.close()

    def samples(self, match):
        """{(value, ms)} of all series that match."""
        self.ask("/internal/force_flush")
        lines = self.ask("/api/v1/export", **{"match[]": match}).splitlines()
        series = [json.loads(line) for line in lines]
        return {
            pair for each in series for pair in zip(each["values"], each["timestamps"], strict=True)
        }


class InfluxDB:
    """A real InfluxDB 1.x; skips, and says so, where MUSTER_TEST_INFLUXD names none."""

    def __init__(self, folder: Path, port: int, rpc_port: int):
        binary = os.environ.get(INFLUXD, "")
        if not binary:
            pytest.skip(f"{INFLUXD} names no influxd of InfluxDB 1.x: not tried with a real one")
        self.port = port
        folder.mkdir(exist_ok=True)
        self.config = folder / "influxdb.conf"
        self.config.write_text(
            f"""
reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""
        )
        self.binary = binary
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.binary, "run", "-config", str(self.config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until("InfluxDB answers", self.answers)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def answers(self):
        try:
            return self.ask("GET", "/ping")[0] == 204
        except OSError:
            time.sleep(0.1)
            return False

    def ask(self, method, path, body=None, **query):
        http_ = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            http_.request(method, f"{path}?{urlencode(query)}" if query else path, body)
            answer = http_.getresponse()
            return answer.status, answer.read().decode()
        finally:
            http_.close()

    def query(self, text, **more):
        status, found = self.ask("POST", "/query", q=text, epoch="ns", **more)
        assert status == 200, found
        (result,) = json.loads(found)["results"]
        assert "error" not in result, result
        return result.get("series", [])
