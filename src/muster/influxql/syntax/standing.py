"""Reads statements about what a database does by itself: continuous queries, subscriptions."""

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import SelectStatement, Statement
from muster.influxql.syntax.durations import format_duration
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.select import Into, group_by_interval, parse_select
from muster.influxql.syntax.statements import (
    CreateContinuousQueryStatement,
    CreateSubscriptionStatement,
    DropContinuousQueryStatement,
    DropSubscriptionStatement,
)
from muster.influxql.syntax.tokens import Token


def create_continuous_query(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.ON)
    database = reader.ident()
    every_ns, for_ns = _resample(reader) if reader.accept(Token.RESAMPLE) else (0, 0)
    reader.expect(Token.BEGIN, Token.SELECT)
    source = parse_select(reader, Into.REQUIRED)
    if not source.is_raw_query:
        _require_windows(reader, source)
    reader.expect(Token.END)
    least_ns = max(group_by_interval(source), every_ns)
    if for_ns and least_ns > for_ns:
        raise InfluxqlError(
            "FOR duration must be >= GROUP BY time duration: "
            f"must be a minimum of {format_duration(least_ns)}, got {format_duration(for_ns)}"
        )
    return CreateContinuousQueryStatement(
        name=name,
        database=database,
        source=source,
        resample_every_ns=every_ns,
        resample_for_ns=for_ns,
    )


def drop_continuous_query(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.ON)
    return DropContinuousQueryStatement(name=name, database=reader.ident())


def create_subscription(reader: Reader) -> Statement:
    name, database, policy = _subscription(reader)
    reader.expect(Token.DESTINATIONS)
    mode = reader.next()
    if mode.token not in {Token.ALL, Token.ANY}:
        raise reader.unexpected(mode, "ALL", "ANY")
    return CreateSubscriptionStatement(
        name=name,
        database=database,
        retention_policy=policy,
        mode=mode.token.value,
        destinations=reader.strings(),
    )


def drop_subscription(reader: Reader) -> Statement:
    name, database, policy = _subscription(reader)
    return DropSubscriptionStatement(name=name, database=database, retention_policy=policy)


def _subscription(reader: Reader) -> tuple[str, str, str]:
    """`name ON database.policy`."""
    name = reader.ident()
    reader.expect(Token.ON)
    database = reader.ident()
    dot = reader.scan()
    if dot.token is not Token.DOT:
        raise reader.unexpected(dot, ".")
    return name, database, reader.ident()


def _resample(reader: Reader) -> tuple[int, int]:
    every_ns = reader.duration(infinite=False) if reader.accept(Token.EVERY) else 0
    for_ns = reader.duration(infinite=False) if reader.accept(Token.FOR) else 0
    if not every_ns and not for_ns:
        raise reader.unexpected(reader.next(), "EVERY", "FOR")
    return every_ns, for_ns


def _require_windows(reader: Reader, source: SelectStatement) -> None:
    """An aggregate that runs again and again has to say over which windows."""
    expected = ["GROUP BY time(...)"]
    try:
        if group_by_interval(source):
            return
    except InfluxqlError as error:
        expected.append(str(error))
    for _ in range(2):  # the error names the last word of the query, not what follows it
        reader.put_back()
    raise reader.unexpected(reader.next(), *expected)
