"""The rules of retention policies, and of names. Pure: a Database and a wish become a Database.

Texts are those of InfluxDB. Source: its services/meta/data.go, client.go.
"""

import msgspec

from muster.clock import DAY_NS
from muster.core.databases.databasebook import PolicyNotFound
from muster.errors import Conflict, InputError, LimitExceeded
from muster.influxql.syntax.durations import spell_duration
from muster.model.ids import SpaceId
from muster.model.influx import AUTOGEN, HOUR_NS, MAX_NS, MIN_NS, Database, RetentionPolicy

MAX_POLICIES = 100  # per database
MAX_NAME_BYTES = 255
MAX_REPLICAS = 1_000

_WEEK_NS, _HALF_YEAR_NS = 7 * DAY_NS, 180 * DAY_NS


class PolicySpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement says of a policy; None and an empty name: nothing."""

    name: str = ""
    duration_ns: int | None = None
    shard_ns: int | None = None
    replicas: int | None = None
    future_limit_ns: int | None = None
    past_limit_ns: int | None = None


def check_name(name: str) -> str:
    """The name of a database or policy. Errors: InputError."""
    if not name.isprintable() or name in ("", ".", "..") or any(mark in name for mark in "/\\"):
        raise InputError("invalid name")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InputError("name too long")
    return name


def shard_length(asked_ns: int, duration_ns: int) -> int:
    """How long a policy's shard groups are; `asked_ns` 0: as its duration has it."""
    if asked_ns:
        return max(asked_ns, HOUR_NS)
    if duration_ns == 0 or duration_ns >= _HALF_YEAR_NS:
        return _WEEK_NS
    return DAY_NS if duration_ns >= 2 * DAY_NS else HOUR_NS


def new_policy(spec: PolicySpec) -> RetentionPolicy:
    """The policy that a statement describes. Errors: InputError."""
    _check_duration(spec)
    replicas = 1 if spec.replicas is None else spec.replicas
    _check_replicas(replicas)
    duration_ns = spec.duration_ns or 0
    shard_ns = shard_length(spec.shard_ns or 0, duration_ns)
    if 0 < duration_ns < shard_ns:
        raise _shard_is_longer()
    return RetentionPolicy(
        name=spec.name or AUTOGEN,
        duration_ns=duration_ns,
        shard_ns=shard_ns,
        replicas=replicas,
        future_limit_ns=spec.future_limit_ns or 0,
        past_limit_ns=spec.past_limit_ns or 0,
    )


def new_database(space: SpaceId, name: str, created_ns: int, spec: PolicySpec) -> Database:
    """A database with its one policy. Errors: InputError."""
    policy = new_policy(spec)
    return Database(
        space=space,
        name=check_name(name),
        created_ns=created_ns,
        default_policy=policy.name,
        policies=(policy,),
    )


def made_again(database: Database, spec: PolicySpec) -> Database:
    """CREATE DATABASE … WITH of one that is there: the same policy, or a first one.

    Errors: InputError; Conflict when its default policy is another.
    """
    _check_duration(spec)
    if not database.policies:
        return with_policy(database, new_policy(spec), default=True)
    name = spec.name or AUTOGEN
    policy = database.policy(name)
    if policy is None or not _fits(policy, spec) or database.default_policy != name:
        raise _conflict()
    return database


def with_policy(database: Database, policy: RetentionPolicy, *, default: bool) -> Database:
    """CREATE RETENTION POLICY. Errors: Conflict when one of its name is another; LimitExceeded."""
    known = database.policy(policy.name)
    if known is not None:
        wanted = (policy.duration_ns, policy.shard_ns, policy.replicas)
        if (known.duration_ns, known.shard_ns, known.replicas) != wanted:
            raise Conflict("retention policy already exists")
        if default and database.default_policy != policy.name:
            raise _conflict()
        return database
    if len(database.policies) >= MAX_POLICIES:
        raise LimitExceeded(f"a database has up to {MAX_POLICIES} retention policies")
    return msgspec.structs.replace(
        database,
        policies=(*database.policies, policy),
        default_policy=policy.name if default else database.default_policy,
    )


