"""Points that somebody brings along from elsewhere, by the hub's own interface.

The same way as writes of InfluxDB's wire, for whoever may write values in a space. Databases and
policies that are missing are made, by whoever may manage the space.
"""

from typing import NamedTuple

import msgspec

from muster.core.access import require, require_object
from muster.core.databases.databases import Databases
from muster.core.databases.retention import PolicySpec
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.errors import InputError, NotFound
from muster.model.access import Action, Actor
from muster.model.ids import SpaceId
from muster.model.influx import Login
from muster.ports.records import NodeRecords

MAX_POLICIES = 100
_MAX_ERRORS = 10  # texts of an answer


class WantedPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy that shall be there."""

    name: str
    duration_ns: int = 0  # 0: for ever
    shard_ns: int = 0  # 0: as its duration has it
    default: bool = False


class WantedDatabase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A database that shall be there, with these policies."""

    name: str
    policies: tuple[WantedPolicy, ...] = ()
    space: str = ""  # id; empty: the hub's own


class DatabaseThere(msgspec.Struct, frozen=True, kw_only=True):
    """A database that is there."""

    space: str
    name: str
    policies: list[str]


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a body."""

    points: int  # that are on disk
    refused: int  # lines and points that are not
    errors: list[str]  # some of the reasons


class BulkTarget(NamedTuple):
    """Where a body goes; an empty space is the hub's own, an empty policy the default one."""

    space: str
    database: str
    policy: str


class BulkWrites:
    """Used on the event loop's thread."""

    def __init__(self, *, databases: Databases, writes: PointWrites, nodes: NodeRecords) -> None:
        self._databases = databases
        self._writes = writes
        self._nodes = nodes

    @property
    def body_bytes(self) -> int:
        """How long a body may be."""
        return self._writes.limits.body_bytes

    async def prepare(self, actor: Actor | None, wanted: WantedDatabase) -> DatabaseThere:
        """Make what is missing; what is there stays as it is.

        Errors: NotFound for another's space; Denied; InputError; LimitExceeded.
        """
        if len(wanted.policies) > MAX_POLICIES:
            raise InputError(f"up to {MAX_POLICIES} policies, not {len(wanted.policies)}")
        space = self._space(actor, wanted.space, Action.SPACE_MANAGE)
        actor = require(actor, Action.SPACE_MANAGE, space)
        login = Login(space=space, actor=actor, name=actor.name, admin=True)
        database = self._databases.find(space, wanted.name)
        if database is None:
            database = await self._databases.create(login, wanted.name)
        for policy in wanted.policies:
            if database.policy(policy.name) is None:
                spec = PolicySpec(
                    name=policy.name, duration_ns=policy.duration_ns, shard_ns=policy.shard_ns
                )
                database = await self._databases.create_policy(
                    login, wanted.name, spec, default=policy.default
                )
        names = [policy.name for policy in database.policies]
        return DatabaseThere(space=space, name=database.name, policies=names)

    async def write(self, actor: Actor | None, target: BulkTarget, body: bytes) -> BulkAnswer:
        """Write line protocol with times in nanoseconds.

        Errors: NotFound for another's space, a database or a policy; Denied; LimitExceeded;
                Unavailable when the disk is full or the engine far behind.
        """
        space = self._space(actor, target.space, Action.DATA_WRITE)
        self._databases.target(space, target.database, target.policy)
        parsed = await self._writes.read(body, 1)
        errors = [error.text for error in parsed.errors]
        refused = parsed.errors_total
        written = 0
        if parsed.points_total:
            place = Target(space, target.database, target.policy, 1)
            answer = await self._writes.store(parsed, place, Writer())
            lost = sum(each.points for each in answer.refusals)
            errors += [each.reason for each in answer.refusals]
            written, refused = parsed.points_total - lost, refused + lost
        told = list(dict.fromkeys(errors))[:_MAX_ERRORS]
        return BulkAnswer(points=written, refused=refused, errors=told)

    def _space(self, actor: Actor | None, id: str, action: Action) -> SpaceId:
        known = self._nodes.spaces()
        found = next((each for each in known if (each.id == id if id else each.main)), None)
        if found is None:
            require(actor, action)
            raise NotFound("no such space")
        require_object(actor, action, found.id, "space")
        return found.id
