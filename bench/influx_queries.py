"""InfluxQL over HTTP beside Debian's InfluxDB and VictoriaMetrics: same lines, in turns.

    .venv/bin/python bench/influx_queries.py [--hosts 20] [--hours 12] [--rounds 9] [--only TEXT]

All get what Telegraf sends of some hosts every ten seconds (cpu, mem, disk, net, system), the
newest now, by /write. Then each question is asked of all in turns, on one kept connection each:
of Muster and InfluxDB the same InfluxQL, of VictoriaMetrics, whose cache is off, what Grafana
would ask in its own language. Figures are medians in milliseconds until the answer is read
whole; `least` is the shortest, `first` the first time, `ratios` are Muster's over theirs, `cpu`
is the processor time that each process took for an answer, `rows` what each answered, `load` that
of the machine at the end. As all are asked in turns, each finds its caches cold. Muster's clock
goes along with the data: it has all of the data in memory, as a hub of this size that runs.
Prints JSON.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ingest
import peers
from promql import free_port, wait

from muster.clock import SystemClock

STEP_S = 10
CPUS = ("cpu-total", "cpu0", "cpu1", "cpu2", "cpu3")
MODES = ("user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest")
BODY_S = 600  # in one body
# Sent as if live: longer than the head's window, so that what is older has left the head.
LIVE_S = 4800
Ask = tuple[str, str | None, dict[str, object]]  # InfluxQL; MetricsQL, and how it is asked


def lines(host: int, chance: random.Random, time_s: int) -> Iterator[str]:
    of, at = f"host=host{host}", f"{time_s}000000000"
    for cpu in CPUS:
        cells = ",".join(f"usage_{mode}={chance.randrange(1000) / 10}" for mode in MODES)
        yield f"cpu,{of},cpu={cpu} {cells} {at}"
    used = chance.randrange(1 << 33)
    yield f"mem,{of} used={used}i,total=8589934592i,used_percent={used / (1 << 33) * 100} {at}"
    for path in ("/", "/home", "/var"):
        full = chance.randrange(1 << 38)
        cells = f"used={full}i,total=274877906944i,used_percent={full / (1 << 38) * 100}"
        yield f"disk,{of},path={path},fstype=ext4 {cells} {at}"
    for card in ("eth0", "eth1"):
        moved = time_s * (1000 + host)
        yield f"net,{of},interface={card} bytes_recv={moved}i,bytes_sent={moved}i,err_in=0i {at}"
    yield f"system,{of} load1={chance.random()},load15={chance.random()},uptime={time_s}i {at}"


def questions(end_s: int, hours: int, hosts: int) -> dict[str, Ask]:
    """Name -> what is asked of each."""
    ms, begin = 1_000, end_s - hours * 3600
    total, both = "cpu = 'cpu-total'", '__name__=~"disk_(used|total)",host="host1"'
    some = "|".join(f"host{number}" for number in range(min(8, hosts)))

    def between(start_s: int) -> str:
        return f"time >= {start_s * ms}ms and time <= {end_s * ms}ms"

    def over(query: str, start_s: int, step_s: int) -> tuple[str, dict[str, object]]:
        return query, {"start": start_s, "end": end_s, "step": step_s}

    def now(query: str) -> tuple[str, dict[str, object]]:
        return query, {"time": end_s}

    hour, three = end_s - 3600, end_s - 3 * 3600
    one = '("host" =~ /^host1$/)'
    return {
        "q1 one series, raw, last hour": (
            "SELECT usage_user FROM cpu WHERE host = 'host1' AND cpu = 'cpu-total' AND "
            + between(hour),
            *over('cpu_usage_user{host="host1",cpu="cpu-total"}', hour, STEP_S),
        ),
        "q2 mean by 1 min, 8 hosts, whole range": (
            f"SELECT mean(usage_user) FROM cpu WHERE host =~ /^({some})$/ AND {total} AND "
            f"{between(begin)} GROUP BY time(1m), host",
            *over(
                f'avg_over_time(cpu_usage_user{{host=~"{some}",cpu="cpu-total"}}[1m])', begin, 60
            ),
        ),
        "q3 max by 5 min, all hosts, whole range": (
            f"SELECT max(usage_user) FROM cpu WHERE {between(begin)} GROUP BY time(5m), host",
            *over("max by (host) (max_over_time(cpu_usage_user[5m]))", begin, 300),
        ),
        "q4 last of all": (
            f"SELECT last(usage_user) FROM cpu WHERE {between(end_s - 300)} GROUP BY host, cpu",
            *now("last_over_time(cpu_usage_user[5m])"),
        ),
        "q5 top 10 by mean of an hour": (
            f"SELECT top(m, host, 10) FROM (SELECT mean(usage_user) AS m FROM cpu WHERE "
            f"{between(hour)} GROUP BY host)",
            *now("topk(10, avg by (host) (avg_over_time(cpu_usage_user[1h])))"),
        ),
        "q6 count, whole range, by host": (
            f"SELECT count(usage_user) FROM cpu WHERE {between(begin)} GROUP BY host",
            *now(f"sum by (host) (count_over_time(cpu_usage_user[{hours}h]))"),
        ),
        "q7 newest 100 of a field": (
            f"SELECT usage_user FROM cpu WHERE {between(begin)} ORDER BY time DESC LIMIT 100",
            None,
            {},
        ),
        "q8 rate by 1 min, all cards, three hours": (
            "SELECT non_negative_derivative(max(bytes_recv), 1s) FROM net WHERE "
            f"{between(three)} GROUP BY time(1m), host, interface",
            *over("rate(net_bytes_recv[1m])", three, 60),
        ),
        "show tag values": ("SHOW TAG VALUES FROM system WITH KEY = host", None, {}),
        "show series": ("SHOW SERIES FROM disk", None, {}),
        "few systems: uptime": (
            f'SELECT last("uptime") FROM "system" WHERE {one} AND {between(three)}',
            *now('last_over_time(system_uptime{host="host1"}[3h])'),
        ),
        "few systems: cores": (
            f'SELECT 100 - last("usage_idle") FROM "cpu" WHERE {one} AND ("cpu" !~ /^cpu-total$/) '
            f'AND {between(three)} GROUP BY "cpu", time(20s)',
            *over(
                '100 - last_over_time(cpu_usage_idle{host="host1",cpu!="cpu-total"}[20s])',
                three,
                20,
            ),
        ),
        "few systems: file systems": (
            'SELECT last("used") AS "used", last("total") AS "total", last("used_percent") AS '
            f'"percent" FROM "disk" WHERE {one} AND "fstype" != \'udf\' AND {between(three)} '
            'GROUP BY "path"',
            *now('last_over_time({__name__=~"disk_.*",host="host1",fstype!="udf"}[3h])'),
        ),
        "few systems: network": (
            'SELECT last("bytes_recv") AS "rx", last("bytes_sent") AS "tx" FROM "net" WHERE '
            f'{one} AND "interface" !~ /^(veth|docker)/ AND {between(three)} GROUP BY "interface"',
            *now('last_over_time({__name__=~"net_bytes_.*",host="host1"}[3h])'),
        ),
        "few systems: cpu": (
            f'SELECT 100 - mean("usage_idle") FROM "cpu" WHERE {one} AND {between(three)} '
            "GROUP BY time(20s)",
            *over('100 - avg(avg_over_time(cpu_usage_idle{host="host1"}[20s]))', three, 20),
        ),
        "few systems: memory": (
            f'SELECT mean("used_percent") FROM "mem" WHERE {one} AND {between(three)} '
            "GROUP BY time(20s) fill(null)",
            *over('avg_over_time(mem_used_percent{host="host1"}[20s])', three, 20),
        ),
        "few systems: disks": (
            f'SELECT max("used_percent") FROM "disk" WHERE {one} AND {between(three)} '
            'GROUP BY time(20s), "host" fill(null)',
            *over(
                'max by (host) (max_over_time(disk_used_percent{host="host1"}[20s]))', three, 20
            ),
        ),
        "internet: max by name": (
            f"SELECT max(load1) FROM system WHERE {between(three)} GROUP BY time(20s), host",
            *over("max_over_time(system_load1[20s])", three, 20),
        ),
        "internet: count of failures": (
            f"SELECT COUNT(load1) FROM system WHERE (load1 > 0.9 OR load15 > 0.95) AND "
            f"{between(three)} GROUP BY host",
            *now(
                "count_over_time((system_load1 > 0.9 or system_load15 > 0.95)[3h:10s])"
            ),
        ),
        "smart: median by day": (
            'SELECT median("used") AS "normalized", median("total") AS "raw_value" FROM "disk" '
            f'WHERE {one} AND {between(begin)} GROUP BY time(1d), "path"',
            *now(f"quantile_over_time(0.5, {{{both}}}[{hours}h])"),
        ),
        "smart: difference of medians": (
            f'SELECT difference(median("used")) FROM "disk" WHERE {one} AND {between(begin)} '
            'GROUP BY time(10m), "path"',
            *over(
                'delta(quantile_over_time(0.5, disk_used{host="host1"}[10m])[20m:10m])', begin, 600
            ),
        ),
    }  # fmt: skip


class Client:
    def __init__(self, port: int) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self.http.request(method, path, body)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{path}: {answer.status} {text[:400]!r}")
        return text

    def timed(self, path: str) -> tuple[float, bytes]:
        begun = time.perf_counter()
        text = self.ask("GET", path)
        return (time.perf_counter() - begun) * 1e3, text


def cpu_ns(pid: int) -> int:
    """What all threads of a process have taken."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def influxql(text: str) -> str:
    return "/query?" + urllib.parse.urlencode({"db": "bench", "epoch": "ms", "q": text})


