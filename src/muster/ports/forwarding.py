"""What core needs to send points on: queues that outlast the hub, and somebody who sends.

A queue belongs to one way out. What was kept in it is on disk; it is read in order, and what a
peer has taken is told to it. Over its limit the oldest goes, and is counted.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from muster.model.metric import Block
from muster.ports.series import Cohort


class Outward(Protocol):
    """Where rows go besides the hub: they are kept for it before they are acknowledged.

    `stamps` are the tags that the hub vouches for on all of the rows.
    """

    def wants(self, stamps: Mapping[str, str]) -> bool:
        """Whether such rows go anywhere."""
        ...

    async def keep(self, stamps: Mapping[str, str], rows: Sequence[tuple[Cohort, Block]]) -> None:
        """On disk when it returns. What cannot be kept is counted, and holds nobody up."""
        ...


class Form(StrEnum):
    """How points are written for a destination."""

    LINES = "influx"  # line protocol, by HTTP
    SAMPLES = "prometheus"  # remote write, by HTTP
    DATAGRAMS = "udp"  # line protocol, a datagram for each point


class Packet(msgspec.Struct, frozen=True):
    """Points of one policy, written in the form of the queue that they go to.

    Shapes: bodies of one form can be put behind each other; those of DATAGRAMS are MessagePack,
            a list of lines.
    """

    database: str
    policy: str
    points: int
    body: bytes


class Place(NamedTuple):
    """Where in a queue something ends: number of a segment, bytes into it."""

    segment: int
    offset: int


class Load(msgspec.Struct, frozen=True):
    """The oldest packets of a queue, in order, and where they end."""

    packets: tuple[Packet, ...]
    end: Place

    @property
    def points(self) -> int:
        return sum(packet.points for packet in self.packets)


class Chunk(msgspec.Struct, frozen=True):
    """What is sent at once; database and policy are those there, empty where they do not matter."""

    database: str
    policy: str
    packets: tuple[Packet, ...]

    @property
    def points(self) -> int:
        return sum(packet.points for packet in self.packets)

    @property
    def bodies(self) -> list[bytes]:
        return [packet.body for packet in self.packets]


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue is. Counts are since it was made."""

    waiting_bytes: int = 0
    waiting_points: int = 0
    waiting_since_ns: int = 0  # when the oldest was kept; 0: nothing waits
    limit_bytes: int = 0
    sent_points: int = 0  # the peer took them
    refused_points: int = 0  # the peer will never take them
    dropped_points: int = 0  # the oldest, at the limit, or that could not be kept


class Queue(Protocol):
    """One way out. Errors, everywhere: Unavailable when the disk refuses."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> QueueState:
        """As of its last change."""
        ...

    async def drop(self, points: int, why: str) -> None:
        """Count points that nothing can hold."""
        ...

    async def peek(self, most_bytes: int) -> Load | None:
        """The oldest packets, as many as fit, at least one; None when nothing waits."""
        ...

    async def done(self, load: Load, *, refused: int = 0) -> None:
        """Peers have taken a load, but for `refused` points that they never will."""
        ...


class Queues(Protocol):
    """All queues of a hub."""

    def queue(self, name: str, limit_bytes: int) -> Queue:
        """The queue of a name, made when something is first kept in it."""
        ...

    async def keep(self, packets: Sequence[tuple[Queue, Packet]]) -> None:
        """On disk when it returns. What cannot be kept is counted as dropped, and logged."""
        ...

    async def names(self) -> list[str]:
        """Of queues that have a folder. Errors: Unavailable."""
        ...

    async def remove(self, name: str) -> None:
        """A way out is no more: what waits for it is dropped. Errors: Unavailable."""
        ...


class Verdict(StrEnum):
    """What became of a chunk."""

    TAKEN = "taken"
    REFUSED = "refused"  # and always will be
    TOO_LARGE = "too_large"  # smaller ones may be taken
    LATER = "later"


class Outcome(msgspec.Struct, frozen=True):
    """What a peer said to a chunk."""

    verdict: Verdict
    text: str = ""  # why it was not taken
    retry_after_s: float = 0.0
    refused: int = -1  # points, when the peer told how many; else all


class Sender(Protocol):
    """Sends to one destination."""

    @property
    def where(self) -> str:
        """The destination for people, without what is secret."""
        ...

    def way_of(self, packet: Packet) -> tuple[str, str]:
        """Database and policy there; packets of one way can go together."""
        ...

    async def send(self, chunk: Chunk) -> Outcome: ...
