"""A process of simulated Netdata agents for bench/netdata.py: told what to do on standard input.

One JSON object a line comes in, one goes out. Every agent claims for real, has a key of its own
and keeps its link; what it answers is worked out in this process. Times are of the machine's
monotonic clock, which all processes share.
"""

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

import uvloop

from muster.clock import SECOND_NS, SystemClock
from muster.log import Secret
from muster.testing.netdata.agent import Agent
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.dial import Dialer, trust_context
from muster.testing.netdata.installation import install
from muster.testing.netdata.keypairs import key_pairs
from muster.testing.netdata.localport import local_port
from muster.testing.netdata.quirks import Waits

READY_S = 300.0


class Crowd:
    """The agents of this process."""

    def __init__(self, jobs: asyncio.TaskGroup) -> None:
        self.jobs = jobs
        self.clock = SystemClock()
        self.agents: list[Agent] = []
        self.wish: Wish | None = None
        self.port = 0
        self.opened = asyncio.Event()

    async def make(self, *, url: str, trust: str, token: str, first: int, count: int) -> dict:
        """Agents that are not claimed yet, and the port at which the first answers directly."""
        dialer = Dialer(trust_context(await asyncio.to_thread(Path(trust).read_text)))
        now_s = self.clock.now_ns() // SECOND_NS
        self.wish = Wish(url=url, token=Secret(token))
        for number, key in enumerate(key_pairs(count), first):
            disk = install(f"sim-{number}", now_s=now_s, key=key)
            self.agents.append(Agent(disk, dialer, clock=self.clock, waits=Waits()))
        self.jobs.create_task(self._serve())
        await self.opened.wait()
        return {"port": self.port}

    async def _serve(self) -> None:
        async with local_port(self.agents[0].api) as self.port:
            self.opened.set()
            await asyncio.Event().wait()

    async def join(self, *, first: int, count: int, at_once: int) -> dict:
        """Claim some and bring them online; from the first byte of the claim to each step."""
        gate, told = asyncio.Semaphore(at_once), []

        async def one(agent: Agent) -> None:
            async with gate:
                began = time.monotonic()
                claimed = await agent.claim(self.wish)
                if not claimed.is_good:
                    print(f"not claimed: {claimed}", file=sys.stderr, flush=True)
                    os._exit(1)
                done = time.monotonic()
                self.jobs.create_task(agent.run())
                await agent.until(lambda: agent.is_online, READY_S)
                told.append((done - began, agent.online_at - began))

        async with asyncio.TaskGroup() as joining:
            for agent in self.agents[first : first + count]:
                joining.create_task(one(agent))
        return {"claimed_s": [a for a, _ in told], "online_s": [b for _, b in told]}

    async def ready(self) -> dict:
        """Wait until each has its node id; who they are."""
        for agent in self.agents:
            await agent.until(lambda agent=agent: agent.is_ready, READY_S)
        return {"nodes": [agent.own.node_id for agent in self.agents]}

    async def state(self) -> dict:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "online": sum(agent.is_online for agent in self.agents),
            "onlines": sum(agent.onlines for agent in self.agents),
            "queries": sum(agent.api.asked for agent in self.agents),
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "rss_mib": usage.ru_maxrss / 1024,
            "violations": [str(each) for agent in self.agents for each in agent.violations][:3],
        }

    async def asked(self) -> dict:
        """What the hub asked of the first agent last."""
        return {"target": self.agents[0].queries.seen[-1].target}

    async def ended(self) -> dict:
        """When the links of nodes ended that have none."""
        return {
            agent.own.node_id: agent.offline_at
            for agent in self.agents
            if not agent.is_online and agent.offline_at
        }


async def main() -> None:
    async with asyncio.TaskGroup() as jobs:
        crowd = Crowd(jobs)
        for line in iter(lambda: None, 0):  # until standard input ends
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                break
            told = json.loads(line)
            answer = await getattr(crowd, told.pop("do"))(**told)
            print(json.dumps(answer), flush=True)
        os._exit(0)  # what thousands of links would still say takes long


if __name__ == "__main__":
    uvloop.run(main())
