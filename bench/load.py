"""Simulated agents: real links, real certificates, frames made beforehand.

Every link sends the same frames (the hub stamps each with its own node), so the generator
costs little and what is measured is the hub. Used by bench/ingest.py and bench/fleet.py.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from muster.agent.joining.identity import load_identity
from muster.model.inventory import Facts
from muster.model.metric import Block
from muster.net.client import Target
from muster.net.tls import client_context
from muster.net.websocket import WebSocket, connect
from muster.wire.columns import ColumnEncoder
from muster.wire.link import LinkCodec, Role
from muster.wire.messages import PROTOCOL_VERSION, Ack, Beat, Goodbye, Hello, Later, Push, Welcome

KEY_EVERY = 60


def encoded(
    batches: Sequence[Sequence[Block]], key_every: int = KEY_EVERY
) -> list[tuple[bool, bytes]]:
    """Frames of one chain: (is key, body)."""
    encoder = ColumnEncoder()
    frames = []
    for index, blocks in enumerate(batches):
        key = index % key_every == 0 or encoder.must_key
        frames.append((key, encoder.encode(blocks, key=key)))
    return frames


class Agent:
    """One link of one claimed data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data
        identity = load_identity(data)
        host, _, port = identity.node.agents.rpartition(":")
        context = client_context(identity.anchors(), key=identity.key, chain=identity.chain)
        self.node = identity.node.node
        self.epoch = str(uuid.uuid4())
        self.welcomed = 0  # what the hub had of this epoch when it last greeted
        self._target = Target(host=host.strip("[]"), port=int(port), context=context)
        self._codec = LinkCodec(Role.AGENT)
        self._socket: WebSocket | None = None
        self._sent: dict[int, float] = {}
        self._moved = asyncio.Event()
        self.acked = 0
        self.latencies: list[float] = []
        self.last_ack = 0.0

    async def open(self, last: int = 0) -> float:
        """Connect and greet; the seconds it took. `last`: newest sequence made so far."""
        began = time.perf_counter()
        await self.connect(timeout_s=60)
        hello = Hello(
            versions=(PROTOCOL_VERSION,),
            epoch=self.epoch,
            first=1,
            last=last,
            time_ns=time.time_ns(),
            facts=Facts(hostname="bench"),
        )
        await self.send(hello)
        for message in self._codec.receive(await anext(self._messages)):
            if not isinstance(message, Welcome):
                raise SystemExit(f"no welcome: {message}")
            self.welcomed = message.acked
        return time.perf_counter() - began

    async def connect(self, timeout_s: float = 30.0) -> None:
        """Open the socket of a new link; nothing is said yet."""
        self._codec = LinkCodec(Role.AGENT)
        self._socket = await connect(self._target, "/v1/link", timeout_s=timeout_s)
        self._messages = self._socket.messages()

    async def listen(self, until: int = 0) -> None:
        """Take acknowledgements until the wanted sequence (0: for ever) is on disk."""
        while until == 0 or self.acked < until:
            for message in self._codec.receive(await anext(self._messages)):
                match message:
                    case Ack(sequence=sequence):
                        self._note(sequence)
                    case Beat(time_ns=sent_ns):
                        await self.send(Beat(time_ns=time.time_ns(), echo_ns=sent_ns))
                    case Later() | Goodbye():
                        raise SystemExit(f"hub refuses: {message}")
                    case _:
                        pass

    def _note(self, sequence: int) -> None:
        self.last_ack = time.perf_counter()
        for done in range(self.acked + 1, sequence + 1):
            if done in self._sent:
                self.latencies.append(self.last_ack - self._sent.pop(done))
        self.acked = sequence
        self._moved.set()

    async def send(self, message: Hello | Push | Beat) -> None:
        assert self._socket is not None
        await self._socket.send(self._codec.send(message))

    async def push(
        self, frames: Sequence[tuple[bool, bytes]], first: int = 1, window: int = 64
    ) -> None:
        """Send frames as fast as the window of unacknowledged ones allows."""
        for sequence, (key, body) in enumerate(frames, first):
            while sequence - self.acked > window:
                self._moved.clear()
                await self._moved.wait()
            self._sent[sequence] = time.perf_counter()
            await self.send(Push(sequence=sequence, key=key, body=body))

    async def run(self, frames: Sequence[tuple[bool, bytes]], window: int) -> None:
        """Send all frames and wait for the last acknowledgement."""
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.push(frames, window=window))
            jobs.create_task(self.listen(until=len(frames)))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
