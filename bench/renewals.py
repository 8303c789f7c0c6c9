"""Certificates that live a minute: do renewals cost a second of data?

    .venv/bin/python bench/renewals.py [--agents 20] [--minutes 2] [--lifetime 60] [--roll]

Every agent claims for real and runs the product's own link, spool and renewal; only the key
program runs in a thread in place of a process of its own, since hundreds of interpreters
would measure this machine. Each appends one row a second. With `--roll` the hub's CA is
replaced meanwhile: prepared after a quarter of the time, activated as soon as all nodes know
the new root, and the old one retired as soon as all have certificates of the new. At the end
the hub is asked for what it has: seconds that are missing or twice, and certificates that are
active at once. Five hundred agents for half an hour: --agents 500 --minutes 30 --roll.
Prints JSON; fails when a second is missing.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import ingest
import msgspec

from muster.agent.joining.claim import claim
from muster.agent.joining.credential import Certified, install_renewal, make_renewal_request
from muster.agent.joining.holder import Run
from muster.agent.joining.identity import load_identity
from muster.agent.joining.renewal import Renewal
from muster.agent.linking.links import Links, LinkSettings
from muster.agent.spool.buffer import Spool
from muster.clock import SECOND_NS, SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.model.metric import Block, Kind, Layout, Series
from muster.net.backoff import Backoff
from muster.net.client import Target, request
from muster.net.proxy import ProxySetting
from muster.wire.columns import ColumnEncoder
from muster.wire.messages import Answer

LAYOUT = Layout((Series("renewals", (), "tick", Kind.INTEGER),))
CLOCK = SystemClock()
AT_ONCE = 32
DRAIN_S = 15.0
ROLL_S = 600.0  # for all nodes to follow a step of a roll-over


class Agent:
    """One agent of the fleet: all but collectors and status."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.times: list[int] = []
        self.renewals = 0
        self.failures = Counter[str]()

    async def claim(self, token: Secret, index: int) -> None:
        await claim(
            self.folder,
            token,
            clock=CLOCK,
            facts=lambda: Facts(hostname=f"sim-{index:04d}"),
            proxy=ProxySetting("none"),
        )
        self.node = load_identity(self.folder).node.node

    async def program(self, arguments: Sequence[str], data: bytes) -> str:
        match arguments:
            case ["request", _]:
                return await asyncio.to_thread(make_renewal_request, self.folder)
            case _:
                certified = msgspec.json.decode(data, type=Certified)
                await asyncio.to_thread(install_renewal, self.folder, certified)
                self.renewals += 1
                return ""

    async def run(self) -> None:
        self.spool = Spool(folder=self.folder / "spool", encoder=ColumnEncoder())
        self.spool.open()
        life = Run(data=self.folder, clock=CLOCK)
        life.begin()
        draw = random.Random(self.node).random
        await Links(
            data=self.folder,
            spool=self.spool,
            clock=CLOCK,
            facts=lambda: Facts(hostname=self.node),
            answer=lambda ask: Answer(id=ask.id, error="this agent only renews"),
            renewal=Renewal(data=self.folder, clock=CLOCK, random=draw, program=self.program),
            backoff=Backoff(random=draw),
            settings=LinkSettings(proxy=ProxySetting("none")),
            holder=life.holder,
        ).run()

    def tick(self, second: int) -> None:
        self.times.append(second * SECOND_NS)
        self.spool.append([Block(LAYOUT, array("q", [self.times[-1]]), array("q", [second]))])


async def stored(hub: ingest.Hub, begin_ns: int, end_ns: int, count: int) -> dict[str, list[int]]:
    """The times that the hub has, per node; asked for in pieces of a minute."""
    found: dict[str, list[int]] = {}
    for start_ns in range(begin_ns, end_ns, 60 * SECOND_NS):
        body = {
            "select": {"measurement": "renewals", "fields": ["tick"]},
            "start_ns": start_ns,
            "end_ns": min(end_ns, start_ns + 60 * SECOND_NS),
            "limit": count + 10,
        }
        answer = await request(
            Target(socket=hub.data / "hub.sock"),
            "POST",
            "/api/v1/query",
            body=json.dumps(body).encode(),
            timeout_s=120,
        )
        frame = answer.json()
        if answer.status != 200:
            raise SystemExit(f"query: {frame}")
        for series, values in zip(frame["series"], frame["values"], strict=True):
            tags = dict(series["tags"])
            times = [
                t for t, value in zip(frame["times"], values, strict=True) if value is not None
            ]
            found.setdefault(tags["node"], []).extend(times)
    return found


