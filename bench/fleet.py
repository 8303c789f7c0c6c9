"""A fleet of simulated agents on one hub: claims, memory and CPU per link, a restart.

    .venv/bin/python bench/fleet.py [--agents 1000] [--seconds 30] [--columns 300]

Every agent claims for real, opens its own link with its own certificate and sends one row a
second. Then the hub is ended and started again, and all come back by the product's own
backoff. Hub and fleet share this machine. Prints JSON.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import data
import ingest
import load
import peers

from muster.agent.claim import claim
from muster.clock import SystemClock
from muster.errors import MusterError
from muster.log import Secret
from muster.model.inventory import Facts
from muster.model.metric import Layout
from muster.net.backoff import Backoff
from muster.net.proxy import ProxySetting

AT_ONCE = 32
ARRIVAL = 3  # frames of each agent while the hub learns the names of all series


async def claim_all(hub: ingest.Hub, count: int) -> tuple[list[Path], float]:
    token = Secret(hub.muster("token", "create", "--uses", str(count), "--ttl", "1h").strip())
    shutil.rmtree(hub.data.parent / "fleet", ignore_errors=True)
    folders = [hub.data.parent / f"fleet/{index}" for index in range(count)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with gate:
            await claim(
                folders[index],
                token,
                clock=SystemClock(),
                facts=lambda: Facts(hostname=f"sim-{index:04d}"),
                proxy=ProxySetting("none"),
            )

    began = time.perf_counter()
    async with asyncio.TaskGroup() as jobs:
        for index in range(count):
            jobs.create_task(one(index))
    return folders, time.perf_counter() - began


async def open_all(agents: list[load.Agent], *, patient: bool) -> float:
    """Open every link; with `patient` each tries again by the product's backoff."""
    gate = asyncio.Semaphore(len(agents) if patient else AT_ONCE)

    async def one(agent: load.Agent) -> None:
        backoff = Backoff(random=random.random)
        while True:
            try:
                async with gate:
                    await agent.open()
                return
            except (MusterError, OSError, StopAsyncIteration):
                if not patient:
                    raise
                await asyncio.sleep(backoff.next_s(0.5))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as jobs:
        for agent in agents:
            jobs.create_task(one(agent))
    return time.perf_counter() - began


async def send_all(agents: list[load.Agent], frames: list, seconds: int) -> None:
    """One frame a second from each, spread over the second."""

    async def one(index: int, agent: load.Agent) -> None:
        begin = time.perf_counter() + index / len(agents)
        async with asyncio.TaskGroup() as both:
            both.create_task(agent.listen(until=seconds))
            for sequence in range(1, seconds + 1):
                await asyncio.sleep(max(0, begin + sequence - 1 - time.perf_counter()))
                await agent.push(frames[sequence - 1 : sequence], first=sequence, window=seconds)

    async with asyncio.TaskGroup() as jobs:
        for index, agent in enumerate(agents):
            jobs.create_task(one(index, agent))


def fleet_frames(columns: int, seconds: int) -> list:
    full = data.layout().series
    shape = Layout(full[:columns])
    values = [row[:columns] for row in data.rows(1, seconds)]
    start_ns = time.time_ns() // data.SECOND_NS * data.SECOND_NS
    return load.encoded([[block] for block in data.blocks(shape, values, 1, start_ns)])


async def run(options: argparse.Namespace, hub: ingest.Hub) -> dict:
    folders, claimed_s = await claim_all(hub, options.agents)
    print(f"claimed {options.agents} in {claimed_s:.1f} s", file=sys.stderr, flush=True)
    agents = [load.Agent(folder) for folder in folders]
    before = hub.usage()
    opened_s = await open_all(agents, patient=False)
    idle = hub.usage()
    print(f"opened in {opened_s:.1f} s", file=sys.stderr, flush=True)
    frames = fleet_frames(options.columns, options.seconds)
    began = time.perf_counter()
    await send_all(agents, frames, options.seconds)
    wall = time.perf_counter() - began
    busy = hub.usage()
    arrival = [each for agent in agents for each in agent.latencies[:ARRIVAL]]
    latencies = [each for agent in agents for each in agent.latencies[ARRIVAL:]]
    hub.stop()
    restarted = time.perf_counter()
    again = ingest.Hub(options.work, options.port_base, keep=True)
    ready_s = time.perf_counter() - restarted
    back_s = await open_all(agents, patient=True)
    after = again.usage()
    again.stop()
    return {
        "agents": options.agents,
        "values_s": options.agents * options.columns,
        "claims_s": round(options.agents / claimed_s, 1),
        "links_opened_s": round(options.agents / opened_s, 1),
        "kib_per_idle_link": round((idle["rss_mb"] - before["rss_mb"]) * 1024 / options.agents, 1),
        "hub_cpu_percent": round(100 * (busy["cpu_s"] - idle["cpu_s"]) / wall, 1),
        "hub_rss_mb": busy["rss_mb"],
        "first_ack_p50_ms": round(load.percentile(arrival, 0.5) * 1e3, 2),
        "first_ack_p99_ms": round(load.percentile(arrival, 0.99) * 1e3, 2),
        "ack_p50_ms": round(load.percentile(latencies, 0.5) * 1e3, 2),
        "ack_p99_ms": round(load.percentile(latencies, 0.99) * 1e3, 2),
        "ack_max_ms": round(max(latencies) * 1e3, 2),
        "restart_ready_s": round(ready_s, 2),
        "all_back_s": round(back_s, 2),
        "hub_rss_after_restart_mb": after["rss_mb"],
        "fleet_rss_mb": round(peers.usage(os.getpid())["rss_mb"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--port-base", type=int, default=18600)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    hub = ingest.Hub(options.work, options.port_base)
    try:
        print(json.dumps(asyncio.run(run(options, hub)), indent=1))
    finally:
        if hub.process.poll() is None:
            hub.stop()


if __name__ == "__main__":
    main()
