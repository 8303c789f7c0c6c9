"""SELECT and the clauses of all statements back to text."""

from collections.abc import Iterable

from muster.influxql.printing.expressiontext import format_expr
from muster.influxql.syntax.ast import (
    Dimension,
    Expr,
    Field,
    FillOption,
    Measurement,
    SelectStatement,
    SortField,
    Source,
    SubQuery,
    Target,
)
from muster.influxql.syntax.numbers import format_plain
from muster.influxql.syntax.quoting import quote_ident, quote_string

_TOO_LARGE_FOR_AN_INTEGER = float(1 << 63)


def format_select(statement: SelectStatement) -> str:
    """The text of a SELECT."""
    into = f" INTO {format_target(statement.target)}" if statement.target else ""
    return (
        f"SELECT {', '.join(map(format_field, statement.fields))}{into}"
        f"{from_clause(statement.sources)}{where_clause(statement.condition)}"
        f"{group_clause(statement.dimensions)}{_fill(statement)}"
        f"{order_clause(statement.sort_fields)}"
        f"{count_clause('LIMIT', statement.limit)}{count_clause('OFFSET', statement.offset)}"
        f"{count_clause('SLIMIT', statement.slimit)}{count_clause('SOFFSET', statement.soffset)}"
        f"{f' TZ({quote_string(statement.location)})' if statement.location else ''}"
    )


def format_field(field: Field) -> str:
    """An expression with its alias."""
    return format_expr(field.expr) + (f" AS {quote_ident(field.alias)}" if field.alias else "")


def format_source(source: Source) -> str:
    """A measurement with what is said of its database and policy, or a subquery."""
    if isinstance(source, SubQuery):
        return f"({format_select(source.statement)})"
    if not isinstance(source, Measurement):
        raise TypeError(f"no text for {type(source).__name__}")
    name = format_expr(source.regex) if source.regex else quote_ident(source.name)
    return _path(source) + name


def format_target(target: Target) -> str:
    """Where INTO writes to; without a name it repeats the source's."""
    measurement = target.measurement
    path = _path(measurement)
    return f"{path}:MEASUREMENT" if path and not measurement.name else format_source(measurement)


def format_sort_field(field: SortField) -> str:
    """A name, if there is one, with its direction."""
    direction = "ASC" if field.ascending else "DESC"
    return f"{quote_ident(field.name)} {direction}" if field.name else direction


def from_clause(sources: Iterable[Source]) -> str:
    return _clause(" FROM ", [format_source(source) for source in sources])


def where_clause(condition: Expr | None) -> str:
    return f" WHERE {format_expr(condition)}" if condition else ""


def group_clause(dimensions: Iterable[Dimension]) -> str:
    return _clause(" GROUP BY ", [format_expr(dimension.expr) for dimension in dimensions])


def order_clause(fields: Iterable[SortField]) -> str:
    return _clause(" ORDER BY ", [format_sort_field(field) for field in fields])


def count_clause(keyword: str, count: int) -> str:
    return f" {keyword} {count}" if count > 0 else ""


def _clause(words: str, parts: list[str]) -> str:
    return words + ", ".join(parts) if parts else ""


def _path(measurement: Measurement) -> str:
    database, policy = measurement.database, measurement.retention_policy
    path = f"{quote_ident(database)}." if database else ""
    path += quote_ident(policy) if policy else ""
    return f"{path}." if path else ""


def _fill(statement: SelectStatement) -> str:
    match statement.fill:
        case FillOption.NULL:
            return ""
        case FillOption.NUMBER:
            return f" fill({_fill_value(statement.fill_value)})"
        case _:
            return f" fill({statement.fill.name.lower()})"


def _fill_value(value: float | int | None) -> str:
    if not isinstance(value, float):
        return str(value or 0)
    return format_plain(value or 0.0) + ".0" * (abs(value) >= _TOO_LARGE_FOR_AN_INTEGER)
