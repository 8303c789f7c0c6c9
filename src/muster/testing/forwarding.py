"""Queues in memory and senders that answer as told: for tests of what is sent on."""

from collections.abc import Sequence

from muster.ports.forwarding import (
    Chunk,
    Load,
    Outcome,
    Packet,
    Place,
    Queue,
    QueueState,
    Verdict,
)


class MemoryQueue:
    """See muster.ports.forwarding.Queue."""

    def __init__(self, name: str, limit_bytes: int = 0) -> None:
        self.name = name
        self.limit_bytes = limit_bytes
        self.packets: list[Packet] = []
        self.sent = 0
        self.refused = 0
        self.dropped = 0

    @property
    def state(self) -> QueueState:
        return QueueState(
            waiting_bytes=sum(len(packet.body) for packet in self.packets),
            waiting_points=sum(packet.points for packet in self.packets),
            limit_bytes=self.limit_bytes,
            sent_points=self.sent,
            refused_points=self.refused,
            dropped_points=self.dropped,
        )

    async def drop(self, points: int, why: str) -> None:
        """Counted."""
        self.dropped += points

    async def peek(self, most_bytes: int) -> Load | None:
        """The oldest, as many as fit."""
        taken = size = 0
        for packet in self.packets:
            if taken and size + len(packet.body) > most_bytes:
                break
            taken, size = taken + 1, size + len(packet.body)
        return Load(tuple(self.packets[:taken]), Place(1, taken)) if taken else None

    async def done(self, load: Load, *, refused: int = 0) -> None:
        """What was peeked at last is over."""
        del self.packets[: load.end.offset]
        self.sent += load.points - refused
        self.refused += refused


class MemoryQueues:
    """See muster.ports.forwarding.Queues. `left` are names of queues of an earlier run."""

    def __init__(self, left: Sequence[str] = ()) -> None:
        self.known: dict[str, MemoryQueue] = {}
        self.left = list(left)
        self.removed: list[str] = []

    def queue(self, name: str, limit_bytes: int) -> MemoryQueue:
        return self.known.setdefault(name, MemoryQueue(name, limit_bytes))

    async def keep(self, packets: Sequence[tuple[Queue, Packet]]) -> None:
        """All at once."""
        for queue, packet in packets:
            self.known[queue.name].packets.append(packet)

    async def names(self) -> list[str]:
        return [*self.left, *self.known]

    async def remove(self, name: str) -> None:
        self.removed.append(name)
        self.known.pop(name, None)
        if name in self.left:
            self.left.remove(name)


class ToldSender:
    """See muster.ports.forwarding.Sender. Gives `outcomes` one after the other, then takes all."""

    def __init__(self, where: str, *outcomes: Outcome) -> None:
        self.where = where
        self.outcomes = list(outcomes)
        self.chunks: list[Chunk] = []

    def way_of(self, packet: Packet) -> tuple[str, str]:
        """As here."""
        return packet.database, packet.policy

    async def send(self, chunk: Chunk) -> Outcome:
        """What was told."""
        self.chunks.append(chunk)
        return self.outcomes.pop(0) if self.outcomes else Outcome(Verdict.TAKEN)
