"""A crowd of simulated Netdata agents on one hub: what a link costs, and how fast things go.

    .venv/bin/python bench/netdata.py [--agents 1000] [--settle 120] [--questions 500] [--cut 200]

Agents live in processes of their own (bench/netdataload.py), on the waits of the real one. First
fifty claim one after the other, then all others, `--at-once` of all at a time. They are left alone
for `--settle` seconds: what memory and CPU the hub takes meanwhile. Then one agent is asked through
the hub and at its own port, in turns, the same question, on connections that stay open; no
question is asked twice. At last `--cut` nodes are revoked, one after the other: from the request
to the end of the link. Everything shares this machine. Prints JSON; fails when an agent found
the hub to break a rule of the wire.

    .venv/bin/python bench/netdata.py --agent PREFIX/usr/sbin/netdata [--settle 120]

The same questions to a real agent (bench/netdataagent.py), and where their time goes.
"""

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import fleet
import ingest
import load
import netdataagent

from muster.net.client import Target, request
from muster.net.socketpath import short_path

HERE = Path(__file__).parent
ALONE = 50
NETDATA_PORT = 18729  # of the agents alone: the web's listener holds no such crowds
URL = "https://127.0.0.1:{port}"


class Connection:
    """HTTP/1.1 that stays open, as little of it as there can be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def get(self, path: str, *headers: str) -> tuple[float, bytes]:
        """Seconds until the whole answer was there, and its body."""
        lines = (f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", "")
        began = time.perf_counter()
        self._writer.write("\r\n".join(lines).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        body = await self._reader.readexactly(
            int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        )
        took = time.perf_counter() - began
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"{path}: {head[:60]!r} {body[:200]!r}")
        return took, body


class Crowd(fleet.Fleet):
    """All load processes."""

    def __init__(self, processes: int) -> None:
        self.workers = [fleet.Worker(str(HERE / "netdataload.py")) for _ in range(processes)]

    def make(self, hub: ingest.Hub, agents: int) -> int:
        """Agents of all processes; where the first one answers directly."""
        words = ("token", "create", "--dialect", "netdata", "--uses", str(agents), "--json")
        token = json.loads(hub.muster(*words))["token"]
        share = -(-agents // len(self.workers))
        for place, worker in enumerate(self.workers):
            mine = min(share, agents - place * share)
            told = {"url": URL.format(port=NETDATA_PORT), "trust": str(hub.data / "ca/root.pem")}
            told |= {"token": token, "first": place * share, "count": mine}
            worker.tell({"do": "make", **told})
        ports = [worker.answer()["port"] for worker in self.workers]
        return ports[0]

    def state(self) -> dict:
        told = self.do("state")
        for each in told:
            if each["violations"]:
                raise SystemExit(f"the hub broke rules: {each['violations']}")
        return {
            key: sum(each[key] for each in told)
            for key in ("online", "onlines", "queries", "cpu_s", "rss_mib")
        }


def times_ms(seconds: list[float]) -> dict:
    shares = {"p50_ms": 0.5, "p99_ms": 0.99}
    found = {name: round(load.percentile(seconds, at) * 1e3, 2) for name, at in shares.items()}
    return found | {"max_ms": round(max(seconds) * 1e3, 2), "count": len(seconds)}


def anonymous_kib(hub: ingest.Hub) -> int:
    """Memory of the hub's own: of libraries' files it lets go what only its start has read."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in fleet.family(hub.process.pid)]
    return sum(int(text.partition("RssAnon:")[2].split()[0]) for text in texts)


def joined(told: list[dict]) -> dict:
    return {
        name: times_ms([each for part in told for each in part[name]])
        for name in ("claimed_s", "online_s")
    }


async def ask(options, hub: ingest.Hub, crowd: Crowd, node: str, port: int, span: int) -> dict:
    """The same question through the hub and directly, in turns."""
    with short_path(hub.data / "hub.sock") as name:
        through = Connection(*await asyncio.open_unix_connection(name))
    direct = Connection(*await asyncio.open_connection("127.0.0.1", port))
    last, took = int(fleet.now_s()) - 5, [[], []]
    cpu_s = 0.0
    for number in range(options.questions):
        before = last - number  # another window each time
        window = f"after={before - span}&before={before}&points={span}"
        used_s = fleet.whole(hub)["cpu_s"]
        path = f"/api/v1/nodes/{node}/netdata/data?context=system.cpu&{window}"
        passed, body = await through.get(path)
        cpu_s += fleet.whole(hub)["cpu_s"] - used_s
        if len(json.loads(body)["times"]) < span - 2:
            raise SystemExit("the hub answered with too little")
        crowd.workers[0].tell({"do": "asked"})
        target = crowd.workers[0].answer()["target"]  # word for word what the hub asked
        passed_direct, _ = await direct.get(target)  # not packed: the hub asks for none here
        took[0].append(passed)
        took[1].append(passed_direct)
    figures: dict = dict(zip(("through_hub", "direct"), map(times_ms, took), strict=True))
    ratio = figures["through_hub"]["p50_ms"] / figures["direct"]["p50_ms"]
    figures |= {"ratio_p50": round(ratio, 2), "values": span * 6}
    return figures | {"hub_cpu_ms": round(cpu_s * 1e3 / options.questions, 2)}