async def actives(hub: ingest.Hub, agents: list[Agent]) -> int:
    """Nodes that have not exactly one active certificate."""
    odd = 0
    for agent in agents:
        target = Target(socket=hub.data / "hub.sock")
        node = (await request(target, "GET", f"/api/v1/nodes/{agent.node}")).json()
        odd += sum(each["state"] == "active" for each in node["credentials"]) != 1
    return odd


async def roll(hub: ingest.Hub, after_s: float) -> dict[str, float]:
    """Take the CA through a roll-over; seconds each step waited for the nodes."""
    await asyncio.sleep(after_s)
    waited = {}
    for step in ("prepare", "activate", "retire"):
        began = time.monotonic()
        words = [*ingest.MUSTER, "--data", str(hub.data), "ca", "roll", step]
        while (done := await asyncio.to_thread(_run, words)).returncode:
            if time.monotonic() > began + ROLL_S:
                raise SystemExit(f"ca roll {step}: {done.stderr.strip()}")
            await asyncio.sleep(1)
        waited[step] = round(time.monotonic() - began, 1)
    return waited


def _run(words: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, check=False)


async def measure(options: argparse.Namespace, hub: ingest.Hub) -> dict[str, object]:
    words = ("token", "create", "--uses", str(options.agents), "--ttl", "1h")
    token = Secret((await asyncio.to_thread(hub.muster, *words)).strip())
    root = hub.data.parent / "renewing"
    shutil.rmtree(root, ignore_errors=True)
    agents = [Agent(root / str(index)) for index in range(options.agents)]
    gate = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as jobs:
        running = []

        async def join(index: int) -> None:
            async with gate:
                await agents[index].claim(token, index)
            running.append(jobs.create_task(agents[index].run()))

        async with asyncio.TaskGroup() as joining:
            for index in range(options.agents):
                joining.create_task(join(index))
        begin = second = CLOCK.now_ns() // SECOND_NS + 1
        used = hub.usage()
        rolling = jobs.create_task(roll(hub, 15.0 * options.minutes)) if options.roll else None
        while second < begin + 60 * options.minutes:
            await asyncio.sleep(max(0.0, second - CLOCK.now_ns() / SECOND_NS))
            for agent in agents:
                agent.tick(second)
            second += 1
        deadline = time.monotonic() + DRAIN_S
        while any(agent.spool.acked < agent.spool.last for agent in agents):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
        rolled = await rolling if rolling else {}
        odd = await actives(hub, agents)
        for job in running:
            job.cancel()
    found = await stored(hub, begin * SECOND_NS, second * SECOND_NS, options.agents)
    missing = twice = 0
    for agent in agents:
        had = Counter(found.get(agent.node, []))
        missing += sum(at not in had for at in agent.times)
        twice += sum(count - 1 for count in had.values())
    renewals = sorted(agent.renewals for agent in agents)
    return {
        "agents": options.agents,
        "minutes": options.minutes,
        "lifetime_s": options.lifetime,
        "seconds_of_data": sum(len(agent.times) for agent in agents),
        "seconds_missing": missing,
        "seconds_twice": twice,
        "nodes_without_one_active": odd,
        "roll_over_s": rolled,
        "renewals": sum(renewals),
        "renewals_per_agent": [renewals[0], renewals[-1]],
        "hub": {"before": used, "after": hub.usage()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=2)
    parser.add_argument("--lifetime", type=int, default=60)
    parser.add_argument("--roll", action="store_true", help="replace the CA meanwhile")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    os.environ["MUSTER_ENROL_AGENT_LIFETIME"] = f"{options.lifetime}s"
    hub = ingest.Hub(options.work, 18640)
    try:
        result = asyncio.run(measure(options, hub))
    finally:
        hub.stop()
    print(json.dumps(result, indent=1))
    if result["seconds_missing"] or result["seconds_twice"] or result["nodes_without_one_active"]:
        raise SystemExit("renewals cost data, or a node has not one active certificate")


if __name__ == "__main__":
    main()
