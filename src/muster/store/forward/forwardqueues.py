"""All queues of a hub, each in a folder of its own.

One thread writes, another reads: who is answered when something is kept waits for no backlog
that is read. Whoever keeps something waits for its sync; those who wait at the same time share
one.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast

from muster.clock import Clock
from muster.errors import MusterError, Unavailable
from muster.ports.forwarding import Load, Packet, Queue, QueueState
from muster.store.forward.forwardqueue import ForwardQueue

T = TypeVar("T")
_Waiting = list[tuple["DiskQueue", Packet]]


class DiskQueue:
    """Implements muster.ports.forwarding.Queue."""

    def __init__(self, name: str, on_disk: ForwardQueue, queues: "ForwardQueues") -> None:
        self._name = name
        self._queues = queues
        self.on_disk = on_disk
        self.seen = on_disk.state
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> QueueState:
        return self.seen

    async def drop(self, points: int, why: str) -> None:
        await self._queues.read(lambda: self._with(lambda it: it.drop(points, why)))

    async def peek(self, most_bytes: int) -> Load | None:
        return await self._queues.read(lambda: self._with(lambda it: it.peek(most_bytes)))

    async def done(self, load: Load, *, refused: int = 0) -> None:
        await self._queues.read(lambda: self._with(lambda it: it.done(load, refused)))

    def keep(self, packets: list[Packet], now_ns: int) -> None:
        """On the thread that writes. What the disk refuses is counted."""

        def append(on_disk: ForwardQueue) -> None:
            try:
                on_disk.open()
                on_disk.append(packets, now_ns)
            except MusterError as error:
                on_disk.drop(sum(packet.points for packet in packets), str(error))

        self._locked(append)

    def remove(self) -> None:
        """On the thread that reads. Errors: Unavailable."""
        self._locked(ForwardQueue.remove)

    def _with(self, work: Callable[[ForwardQueue], T]) -> T:
        def opened(on_disk: ForwardQueue) -> T:
            on_disk.open()
            return work(on_disk)

        return self._locked(opened)

    def _locked(self, work: Callable[[ForwardQueue], T]) -> T:
        with self._lock:
            try:
                return work(self.on_disk)
            finally:
                self.seen = self.on_disk.state


class ForwardQueues:
    """Implements muster.ports.forwarding.Queues."""

    def __init__(self, *, folder: Path, clock: Clock, reserve_bytes: int = 0) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._clock = clock
        self._queues: dict[str, DiskQueue] = {}
        self._waiting: _Waiting = []
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="forward-write")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="forward-read")

    def queue(self, name: str, limit_bytes: int) -> DiskQueue:
        found = self._queues.get(name)
        if found is None:
            on_disk = ForwardQueue(self._folder / name, limit_bytes, self._reserve_bytes)
            found = self._queues[name] = DiskQueue(name, on_disk, self)
        return found

    async def keep(self, packets: Sequence[tuple[Queue, Packet]]) -> None:
        """Whoever comes first writes what all have brought; the others find theirs written."""
        with self._lock:
            self._waiting += [(cast(DiskQueue, queue), packet) for queue, packet in packets]
        await asyncio.get_running_loop().run_in_executor(self._writer, self._write)

    async def names(self) -> list[str]:
        return await self.read(self._names)

    async def remove(self, name: str) -> None:
        queue = self.queue(name, 0)
        await self.read(queue.remove)
        self._queues.pop(name, None)

    async def read(self, work: Callable[[], T]) -> T:
        """Do something on the thread that reads."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    def close(self) -> None:
        """Wait for what is being written."""
        self._writer.shutdown()
        self._reader.shutdown()
        for queue in self._queues.values():
            queue.on_disk.close()

    def _write(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        by_queue: dict[DiskQueue, list[Packet]] = {}
        for queue, packet in waiting:
            by_queue.setdefault(queue, []).append(packet)
        for queue, packets in by_queue.items():
            queue.keep(packets, self._clock.now_ns())

    def _names(self) -> list[str]:
        try:
            return sorted(path.name for path in self._folder.iterdir() if path.is_dir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._folder} cannot be read: {error.strerror}") from error
