"""InfluxQL from text to statements.

`LANGUAGE` is the table of all statements by their first words, in the order in which error
messages list them. A text with one wrong statement is wrong as a whole.
Source: InfluxQL reference; texts and places of errors as InfluxDB 1.x gives them.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from muster.influxql.limits import MAX_STATEMENTS
from muster.influxql.syntax import policies, removal, show, standing, users
from muster.influxql.syntax.ast import Expr, SelectStatement, Statement
from muster.influxql.syntax.expressions import parse_expr
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.select import parse_select
from muster.influxql.syntax.statements import (
    ExplainStatement,
    KillQueryStatement,
    ShowContinuousQueriesStatement,
    ShowDatabasesStatement,
    ShowQueriesStatement,
    ShowShardGroupsStatement,
    ShowShardsStatement,
    ShowSubscriptionsStatement,
    ShowUsersStatement,
)
from muster.influxql.syntax.tokens import Token

Rule: TypeAlias = Callable[[Reader], Statement]
Rules: TypeAlias = "dict[Token, Rule | Rules]"


def parse_query(text: str, params: Mapping[str, Any] | None = None) -> list[Statement]:
    """All statements of a text, with `;` between them.

    Shapes: `params` are the values for `$name`, as JSON gives them (see params.py).
    Errors: InfluxqlError in InfluxDB's words; nothing of the text counts then.
    """
    reader = Reader(text, params)
    statements: list[Statement] = []
    separated = True
    while (lexeme := reader.next()).token is not Token.EOF:
        if lexeme.token is Token.SEMICOLON:
            separated = True
            continue
        if not separated:
            raise reader.unexpected(lexeme, ";")
        if len(statements) == MAX_STATEMENTS:
            raise reader.wrong(f"more than {MAX_STATEMENTS} statements", lexeme)
        reader.put_back()
        statements.append(_statement(reader))
        separated = False
    return statements


def parse_statement(text: str, params: Mapping[str, Any] | None = None) -> Statement:
    """The first statement of a text; what follows it is not looked at."""
    return _statement(Reader(text, params))


def parse_expression(text: str, params: Mapping[str, Any] | None = None) -> Expr:
    """The expression that a text begins with."""
    return parse_expr(Reader(text, params))


def _statement(reader: Reader) -> Statement:
    rules = LANGUAGE
    while True:
        word = reader.next()
        rule = rules.get(word.token)
        if rule is None:
            raise reader.unexpected(word, *(token.value for token in rules))
        if not isinstance(rule, dict):
            return rule(reader)
        rules = rule


def _select(reader: Reader) -> SelectStatement:
    return parse_select(reader)


def _explain(reader: Reader) -> Statement:
    analyze = bool(reader.accept(Token.ANALYZE))
    verbose = bool(reader.accept(Token.VERBOSE))
    reader.expect(Token.SELECT)
    return ExplainStatement(analyze=analyze, verbose=verbose, statement=parse_select(reader))


def _kill_query(reader: Reader) -> Statement:
    query_id = reader.unsigned()
    return KillQueryStatement(
        query_id=query_id, host=reader.ident() if reader.accept(Token.ON) else ""
    )


def _words(statement: Callable[[], Statement]) -> Rule:
    """A statement that is complete with its words."""
    return lambda _reader: statement()


LANGUAGE: Rules = {
    Token.SELECT: _select,
    Token.DELETE: removal.delete,
    Token.SHOW: {
        Token.CONTINUOUS: {Token.QUERIES: _words(ShowContinuousQueriesStatement)},
        Token.DATABASES: _words(ShowDatabasesStatement),
        Token.DIAGNOSTICS: show.show_diagnostics,
        Token.FIELD: {Token.KEY: show.show_field_key, Token.KEYS: show.show_field_keys},
        Token.GRANTS: {Token.FOR: show.show_grants},
        Token.MEASUREMENT: {
            Token.EXACT: show.show_measurement_exact,
            Token.CARDINALITY: show.show_measurement_cardinality,
        },
        Token.MEASUREMENTS: show.show_measurements,
        Token.QUERIES: _words(ShowQueriesStatement),
        Token.RETENTION: {Token.POLICIES: show.show_policies},
        Token.SERIES: show.show_series,
        Token.SHARD: {Token.GROUPS: _words(ShowShardGroupsStatement)},
        Token.SHARDS: _words(ShowShardsStatement),
        Token.STATS: show.show_stats,
        Token.SUBSCRIPTIONS: _words(ShowSubscriptionsStatement),
        Token.TAG: {
            Token.KEY: show.show_tag_key,
            Token.KEYS: show.show_tag_keys,
            Token.VALUES: show.show_tag_values,
        },
        Token.USERS: _words(ShowUsersStatement),
    },
    Token.CREATE: {
        Token.CONTINUOUS: {Token.QUERY: standing.create_continuous_query},
        Token.DATABASE: policies.create_database,
        Token.USER: users.create_user,
        Token.RETENTION: {Token.POLICY: policies.create_policy},
        Token.SUBSCRIPTION: standing.create_subscription,
    },
    Token.DROP: {
        Token.CONTINUOUS: {Token.QUERY: standing.drop_continuous_query},
        Token.DATABASE: policies.drop_database,
        Token.MEASUREMENT: removal.drop_measurement,
        Token.RETENTION: {Token.POLICY: policies.drop_policy},
        Token.SERIES: removal.drop_series,
        Token.SHARD: removal.drop_shard,
        Token.SUBSCRIPTION: standing.drop_subscription,
        Token.USER: users.drop_user,
    },
    Token.EXPLAIN: _explain,
    Token.GRANT: users.grant,
    Token.REVOKE: users.revoke,
    Token.ALTER: {Token.RETENTION: {Token.POLICY: policies.alter_policy}},
    Token.SET: {Token.PASSWORD: {Token.FOR: users.set_password}},
    Token.KILL: {Token.QUERY: _kill_query},
}
