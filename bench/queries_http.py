"""Small queries over HTTP beside Debian's VictoriaMetrics: same values, one run, in turns.

    .venv/bin/python bench/queries_http.py [--hosts 8] [--hours 12] [--fields 12] [--rounds 15]

Each host has some fields at 1 s, the last of them now. Muster is asked over its unix socket
(POST /api/v1/query), the peer over HTTP on loopback, both on one kept connection. Figures
are medians of the rounds in milliseconds: until the answer is read whole and, apart, with
its JSON decoded by this client. Both remember answers: "for the first time" asks each field
once, with nocache=1 of the peer; "again" asks the same again; "again after a step" moves the
window by one step each time. Past 48 hours steps are longer. Prints JSON.
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
# Both have merged what was just written, and Muster has summed up its hours.
SETTLE_S = 180


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def shape(fields: int) -> Layout:
    kinds = [Kind.FLOAT if index % 2 else Kind.INTEGER for index in range(fields)]
    return Layout(
        tuple(Series("small", (), f"field{index}", kind) for index, kind in enumerate(kinds))
    )


def rows(seed: int, count: int, fields: int) -> list[list]:
    import random

    draw = random.Random(seed)
    counters = [0] * fields
    out = []
    for _ in range(count):
        row: list = []
        for index in range(fields):
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
    layout = shape(len(values[0]))
    frames = load.encoded([[block] for block in data.blocks(layout, values, ROWS, start_ns)])
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


class Asker:
    """The same questions to both, by round: what is asked for the first time must be new."""

    def __init__(
        self,
        muster: MusterClient,
        victoria: VictoriaClient,
        node: str,
        end_ns: int,
        hours: int,
        fields: int,
    ) -> None:
        self._muster = muster
        self._victoria = victoria
        self._node = node
        self._end_s = end_ns // data.SECOND_NS
        self._hours = hours
        self._fields = fields

    def questions(self, rounds: int) -> dict:
        """Name -> (rounds, ours, theirs)."""
        span = f"over {self._hours} h"
        fine, coarse = (10, 60) if self._hours <= 48 else (60, 300)
        return {
            "one series, last hour, every value": (rounds, self._series_hour, self._their_hour),
            "last value of all series": (rounds, self._last, self._their_last),
            **self._thrice("mean", fine, span, rounds),
            **self._thrice("rate", coarse, span, rounds),
        }

    def _thrice(self, function: str, step_s: int, span: str, rounds: int) -> dict:
        name = f"8 series, {function} by {step_s} s {span}"

        def pair(of_round, moved_s: int = 0, **more: int):
            return (
                lambda at: self._steps(function, step_s, of_round(at), (rounds - at) * moved_s),
                lambda at: self._their_steps(
                    function, step_s, of_round(at), (rounds - at) * moved_s, **more
                ),
            )

        first = list(range(1 if function == "mean" else 0, self._fields, 2))
        return {
            f"{name}, for the first time": (
                len(first),
                *pair(lambda at: first[at % len(first)], nocache=1),
            ),
            f"{name}, again": (rounds, *pair(lambda at: first[0])),
            f"{name}, again after a step": (rounds, *pair(lambda at: first[0], moved_s=step_s)),
        }

    def _ask(self, **question: object) -> bytes:
        return self._muster.ask({"end_ns": self._end_s * data.SECOND_NS, "grid": True, **question})

    def _series_hour(self, at: int) -> bytes:
        select = {"measurement": "small", "fields": ["field1"], "nodes": [self._node]}
        return self._ask(select=select, start_ns=(self._end_s - 3600) * data.SECOND_NS)

    def _their_hour(self, at: int) -> bytes:
        return self._victoria.ask(
            "/api/v1/query_range",
            query='small_field1{host="host0"}',
            start=self._end_s - 3600,
            end=self._end_s - 1,
            step=1,
        )

    def _last(self, at: int) -> bytes:
        start_ns = (self._end_s - 300) * data.SECOND_NS
        return self._ask(select={"measurement": "small"}, start_ns=start_ns, function="last")

    def _their_last(self, at: int) -> bytes:
        return self._victoria.ask(
            "/api/v1/query", query='{__name__=~"small_.*"}', time=self._end_s - 1
        )

    def _steps(self, function: str, step_s: int, field: int, back_s: int) -> bytes:
        end_s = self._end_s - back_s
        return self._muster.ask(
            {
                "select": {"measurement": "small", "fields": [f"field{field}"]},
                "start_ns": (end_s - self._hours * 3600) * data.SECOND_NS,
                "end_ns": end_s * data.SECOND_NS,
                "function": function,
                "step_ns": step_s * data.SECOND_NS,
                "grid": True,
                "width": self._hours * 3600 // step_s,
            }
        )

    def _their_steps(
        self, function: str, step_s: int, field: int, back_s: int, **more: int
    ) -> bytes:
        name = {"mean": "avg_over_time", "rate": "rate"}[function]
        end_s = self._end_s - back_s
        return self._victoria.ask(
            "/api/v1/query_range",
            query=f"{name}(small_field{field}[{step_s}s])",
            start=end_s - self._hours * 3600,
            end=end_s - 1,
            step=step_s,
            **more,
        )


def measure(asks: dict, clients: tuple) -> dict:
    out: dict = {}
    for name, (rounds, *pair) in asks.items():
        read: tuple[list[float], list[float]] = ([], [])
        decoded: tuple[list[float], list[float]] = ([], [])
        found = [0, 0]
        for at in range(rounds):
            for side, ask in enumerate(pair):
                began = time.perf_counter()
                answer = ask(at)
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
    return round(statistics.median(times) * 1e3, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--fields", type=int, default=FIELDS, help="of each host")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    count = options.hours * 3600
    values = rows(1, count, options.fields)
    start_ns = (time.time_ns() // data.SECOND_NS - count) * data.SECOND_NS
    hub = ingest.Hub(options.work, steps_s=(count - LIVE_S, *[ROWS] * (LIVE_S // ROWS)))
    try:
        with peers.victoriametrics(options.work) as peer:
            folders = hub.claim(options.hosts)
            fill_muster(hub, folders, values, start_ns)
            fill_peer(peer, options.hosts, values, start_ns)
            time.sleep(SETTLE_S)
            node = load.Agent(folders[0]).node
            clients = MusterClient(hub), VictoriaClient(peer)
            end_ns = start_ns + count * data.SECOND_NS
            asks = Asker(*clients, node, end_ns, options.hours, options.fields).questions(
                options.rounds
            )
            print(json.dumps(measure(asks, clients), indent=1))
    finally:
        hub.stop()


if __name__ == "__main__":
    main()
