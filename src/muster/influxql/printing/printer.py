"""Everything that can be read back to text, in normal form.

The text reads as the same statement again, but for passwords, which are never shown.
"""

from collections.abc import Callable, Iterable
from typing import Any

from muster.influxql.printing import showtext, statementtext
from muster.influxql.printing.expressiontext import format_expr
from muster.influxql.printing.selecttext import (
    format_field,
    format_select,
    format_sort_field,
    format_source,
    format_target,
)
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import (
    Dimension,
    Expr,
    Field,
    Node,
    SelectStatement,
    SortField,
    Source,
    Statement,
    Target,
)


def format(node: Node) -> str:
    """The normal form of a statement or of a part of one."""
    for kind, text in _PARTS.items():
        if isinstance(node, kind):
            return text(node)
    return _STATEMENTS[type(node)](node)


def format_query(statements: Iterable[Statement]) -> str:
    """Statements one below the other."""
    return ";\n".join(map(format, statements))


_PARTS: dict[type[Node], Callable[[Any], str]] = {
    Expr: format_expr,
    SelectStatement: format_select,
    Source: format_source,
    Field: format_field,
    Dimension: lambda node: format_expr(node.expr),
    SortField: format_sort_field,
    Target: lambda node: f"INTO {format_target(node)}",
}

_STATEMENTS: dict[type[Node], Callable[[Any], str]] = {
    s.ExplainStatement: statementtext.explain,
    s.DeleteSeriesStatement: statementtext.removal("DELETE"),
    s.DropSeriesStatement: statementtext.removal("DROP SERIES"),
    s.DropMeasurementStatement: statementtext.named("DROP MEASUREMENT"),
    s.DropShardStatement: lambda node: f"DROP SHARD {node.id}",
    s.CreateDatabaseStatement: statementtext.create_database,
    s.DropDatabaseStatement: statementtext.named("DROP DATABASE"),
    s.CreateRetentionPolicyStatement: statementtext.create_policy,
    s.AlterRetentionPolicyStatement: statementtext.alter_policy,
    s.DropRetentionPolicyStatement: statementtext.named_on("DROP RETENTION POLICY"),
    s.CreateContinuousQueryStatement: statementtext.continuous_query,
    s.DropContinuousQueryStatement: statementtext.named_on("DROP CONTINUOUS QUERY"),
    s.CreateSubscriptionStatement: statementtext.create_subscription,
    s.DropSubscriptionStatement: statementtext.subscription("DROP SUBSCRIPTION"),
    s.CreateUserStatement: statementtext.create_user,
    s.DropUserStatement: statementtext.named("DROP USER"),
    s.SetPasswordUserStatement: statementtext.set_password,
    s.GrantStatement: statementtext.privilege("GRANT", "TO"),
    s.GrantAdminStatement: statementtext.all_privileges("GRANT ALL PRIVILEGES TO"),
    s.RevokeStatement: statementtext.privilege("REVOKE", "FROM"),
    s.RevokeAdminStatement: statementtext.all_privileges("REVOKE ALL PRIVILEGES FROM"),
    s.KillQueryStatement: statementtext.kill,
    s.ShowContinuousQueriesStatement: statementtext.words("SHOW CONTINUOUS QUERIES"),
    s.ShowDatabasesStatement: statementtext.words("SHOW DATABASES"),
    s.ShowDiagnosticsStatement: statementtext.module("SHOW DIAGNOSTICS"),
    s.ShowGrantsForUserStatement: statementtext.named("SHOW GRANTS FOR"),
    s.ShowQueriesStatement: statementtext.words("SHOW QUERIES"),
    s.ShowRetentionPoliciesStatement: showtext.policies,
    s.ShowShardGroupsStatement: statementtext.words("SHOW SHARD GROUPS"),
    s.ShowShardsStatement: statementtext.words("SHOW SHARDS"),
    s.ShowStatsStatement: statementtext.module("SHOW STATS"),
    s.ShowSubscriptionsStatement: statementtext.words("SHOW SUBSCRIPTIONS"),
    s.ShowUsersStatement: statementtext.words("SHOW USERS"),
    s.ShowSeriesStatement: showtext.listing("SHOW SERIES"),
    s.ShowFieldKeysStatement: showtext.listing("SHOW FIELD KEYS"),
    s.ShowMeasurementsStatement: showtext.measurements,
    s.ShowTagKeysStatement: showtext.tag_keys,
    s.ShowTagValuesStatement: showtext.tag_values,
    s.ShowSeriesCardinalityStatement: showtext.cardinality("SHOW SERIES"),
    s.ShowMeasurementCardinalityStatement: showtext.cardinality("SHOW MEASUREMENT"),
    s.ShowTagKeyCardinalityStatement: showtext.cardinality("SHOW TAG KEY"),
    s.ShowFieldKeyCardinalityStatement: showtext.cardinality("SHOW FIELD KEY"),
    s.ShowTagValuesCardinalityStatement: showtext.tag_values_cardinality,
}
