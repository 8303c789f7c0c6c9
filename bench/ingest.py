"""Ingest beside Debian's InfluxDB and VictoriaMetrics: same values, same machine, one run.

    .venv/bin/python bench/ingest.py [--hosts 8] [--seconds 600] [--rounds 3]

Muster takes the values over its agents' link (mutual TLS, one link per host) and
acknowledges when they are on disk; the peers take line protocol over plain HTTP on
loopback, one connection per host, one body per second of one host. Rounds alternate
between systems; figures are medians. Prints JSON.
"""

import argparse
import asyncio
import atexit
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import data
import load
import peers

LATER = 3  # muster's exit code for "trying later may help"
MUSTER = [sys.executable, "-m", "muster"]


class Hub:
    """A hub process without an agent of its own, and claimed folders for simulated ones."""

    def __init__(
        self,
        work: Path,
        base: int = 18600,
        *,
        keep: bool = False,
        steps_s: tuple[int, ...] = (),
        words: tuple[str, ...] = (),
        settings: dict[str, str] | None = None,
    ) -> None:
        """`words` are more of the command's, `settings` more of its environment."""
        self.data = work / "hub"
        if not keep:
            shutil.rmtree(self.data, ignore_errors=True)
        command = [*MUSTER, "hub", "--data", str(self.data), "--port-base", str(base), "--json"]
        command += words
        if steps_s:
            program = str(Path(__file__).with_name("hub_at.py"))
            command = [sys.executable, program, str(self.data), str(base), *map(str, steps_s)]
        self._log = (work / "hub.log").open("ab")
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "MUSTER_LISTEN_ADDRESSES": "127.0.0.1", **(settings or {})},
        )
        atexit.register(self.process.kill)  # a bench that breaks off leaves no hub behind
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())

    def muster(self, *words: str, stdin: str = "") -> str:
        """Output of a command; asked again while the hub says "later" (exit code 3)."""
        command = [*MUSTER, "--data", str(self.data), *words]
        for _ in range(60):
            done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout
            if done.returncode != LATER:
                break
            time.sleep(1)
        raise SystemExit(f"{words}: {done.returncode}: {done.stderr}")

    def claim(self, count: int) -> list[Path]:
        token = self.muster("token", "create", "--uses", str(count))
        folders = []
        for index in range(count):
            folder = self.data.parent / f"agents/{index}"
            shutil.rmtree(folder, ignore_errors=True)
            command = [*MUSTER, "agent", "claim", "--token-file", "-", "--data", str(folder)]
            subprocess.run(command, input=token, text=True, check=True, capture_output=True)
            folders.append(folder)
        return folders

    def step(self) -> None:
        """Move the clocks of a hub that began in the past."""
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)

    def usage(self) -> dict[str, float]:
        used = peers.usage(self.process.pid)
        return used | {"disk_mb": round(peers.folder_bytes(self.data) / 1e6, 1)}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


def bench_muster(
    work: Path, hosts: int, values: list, rows: int, base: int = 18600
) -> dict[str, float]:
    shape = data.layout()
    batches = [[block] for block in data.blocks(shape, values, rows, start_ns=_recent(values))]
    frames = load.encoded(batches)
    hub = Hub(work, base)
    try:
        folders = hub.claim(hosts)
        before, own_s = hub.usage(), time.process_time()
        result = asyncio.run(_send(folders, frames))
        own_s = time.process_time() - own_s
        total = hosts * len(values) * data.COLUMNS
        used = hub.usage()
        found = _queryable(hub, shape, len(values), hosts)
        return {
            "acked_mvalues_s": round(total / result["wall_s"] / 1e6, 2),
            "ack_p50_ms": round(result["p50"] * 1e3, 2),
            "ack_p99_ms": round(result["p99"] * 1e3, 2),
            "queryable_after_ms": round(found * 1e3, 1),
            "cpu_s_per_10m": round((used["cpu_s"] - before["cpu_s"]) / total * 1e7, 2),
            "generator_cpu_s_per_10m": round(own_s / total * 1e7, 2),
            "rss_peak_mib": used["rss_peak_mib"],
            "bytes_per_value_wire": round(sum(len(b) for _, b in frames) * hosts / total, 3),
        }
    finally:
        hub.stop()


def _recent(values: list) -> int:
    """Times that end now: the hub's head answers for recent ones, as it would live."""
    now_ns = time.time_ns() // data.SECOND_NS * data.SECOND_NS
    return now_ns - len(values) * data.SECOND_NS