def metricsql(text: str, how: dict[str, object]) -> str:
    path = "/api/v1/query_range" if "step" in how else "/api/v1/query"
    return f"{path}?{urllib.parse.urlencode({'query': text, **how})}"


def create(port: int) -> None:
    """Our database, once the hub has read its journal."""
    path = "/query?" + urllib.parse.urlencode({"q": "CREATE DATABASE bench"})
    for _ in range(100):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        link.request("POST", path)
        if link.getresponse().status == 200:
            return
        time.sleep(0.2)
    raise SystemExit("no database could be made")


@contextmanager
def muster(work: Path, hours: int) -> Iterator[tuple[int, ingest.Hub]]:
    """A hub that began before the data's times."""
    port = free_port()
    steps = (3600 + hours * 3600 - LIVE_S, *[BODY_S] * (LIVE_S // BODY_S))
    os.environ["INFLUX_PORT"] = str(port)
    hub = ingest.Hub(work, free_port() % 20_000 + 20_000, steps_s=steps)
    try:
        wait(port, "/ping")
        create(port)
        yield port, hub
    finally:
        hub.stop()


def fill(clients: list[Client], hub: ingest.Hub, hosts: int, end_s: int, hours: int) -> int:
    """The old hours at once, the rest body by body: as if the hub had run all the time."""
    chance = random.Random(1)
    written = 0
    hub.step()
    for first_s in range(end_s - hours * 3600, end_s, BODY_S):
        if first_s >= end_s - LIVE_S:
            hub.step()
        made = [
            line
            for time_s in range(first_s + STEP_S, first_s + BODY_S + 1, STEP_S)
            for host in range(hosts)
            for line in lines(host, chance, time_s)
        ]
        written += len(made)
        body = "\n".join(made).encode()
        for client in clients:
            client.ask("POST", "/write?db=bench", body)
    return written


def rows_of(text: bytes) -> int:
    found = json.loads(text)
    if "results" in found:
        answer = found["results"][0]
        if "error" in answer:
            raise SystemExit(answer["error"])
        return sum(len(series["values"]) for series in answer.get("series", ()))
    return sum(len(each.get("values", [0])) for each in found["data"]["result"])


def measured(
    clients: dict[str, Client], pids: dict[str, int], asks: dict[str, Ask], rounds: int
) -> dict[str, object]:
    out: dict[str, object] = {}
    for title, (influx, metrics, how) in asks.items():
        paths = {name: influxql(influx) for name in clients if name != "victoriametrics"}
        if metrics is not None and "victoriametrics" in clients:
            paths["victoriametrics"] = metricsql(metrics, how)
        took: dict[str, list[float]] = {name: [] for name in paths}
        used: dict[str, list[float]] = {name: [] for name in paths}
        rows = {}
        for _ in range(rounds):
            for name, path in paths.items():
                before = cpu_ns(pids[name])
                spent, text = clients[name].timed(path)
                used[name].append((cpu_ns(pids[name]) - before) / 1e6)
                took[name].append(spent)
                rows[name] = rows_of(text)
        medians = {name: round(statistics.median(times), 2) for name, times in took.items()}
        others = [name for name in medians if name != "muster"]
        out[title] = {
            "ms": medians,
            "least": {name: round(min(times), 2) for name, times in took.items()},
            "first": {name: round(times[0], 1) for name, times in took.items()},
            "cpu": {name: round(statistics.median(times), 2) for name, times in used.items()},
            "ratios": {name: round(medians["muster"] / medians[name], 2) for name in others},
            "rows": rows,
        }
        print(title, out[title], file=sys.stderr, flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--settle", type=float, default=180, help="seconds before questions")
    parser.add_argument("--only", default="", help="questions with this text in their name")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        work = Path(folder)
        with (
            peers.influxdb(work, free_port()) as influx,
            peers.victoriametrics(work, free_port()) as victoria,
            muster(work, asked.hours) as (own, hub),
        ):
            ports = {"muster": own, "influxdb": influx.port, "victoriametrics": victoria.port}
            clients = {name: Client(port) for name, port in ports.items()}
            end_s = SystemClock().now_ns() // 1_000_000_000 // STEP_S * STEP_S
            count = fill(list(clients.values()), hub, asked.hosts, end_s, asked.hours)
            print(f"{count} lines written", file=sys.stderr, flush=True)
            time.sleep(asked.settle)
            clients = {name: Client(port) for name, port in ports.items()}
            every = questions(end_s, asked.hours, asked.hosts)
            chosen = {name: ask for name, ask in every.items() if asked.only in name}
            pids = {
                "muster": hub.process.pid,
                "influxdb": influx.process.pid,
                "victoriametrics": victoria.process.pid,
            }
            found = measured(clients, pids, chosen, asked.rounds)
            print(json.dumps({"lines": count, "load": os.getloadavg(), **found}, indent=1))


if __name__ == "__main__":
    main()
