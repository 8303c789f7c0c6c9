"""Statements that change something, which a GET should not carry.

Source: StatementExecutor of InfluxDB, which runs them all the same and warns of most.
"""

from collections.abc import Iterable

from muster.influxql.errors import InfluxqlError, Position, at
from muster.influxql.printing.printer import format
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import Measurement, SelectStatement, Statement

_WARNED = (
    s.AlterRetentionPolicyStatement,
    s.CreateContinuousQueryStatement,
    s.CreateDatabaseStatement,
    s.CreateRetentionPolicyStatement,
    s.CreateSubscriptionStatement,
    s.CreateUserStatement,
    s.DropContinuousQueryStatement,
    s.DropDatabaseStatement,
    s.DropMeasurementStatement,
    s.DropRetentionPolicyStatement,
    s.DropSeriesStatement,
    s.DropShardStatement,
    s.DropSubscriptionStatement,
    s.DropUserStatement,
    s.GrantAdminStatement,
    s.GrantStatement,
    s.RevokeAdminStatement,
    s.RevokeStatement,
    s.SetPasswordUserStatement,
)
_SILENT = (s.DeleteSeriesStatement, s.KillQueryStatement)


def warns_of(statement: Statement) -> bool:
    """Whether InfluxDB warns of a statement that came by GET."""
    if isinstance(statement, SelectStatement):
        return statement.target is not None
    return isinstance(statement, _WARNED)


def is_mutation(statement: Statement) -> bool:
    """Whether it changes anything."""
    return warns_of(statement) or isinstance(statement, _SILENT)


def warning(statement: Statement) -> str:
    """What the answer to a GET says of it; empty for nothing."""
    if not warns_of(statement):
        return ""
    return (
        f"deprecated use of '{format(statement)}' in a read only context,"
        " please use a POST request instead"
    )


def refuse_policies(statements: Iterable[Statement]) -> None:
    """DELETE holds for all policies of a database. Errors: InfluxqlError where it names one."""
    for statement in statements:
        if isinstance(statement, s.DeleteSeriesStatement) and any(
            isinstance(source, Measurement) and source.retention_policy
            for source in statement.sources
        ):
            raise InfluxqlError(at("retention policy not supported", Position()))
