"""A process of simulated agents for bench/fleet.py: told what to do on standard input.

One JSON object a line comes in, one goes out. Every agent has its own folder, key and
certificate. It keeps its link as the product does: lost, it waits by the product's backoff,
never less than the hub asked for, and opens it again; frames that were not acknowledged are
sent again from the key frame before them. All agents of a process send the same rows.
"""

import asyncio
import contextlib
import json
import os
import random
import resource
import secrets
import sys
import threading
import time
from pathlib import Path

import data
import load
import uvloop

from muster.agent.exits import AgentFailed
from muster.agent.joining.claim import claim
from muster.clock import SystemClock
from muster.errors import MusterError
from muster.log import Secret
from muster.model.clone import Holder
from muster.model.inventory import Facts
from muster.model.metric import Layout
from muster.net.backoff import Backoff
from muster.net.proxy import ProxySetting
from muster.wire.messages import Ack, Beat, Goodbye, Hello, Later, Message, Push, Welcome

CLAIM_TRIES, CLAIM_AGAIN_S = 5, 2.0
AT_ONCE = 100  # links opened at first; after that all come as they like
KEY_EVERY = 6


class Ended(Exception):
    """The hub ended the link; so many seconds it wants to be left alone."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Frames:
    """What all agents of this process send from a moment on."""

    def __init__(self, columns: int, every_s: int, count: int) -> None:
        full = data.layout().series
        shape = Layout(full[:columns])
        values = [row[:columns] for row in data.rows(1, every_s * count)]
        self.begin_s = int(now_s()) + 1
        start_ns = (self.begin_s - every_s) * data.SECOND_NS
        batches = [[block] for block in data.blocks(shape, values, every_s, start_ns)]
        self.bodies = load.encoded(batches, key_every=KEY_EVERY)
        self.every_s = every_s

    def due(self) -> int:
        """How many frames there are by now."""
        passed = (now_s() - self.begin_s) // self.every_s + 1
        return max(0, min(len(self.bodies), int(passed)))


class Fleet:
    """The agents of this process."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.agents: list[Keeper] = []
        self.frames: Frames | None = None
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.jobs: list[asyncio.Task[None]] = []

    async def claim(self, *, root: str, first: int, count: int, token: str) -> dict:
        secret = Secret(token)
        self.folders = [Path(root) / str(index) for index in range(first, first + count)]

        async def one(folder: Path) -> None:
            async with self.gate:
                await claim(
                    folder,
                    secret,
                    clock=SystemClock(),
                    facts=lambda: Facts(hostname=f"sim-{folder.name}"),
                    proxy=ProxySetting("none"),
                )

        async def patiently(folder: Path) -> None:
            for _ in range(CLAIM_TRIES - 1):
                try:
                    return await one(folder)
                except AgentFailed:  # a machine that is busy with other work: it was late
                    await asyncio.sleep(CLAIM_AGAIN_S)
            return await one(folder)

        async with asyncio.TaskGroup() as jobs:
            for folder in self.folders:
                if not (folder / "identity").exists():
                    jobs.create_task(patiently(folder))
        return {"claimed": len(self.folders)}

    async def prepare(self) -> dict:
        """Read all identities: a TLS context each, which costs more than a handshake."""
        self.agents = [Keeper(folder, self) for folder in self.folders]
        return {"agents": len(self.agents)}

    async def open(self) -> dict:
        """Open every link, some at once, and keep them from now on."""
        loop = asyncio.get_running_loop()
        self.jobs = [loop.create_task(agent.run()) for agent in self.agents]
        for agent in self.agents:
            await agent.first.wait()
        return await self.state()

    async def send(self, *, columns: int, every_s: int, count: int) -> dict:
        self.frames = Frames(columns, every_s, count)
        return {"begin_s": self.frames.begin_s, "frame_bytes": len(self.frames.bodies[1][1])}

    async def state(self) -> dict:
        opened = [agent for agent in self.agents if agent.is_open]
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "open": len(opened),
            "last_opened": max((agent.opened_at for agent in opened), default=0.0),
            "attempts": sum(agent.attempts for agent in self.agents),
            "lost": sum(agent.lost for agent in self.agents),
            "why": _most([agent.why for agent in self.agents if agent.why]),
            "acked": sum(agent.acked for agent in self.agents),
            "due": self.frames.due() if self.frames else 0,
            "behind": self._behind(),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        }

    def _behind(self) -> int:
        """Agents whose frame before the newest is not acknowledged."""
        due = self.frames.due() if self.frames else 0
        return sum(agent.acked < due - 1 for agent in self.agents)

    async def acks(self) -> dict:
        """Milliseconds to acknowledgements since the last time this was asked."""
        seen = [each for agent in self.agents for each in agent.latencies]
        for agent in self.agents:
            agent.latencies.clear()
        return {"acks_ms": [round(each * 1e3, 1) for each in seen]}

    async def ended(self) -> dict:
        """When links were lost (wall clock), by node; for bench/revocations.py."""
        return {agent.node: agent.lost_at for agent in self.agents if agent.lost_at}

    async def nodes(self) -> dict:
        return {"nodes": [agent.node for agent in self.agents]}


