"""Statements that are no SELECT and ask for no series, back to text. Passwords are never shown."""

from collections.abc import Callable
from typing import Any

from muster.influxql.printing.selecttext import format_select, from_clause, where_clause
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.durations import SECOND_NS, format_duration, spell_duration
from muster.influxql.syntax.quoting import quote_ident, quote_string

_PRIVILEGES = {
    s.Privilege.READ: "READ",
    s.Privilege.WRITE: "WRITE",
    s.Privilege.ALL: "ALL PRIVILEGES",
}


def explain(node: s.ExplainStatement) -> str:
    words = "EXPLAIN " + "ANALYZE " * node.analyze + "VERBOSE " * node.verbose
    return words + format_select(node.statement)


def removal(words: str) -> Callable[[Any], str]:
    return lambda node: words + from_clause(node.sources) + where_clause(node.condition)


def named(words: str) -> Callable[[Any], str]:
    return lambda node: f"{words} {quote_ident(node.name)}"


def named_on(words: str) -> Callable[[Any], str]:
    return lambda node: f"{words} {quote_ident(node.name)} ON {quote_ident(node.database)}"


def words(text: str) -> Callable[[Any], str]:
    return lambda _node: text


def module(words: str) -> Callable[[Any], str]:
    return lambda node: words + (f" FOR {quote_string(node.module)}" if node.module else "")


def create_database(node: s.CreateDatabaseStatement) -> str:
    text = f"CREATE DATABASE {quote_ident(node.name)}"
    if not node.retention_policy_create:
        return text
    shard_ns = node.retention_policy_shard_group_duration_ns or None
    options = (
        _duration("DURATION", node.retention_policy_duration_ns, _spelled)
        + _number("REPLICATION", node.retention_policy_replication)
        + _duration("SHARD DURATION", shard_ns, _spelled)
        + _duration("FUTURE LIMIT", node.future_write_limit_ns)
        + _duration("PAST LIMIT", node.past_write_limit_ns)
        + (f" NAME {quote_ident(node.retention_policy_name)}" if node.retention_policy_name else "")
    )
    return f"{text} WITH{options or ' SHARD DURATION INF'}"


def _spelled(duration_ns: int) -> str:
    """As InfluxDB shows it here, unless that could not be read again."""
    return format_duration(duration_ns) if duration_ns % SECOND_NS else spell_duration(duration_ns)


def create_policy(node: s.CreateRetentionPolicyStatement) -> str:
    return (
        f"CREATE RETENTION POLICY {quote_ident(node.name)} ON {quote_ident(node.database)}"
        f" DURATION {format_duration(node.duration_ns)} REPLICATION {node.replication}"
        + _duration("SHARD DURATION", node.shard_group_duration_ns or None)
        + " DEFAULT" * node.default
        + _duration("FUTURE LIMIT", node.future_write_limit_ns or None)
        + _duration("PAST LIMIT", node.past_write_limit_ns or None)
    )


def alter_policy(node: s.AlterRetentionPolicyStatement) -> str:
    return (
        f"ALTER RETENTION POLICY {quote_ident(node.name)} ON {quote_ident(node.database)}"
        + _duration("DURATION", node.duration_ns)
        + _number("REPLICATION", node.replication)
        + _duration("SHARD DURATION", node.shard_group_duration_ns)
        + " DEFAULT" * node.default
        + _duration("FUTURE LIMIT", node.future_write_limit_ns)
        + _duration("PAST LIMIT", node.past_write_limit_ns)
    )


def _duration(
    words: str, duration_ns: int | None, text: Callable[[int], str] = format_duration
) -> str:
    return "" if duration_ns is None else f" {words} {text(duration_ns)}"


def _number(words: str, number: int | None) -> str:
    return "" if number is None else f" {words} {number}"


def continuous_query(node: s.CreateContinuousQueryStatement) -> str:
    resample = _duration("EVERY", node.resample_every_ns or None)
    resample += _duration("FOR", node.resample_for_ns or None)
    return (
        f"CREATE CONTINUOUS QUERY {quote_ident(node.name)} ON {quote_ident(node.database)}"
        f"{' RESAMPLE' if resample else ''}{resample} BEGIN {format_select(node.source)} END"
    )


def subscription(words: str) -> Callable[[Any], str]:
    return lambda node: (
        f"{words} {quote_ident(node.name)} ON "
        f"{quote_ident(node.database)}.{quote_ident(node.retention_policy)}"
    )


def create_subscription(node: s.CreateSubscriptionStatement) -> str:
    destinations = ", ".join(map(quote_string, node.destinations))
    return f"{subscription('CREATE SUBSCRIPTION')(node)} DESTINATIONS {node.mode} {destinations}"


def create_user(node: s.CreateUserStatement) -> str:
    text = f"CREATE USER {quote_ident(node.name)} WITH PASSWORD [REDACTED]"
    return text + " WITH ALL PRIVILEGES" * node.admin


def set_password(node: s.SetPasswordUserStatement) -> str:
    return f"SET PASSWORD FOR {quote_ident(node.name)} = [REDACTED]"


def privilege(verb: str, whom: str) -> Callable[[Any], str]:
    return lambda node: (
        f"{verb} {_PRIVILEGES[node.privilege]} ON {quote_ident(node.on)}"
        f" {whom} {quote_ident(node.user)}"
    )


def all_privileges(words: str) -> Callable[[Any], str]:
    return lambda node: f"{words} {quote_ident(node.user)}"


def kill(node: s.KillQueryStatement) -> str:
    return f"KILL QUERY {node.query_id}" + (f" ON {quote_ident(node.host)}" if node.host else "")
