"""Line protocol over /write beside Debian's InfluxDB and VictoriaMetrics: same bodies, one run.

    .venv/bin/python bench/influx_write.py [--seconds 600] [--rounds 3] [--seconds-a-body 10]

The values are those of bench/data.py, one host for each connection: plain and gzipped, over one
connection and over four. Muster takes them over mutual TLS with the certificates of nodes and
acknowledges when they are on disk, as InfluxDB does; the peers take plain HTTP on loopback, and
VictoriaMetrics acknowledges what it has in memory. Each connection waits for an answer before it
sends the next body. `queryable_mvalues_s` counts until a query finds the last row of every host.
Prints JSON; figures are medians.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import data
import ingest
import load
import peers
import points


class Server(NamedTuple):
    """One system under test while it runs."""

    path: str  # points are written to
    usage: Callable[[], dict[str, float]]
    connect: points.Connect
    count: Callable[[], int]  # rows that a query finds of one series of each host, together


Start = Callable[[Path, int], AbstractContextManager[Server]]  # with so many connections


class Shape(NamedTuple):
    """How the bodies come."""

    packed: bool
    connections: int

    @property
    def name(self) -> str:
        return f"{'gzip' if self.packed else 'plain'}, {self.connections}"


@contextmanager
def muster(work: Path, connections: int) -> Iterator[Server]:
    hub = points.PointHub(work)
    try:
        contexts = [points.context_of(folder) for folder in hub.claim(connections)]
        token = hub.token()
        asking = points.Connection(hub.port, contexts[0])
        asking.ask(f"CREATE DATABASE {points.DATABASE}", token)
        question = "select count(field0) from unit where line='line000'"
        yield Server(
            f"/write?db={points.DATABASE}",
            hub.usage,
            lambda number: points.Connection(hub.port, contexts[number]),
            lambda: _first(asking.ask(question, token)),
        )
    finally:
        hub.stop()


@contextmanager
def victoriametrics(work: Path, connections: int) -> Iterator[Server]:
    del connections
    with peers.victoriametrics(work) as peer:
        yield _server(peer, "/write", partial(ingest.count_victoria, peer))


@contextmanager
def influxdb(work: Path, connections: int) -> Iterator[Server]:
    del connections
    with peers.influxdb(work) as peer:
        path = f"/write?db={points.DATABASE}"
        yield _server(peer, path, partial(ingest.count_influx, peer))


def _server(peer: peers.Peer, path: str, count: Callable[[], int]) -> Server:
    return Server(path, peer.usage, lambda _: points.Connection(peer.port), count)


def _first(series: list[dict]) -> int:
    return series[0]["values"][0][1] if series else 0


def bench(start: Start, work: Path, bodies: list[list[bytes]], shape: Shape, rows: int) -> dict:
    """Bodies are those of each connection."""
    total = rows * data.COLUMNS * shape.connections
    with start(work, shape.connections) as server:
        requests = [
            [points.write_request(server.path, body, shape.packed) for body in own]
            for own in bodies[: shape.connections]
        ]
        latencies: list[float] = []
        writing = [
            threading.Thread(target=_send, args=(server.connect(number), own, latencies))
            for number, own in enumerate(requests)
        ]
        before, own_s = server.usage(), time.process_time()
        began = time.perf_counter()
        for thread in writing:
            thread.start()
        for thread in writing:
            thread.join()
        acked_s = time.perf_counter() - began
        own_s = time.process_time() - own_s
        used = server.usage()
        while server.count() < rows * shape.connections:
            time.sleep(0.02)
        found_s = time.perf_counter() - began
        return {
            "acked_mvalues_s": round(total / acked_s / 1e6, 3),
            "queryable_mvalues_s": round(total / found_s / 1e6, 3),
            "ack_p50_ms": round(load.percentile(latencies, 0.5) * 1e3, 2),
            "ack_p99_ms": round(load.percentile(latencies, 0.99) * 1e3, 2),
            "cpu_s_per_10m": round((used["cpu_s"] - before["cpu_s"]) / total * 1e7, 2),
            "generator_cpu_s_per_10m": round(own_s / total * 1e7, 2),
            "rss_peak_mib": server.usage()["rss_peak_mib"],
        }


def _send(connection: points.Connection, requests: list[bytes], latencies: list[float]) -> None:
    for request in requests:
        began = time.perf_counter()
        connection.write(request)
        latencies.append(time.perf_counter() - began)
    connection.close()


def _bodies(hosts: int, seconds: int, each: int) -> list[list[bytes]]:
    values = data.rows(1, seconds)
    start_ns = time.time_ns() // data.SECOND_NS * data.SECOND_NS - seconds * data.SECOND_NS
    found = []
    for host in range(hosts):
        lines = list(data.line_protocol(f"host{host}", values, start_ns))
        found.append([b"".join(lines[at : at + each]) for at in range(0, seconds, each)])
    return found


SYSTEMS = {"muster": muster, "victoriametrics": victoriametrics, "influxdb": influxdb}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600, help="rows of each host")
    parser.add_argument("--seconds-a-body", type=int, default=10, help="of 150 lines each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    shapes = [Shape(packed, count) for packed in (False, True) for count in (1, 4)]
    results: dict[str, dict[str, list[dict]]] = {}
    for _ in range(options.rounds):
        bodies = _bodies(4, options.seconds, options.seconds_a_body)
        for shape in shapes:
            for name in options.systems.split(","):
                found = bench(SYSTEMS[name], options.work, bodies, shape, options.seconds)
                results.setdefault(shape.name, {}).setdefault(name, []).append(found)
                print(shape.name, name, found, file=sys.stderr, flush=True)
    medians = {
        shape: {
            name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
            for name, rounds in by_name.items()
        }
        for shape, by_name in results.items()
    }
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
    print(json.dumps(machine | {"medians": medians}, indent=1))


if __name__ == "__main__":
    main()
