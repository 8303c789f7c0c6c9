"""Reads statements about databases and their retention policies."""

from typing import Any

from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.lexer import Lexeme
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.statements import (
    AlterRetentionPolicyStatement,
    CreateDatabaseStatement,
    CreateRetentionPolicyStatement,
    DropDatabaseStatement,
    DropRetentionPolicyStatement,
)
from muster.influxql.syntax.tokens import Token

_MOST_REPLICATION = (1 << 31) - 1
_DATABASE_OPTIONS = (
    *(Token.DURATION, Token.NAME, Token.REPLICATION, Token.SHARD, Token.FUTURE, Token.PAST),
)
_POLICY_OPTIONS = {
    Token.DURATION: "duration_ns",
    Token.REPLICATION: "replication",
    Token.SHARD: "shard_group_duration_ns",
    Token.DEFAULT: "default",
    Token.FUTURE: "future_write_limit_ns",
    Token.PAST: "past_write_limit_ns",
}


def create_database(reader: Reader) -> Statement:
    name = reader.ident()
    if not reader.accept(Token.WITH):
        return CreateDatabaseStatement(name=name)
    option = reader.peek()
    if option.token not in _DATABASE_OPTIONS:
        raise reader.unexpected(option, *(token.value for token in _DATABASE_OPTIONS))
    duration_ns = reader.duration() if reader.accept(Token.DURATION) else None
    replication = _replication(reader) if reader.accept(Token.REPLICATION) else None
    shard_ns = 0
    if reader.accept(Token.SHARD):
        reader.expect(Token.DURATION)
        shard_ns = reader.duration()
    return CreateDatabaseStatement(
        name=name,
        retention_policy_create=True,
        retention_policy_duration_ns=duration_ns,
        retention_policy_replication=replication,
        retention_policy_shard_group_duration_ns=shard_ns,
        future_write_limit_ns=_write_limit(reader) if reader.accept(Token.FUTURE) else None,
        past_write_limit_ns=_write_limit(reader) if reader.accept(Token.PAST) else None,
        retention_policy_name=reader.ident() if reader.accept(Token.NAME) else "",
    )


def drop_database(reader: Reader) -> Statement:
    return DropDatabaseStatement(reader.ident())


def create_policy(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.ON)
    database = reader.ident()
    reader.expect(Token.DURATION)
    duration_ns = reader.duration()
    reader.expect(Token.REPLICATION)
    return CreateRetentionPolicyStatement(
        name=name,
        database=database,
        duration_ns=duration_ns,
        replication=_replication(reader),
        shard_group_duration_ns=_shard_duration(reader) if reader.accept(Token.SHARD) else 0,
        default=bool(reader.accept(Token.DEFAULT)),
        future_write_limit_ns=_write_limit(reader) if reader.accept(Token.FUTURE) else 0,
        past_write_limit_ns=_write_limit(reader) if reader.accept(Token.PAST) else 0,
    )


def alter_policy(reader: Reader) -> Statement:
    named = reader.next()
    if named.token not in {Token.IDENT, Token.DEFAULT}:
        raise reader.unexpected(named, "identifier")
    name = named.text if named.token is Token.IDENT else "default"
    reader.expect(Token.ON)
    database = reader.ident()
    options: dict[str, Any] = {}
    while (option := reader.next()).token in _POLICY_OPTIONS:
        if _POLICY_OPTIONS[option.token] in options:
            raise reader.wrong(f"found duplicate {option.token.value} option", option)
        options[_POLICY_OPTIONS[option.token]] = _policy_option(reader, option)
    if not options:
        raise reader.unexpected(option, *(token.value for token in _POLICY_OPTIONS))
    reader.put_back()
    return AlterRetentionPolicyStatement(name=name, database=database, **options)


def drop_policy(reader: Reader) -> Statement:
    name = reader.ident()
    reader.expect(Token.ON)
    return DropRetentionPolicyStatement(name=name, database=reader.ident())


def _policy_option(reader: Reader, option: Lexeme) -> int | bool:
    match option.token:
        case Token.DURATION:
            return reader.duration()
        case Token.REPLICATION:
            return _replication(reader)
        case Token.SHARD:
            return _shard_duration(reader)
        case Token.DEFAULT:
            return True
        case _:
            return _write_limit(reader)


def _replication(reader: Reader) -> int:
    return reader.integer(1, _MOST_REPLICATION)


def _shard_duration(reader: Reader) -> int:
    reader.expect(Token.DURATION)
    given = reader.peek()
    if given.token is Token.INF:
        raise reader.wrong("invalid duration INF for shard duration", given)
    return reader.duration()


def _write_limit(reader: Reader) -> int:
    reader.expect(Token.LIMIT)
    return reader.duration()
