"""Names in statements made whole: every source and target gets its database and policy.

Texts are InfluxDB's. Source: NormalizeStatement of its coordinator.
"""

from collections.abc import Callable, Iterator

import msgspec

from muster.core.databases.databasebook import DatabaseNotFound
from muster.errors import InputError, NotFound
from muster.influxql.syntax.ast import Measurement, SelectStatement, Source, SubQuery, Target
from muster.model.influx import Database

Find = Callable[[str], Database | None]


class Defaults(msgspec.Struct, frozen=True):
    """What a request says of names that a statement leaves open; empty: nothing."""

    database: str = ""
    policy: str = ""


def named(statement: SelectStatement, defaults: Defaults, find: Find) -> SelectStatement:
    """A SELECT whose sources, in subqueries too, and target are fully named.

    Errors: InputError without any database; DatabaseNotFound. A policy may turn out missing.
    """
    target = statement.target
    if target is not None:
        target = Target(_measurement(target.measurement, defaults, find))
    return msgspec.structs.replace(
        statement,
        target=target,
        sources=tuple(_source(each, defaults, find) for each in statement.sources),
    )


def measurements(statement: SelectStatement) -> Iterator[Measurement]:
    """The target and all sources of a SELECT, in subqueries too."""
    if statement.target is not None:
        yield statement.target.measurement
    for source in statement.sources:
        if isinstance(source, Measurement):
            yield source
        elif isinstance(source, SubQuery):
            yield from measurements(source.statement)


def require_policies(statement: SelectStatement, find: Find) -> None:
    """Whether what a fully named SELECT reads and writes is there. Errors: NotFound."""
    for each in measurements(statement):
        database = find(each.database)
        if database is None:
            raise DatabaseNotFound(each.database)
        if database.policy(each.retention_policy) is None:
            raise NotFound(f"retention policy not found: {each.database}.{each.retention_policy}")


def _source(source: Source, defaults: Defaults, find: Find) -> Source:
    match source:
        case Measurement():
            return _measurement(source, defaults, find)
        case SubQuery():
            return SubQuery(named(source.statement, defaults, find))
        case _:
            return source


def _measurement(measurement: Measurement, defaults: Defaults, find: Find) -> Measurement:
    if not measurement.is_target and not measurement.name and measurement.regex is None:
        raise InputError("invalid measurement")
    name = measurement.database or defaults.database
    if not name:
        raise InputError("database name required")
    database = find(name)
    if database is None:
        raise DatabaseNotFound(name)
    policy = measurement.retention_policy or defaults.policy or database.default_policy
    if not policy:
        raise InputError(f"default retention policy not set for: {name}")
    return msgspec.structs.replace(measurement, database=name, retention_policy=policy)
