"""What SHOW statements about databases answer: tables, in the shape InfluxDB gives them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from muster.clock import SECOND_NS
from muster.core.databases.attached import without_secret
from muster.core.databases.databaseprivileges import sees
from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.syntax.durations import spell_duration
from muster.model.influx import (
    PRIVILEGE_WORDS,
    Database,
    InfluxUser,
    Login,
    Privilege,
    RetentionPolicy,
    Shard,
)

Cell: TypeAlias = str | int | bool | list[str]
Shards: TypeAlias = Callable[[Database, str], Sequence[Shard]]

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_SHARD = ("id", "database", "retention_policy", "shard_group")
_SPAN = ("start_time", "end_time", "expiry_time")


class Table(NamedTuple):
    """One series of an answer, without times. An empty name is left out of it."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]

    def series(self) -> ResultSeries:
        """As answers of all statements are rendered."""
        return listing(self.name, self.columns, self.rows)


def of_databases(login: Login, databases: Iterable[Database]) -> list[Table]:
    """Those that somebody may read or write."""
    rows = [(each.name,) for each in databases if sees(login, each.name)]
    return [Table("databases", ("name",), list(rows))]


def of_policies(database: Database) -> list[Table]:
    """Those of a database, in the order of their making."""
    columns = ("name", "duration", "shardGroupDuration", "replicaN", "default")
    rows: list[tuple[Cell, ...]] = [
        (
            each.name,
            spell_duration(each.duration_ns),
            spell_duration(each.shard_ns),
            each.replicas,
            each.name == database.default_policy,
        )
        for each in database.policies
    ]
    return [Table("", columns, rows)]


def of_queries(login: Login, databases: Iterable[Database]) -> list[Table]:
    """One table for each database that somebody may see, also without any query."""
    return [
        Table(each.name, ("name", "query"), [(one.name, one.query) for one in each.queries])
        for each in databases
        if sees(login, each.name)
    ]


def of_subscriptions(databases: Iterable[Database]) -> list[Table]:
    """One table for each database that has any; passwords in destinations are left out."""
    columns = ("retention_policy", "name", "mode", "destinations")
    tables = [Table(each.name, columns, list(_subscriptions(each))) for each in databases]
    return [table for table in tables if table.rows]


def _subscriptions(database: Database) -> Iterator[tuple[Cell, ...]]:
    for policy in database.policies:
        for each in policy.subscriptions:
            shown = [without_secret(url) for url in each.destinations]
            yield policy.name, each.name, each.mode, shown


def of_users(users: Iterable[InfluxUser]) -> list[Table]:
    """Names, and who of them is an admin."""
    return [Table("", ("user", "admin"), [(user.name, user.admin) for user in users])]


def of_grants(grants: Mapping[str, Privilege]) -> list[Table]:
    """What somebody holds, by database; a revocation leaves NO PRIVILEGES."""
    rows: list[tuple[Cell, ...]] = [(on, PRIVILEGE_WORDS[held]) for on, held in grants.items()]
    return [Table("", ("database", "privilege"), rows)]


def of_shards(databases: Iterable[Database], shards: Shards) -> list[Table]:
    """One table for each database; a group has one shard, which bears its number."""
    return [
        Table(
            database.name,
            (*_SHARD, *_SPAN, "owners"),
            [
                (shard.number, database.name, policy.name, shard.number, *span, "")
                for policy, shard, span in _spans(database, shards)
            ],
        )
        for database in databases
    ]


def of_shard_groups(databases: Iterable[Database], shards: Shards) -> list[Table]:
    """One table of those of all databases."""
    rows: list[tuple[Cell, ...]] = [
        (shard.number, database.name, policy.name, *span)
        for database in databases
        for policy, shard, span in _spans(database, shards)
    ]
    return [Table("shard groups", ("id", "database", "retention_policy", *_SPAN), rows)]


def _spans(
    database: Database, shards: Shards
) -> Iterator[tuple[RetentionPolicy, Shard, tuple[str, str, str]]]:
    for policy in database.policies:
        for shard in shards(database, policy.name):
            times = (shard.start_ns, shard.end_ns, shard.end_ns + policy.duration_ns)
            start, end, expiry = map(_utc, times)
            yield policy, shard, (start, end, expiry)


def _utc(time_ns: int) -> str:
    return (_1970 + timedelta(seconds=time_ns // SECOND_NS)).strftime("%Y-%m-%dT%H:%M:%SZ")
