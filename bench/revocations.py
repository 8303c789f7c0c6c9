"""From the click to the cut: how long a revoked node keeps its link.

    .venv/bin/python bench/revocations.py [--agents 1000] [--alone 100]

All agents claim for real and hold live links, in processes beside the hub. Then `--alone` of
them are revoked one after the other, and the others as fast as the hub takes it, 32 requests
at once. Measured from the moment the request is sent to the moment the agent's link is gone.
Prints JSON; fails when a revoked node still has a link, or opens one again.
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

from muster.net.client import Target, request

AT_ONCE = 32
LOOK_S = 10.0  # at who comes back


async def revoke(target: Target, nodes: list[str], at_once: int) -> dict[str, float]:
    """When each request was sent."""
    gate, sent = asyncio.Semaphore(at_once), dict[str, float]()

    async def one(node: str) -> None:
        async with gate:
            sent[node] = fleet.now_s()
            path = f"/api/v1/nodes/{node}/revoke"
            answer = await request(target, "POST", path, body=b'{"reason":"bench"}', timeout_s=60)
            if answer.status != 200:
                raise SystemExit(f"revoke: {answer.status}: {answer.body[:200]!r}")

    async with asyncio.TaskGroup() as jobs:
        for node in nodes:
            jobs.create_task(one(node))
    return sent


def figures(sent: dict[str, float], ended: dict[str, float]) -> dict[str, float]:
    took = [ended[node] - at for node, at in sent.items()]
    wall = max(ended[node] for node in sent) - min(sent.values())
    return {
        "revoked": len(took),
        "per_s": round(len(took) / wall, 1),
        "cut_p50_ms": round(load.percentile(took, 0.5) * 1e3, 1),
        "cut_p99_ms": round(load.percentile(took, 0.99) * 1e3, 1),
        "cut_max_ms": round(max(took) * 1e3, 1),
    }


def measure(options: argparse.Namespace, hub: ingest.Hub, agents: fleet.Fleet) -> dict:
    agents.claim(hub, options.work / "revoked", options.agents)
    agents.do("prepare")
    agents.do("open")
    nodes = [node for told in agents.do("nodes") for node in told["nodes"]]
    target = Target(socket=hub.data / "hub.sock")
    alone, others = nodes[: options.alone], nodes[options.alone :]
    phases = {
        "one_after_the_other": asyncio.run(revoke(target, alone, 1)),
        "all_others_at_once": asyncio.run(revoke(target, others, AT_ONCE)),
    }
    time.sleep(LOOK_S)
    ended: dict[str, float] = {}
    for told in agents.do("ended"):
        ended |= told
    state = agents.states()
    if state["open"] or len(ended) != options.agents:
        raise SystemExit(f"{state['open']} revoked nodes have a link, {len(ended)} were cut")
    again = state["attempts"] - options.agents
    return {
        "agents": options.agents,
        **{name: figures(sent, ended) for name, sent in phases.items()},
        "refused_when_they_came_again": again,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--port-base", type=int, default=18660)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    os.environ["MUSTER_TOKENS_USES_MAX"] = "100000"
    shutil.rmtree(options.work / "revoked", ignore_errors=True)
    agents = fleet.Fleet(options.processes)
    hub = ingest.Hub(options.work, options.port_base)
    try:
        print(json.dumps(measure(options, hub, agents), indent=1))
    finally:
        agents.end()
        hub.stop()


if __name__ == "__main__":
    main()
