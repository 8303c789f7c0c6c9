"""Reads SHOW statements."""

from functools import partial
from typing import Any, TypeAlias

from muster.influxql.syntax.ast import (
    ListLiteral,
    RegexLiteral,
    Source,
    Statement,
    StringLiteral,
)
from muster.influxql.syntax.expressions import require_regex
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.select import (
    parse_condition,
    parse_dimensions,
    parse_order_by,
    parse_source,
    parse_sources,
)
from muster.influxql.syntax.statements import (
    ShowCardinalityStatement,
    ShowDiagnosticsStatement,
    ShowFieldKeyCardinalityStatement,
    ShowFieldKeysStatement,
    ShowGrantsForUserStatement,
    ShowMeasurementCardinalityStatement,
    ShowMeasurementsStatement,
    ShowRetentionPoliciesStatement,
    ShowSeriesCardinalityStatement,
    ShowSeriesStatement,
    ShowStatsStatement,
    ShowTagKeyCardinalityStatement,
    ShowTagKeysStatement,
    ShowTagValuesCardinalityStatement,
    ShowTagValuesStatement,
)
from muster.influxql.syntax.tokens import REGEX_OPERATORS, Token

TagKey: TypeAlias = StringLiteral | ListLiteral | RegexLiteral


def show_grants(reader: Reader) -> Statement:
    return ShowGrantsForUserStatement(reader.ident())


def show_policies(reader: Reader) -> Statement:
    return ShowRetentionPoliciesStatement(reader.database())


def show_stats(reader: Reader) -> Statement:
    return ShowStatsStatement(_module(reader))


def show_diagnostics(reader: Reader) -> Statement:
    return ShowDiagnosticsStatement(_module(reader))


def show_series(reader: Reader) -> Statement:
    exact = bool(reader.accept(Token.EXACT))
    if reader.accept(Token.CARDINALITY):
        return _cardinality(reader, ShowSeriesCardinalityStatement, exact=exact)
    return ShowSeriesStatement(
        database=reader.database(),
        sources=_from(reader),
        condition=parse_condition(reader),
        **_order_and_limits(reader),
    )


def show_measurements(reader: Reader) -> Statement:
    database = policy = ""
    if reader.accept(Token.ON):
        database = _name_or_star(reader)
        policy = _name_or_star(reader) if reader.accept(Token.DOT) else ""
    return ShowMeasurementsStatement(
        database="" if database == "*" else database,
        wildcard_database=database == "*",
        retention_policy="" if policy == "*" else policy,
        wildcard_retention_policy=policy == "*",
        source=_with_measurement(reader),
        condition=parse_condition(reader),
        **_order_and_limits(reader),
    )


def show_field_keys(reader: Reader) -> Statement:
    return ShowFieldKeysStatement(
        database=reader.database(), sources=_from(reader), **_order_and_limits(reader)
    )


def show_tag_keys(reader: Reader) -> Statement:
    database, sources = reader.database(), _from(reader)
    has_key = reader.peek().token is Token.WITH
    operator, key = _with_key(reader) if has_key else (None, None)
    return ShowTagKeysStatement(
        database=database,
        sources=sources,
        tag_key_op=operator,
        tag_key_expr=key,
        condition=parse_condition(reader),
        **_order_and_limits(reader),
        slimit=reader.count_after(Token.SLIMIT),
        soffset=reader.count_after(Token.SOFFSET),
    )


def show_tag_values(reader: Reader) -> Statement:
    if word := reader.accept(Token.EXACT, Token.CARDINALITY):
        if word is Token.EXACT:
            reader.expect(Token.CARDINALITY)
        return _tag_values_cardinality(reader, exact=word is Token.EXACT)
    database, sources = reader.database(), _from(reader)
    operator, key = _with_key(reader)
    return ShowTagValuesStatement(
        database=database,
        sources=sources,
        op=operator,
        tag_key_expr=key,
        condition=parse_condition(reader),
        **_order_and_limits(reader),
    )


def show_measurement_cardinality(reader: Reader) -> Statement:
    return _cardinality(reader, ShowMeasurementCardinalityStatement, exact=False)


def show_measurement_exact(reader: Reader) -> Statement:
    reader.expect(Token.CARDINALITY)
    return _cardinality(reader, ShowMeasurementCardinalityStatement, exact=True)


def _key_cardinality(kind: type[ShowCardinalityStatement], reader: Reader) -> Statement:
    exact = bool(reader.accept(Token.EXACT))
    lexeme = reader.next()
    if lexeme.token is not Token.CARDINALITY:
        raise reader.unexpected(lexeme, *([] if exact else ["EXACT"]), "CARDINALITY")
    return _cardinality(reader, kind, exact=exact)


show_tag_key = partial(_key_cardinality, ShowTagKeyCardinalityStatement)
show_field_key = partial(_key_cardinality, ShowFieldKeyCardinalityStatement)


def _cardinality(reader: Reader, kind: type[ShowCardinalityStatement], *, exact: bool) -> Statement:
    return kind(
        exact=exact,
        database=reader.database(),
        sources=_from(reader),
        condition=parse_condition(reader),
        dimensions=parse_dimensions(reader),
        limit=reader.count_after(Token.LIMIT),
        offset=reader.count_after(Token.OFFSET),
    )


def _tag_values_cardinality(reader: Reader, *, exact: bool) -> Statement:
    database, sources = reader.database(), _from(reader)
    operator, key = _with_key(reader)
    return ShowTagValuesCardinalityStatement(
        exact=exact,
        database=database,
        sources=sources,
        op=operator,
        tag_key_expr=key,
        condition=parse_condition(reader),
        dimensions=parse_dimensions(reader),
        limit=reader.count_after(Token.LIMIT),
        offset=reader.count_after(Token.OFFSET),
    )


def _order_and_limits(reader: Reader) -> dict[str, Any]:
    return {
        "sort_fields": parse_order_by(reader),
        "limit": reader.count_after(Token.LIMIT),
        "offset": reader.count_after(Token.OFFSET),
    }


def _from(reader: Reader) -> tuple[Source, ...]:
    return parse_sources(reader) if reader.accept(Token.FROM) else ()


def _module(reader: Reader) -> str:
    return reader.string() if reader.accept(Token.FOR) else ""


def _name_or_star(reader: Reader) -> str:
    lexeme = reader.next()
    if lexeme.token is Token.MUL:
        return "*"
    if lexeme.token is not Token.IDENT:
        raise reader.unexpected(lexeme, "identifier or *")
    return lexeme.text


def _with_measurement(reader: Reader) -> Source | None:
    if not reader.accept(Token.WITH):
        return None
    reader.expect(Token.MEASUREMENT)
    operator = reader.next()
    if operator.token not in {Token.EQ, Token.EQREGEX}:
        raise reader.unexpected(operator, "=", "=~")
    return parse_source(reader)


def _with_key(reader: Reader) -> tuple[Token, TagKey]:
    reader.expect(Token.WITH, Token.KEY)
    operator = reader.next()
    if operator.token is Token.IN:
        reader.expect(Token.LPAREN)
        names = reader.idents()
        reader.expect(Token.RPAREN)
        return Token.IN, ListLiteral(names)
    if operator.token in {Token.EQ, Token.NEQ}:
        return operator.token, StringLiteral(reader.ident())
    if operator.token in REGEX_OPERATORS:
        return operator.token, require_regex(reader)
    raise reader.unexpected(operator, "IN", "=", "=~")