async def cut(target: Target, nodes: list[str]) -> dict[str, float]:
    """Revoke one after the other; when each request was sent."""
    sent = {}
    for node in nodes:
        sent[node] = time.monotonic()
        path = f"/api/v1/nodes/{node}/revoke"
        answer = await request(target, "POST", path, body=b'{"reason":"bench"}', timeout_s=60)
        if answer.status != 200:
            raise SystemExit(f"revoke: {answer.status}: {answer.body[:200]!r}")
    return sent


def measure(options: argparse.Namespace, hub: ingest.Hub, crowd: Crowd) -> dict:
    port = crowd.make(hub, options.agents)
    crowd.workers[0].tell({"do": "join", "first": 0, "count": ALONE, "at_once": 1})
    alone = joined([crowd.workers[0].answer()])
    fleet.say(f"alone: {alone}")
    before, crowd_before, own_kib = fleet.whole(hub), crowd.state(), anonymous_kib(hub)
    began = time.perf_counter()
    share = max(options.at_once // len(crowd.workers), 1)
    for place, worker in enumerate(crowd.workers):
        first = 0 if place else ALONE
        worker.tell({"do": "join", "first": first, "count": 10**6, "at_once": share})
    told = [worker.answer() for worker in crowd.workers]
    joined_s = time.perf_counter() - began
    rest = options.agents - ALONE
    cpu_ms = {
        "hub_cpu_ms": round((fleet.whole(hub)["cpu_s"] - before["cpu_s"]) * 1e3 / rest, 1),
        "agent_cpu_ms": round((crowd.state()["cpu_s"] - crowd_before["cpu_s"]) * 1e3 / rest, 1),
    }
    nodes = [node for part in crowd.do("ready") for node in part["nodes"]]
    fleet.say(f"{len(nodes)} online after {joined_s:.1f} s")
    time.sleep(options.rest)  # node info, collectors, contexts, alerts
    idle, fleet_idle, grown_kib = fleet.whole(hub), crowd.state(), anonymous_kib(hub) - own_kib
    time.sleep(options.settle)
    later, fleet_later = fleet.whole(hub), crowd.state()
    if fleet_later["onlines"] != options.agents:
        raise SystemExit(f"links were lost: {fleet_later}")
    cpu_s = later["cpu_s"] - idle["cpu_s"]
    result = {
        "agents": options.agents,
        "alone": alone,
        "crowd": joined(told) | {"agents_s": round(rest / joined_s, 1)} | cpu_ms,
        "hub_before": before,
        "hub_idle": later,
        "kib_per_link": round(grown_kib / (options.agents - ALONE), 1),
        "idle_cpu_percent": round(100 * cpu_s / options.settle, 2),
        "idle_cpu_us_per_link_s": round(cpu_s * 1e6 / options.settle / options.agents, 1),
        "agents_cpu_percent": round(
            100 * (fleet_later["cpu_s"] - fleet_idle["cpu_s"]) / options.settle, 1
        ),
        "questions": {
            f"{span} s": asyncio.run(ask(options, hub, crowd, nodes[0], port, span))
            for span in (60, 600)
        },
    }
    fleet.say(json.dumps(result["questions"]))
    return result | {"revoked": revoked(hub, crowd, nodes[-options.cut :])}


def revoked(hub: ingest.Hub, crowd: Crowd, nodes: list[str]) -> dict:
    sent = asyncio.run(cut(Target(socket=hub.data / "hub.sock"), nodes))
    time.sleep(3)
    ended: dict[str, float] = {}
    for told in crowd.do("ended"):
        ended |= told
    if missing := [node for node in nodes if node not in ended]:
        raise SystemExit(f"{len(missing)} revoked nodes have a link")
    crowd.state()
    return times_ms([ended[node] - at for node, at in sent.items()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument(
        "--at-once", type=int, default=20, help="claims under way, of all processes"
    )
    parser.add_argument("--rest", type=int, default=45, help="seconds for what comes after online")
    parser.add_argument("--settle", type=int, default=120, help="seconds of looking at idle links")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--cut", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--agent", type=Path, help="a real agent's program: ask that, and no crowd")
    parser.add_argument("--port-base", type=int, default=18720)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-netdata")
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    if options.agent is not None:
        print(json.dumps(netdataagent.measure(options), indent=1))
        return
    os.environ["MUSTER_TOKENS_USES_MAX"] = "100000"
    os.environ["MUSTER_ENROL_NODES_MAX"] = "100000"
    os.environ["MUSTER_NETDATA_PORT"] = str(NETDATA_PORT)
    crowd = Crowd(options.processes)
    hub = ingest.Hub(options.work, options.port_base)
    try:
        print(json.dumps(measure(options, hub, crowd), indent=1))
    finally:
        hub.process.terminate()
        crowd.end()
        hub.stop()


if __name__ == "__main__":
    main()
