"""Small queries over HTTP beside Debian's VictoriaMetrics: same values, one run, in turns.

    .venv/bin/python bench/queries_http.py [--hosts 8] [--hours 12] [--rounds 15]

Each host has 12 fields at 1 s, the last of them now. Muster is asked over its unix socket
(POST /api/v1/query), the peer over HTTP on loopback, both on one kept connection. Figures
are medians of the rounds in milliseconds: until the answer is read whole and, apart, with
its JSON decoded by this client. Prints JSON.
"""

import argparse
import asyncio
import http.client
import json
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import data
import ingest
import load
import peers

from muster.model.metric import Kind, Layout, Series

FIELDS = 12
ROWS = 600  # per frame and per body
# Sent as if live: longer than the head's window, so that what is older has left the head.
LIVE_S = 4800


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def shape() -> Layout:
    kinds = [Kind.FLOAT if index % 2 else Kind.INTEGER for index in range(FIELDS)]
    return Layout(
        tuple(Series("small", (), f"field{index}", kind) for index, kind in enumerate(kinds))
    )


def rows(seed: int, count: int) -> list[list]:
    import random

    draw = random.Random(seed)
    counters = [0] * FIELDS
    out = []
    for _ in range(count):
        row: list = []
        for index in range(FIELDS):
            if index % 2:
                total = draw.randrange(90, 111)
                row.append(100.0 * draw.randrange(total) / total)
            else:
                counters[index] += draw.randrange(2000)
                row.append(counters[index])
        out.append(row)
    return out


def fill_muster(hub: ingest.Hub, folders: list[Path], values: list, start_ns: int) -> None:
    """The old hours at once, the rest frame by frame: as if the hub had run all the time."""
    frames = load.encoded([[block] for block in data.blocks(shape(), values, ROWS, start_ns)])
    agents = [load.Agent(folder) for folder in folders]
    old = len(frames) - LIVE_S // ROWS
    hub.step()
    asyncio.run(_send(agents, frames, 0, old))
    for index in range(old, len(frames)):
        hub.step()
        asyncio.run(_send(agents, frames, index, index + 1))


async def _send(agents: list[load.Agent], frames: list, first: int, end: int) -> None:
    for agent in agents:
        await agent.open(last=end)
        begin = first // load.KEY_EVERY * load.KEY_EVERY  # what the hub has it only decodes
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(agent.push(frames[begin:end], first=begin + 1, window=end))
            jobs.create_task(agent.listen(until=end))
        await agent.close()


def fill_peer(peer: peers.Peer, hosts: int, values: list, start_ns: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", peer.port)
    for host in range(hosts):
        for at in range(0, len(values), ROWS):
            lines = []
            for index, row in enumerate(values[at : at + ROWS], at):
                cells = ",".join(
                    f"field{field}={cell!r}" + ("" if field % 2 else "i")
                    for field, cell in enumerate(row)
                )
                time_ns = start_ns + index * data.SECOND_NS
                lines.append(f"small,host=host{host} {cells} {time_ns}")
            connection.request("POST", "/write", "\n".join(lines))
            connection.getresponse().read()


class MusterClient:
    def __init__(self, hub: ingest.Hub) -> None:
        self._connection = UnixConnection(hub.data / "hub.sock")

    def ask(self, question: dict) -> bytes:
        self._connection.request("POST", "/api/v1/query", json.dumps(question))
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(body.decode())
        return body

    def values(self, answer: bytes) -> int:
        columns = json.loads(answer)["values"]
        return sum(len(column) - column.count(None) for column in columns)


class VictoriaClient:
    def __init__(self, peer: peers.Peer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", peer.port)

    def ask(self, path: str, **query: object) -> bytes:
        self._connection.request("GET", f"{path}?{urllib.parse.urlencode(query)}")
        return self._connection.getresponse().read()

    def values(self, answer: bytes) -> int:
        result = json.loads(answer)["data"]["result"]
        return sum(len(each.get("values", [0])) for each in result)


def questions(muster: MusterClient, victoria: VictoriaClient, node: str, end_ns: int, hours: int):
    end_s = end_ns // data.SECOND_NS
    hour_ns = 3600 * data.SECOND_NS

    def ours(**more: object) -> bytes:
        return muster.ask({"end_ns": end_ns, **more})

    one = {"measurement": "small", "fields": ["field1"]}
    return {
        "one series, last hour, every value": (
            lambda: ours(select={**one, "nodes": [node]}, start_ns=end_ns - hour_ns),
            lambda: victoria.ask(
                "/api/v1/query_range",
                query='small_field1{host="host0"}',
                start=end_s - 3600,
                end=end_s - 1,
                step=1,
            ),
        ),
        "last value of all series": (
            lambda: ours(
                select={"measurement": "small"},
                start_ns=end_ns - 300 * data.SECOND_NS,
                function="last",
            ),
            lambda: victoria.ask("/api/v1/query", query='{__name__=~"small_.*"}', time=end_s - 1),
        ),
        f"8 series, mean by 10 s over {hours} h": (
            lambda: ours(
                select=one,
                start_ns=end_ns - hours * hour_ns,
                function="mean",
                step_ns=10 * data.SECOND_NS,
            ),
            lambda: victoria.ask(
                "/api/v1/query_range",
                query="avg_over_time(small_field1[10s])",
                start=end_s - hours * 3600,
                end=end_s - 1,
                step=10,
            ),
        ),
    }


def measure(asks: dict, clients: tuple, rounds: int) -> dict:
    out: dict = {}
    for name, pair in asks.items():
        read: tuple[list[float], list[float]] = ([], [])
        decoded: tuple[list[float], list[float]] = ([], [])
        found = [0, 0]
        for _ in range(rounds + 2):
            for side, ask in enumerate(pair):
                began = time.perf_counter()
                answer = ask()
                read[side].append(time.perf_counter() - began)
                found[side] = clients[side].values(answer)
                decoded[side].append(time.perf_counter() - began)
        ours, theirs = (_median_ms(each) for each in read)
        out[name] = {
            "muster_ms": ours,
            "victoriametrics_ms": theirs,
            "ratio": round(ours / theirs, 2),
            "decoded_ms": [_median_ms(each) for each in decoded],
            "values": found,
        }
        print(name, out[name], file=sys.stderr, flush=True)
    return out


def _median_ms(times: list[float]) -> float:
    return round(statistics.median(times[2:]) * 1e3, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    count = options.hours * 3600
    values = rows(1, count)
    start_ns = (time.time_ns() // data.SECOND_NS - count) * data.SECOND_NS
    hub = ingest.Hub(options.work, steps_s=(count - LIVE_S, *[ROWS] * (LIVE_S // ROWS)))
    try:
        with peers.victoriametrics(options.work) as peer:
            folders = hub.claim(options.hosts)
            fill_muster(hub, folders, values, start_ns)
            fill_peer(peer, options.hosts, values, start_ns)
            time.sleep(15)  # both have merged what was just written
            node = load.Agent(folders[0]).node
            clients = MusterClient(hub), VictoriaClient(peer)
            end_ns = start_ns + count * data.SECOND_NS
            asks = questions(*clients, node, end_ns, options.hours)
            print(json.dumps(measure(asks, clients, options.rounds), indent=1))
    finally:
        hub.stop()


if __name__ == "__main__":
    main()
