"""PromQL over HTTP beside Debian's Prometheus: same samples, same client, in turns.

    .venv/bin/python bench/promql.py /usr/bin/prometheus [--hosts 40] [--hours 3] [--new]

Both get the series of node exporters by remote write, one sample each 15 s, the newest now. Then
each query is asked of both, instant at the end or at 240 steps of the whole range. Figures are
medians in milliseconds, until the answer is read whole; `cpu` is processor time meanwhile, which
neighbours on the machine change less; `ratio` is Muster's over Prometheus'. `first` is the time of
the first answer: what is kept of it for the next ones is not there yet. Muster's clock goes along
with the data, so that it holds in memory what a hub of this size holds that runs; with `--new` it
has just begun, and asks its engine for all that is older.
Prints JSON.
"""

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import ingest

from muster.clock import SystemClock
from muster.testing.remotewriting import request_v1
from muster.wire.snappy import SNAPPY

STEP_S = 15
AT_ONCE = 500  # series in one message
SLICE = 40  # samples of each
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRITE = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
QUERIES = {
    "load of one": 'node_load1{instance="h3"}',
    "load of all": "node_load1",
    "cpu in use": '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100',
    "cpu by mode": "sum by (mode) (rate(node_cpu_seconds_total[5m]))",
    "memory in use": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "quantile": "quantile(0.9, rate(node_cpu_seconds_total[5m]))",
    "top": "topk(5, sum by (instance) (rate(node_cpu_seconds_total[5m])))",
    "longest": "max_over_time(node_load1[1h])",
    "ahead": "predict_linear(node_filesystem_avail_bytes[1h], 3600)",
    "latency": (
        "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))"
    ),
    "subquery": "max_over_time(sum by (instance) (rate(node_cpu_seconds_total[5m]))[30m:1m])",
}


def series_of(hosts: int):
    for host in range(hosts):
        of = (("instance", f"h{host}"), ("job", "node"))
        for cpu in range(4):
            for mode in ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"):
                yield name("node_cpu_seconds_total", *of, ("cpu", str(cpu)), ("mode", mode)), True
        for gauge in ("node_load1", "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"):
            yield name(gauge, *of), False
        for device in "abcd":
            yield name("node_filesystem_avail_bytes", *of, ("device", device)), False
        for bound in ("0.01", "0.05", "0.1", "0.5", "1", "+Inf"):
            yield name("http_request_duration_seconds_bucket", *of, ("le", bound)), True


def name(metric, *labels):
    return tuple(sorted((("__name__", metric), *labels)))


class OneWrite(http.client.HTTPConnection):
    """Head and body go together, as from Go's client, and so from Grafana."""

    def _send_output(self, message_body=None, encode_chunked=False) -> None:
        head = b"\r\n".join((*self._buffer, b"", b""))
        self._buffer.clear()
        self.send(head + (message_body or b""))


class Peer:
    def __init__(self, port: int, process: subprocess.Popen) -> None:
        self.http = OneWrite("127.0.0.1", port, timeout=120)
        self.tasks = Path(f"/proc/{process.pid}/task")

    def cpu_ms(self) -> float:
        """Processor time of all its threads that are there."""
        spent = 0
        for task in self.tasks.iterdir():
            try:
                spent += int((task / "schedstat").read_text().split()[0])
            except OSError:  # it ended
                continue
        return spent / 1e6

    def ask(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        self.http.request("POST", path, body, headers)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {text[:400]!r}")
        return text

    def timed(self, **given: str) -> tuple[float, bytes]:
        path = "/api/v1/query_range" if "step" in given else "/api/v1/query"
        body = urllib.parse.urlencode(given).encode()
        begun = time.perf_counter()
        text = self.ask(path, body, FORM)
        return (time.perf_counter() - begun) * 1e3, text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(port: int, path: str) -> None:
    for _ in range(600):
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", path)
            if link.getresponse().status < 300:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"nobody answers at port {port}")


