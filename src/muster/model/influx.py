"""Databases as InfluxDB's wire knows them: policies, continuous queries, subscriptions, users.

A Database belongs to one Space, in which its name is unique. A point that is written to it
becomes a core series of that Space with the hidden tags `db` and `rp`.
Durations are nanoseconds; 0 is for ever, as a limit it is none.
"""

from collections.abc import Mapping
from enum import IntFlag

import msgspec

from muster.clock import DAY_NS, SECOND_NS
from muster.model.access import Actor, Scope
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Kind

AUTOGEN = "autogen"  # the policy that a database begins with
STOCK = "stock"  # tag of the hub: under which id the points of a policy are kept
HOUR_NS = 3_600 * SECOND_NS
MIN_NS, MAX_NS = -(1 << 63), (1 << 63) - 1
# From 0001-01-01T00:00:00Z, where shard groups are counted from, to 1970-01-01T00:00:00Z.
_YEAR_ONE_NS = 719_162 * DAY_NS


class Privilege(IntFlag):
    """What a user may do with a database."""

    NONE = 0
    READ = 1
    WRITE = 2
    ALL = 3


PRIVILEGE_WORDS = {
    Privilege.NONE: "NO PRIVILEGES",
    Privilege.READ: "READ",
    Privilege.WRITE: "WRITE",
    Privilege.ALL: "ALL PRIVILEGES",
}


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Where accepted points of a policy are sent on to."""

    name: str
    mode: str  # ALL: to every destination; ANY: to one after the other
    destinations: tuple[str, ...]  # http, https or udp URLs with a port


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long points are kept, and how long a group of shards is."""

    name: str
    duration_ns: int = 0
    shard_ns: int
    replicas: int = 1  # told and kept, of no effect
    future_limit_ns: int = 0  # points further ahead of now are refused
    past_limit_ns: int = 0
    subscriptions: tuple[Subscription, ...] = ()


class ContinuousQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A SELECT … INTO that runs by itself."""

    name: str
    query: str  # the whole statement in its normal form, sources and target fully named


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """A database. `default_policy` may name one that was dropped."""

    space: SpaceId
    name: str
    number: int = 0  # given by the records and never again; 0: built in, or not kept yet
    created_ns: int = 0
    default_policy: str = AUTOGEN
    policies: tuple[RetentionPolicy, ...] = ()
    queries: tuple[ContinuousQuery, ...] = ()

    def policy(self, name: str) -> RetentionPolicy | None:
        """The policy of a name; empty: the default one."""
        name = name or self.default_policy
        return next((each for each in self.policies if each.name == name), None)


class InfluxUser(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in with a name and a password in InfluxDB's words. No user of the hub."""

    name: str  # unique on the hub: credentials name no space
    space: SpaceId
    password_hash: str  # argon2id, encoded form
    number: int = 0
    admin: bool = False
    grants: dict[str, Privilege] = {}  # by database; NONE is what a revocation leaves
    created_ns: int = 0


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, and what they may: the sum of a user, an API token or a node's certificate."""

    space: SpaceId
    actor: Actor  # as the audit log calls them
    name: str  # as refusals call them
    admin: bool = False
    everywhere: Privilege = Privilege.NONE  # on each database of the space
    grants: Mapping[str, Privilege] = {}
    nodes: frozenset[NodeId] | None = None  # what these sent or wrote as themselves; None: all

    def may(self, privilege: Privilege, database: str) -> bool:
        """Whether all of a privilege is held on a database; the admin holds everything."""
        if self.admin:
            return True
        held = self.everywhere | self.grants.get(database, Privilege.NONE)
        return privilege & ~held == Privilege.NONE


def scope_of(space: SpaceId, nodes: frozenset[NodeId] | None) -> Scope:
    """A whole space, or of it some nodes alone. Nodes may have series in other spaces too."""
    return Scope(frozenset((space,))) if nodes is None else Scope(frozenset(), nodes)


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """A span of time of a policy, within which a field has one kind. `end_ns` is beyond it."""

    number: int = 0
    database: int
    policy: str
    start_ns: int
    end_ns: int


class FieldKind(msgspec.Struct, frozen=True):
    """The kind that a field has within a shard."""

    measurement: str
    field: str
    kind: Kind


def shard_span(time_ns: int, shard_ns: int) -> tuple[int, int]:
    """Start and end of the shard group that a time falls into, cut to what 64 bits hold.

    Source: Go's Time.Truncate, which counts from the year one (a Monday).
    """
    start = time_ns - (time_ns + _YEAR_ONE_NS) % shard_ns
    return max(start, MIN_NS), min(start + shard_ns, MAX_NS)
