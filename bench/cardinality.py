"""Many series beside Debian's InfluxDB and VictoriaMetrics: what they cost, and how they come back.

    .venv/bin/python bench/cardinality.py [--series 100000] [--systems muster,victoriametrics]

One writer sends a row of every series, 5,000 lines a body, and again a row of every series: the
first time all are new, the second time none is. Each series is a tag set of its own with one
field: 100 units of each host, as an exporter's. Then `SHOW TAG VALUES` of the hosts and of the
units is asked (VictoriaMetrics: the values of the label), the server is ended by SIGTERM and
started again until it answers the same. Plain HTTP on loopback for all three; only VictoriaMetrics
acknowledges what is not on disk. Memory is what is resident (of all of the server's threads).
`series_bytes` is the memory that the first rows added, by series. Prints JSON.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import peers
import points

LINES = 5_000  # of a body
UNITS = 100  # of a host
TURNS = 5
SECOND_NS = 10**9


class Server(NamedTuple):
    """One system under test while it runs."""

    port: int
    path: str  # points are written to
    usage: Callable[[], dict[str, float]]
    values: Callable[[str], int]  # how many a tag has, asked of the server


Start = Callable[[Path, bool], AbstractContextManager[Server]]  # True: with the data that is there


def bodies(series: int, turn: int, now_ns: int) -> Iterator[bytes]:
    time_ns = now_ns - (60 - 15 * turn) * SECOND_NS
    for first in range(0, series, LINES):
        numbers = range(first, min(series, first + LINES))
        yield "".join(
            f"{tags(each)} value={each * 7 % 1000 / 8 + turn} {time_ns}\n" for each in numbers
        ).encode()


def tags(number: int) -> str:
    host, unit = divmod(number, UNITS)
    rest = f"job=node,region=eu-{host % 7},unit=unit-{unit:03d}"
    return f"unit_load,host=host-{host:05d}.example.org,{rest}"


def write(server: Server, series: int, turn: int, now_ns: int) -> dict[str, float]:
    connection, busy = points.Connection(server.port), 0.0
    cpu_s = server.usage()["cpu_s"]
    for body in bodies(series, turn, now_ns):
        request = points.write_request(server.path, body)
        began = time.perf_counter()
        connection.write(request)
        busy += time.perf_counter() - began
    connection.close()
    used = server.usage()
    return {
        "rows_s": round(series / busy),
        "cpu_us_a_row": round((used["cpu_s"] - cpu_s) / series * 1e6, 2),
        "rss_mib": used["rss_mib"],
    }


def median_ms(ask: Callable[[], object]) -> float:
    found = []
    for _ in range(TURNS):
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return round(statistics.median(found) * 1e3, 1)


def bench(start: Start, work: Path, series: int) -> dict[str, object]:
    now_ns = time.time_ns() // SECOND_NS * SECOND_NS
    hosts = (series + UNITS - 1) // UNITS
    with start(work, False) as server:
        empty = server.usage()["rss_mib"]
        new = write(server, series, 0, now_ns)
        known = [write(server, series, turn, now_ns) for turn in (1, 2)][-1]
        _await(server, hosts)
        shown = {
            "first_ms": _ms(lambda: server.values("host")),
            "hosts_ms": median_ms(lambda: server.values("host")),
            "units_ms": median_ms(lambda: server.values("unit")),
        }
        used = server.usage()
        began = time.perf_counter()
    stopped_s = time.perf_counter() - began
    began = time.perf_counter()
    with start(work, True) as server:
        ready_s = time.perf_counter() - began
        _await(server, hosts)
        answers_s = time.perf_counter() - began
        again = server.usage()
    return {
        "new": new | {"series_bytes": round((new["rss_mib"] - empty) * 2**20 / series)},
        "known": known,
        "show_tag_values": shown,
        "rss_mib": {"empty": empty, "full": used["rss_mib"], "peak": used["rss_peak_mib"]},
        "disk_mb": used["disk_mb"],
        "restart": {
            "stopped_after_s": round(stopped_s, 2),
            "ready_after_s": round(ready_s, 2),
            "answers_after_s": round(answers_s, 2),
            "cpu_s": again["cpu_s"],
            "rss_mib": again["rss_mib"],
        },
    }


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return round((time.perf_counter() - began) * 1e3, 1)


def _await(server: Server, hosts: int) -> None:
    for _ in range(3_000):
        if server.values("host") == hosts:
            return
        time.sleep(0.1)
    raise SystemExit(f"{server.values('host')} hosts of {hosts} are shown")


def show(port: int, key: str) -> int:
    """How many values InfluxQL shows of a tag."""
    connection = points.Connection(port)
    try:
        series = connection.ask(f'SHOW TAG VALUES FROM unit_load WITH KEY = "{key}"')
    finally:
        connection.close()
    return len(series[0]["values"]) if series else 0


@contextmanager
def muster(work: Path, keep: bool) -> Iterator[Server]:
    hub = points.PointHub(work, "off", base=18700, port=18790, keep=keep)
    try:
        if not keep:
            points.Connection(hub.port).ask(f"CREATE DATABASE {points.DATABASE}")
        path = f"/write?db={points.DATABASE}"
        yield Server(hub.port, path, hub.usage, lambda key: show(hub.port, key))
    finally:
        hub.stop()


@contextmanager
def influxdb(work: Path, keep: bool) -> Iterator[Server]:
    with peers.influxdb(work, keep=keep) as peer:
        path = f"/write?db={points.DATABASE}"
        yield Server(peer.port, path, peer.usage, lambda key: show(peer.port, key))


@contextmanager
def victoriametrics(work: Path, keep: bool) -> Iterator[Server]:
    with peers.victoriametrics(work, keep=keep) as peer:

        def values(key: str) -> int:
            start = time.time_ns() // SECOND_NS - 3600
            url = peer.url(f"/api/v1/label/{key}/values", start=start)
            with urllib.request.urlopen(url, timeout=60) as answer:
                return len(json.loads(answer.read())["data"])

        yield Server(peer.port, "/write", peer.usage, values)


SYSTEMS = {"muster": muster, "victoriametrics": victoriametrics, "influxdb": influxdb}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    found: dict[str, object] = {"cores": os.cpu_count(), "series": options.series}
    for name in options.systems.split(","):
        found[name] = bench(SYSTEMS[name], options.work, options.series)
        print(name, found[name], file=sys.stderr, flush=True)
    print(json.dumps(found | {"load": os.getloadavg()}, indent=1))


if __name__ == "__main__":
    main()
