"""Joining and leaving a hub: claims a second, claim to live, guesses, revoke to cut.

    .venv/bin/python bench/claims.py [--agents 1000] [--revoked 50] [--guesses 1000]

1. `--agents` machines claim for real, 32 at a time, each with a key of its own.
2. `--joins` more join one after another: from the first byte of the claim to the hub's
   Welcome on the link with the new certificate.
3. The same again while another process sends `--guesses` claims a second with a wrong proof
   for the very same token (guesses.py); a good claim's delay is the difference.
4. Every machine of 1 opens its link; `--revoked` of them are revoked one by one, each timed
   from sending the request to the end of its link, by the machine's side.

Hub, machines and guesses share this machine; the machines' folders lie in memory where that
is there, the hub's on disk. Prints JSON.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Coroutine, Iterable
from pathlib import Path

import ingest
import load
from guesses import Guesses

from muster.agent.joining.claim import claim
from muster.cli.hub_client import operator
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.client import request
from muster.net.proxy import ProxySetting
from muster.wire.claimtoken import decode_token

# A claim syncs eleven times on the machine's own disk, and here all machines have one disk.
IN_MEMORY = Path("/dev/shm")
AT_ONCE = 32


def machines(hub: ingest.Hub) -> Path:
    """Where the folders of machines lie."""
    return (IN_MEMORY if IN_MEMORY.is_dir() else hub.data.parent) / "muster-machines"


async def claim_all(hub: ingest.Hub, count: int) -> tuple[list[Path], float]:
    """Folders of machines that have joined, and the seconds all of it took."""
    token = Secret(hub.muster("token", "create", "--uses", str(count), "--ttl", "1h").strip())
    folders = [machines(hub) / f"claims/{index}" for index in range(count)]

    async def one(folder: Path) -> None:
        await claim(
            folder,
            token,
            clock=SystemClock(),
            facts=lambda: Facts(hostname=f"sim-{folder.name}"),
            proxy=ProxySetting("none"),
        )

    return folders, await at_once(one(folder) for folder in folders)


async def at_once(work: Iterable[Coroutine[None, None, object]]) -> float:
    """Do all of it, some at a time; the seconds it took."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Coroutine[None, None, object]) -> None:
        async with gate:
            await each

    began = time.perf_counter()
    async with asyncio.TaskGroup() as jobs:
        for each in work:
            jobs.create_task(one(each))
    return time.perf_counter() - began


async def join(folder: Path, token: Secret, name: str) -> tuple[float, float]:
    """Seconds of the claim alone, and until live."""
    began = time.perf_counter()
    await claim(
        folder,
        token,
        clock=SystemClock(),
        facts=lambda: Facts(hostname=name),
        proxy=ProxySetting("none"),
    )
    claimed_s = time.perf_counter() - began
    agent = load.Agent(folder)
    await agent.open()
    live_s = time.perf_counter() - began
    await agent.close()
    return claimed_s, live_s


async def join_all(hub: ingest.Hub, token: Secret, count: int, what: str) -> dict[str, float]:
    timed = [
        await join(machines(hub) / f"joins/{what}-{index}", token, f"{what}-{index}")
        for index in range(count)
    ]
    found = {}
    for name, place in (("claim", 0), ("live", 1)):
        times = [each[place] for each in timed]
        found |= {
            f"{what}_{name}_p50_ms": round(load.percentile(times, 0.5) * 1e3, 1),
            f"{what}_{name}_p99_ms": round(load.percentile(times, 0.99) * 1e3, 1),
        }
    return found


async def revoke_some(hub: ingest.Hub, folders: list[Path], count: int) -> dict[str, float]:
    agents = [load.Agent(folder) for folder in folders]
    opened_s = await at_once(agent.open() for agent in agents)
    target = operator(hub.data)
    times = []
    async with asyncio.TaskGroup() as jobs:
        # The rest listen, as machines do; those to be revoked are listened to by hand.
        rest = [jobs.create_task(each.listen()) for each in agents[count:]]
        for agent in agents[:count]:
            ending = jobs.create_task(_until_cut(agent))
            began = time.perf_counter()
            path = f"/api/v1/nodes/{agent.node}/revoke"
            answer = await request(target, "POST", path, body=b'{"reason":"bench"}', timeout_s=60)
            assert answer.status < 300, answer.body
            times.append(await ending - began)
        for each in rest:
            each.cancel()
    return {
        "live_links": len(agents),
        "links_opened_s": round(len(agents) / opened_s, 1),
        "revoke_to_cut_p50_ms": round(load.percentile(times, 0.5) * 1e3, 1),
        "revoke_to_cut_max_ms": round(max(times) * 1e3, 1),
    }


async def _until_cut(agent: load.Agent) -> float:
    with contextlib.suppress(SystemExit, StopAsyncIteration, OSError):
        await agent.listen()
    return time.perf_counter()


async def run(options: argparse.Namespace, hub: ingest.Hub) -> dict:
    folders, claimed_s = await claim_all(hub, options.agents)
    found: dict[str, object] = {
        "agents": options.agents,
        "claims_s": round(options.agents / claimed_s, 1),
    }
    token = Secret(
        hub.muster("token", "create", "--uses", str(2 * options.joins), "--ttl", "1h").strip()
    )
    found |= await join_all(hub, token, options.joins, "alone")
    anchors = (hub.data / "ca" / "root.pem").read_text()
    token_id = decode_token(token.reveal()).id
    guesses = Guesses(hub.ready["enrol"], token_id, anchors, options.guesses)
    found |= await join_all(hub, token, options.joins, "guessed")
    found |= guesses.end()
    found |= await revoke_some(hub, folders, options.revoked)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--joins", type=int, default=100)
    parser.add_argument("--guesses", type=int, default=1000, help="a second")
    parser.add_argument("--revoked", type=int, default=50)
    parser.add_argument("--port-base", type=int, default=18630)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-claims")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    options.work.mkdir(parents=True, exist_ok=True)
    hub = ingest.Hub(options.work, options.port_base)
    shutil.rmtree(machines(hub), ignore_errors=True)
    try:
        load_average = os.getloadavg()[0]
        found = asyncio.run(run(options, hub))
        print(json.dumps(found | {"load_average_before": round(load_average, 1)}, indent=1))
    finally:
        shutil.rmtree(machines(hub), ignore_errors=True)
        if hub.process.poll() is None:
            hub.stop()


if __name__ == "__main__":
    main()
