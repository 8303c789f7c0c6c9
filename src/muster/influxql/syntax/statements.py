"""Statements other than SELECT. Durations are nanoseconds; `None` is "not said"."""

from enum import IntEnum

from muster.influxql.syntax.ast import (
    Dimension,
    Expr,
    ListLiteral,
    RegexLiteral,
    SelectStatement,
    SortField,
    Source,
    Statement,
    StringLiteral,
)
from muster.influxql.syntax.tokens import Token


class Privilege(IntEnum):
    NO = 0
    READ = 1
    WRITE = 2
    ALL = 3


class ExplainStatement(Statement, frozen=True, kw_only=True):
    statement: SelectStatement
    analyze: bool = False
    verbose: bool = False


class DeleteSeriesStatement(Statement, frozen=True, kw_only=True):
    """DELETE: points."""

    sources: tuple[Source, ...] = ()
    condition: Expr | None = None


class DropSeriesStatement(Statement, frozen=True, kw_only=True):
    sources: tuple[Source, ...] = ()
    condition: Expr | None = None


class DropMeasurementStatement(Statement, frozen=True):
    name: str


class DropShardStatement(Statement, frozen=True):
    id: int


class CreateDatabaseStatement(Statement, frozen=True, kw_only=True):
    """`retention_policy_create` says that there is a WITH; a shard duration of 0 is "not said"."""

    name: str
    retention_policy_create: bool = False
    retention_policy_duration_ns: int | None = None
    retention_policy_replication: int | None = None
    retention_policy_shard_group_duration_ns: int = 0
    retention_policy_name: str = ""
    future_write_limit_ns: int | None = None
    past_write_limit_ns: int | None = None


class DropDatabaseStatement(Statement, frozen=True):
    name: str


class CreateRetentionPolicyStatement(Statement, frozen=True, kw_only=True):
    """A duration of 0 is for ever; shard duration and limits of 0 are "not said"."""

    name: str
    database: str
    duration_ns: int
    replication: int
    default: bool = False
    shard_group_duration_ns: int = 0
    future_write_limit_ns: int = 0
    past_write_limit_ns: int = 0


class AlterRetentionPolicyStatement(Statement, frozen=True, kw_only=True):
    name: str
    database: str
    duration_ns: int | None = None
    replication: int | None = None
    default: bool = False
    shard_group_duration_ns: int | None = None
    future_write_limit_ns: int | None = None
    past_write_limit_ns: int | None = None


class DropRetentionPolicyStatement(Statement, frozen=True, kw_only=True):
    name: str
    database: str


class CreateContinuousQueryStatement(Statement, frozen=True, kw_only=True):
    name: str
    database: str
    source: SelectStatement
    resample_every_ns: int = 0
    resample_for_ns: int = 0


class DropContinuousQueryStatement(Statement, frozen=True, kw_only=True):
    name: str
    database: str


class CreateSubscriptionStatement(Statement, frozen=True, kw_only=True):
    """`mode` is ALL or ANY."""

    name: str
    database: str
    retention_policy: str
    mode: str
    destinations: tuple[str, ...]


class DropSubscriptionStatement(Statement, frozen=True, kw_only=True):
    name: str
    database: str
    retention_policy: str


class CreateUserStatement(Statement, frozen=True, kw_only=True):
    name: str
    password: str
    admin: bool = False

    def __repr__(self) -> str:
        return f"CreateUserStatement(name={self.name!r}, admin={self.admin})"


class DropUserStatement(Statement, frozen=True):
    name: str


class SetPasswordUserStatement(Statement, frozen=True, kw_only=True):
    name: str
    password: str

    def __repr__(self) -> str:
        return f"SetPasswordUserStatement(name={self.name!r})"


class GrantStatement(Statement, frozen=True, kw_only=True):
    privilege: Privilege
    on: str
    user: str


class GrantAdminStatement(Statement, frozen=True):
    user: str


class RevokeStatement(Statement, frozen=True, kw_only=True):
    privilege: Privilege
    on: str
    user: str


class RevokeAdminStatement(Statement, frozen=True):
    user: str


class KillQueryStatement(Statement, frozen=True, kw_only=True):
    query_id: int
    host: str = ""


class ShowContinuousQueriesStatement(Statement, frozen=True):
    pass


class ShowDatabasesStatement(Statement, frozen=True):
    pass


class ShowDiagnosticsStatement(Statement, frozen=True):
    module: str = ""


class ShowGrantsForUserStatement(Statement, frozen=True):
    name: str


class ShowQueriesStatement(Statement, frozen=True):
    pass


class ShowRetentionPoliciesStatement(Statement, frozen=True):
    database: str = ""


class ShowShardGroupsStatement(Statement, frozen=True):
    pass


class ShowShardsStatement(Statement, frozen=True):
    pass


class ShowStatsStatement(Statement, frozen=True):
    module: str = ""


class ShowSubscriptionsStatement(Statement, frozen=True):
    pass


class ShowUsersStatement(Statement, frozen=True):
    pass


class ShowStatement(Statement, frozen=True, kw_only=True):
    """What the SHOW statements about series, measurements, keys and values have in common."""

    database: str = ""
    sources: tuple[Source, ...] = ()
    condition: Expr | None = None
    sort_fields: tuple[SortField, ...] = ()
    limit: int = 0
    offset: int = 0


class ShowSeriesStatement(ShowStatement, frozen=True, kw_only=True):
    pass


class ShowFieldKeysStatement(ShowStatement, frozen=True, kw_only=True):
    """Takes no condition."""


class ShowMeasurementsStatement(ShowStatement, frozen=True, kw_only=True):
    """`source` is what WITH MEASUREMENT names; it takes no FROM."""

    retention_policy: str = ""
    wildcard_database: bool = False
    wildcard_retention_policy: bool = False
    source: Source | None = None


class ShowTagKeysStatement(ShowStatement, frozen=True, kw_only=True):
    """`tag_key_op` and `tag_key_expr` as in ShowTagValuesStatement, or both absent."""

    tag_key_op: Token | None = None
    tag_key_expr: StringLiteral | ListLiteral | RegexLiteral | None = None
    slimit: int = 0
    soffset: int = 0


class ShowTagValuesStatement(ShowStatement, frozen=True, kw_only=True):
    """`op` is IN with a list, = or != with a string, =~ or !~ with a pattern."""

    op: Token
    tag_key_expr: StringLiteral | ListLiteral | RegexLiteral


class ShowCardinalityStatement(Statement, frozen=True, kw_only=True):
    """What the statements that count have in common; without `exact` an estimate will do."""

    database: str = ""
    exact: bool = False
    sources: tuple[Source, ...] = ()
    condition: Expr | None = None
    dimensions: tuple[Dimension, ...] = ()
    limit: int = 0
    offset: int = 0


class ShowSeriesCardinalityStatement(ShowCardinalityStatement, frozen=True, kw_only=True):
    pass


class ShowMeasurementCardinalityStatement(ShowCardinalityStatement, frozen=True, kw_only=True):
    pass


class ShowTagKeyCardinalityStatement(ShowCardinalityStatement, frozen=True, kw_only=True):
    pass


class ShowFieldKeyCardinalityStatement(ShowCardinalityStatement, frozen=True, kw_only=True):
    pass


class ShowTagValuesCardinalityStatement(ShowCardinalityStatement, frozen=True, kw_only=True):
    op: Token
    tag_key_expr: StringLiteral | ListLiteral | RegexLiteral