def with_changed_policy(database: Database, spec: PolicySpec, *, default: bool) -> Database:
    """ALTER RETENTION POLICY: what is given changes. Errors: PolicyNotFound, InputError."""
    policy = database.policy(spec.name) if spec.name else None
    if policy is None:
        raise PolicyNotFound(spec.name)
    _check_duration(spec)
    duration_ns = policy.duration_ns if spec.duration_ns is None else spec.duration_ns
    shard_ns = policy.shard_ns if spec.shard_ns is None else spec.shard_ns
    if 0 < duration_ns < shard_ns and (spec.duration_ns, spec.shard_ns) != (None, None):
        raise _shard_is_longer()
    if spec.shard_ns is not None:
        shard_ns = shard_length(spec.shard_ns, duration_ns)
    if spec.replicas is not None:
        _check_replicas(spec.replicas)
    future_ns, past_ns = spec.future_limit_ns, spec.past_limit_ns
    changed = msgspec.structs.replace(
        policy,
        duration_ns=duration_ns,
        shard_ns=shard_ns,
        replicas=policy.replicas if spec.replicas is None else spec.replicas,
        future_limit_ns=policy.future_limit_ns if future_ns is None else future_ns,
        past_limit_ns=policy.past_limit_ns if past_ns is None else past_ns,
    )
    return msgspec.structs.replace(
        database,
        policies=replaced(database, changed),
        default_policy=policy.name if default else database.default_policy,
    )


def without_policy(database: Database, name: str) -> Database:
    """DROP RETENTION POLICY. A default that is dropped stays the default: writes are told so."""
    left = tuple(each for each in database.policies if each.name != name)
    return msgspec.structs.replace(database, policies=left)


def writable(policy: RetentionPolicy, now_ns: int) -> tuple[int, int]:
    """The oldest and the newest time that a policy takes points of, now."""
    spans = [span for span in (policy.duration_ns, policy.past_limit_ns) if span]
    oldest = now_ns - min(spans) if spans else MIN_NS
    newest = now_ns + policy.future_limit_ns if policy.future_limit_ns else MAX_NS
    return max(oldest, MIN_NS), min(newest, MAX_NS)


def replaced(database: Database, policy: RetentionPolicy) -> tuple[RetentionPolicy, ...]:
    """The policies of a database with another in place of the one of its name."""
    return tuple(policy if each.name == policy.name else each for each in database.policies)


def _fits(policy: RetentionPolicy, spec: PolicySpec) -> bool:
    return (
        spec.duration_ns in (None, policy.duration_ns)
        and spec.replicas in (None, policy.replicas)
        and shard_length(spec.shard_ns or 0, policy.duration_ns) == policy.shard_ns
    )


def _check_duration(spec: PolicySpec) -> None:
    if spec.duration_ns is not None and spec.duration_ns != 0 and spec.duration_ns < HOUR_NS:
        raise InputError(f"retention policy duration must be at least {spell_duration(HOUR_NS)}")
    for span_ns in (spec.duration_ns, spec.shard_ns, spec.future_limit_ns, spec.past_limit_ns):
        if span_ns is not None and not 0 <= span_ns <= MAX_NS:
            raise InputError(f"duration is out of range: {spell_duration(span_ns)}")


def _check_replicas(replicas: int) -> None:
    if replicas < 1:
        raise InputError("replication factor must be greater than 0")
    if replicas > MAX_REPLICAS:
        raise InputError(f"replication factor must be up to {MAX_REPLICAS}")


def _shard_is_longer() -> InputError:
    return InputError("retention policy duration must be greater than the shard duration")


def _conflict() -> Conflict:
    return Conflict("retention policy conflicts with an existing policy")