def send(peers: list[Peer], hosts: int, hours: float, step: Callable[[], None]) -> tuple[int, int]:
    """The same to all, by time; the newest moment and how many series there are."""
    end = SystemClock().now_ns() // 1_000_000_000 // STEP_S * STEP_S
    times = [1_000 * (end - STEP_S * back) for back in range(int(hours * 3600 / STEP_S), -1, -1)]
    chance = random.Random(1)
    every = list(series_of(hosts))
    values = [chance.random() * 1e5 for _ in every]
    for start in range(0, len(times), SLICE):
        step()
        some = times[start : start + SLICE]
        for first in range(0, len(every), AT_ONCE):
            rows = []
            for number in range(first, min(first + AT_ONCE, len(every))):
                labels, is_counter = every[number]
                row = []
                for _ in some:
                    more = chance.random() * 15 if is_counter else chance.gauss(0, 1)
                    values[number] += more
                    row.append(values[number])
                rows.append((labels, some, row))
            block = SNAPPY.pack(request_v1(rows))
            for peer in peers:
                peer.ask("/api/v1/write", block, WRITE)
    return end, len(every)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prometheus")
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--settle", type=float, default=5, help="seconds before queries")
    parser.add_argument("--new", action="store_true", help="a hub that has just begun")
    asked = parser.parse_args()
    own, other, base = free_port(), free_port(), free_port() % 20_000 + 20_000
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text("global: {}\n")
        words = [
            asked.prometheus,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            "--web.enable-remote-write-receiver",
            f"--web.listen-address=127.0.0.1:{other}",
        ]
        hub = muster(Path(folder), base, own, 0 if asked.new else asked.hours)
        prometheus = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait(own, "/ping")
            wait(other, "/-/ready")
            running = (own, hub.process), (other, prometheus)
            step = hub.step if not asked.new else lambda: None
            end, series = send([Peer(*each) for each in running], asked.hosts, asked.hours, step)
            time.sleep(asked.settle)
            found = measured([Peer(*each) for each in running], end, series, asked)
            print(json.dumps(found | {"load": os.getloadavg()}, indent=2))
        finally:
            prometheus.terminate()
            hub.stop()
            prometheus.wait()


def muster(work: Path, base: int, port: int, hours: float) -> ingest.Hub:
    """A hub that began so long ago and an hour, or now."""
    if not hours:
        words = "--influx-port", str(port), "--influx-auth", "off"
        return ingest.Hub(work, base, words=words)
    os.environ["INFLUX_PORT"] = str(port)
    slices = -(-int(hours * 3600 / STEP_S + 1) // SLICE)
    return ingest.Hub(work, base, steps_s=(3600, *[SLICE * STEP_S] * (slices - 1)))


def measured(peers: list[Peer], end: int, series: int, asked: argparse.Namespace) -> dict:
    span = int(asked.hours * 3600)
    found: dict = {"series": series, "samples": series * (span // STEP_S + 1)}
    over = {"start": str(end - span), "end": str(end), "step": str(span / 240)}
    for kind, given in (("instant", {"time": str(end)}), ("range", over)):
        for title, query in QUERIES.items():
            took: list[list[float]] = [[], []]
            cpu: list[list[float]] = [[], []]
            for _ in range(asked.rounds):
                for peer, times, spent in zip(peers, took, cpu, strict=True):
                    before = peer.cpu_ms()
                    times.append(peer.timed(query=query, **given)[0])
                    spent.append(peer.cpu_ms() - before)
            first = {
                f"{name}_first_ms": round(times[0], 2)
                for name, times in zip(("muster", "prometheus"), took, strict=True)
            }
            found[f"{kind}: {title}"] = {**told(took, ""), **told(cpu, "cpu_"), **first}
    return found


def told(of: list[list[float]], what: str) -> dict[str, float]:
    ours, theirs = (statistics.median(each) for each in of)
    return {
        f"muster_{what}ms": round(ours, 2),
        f"prometheus_{what}ms": round(theirs, 2),
        f"{what}ratio": round(ours / theirs, 2) if theirs else 0,
    }


if __name__ == "__main__":
    main()
