"""What the hub knows of: spaces, rooms, nodes and their links."""

from enum import StrEnum

import msgspec

from muster.model.ids import NodeId, RoomId, SpaceId

OWN_DIALECT = "muster"  # of nodes that came by our own wire and hold a certificate


class Approval(StrEnum):
    """Whether a good claim lets a machine in by itself."""

    NEVER = "never"  # no approval is asked for
    ALWAYS = "always"  # an admin decides each
    POLICY = "policy"  # the hub's policy file decides


class NetdataKeep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which values of Netdata nodes are copied into the hub's store; without contexts none.

    Others are seen live alone: their agent keeps them.
    """

    contexts: tuple[str, ...] = ()  # patterns: system.*
    step_s: int = 10  # one value for so many seconds
    since_s: int = 0  # values of before are not copied, seconds since 1970; the hub sets it


class SpaceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a Space says of its nodes."""

    agent_lifetime_s: int = 0  # of their certificates; 0: as the hub says
    approval: Approval = Approval.POLICY
    require_second_factor: bool = False  # of people with a role in it
    store: bool = True  # False: values of its nodes are seen live, and kept nowhere
    keep_days: int = 0  # how long values are kept; 0: as long as the hub keeps any
    netdata_keep: NetdataKeep = NetdataKeep()  # of its Netdata nodes, while `store` is set


class Space(msgspec.Struct, frozen=True):
    """The tenant: owns rooms, nodes, data and roles."""

    id: SpaceId
    name: str
    settings: SpaceSettings = SpaceSettings()
    main: bool = False  # the hub's own, made at its first start: its admins manage the hub


class RoomRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which nodes are in a Room by themselves: those that all given conditions fit.

    Shapes: `labels` key to value, each equal; `hosts` patterns of the host name, one fits
    (`web-*`); `networks` one holds the node's address (`10.0.0.0/8`). An empty rule fits no node.
    """

    labels: dict[str, str] = {}
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class Room(msgspec.Struct, frozen=True):
    """A named group of a Space's nodes, for view and access.

    Its nodes are those put into it and those its rule fits.
    """

    id: RoomId
    space: SpaceId
    name: str
    rule: RoomRule | None = None
    agent_lifetime_s: int = 0  # of its nodes' certificates; 0: as the space says


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
    volatile_state: bool = False  # its folder is lost with the container, and the node with it


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One monitored machine. `revoked_ns` > 0: its credentials are refused for good.

    `renamed_from` is the name the machine claimed with when another node already had it.
    `rooms` are those it was put into; core/nodes/roster.py adds those whose rule fits it.
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
    labels: dict[str, str] = {}
    ephemeral_s: int = 0  # > 0: leaves the list so long after it was last seen; 0: stays
    address: str = ""  # it connected from last
    dialect: str = OWN_DIALECT  # of the wire it came in by


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
    warning: str = ""  # why the hub can't keep part of what comes; empty when it keeps all
    ended: str = ""  # why the last link ended; empty while connected
    via: str = ""  # id of the node that speaks for it; empty: it speaks for itself
    state_since_ns: int = 0  # since when its state is as it is; 0 where values tell it


class Told(msgspec.Struct, frozen=True):
    """A node's state as its peer tells it: where no values come by which it could be judged.

    `cause` is part of a sentence, without a full stop; empty when all is well.
    """

    state: NodeState
    cause: str
    since_ns: int
