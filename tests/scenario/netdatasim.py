"""Simulated Netdata agents beside a real hub: agents live in the test, the hub in its process."""

import asyncio
import time
from itertools import count

from attacker import anchors, ask, operator
from processes import DEADLINE_S, fresh_ports

from muster.clock import SystemClock
from muster.log import Secret
from muster.testing.netdata.agent import Agent
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.dial import Dialer, Place, trust_context, unchecked_context
from muster.testing.netdata.installation import install
from muster.testing.netdata.keypairs import key_pairs
from muster.testing.netdata.quirks import QUICK, V2_10

CLOCK = SystemClock()
KEYS = key_pairs(400)  # each agent of a test has another key; few primes behind them
NUMBERS = count(1)


def now_s():
    return CLOCK.now_ns() // 10**9


def free_port():
    """One that nobody holds now, away from those of the hubs."""
    return fresh_ports(11_000, 14_900)


class Fleet:
    """Agents of one hub. Leaving the block ends all of them, and tells what the hub did wrong."""

    def __init__(self, hub):
        self.hub = hub
        self.url = hub.ready["web"].rstrip("/")
        self.jobs = None
        self.agents = []
        self.lives = {}

    async def __aenter__(self):
        self._group = asyncio.TaskGroup()
        self.jobs = await self._group.__aenter__()
        return self

    async def __aexit__(self, *error):
        for agent in self.agents:
            agent.kill()
        return await self._group.__aexit__(*error)

    async def muster(self, *words, ok=True):
        """A command of the hub, while the agents live on."""
        return await asyncio.to_thread(self.hub.muster, *words, ok=ok)

    async def call(self, method, path, body=None):
        return await asyncio.to_thread(operator, self.hub, method, path, body)

    async def try_call(self, method, path, body=None):
        """(status, JSON), whatever it is."""
        return await asyncio.to_thread(ask, self.hub.data / "hub.sock", method, path, body)

    async def raw(self, port, request):
        """The beginning of an answer to bytes of HTTP."""
        reader, writer = await self.dialer().open(Place("127.0.0.1", port))
        writer.write(request.encode())
        answer = await reader.read(1000)
        writer.transport.abort()
        return answer

    async def token(self, *more, uses=10):
        words = ("token", "create", "--dialect", "netdata", "--uses", str(uses), *more, "--json")
        return (await self.muster(*words))["token"]

    async def wish(self, *more, rooms=()):
        return Wish(url=self.url, token=Secret(await self.token(*more)), rooms=rooms)

    def dialer(self):
        return Dialer(trust_context(anchors(self.hub)))

    def make(self, disk=None, *, quirks=V2_10, waits=QUICK, name="", children=(),
             insecure=False):  # fmt: skip
        """An agent that is not started yet."""
        disk = disk or install(
            name or f"sim-{next(NUMBERS)}", now_s=now_s(), children=children, key=next(KEYS)
        )
        dialer, claims = self.dialer(), None
        if insecure:
            dialer, claims = Dialer(None, insecure=True), Dialer(unchecked_context())
        agent = Agent(disk, dialer, clock=CLOCK, quirks=quirks, waits=waits, claim_dialer=claims)
        self.agents.append(agent)
        return agent

    def start(self, agent):
        self.lives[agent] = self.jobs.create_task(agent.run())
        return agent

    async def end(self, agent):
        """SIGTERM, and its end."""
        agent.stop()
        await self.lives[agent]

    async def join(self, *, wish=None, **more):
        """Claim a fresh agent and bring it online."""
        agent = self.make(**more)
        claimed = await agent.claim(wish or await self.wish())
        assert claimed.is_good, claimed
        self.start(agent)
        await agent.until(lambda: agent.is_ready, DEADLINE_S)
        return agent

    async def nodes(self):
        return await self.call("GET", "/api/v1/nodes")

    async def node(self, host):
        """The hub's view of a host; None when it has none."""
        listed = await self.muster("node", "list", "--json")
        return next((each for each in listed if each["id"] == host.node_id), None)

    async def until_node(self, host, state, **more):
        """Wait until the hub says so of a host."""

        async def ask_hub():
            node = await self.node(host)
            return node if node and node["state"] == state else None

        return await eventually(f"{host.hostname} is {state}", ask_hub, **more)

    async def netdata(self, host, what):
        return await self.call("GET", f"/api/v1/nodes/{host.node_id}/netdata/{what}")


async def eventually(what, ask_it, deadline_s=DEADLINE_S):
    """The first true answer; asks again ten times a second."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if answer := await ask_it():
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {deadline_s:.0f} s: {what}")
