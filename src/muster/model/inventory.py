"""What the hub knows of: spaces, rooms, nodes and their links."""

from enum import StrEnum

import msgspec

from muster.model.ids import NodeId, RoomId, SpaceId


class Space(msgspec.Struct, frozen=True):
    """The tenant: owns rooms, nodes, data and roles."""

    id: SpaceId
    name: str


class Room(msgspec.Struct, frozen=True):
    """A named group of a Space's nodes, for view and access."""

    id: RoomId
    space: SpaceId
    name: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a node says of itself: shown, never trusted."""

    hostname: str = ""
    os: str = ""  # "Debian GNU/Linux 12 (bookworm)"
    kernel: str = ""
    architecture: str = ""
    cores: int = 0
    memory_bytes: int = 0
    boot_id: str = ""
    boot_time_ns: int = 0
    agent_version: str = ""
    compiled: bool = False  # the agent runs on the compiled twins


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One monitored machine. `revoked_ns` > 0: its credentials are refused for good.

    `renamed_from` is the name the machine claimed with when another node already had it.
    """

    id: NodeId
    space: SpaceId
    name: str
    rooms: tuple[RoomId, ...] = ()
    created_ns: int = 0
    last_seen_ns: int = 0
    revoked_ns: int = 0
    revoked_reason: str = ""
    renamed_from: str = ""
    facts: Facts = Facts()


class NodeState(StrEnum):
    """What the hub says of a node now. Every state but LIVE comes with its cause in words."""

    PENDING = "pending"  # claimed, never connected
    LIVE = "live"
    STALE = "stale"  # connected or just lost, values late
    OFFLINE = "offline"
    REVOKED = "revoked"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """How a node's data arrives now, or arrived last. Times in ns UTC, 0 for never."""

    dialect: str = "muster"
    mode: str = "persistent"
    address: str = ""
    tls: str = ""
    since_ns: int = 0
    last_seen_ns: int = 0
    round_trip_ms: float = 0.0
    unsent: int = 0  # values in the agent's spool
    clock_skew_s: float = 0.0
    ended: str = ""  # why the last link ended; empty while connected
