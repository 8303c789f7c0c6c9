"""Answers SHOW … CARDINALITY.

Source: InfluxDB 1.6: an exact count of series counts one once for each shard group; estimates
here are exact, too.
"""

from collections.abc import Callable, Iterator

from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.showing.scopes import Scope, Scopes, key_test, refuse_times
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Expr,
    RegexLiteral,
    StringLiteral,
    VarRef,
    walk,
)
from muster.influxql.syntax.statements import (
    ShowCardinalityStatement,
    ShowFieldKeyCardinalityStatement,
    ShowMeasurementCardinalityStatement,
    ShowSeriesCardinalityStatement,
    ShowTagKeyCardinalityStatement,
    ShowTagValuesCardinalityStatement,
)
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS

_ESTIMATE = "cardinality estimation"


def count_statement(scopes: Scopes, statement: ShowCardinalityStatement) -> list[ResultSeries]:
    """The counts. Errors: InfluxqlError for times in a condition that takes none."""
    match statement:
        case ShowSeriesCardinalityStatement():
            if _estimates(statement):
                return _estimate(scopes, statement, lambda scope: len(scope.tags))
            refuse_times("SHOW SERIES EXACT CARDINALITY", statement.condition)
            return _by_measurement(scopes, statement, _series)
        case ShowMeasurementCardinalityStatement():
            return _measurements(scopes, statement)
        case ShowTagKeyCardinalityStatement():
            refuse_times("SHOW TAG KEY EXACT CARDINALITY", statement.condition)
            return _by_measurement(scopes, statement, _tag_keys)
        case ShowTagValuesCardinalityStatement():
            wanted = key_test(statement.op, statement.tag_key_expr)
            return _by_measurement(
                scopes,
                statement,
                lambda scope: len({v for tags in scope.tags for k, v in tags if wanted(k)}),
            )
        case ShowFieldKeyCardinalityStatement():
            refuse_times("SHOW FIELD KEY CARDINALITY", statement.condition)
            return _by_measurement(scopes, statement, lambda scope: _fields(scopes, scope))
        case _:
            return []


def _estimates(statement: ShowCardinalityStatement) -> bool:
    plain = not (statement.sources or statement.condition or statement.dimensions)
    return plain and not (statement.exact or statement.limit or statement.offset)


def _estimate(
    scopes: Scopes, statement: ShowCardinalityStatement, count: Callable[[Scope], int]
) -> list[ResultSeries]:
    database = scopes.naming.database(statement.database)
    known = scopes.source.policies(database) is not None
    found = scopes.everywhere(database, (), None) if known else ()
    return [listing("", (_ESTIMATE,), [[sum(count(scope) for scope in found)]])]


def _measurements(scopes: Scopes, statement: ShowCardinalityStatement) -> list[ResultSeries]:
    if _estimates(statement):
        return _estimate(scopes, statement, lambda scope: 1)
    refuse_times("SHOW MEASUREMENT EXACT CARDINALITY", statement.condition)
    count = sum(1 for _ in _named(scopes, statement))
    return [listing("", ("count",), [[count]])] if count and not statement.offset else []


def _by_measurement(
    scopes: Scopes, statement: ShowCardinalityStatement, count: Callable[[Scope], int]
) -> list[ResultSeries]:
    """One series for each measurement that has any; each is one row, so that an offset skips it."""
    named = _named(scopes, statement)
    if statement.offset:
        return []
    counts = ((scope.measurement, count(scope)) for scope in named)
    return [listing(name, ("count",), [[number]]) for name, number in counts if number]


def _named(scopes: Scopes, statement: ShowCardinalityStatement) -> Iterator[Scope]:
    """What is counted: nothing where the condition asks for more than texts of tags.

    Errors: InfluxqlError at once for what is not there.
    """
    condition = statement.condition
    nodes = walk(condition) if condition is not None else ()
    asked = {node.val for node in nodes if isinstance(node, VarRef)}
    strict = isinstance(statement, ShowTagValuesCardinalityStatement)
    found = scopes.named(statement.database, statement.sources, condition, strict=strict)
    if not _is_of_texts(condition) or "time" in asked:
        return iter(())
    return (scope for scope in found if not asked or asked.isdisjoint(_field_names(scopes, scope)))


def _is_of_texts(condition: Expr | None) -> bool:
    if condition is None:
        return True
    tests = [node for node in walk(condition) if isinstance(node, BinaryExpr)]
    return all(
        node.op in (Token.AND, Token.OR) or isinstance(node.rhs, StringLiteral | RegexLiteral)
        for node in tests
    )


def _series(scope: Scope) -> int:
    return sum(len(info.shards) for info in scope.series)


def _tag_keys(scope: Scope) -> int:
    return len({key for tags in scope.tags for key, _ in tags})


def _fields(scopes: Scopes, scope: Scope) -> int:
    return len(_field_names(scopes, scope))


def _field_names(scopes: Scopes, scope: Scope) -> set[str]:
    names: set[str] = set()
    for place in scope.places:
        names.update(scopes.source.fields(place, MIN_TIME_NS, MAX_TIME_NS))
    return names