async def _send(folders: list[Path], frames: list) -> dict[str, float]:
    agents = [load.Agent(folder) for folder in folders]
    for agent in agents:
        await agent.open()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as jobs:
        for agent in agents:
            jobs.create_task(agent.run(frames, window=64))
    wall = max(agent.last_ack for agent in agents) - began
    latencies = [each for agent in agents for each in agent.latencies]
    for agent in agents:
        await agent.close()
    return {
        "wall_s": wall,
        "p50": load.percentile(latencies, 0.5),
        "p99": load.percentile(latencies, 0.99),
    }


def _queryable(hub: Hub, shape, count: int, hosts: int) -> float:
    """Seconds until a count over one field of all hosts finds every row."""
    began = time.perf_counter()
    words = ("query", "--measurement", "unit", "--field", "field0", "--tag", "line=line000",
             "--last", f"{count + 600}s", "--fn", "count", "--json")  # fmt: skip
    while True:
        rows = json.loads(hub.muster(*words))["rows"]
        if rows and sum(cell or 0 for row in rows for cell in row[1:]) == count * hosts:
            return time.perf_counter() - began


def bench_peer(start, work: Path, hosts: int, bodies: list[list[bytes]], path: str, count) -> dict:
    with start(work) as peer:
        before = peer.usage()
        began = time.perf_counter()
        latencies: list[float] = []
        threads = [
            threading.Thread(target=_post, args=(peer.port, path, bodies[host], latencies))
            for host in range(hosts)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - began
        acked = time.perf_counter()
        while count(peer) < len(bodies[0]) * hosts:
            time.sleep(0.02)
        total = sum(len(host) for host in bodies) * data.COLUMNS
        used = peer.usage()
        return {
            "acked_mvalues_s": round(total / wall / 1e6, 2),
            "ack_p50_ms": round(load.percentile(latencies, 0.5) * 1e3, 2),
            "ack_p99_ms": round(load.percentile(latencies, 0.99) * 1e3, 2),
            "queryable_after_ms": round((time.perf_counter() - acked) * 1e3, 1),
            "cpu_s_per_10m": round((used["cpu_s"] - before["cpu_s"]) / total * 1e7, 2),
            "rss_peak_mib": used["rss_peak_mib"],
        }


def _post(port: int, path: str, bodies: list[bytes], latencies: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
        began = time.perf_counter()
        connection.request("POST", path, body)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"{port}: status {answer.status}")
        latencies.append(time.perf_counter() - began)


def _get(peer: peers.Peer, path: str, **query: object) -> dict:
    import urllib.request

    with urllib.request.urlopen(peer.url(path, **query), timeout=60) as answer:
        return json.loads(answer.read())


def count_influx(peer: peers.Peer) -> int:
    question = "select count(field0) from unit where line='line000'"
    series = _get(peer, "/query", db="bench", q=question)["results"][0].get("series")
    return series[0]["values"][0][1] if series else 0


def count_victoria(peer: peers.Peer) -> int:
    question = 'sum(count_over_time(unit_field0{line="line000"}[1d]))'
    found = _get(peer, "/api/v1/query", query=question, time=time.time_ns() // data.SECOND_NS + 60)
    result = found["data"]["result"]
    return int(result[0]["value"][1]) if result else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=600, help="rows per host")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port-base", type=int, default=18600)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    values = data.rows(1, options.seconds)
    start_ns = _recent(values)
    bodies = [
        list(data.line_protocol(f"host{host}", values, start_ns)) for host in range(options.hosts)
    ]
    results: dict[str, list[dict]] = {}
    for _ in range(options.rounds):
        for name, run in {
            "muster, 1 row a frame": lambda: bench_muster(
                options.work, options.hosts, values, 1, options.port_base
            ),
            "muster, 10 rows a frame": lambda: bench_muster(
                options.work, options.hosts, values, 10, options.port_base
            ),
            "victoriametrics": lambda: bench_peer(
                peers.victoriametrics, options.work, options.hosts, bodies, "/write", count_victoria
            ),
            "influxdb": lambda: bench_peer(
                peers.influxdb, options.work, options.hosts, bodies, "/write?db=bench", count_influx
            ),
        }.items():
            results.setdefault(name, []).append(run())
            print(name, results[name][-1], file=sys.stderr, flush=True)
    medians = {
        name: {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        for name, rounds in results.items()
    }
    print(json.dumps({"cores": os.cpu_count(), "medians": medians, "rounds": results}, indent=1))


if __name__ == "__main__":
    main()
