"""Reads statements that remove data: DELETE and DROP of series, measurements and shards."""

from muster.influxql.errors import InfluxqlError, Position, at
from muster.influxql.syntax.ast import Expr, Measurement, Source, Statement
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.select import parse_condition, parse_sources
from muster.influxql.syntax.statements import (
    DeleteSeriesStatement,
    DropMeasurementStatement,
    DropSeriesStatement,
    DropShardStatement,
)
from muster.influxql.syntax.tokens import Token


def delete(reader: Reader) -> Statement:
    sources, condition = _from_where(reader)
    return DeleteSeriesStatement(sources=sources, condition=condition)


def drop_series(reader: Reader) -> Statement:
    sources, condition = _from_where(reader, policies=False)
    return DropSeriesStatement(sources=sources, condition=condition)


def drop_measurement(reader: Reader) -> Statement:
    return DropMeasurementStatement(reader.ident())


def drop_shard(reader: Reader) -> Statement:
    return DropShardStatement(reader.unsigned())


def _from_where(reader: Reader, *, policies: bool = True) -> tuple[tuple[Source, ...], Expr | None]:
    """What is meant; it lies in the database of the request, across its retention policies."""
    first = reader.peek()
    sources = parse_sources(reader) if reader.accept(Token.FROM) else ()
    for source in sources:
        assert isinstance(source, Measurement)  # noqa: S101 - no subqueries are read here
        if source.retention_policy and not policies:
            raise InfluxqlError(at("retention policy not supported", Position()))
        if source.database:
            raise InfluxqlError(at("database not supported", Position()))
    condition = parse_condition(reader)
    if not sources and condition is None:
        raise reader.unexpected(first, "FROM", "WHERE")
    return sources, condition