class Keeper(load.Agent):
    """One agent that keeps its link."""

    def __init__(self, folder: Path, fleet: Fleet) -> None:
        super().__init__(folder)
        self._fleet = fleet
        started_ns = time.time_ns()  # folders that are used again are no older copies
        counter = started_ns // data.SECOND_NS
        self._holder = Holder(
            instance=secrets.token_hex(16), counter=counter, started_ns=started_ns
        )
        self._backoff = Backoff(random=random.random)
        self.is_open = False
        self.first = asyncio.Event()  # the link was opened once
        self.opened_at = self.lost_at = 0.0
        self.attempts = self.lost = 0
        self.why = ""

    async def run(self) -> None:
        gate: contextlib.AbstractAsyncContextManager[object] = self._fleet.gate
        while True:
            wait_s = 0.0
            try:
                self.attempts += 1
                async with gate:
                    await self.greet()
                gate = contextlib.nullcontext()
                await self._serve()
            except Ended as error:
                wait_s = error.retry_after_s
            except (MusterError, OSError, StopAsyncIteration) as error:
                self.why = str(error)[:80]
            if self.is_open:
                self.is_open, self.lost, self.lost_at = False, self.lost + 1, now_s()
            if self._socket is not None:
                self._socket.abort()
                self._socket = None
            await asyncio.sleep(self._backoff.next_s(wait_s))

    async def greet(self) -> None:
        await self.connect()
        hello = Hello(
            versions=(load.PROTOCOL_VERSION,),
            epoch=self.epoch,
            first=1,
            last=self._fleet.frames.due() if self._fleet.frames else 0,
            time_ns=time.time_ns(),
            facts=Facts(hostname=f"sim-{self.folder.name}"),
            holder=self._holder,
        )
        await self.send(hello)
        async with asyncio.timeout(15):
            for message in self._codec.receive(await anext(self._messages)):
                await self._take(message)

    async def _serve(self) -> None:
        sender = asyncio.get_running_loop().create_task(self._send_rows())
        try:
            async for got in self._messages:
                for message in self._codec.receive(got):
                    await self._take(message)
        finally:
            sender.cancel()

    async def _take(self, message: Message) -> None:
        match message:
            case Welcome():
                self.welcomed = self.acked = message.acked
                self.is_open, self.opened_at = True, now_s()
                self.first.set()
                self._backoff.reset()
            case Ack(sequence=sequence):
                self._note(sequence)
            case Beat(time_ns=sent_ns):
                await self.send(Beat(time_ns=time.time_ns(), echo_ns=sent_ns))
            case Goodbye():
                self.why = message.text[:80]
                refused = message.code in ("node_revoked", "node_unknown")
                raise Ended(300.0 if refused else message.retry_after_s)  # as agents do
            case Later():
                self.why = message.reason[:80]
                raise Ended(message.retry_after_s)
            case _:
                pass

    async def _send_rows(self) -> None:
        """Each frame when it is due, spread over the time between two; old ones at once."""
        spread = random.random()
        sent = self.acked // KEY_EVERY * KEY_EVERY
        while True:
            frames = self._fleet.frames
            if frames is None or sent >= len(frames.bodies):
                await asyncio.sleep(0.5 + spread)
                continue
            at = frames.begin_s + (sent + spread) * frames.every_s
            await asyncio.sleep(max(0.0, at - now_s()))
            key, body = frames.bodies[sent]
            sent += 1
            if sent > self.acked:
                self._sent[sent] = time.perf_counter()
            await self.send(Push(sequence=sent, key=key, body=body))


def now_s() -> float:
    return time.time_ns() / 1e9


def _most(texts: list[str]) -> dict[str, int]:
    counted = {text: texts.count(text) for text in set(texts)}
    return dict(sorted(counted.items(), key=lambda each: -each[1])[:3])


async def main() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    fleet, told = Fleet(), asyncio.Queue[str]()
    threading.Thread(target=read, args=(asyncio.get_running_loop(), told), daemon=True).start()
    while True:
        order = json.loads(await told.get())
        answer = await getattr(fleet, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)


def read(loop: asyncio.AbstractEventLoop, told: "asyncio.Queue[str]") -> None:
    """Hand on what is said; at its end, whatever is under way, the fleet is gone."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(told.put_nowait, line)
    os._exit(0)  # ten thousand links end as those of a machine that fails


if __name__ == "__main__":
    uvloop.run(main())  # its TLS costs the generator half of asyncio's
