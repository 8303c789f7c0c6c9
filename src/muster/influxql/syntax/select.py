"""Reads SELECT and the clauses that other statements share with it."""

from enum import Enum, auto

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    Dimension,
    DurationLiteral,
    Expr,
    Field,
    FillOption,
    IntegerLiteral,
    Measurement,
    NumberLiteral,
    SelectStatement,
    SortField,
    Source,
    StringLiteral,
    SubQuery,
    Target,
    VarRef,
    walk,
)
from muster.influxql.syntax.expressions import parse_expr, parse_regex
from muster.influxql.syntax.reader import Reader
from muster.influxql.syntax.times import zone
from muster.influxql.syntax.tokens import CONDITION_OPERATORS, Token

_NOT_BY_TIME = "only ORDER BY time supported at this time"
_FILLS = {
    "null": FillOption.NULL,
    "none": FillOption.NONE,
    "previous": FillOption.PREVIOUS,
    "linear": FillOption.LINEAR,
}


class Into(Enum):
    """Whether a SELECT says where its result goes."""

    REQUIRED = auto()
    OPTIONAL = auto()


def parse_select(reader: Reader, into: Into = Into.OPTIONAL) -> SelectStatement:
    """What follows the word SELECT."""
    fields = _fields(reader)
    target = _target(reader, into)
    reader.expect(Token.FROM)
    sources = parse_sources(reader, subqueries=True)
    condition = parse_condition(reader)
    dimensions = parse_dimensions(reader)
    fill, fill_value = _fill(reader)
    return SelectStatement(
        fields=fields,
        target=target,
        sources=sources,
        condition=condition,
        dimensions=dimensions,
        fill=fill,
        fill_value=fill_value,
        sort_fields=parse_order_by(reader),
        limit=reader.count_after(Token.LIMIT),
        offset=reader.count_after(Token.OFFSET),
        slimit=reader.count_after(Token.SLIMIT),
        soffset=reader.count_after(Token.SOFFSET),
        location=_location(reader),
        is_raw_query=not any(isinstance(node, Call) for each in fields for node in walk(each)),
    )


def group_by_interval(statement: SelectStatement) -> int:
    """Nanoseconds of GROUP BY time, 0 without it. Errors: InfluxqlError for other arguments."""
    for dimension in statement.dimensions:
        call = dimension.expr
        if not isinstance(call, Call) or call.name != "time":
            continue
        if not 1 <= len(call.args) <= 2:
            raise InfluxqlError("time dimension expected 1 or 2 arguments")
        if not isinstance(call.args[0], DurationLiteral):
            raise InfluxqlError("time dimension must have duration argument")
        return call.args[0].val_ns
    return 0


def parse_sources(reader: Reader, *, subqueries: bool = False) -> tuple[Source, ...]:
    """What follows FROM."""
    sources = [parse_source(reader, subqueries=subqueries)]
    while reader.accept(Token.COMMA):
        sources.append(parse_source(reader, subqueries=subqueries))
    return tuple(sources)


def parse_source(reader: Reader, *, subqueries: bool = False) -> Source:
    """A measurement by name or pattern, or a subquery."""
    if pattern := parse_regex(reader):
        return Measurement(regex=pattern)
    if subqueries and reader.accept(Token.LPAREN):
        reader.expect(Token.SELECT)
        with reader.nested():
            statement = parse_select(reader)
        reader.expect(Token.RPAREN)
        return SubQuery(statement)
    names = reader.segments()
    pattern = parse_regex(reader) if len(names) < 3 else None
    if not pattern:
        return _measurement(names)
    return Measurement(
        database=names[-2] if len(names) > 1 else "", retention_policy=names[-1], regex=pattern
    )


def parse_condition(reader: Reader) -> Expr | None:
    return parse_expr(reader) if reader.accept(Token.WHERE) else None


def parse_dimensions(reader: Reader) -> tuple[Dimension, ...]:
    if not reader.accept(Token.GROUP):
        return ()
    reader.expect(Token.BY)
    dimensions = [Dimension(parse_regex(reader) or parse_expr(reader))]
    while reader.accept(Token.COMMA):
        dimensions.append(Dimension(parse_regex(reader) or parse_expr(reader)))
    return tuple(dimensions)


def parse_order_by(reader: Reader) -> tuple[SortField, ...]:
    """ORDER BY, which knows the time and nothing else."""
    if not reader.accept(Token.ORDER):
        return ()
    reader.expect(Token.BY)
    first = reader.next()
    match first.token:
        case Token.ASC | Token.DESC:
            fields = [SortField(ascending=first.token is Token.ASC)]
        case Token.IDENT:
            reader.put_back()
            fields = [_sort_field(reader)]
            if first.text != "time":
                raise InfluxqlError(_NOT_BY_TIME)
        case _:
            raise reader.unexpected(first, "identifier", "ASC", "DESC")
    while reader.accept(Token.COMMA):
        fields.append(_sort_field(reader))
    if len(fields) > 1:
        raise InfluxqlError(_NOT_BY_TIME)
    return tuple(fields)


def _sort_field(reader: Reader) -> SortField:
    name = reader.ident()
    return SortField(name, reader.accept(Token.ASC, Token.DESC) is not Token.DESC)


def _fields(reader: Reader) -> tuple[Field, ...]:
    fields = [_field(reader)]
    while reader.accept(Token.COMMA):
        fields.append(_field(reader))
    return tuple(fields)


def _field(reader: Reader) -> Field:
    expr: Expr | None = parse_regex(reader)
    if not expr:
        place = reader.peek()
        expr = parse_expr(reader)
        for node in walk(expr):
            if isinstance(node, BinaryExpr) and node.op in CONDITION_OPERATORS:
                wrong = reader.wrong(f"invalid operator {node.op.value} in SELECT clause", place)
                raise InfluxqlError(f"{wrong}; operator is intended for WHERE clause")
    return Field(expr, reader.ident() if reader.accept(Token.AS) else "")


def _target(reader: Reader, into: Into) -> Target | None:
    if into is Into.REQUIRED:
        reader.expect(Token.INTO)
    elif not reader.accept(Token.INTO):
        return None
    names = reader.segments()
    if len(names) < 3 and reader.peek_char() == ":":
        reader.expect(Token.COLON, Token.MEASUREMENT)
        names.append("")
    return Target(_measurement(names, is_target=True))


def _measurement(names: list[str], *, is_target: bool = False) -> Measurement:
    database, policy, name = ["", "", *names][-3:]
    return Measurement(database=database, retention_policy=policy, name=name, is_target=is_target)


def _fill(reader: Reader) -> tuple[FillOption, int | float | None]:
    call = _trailing_call(reader, "fill")
    if not call:
        return FillOption.NULL, None
    if len(call.args) != 1:
        raise InfluxqlError("fill requires an argument, e.g.: 0, null, none, previous, linear")
    match call.args[0]:
        case VarRef(val=name, type="") if name in _FILLS:
            return _FILLS[name], None
        case IntegerLiteral(val=number) | NumberLiteral(val=number):
            return FillOption.NUMBER, number
        case _:
            raise InfluxqlError("expected number argument in fill()")


def _location(reader: Reader) -> str:
    call = _trailing_call(reader, "tz")
    if not call:
        return ""
    if len(call.args) != 1:
        raise InfluxqlError("tz requires exactly one argument")
    name = call.args[0]
    if not isinstance(name, StringLiteral):
        raise InfluxqlError("expected string argument in tz()")
    zone(name.val)
    return name.val


def _trailing_call(reader: Reader, name: str) -> Call | None:
    """`fill(…)` or `tz(…)` behind the clauses; neither is a word of the language."""
    following = reader.peek()
    if following.token is not Token.IDENT or following.text.lower() != name:
        return None
    expr = parse_expr(reader)
    if not isinstance(expr, Call):
        raise InfluxqlError(f"{name} must be a function call")
    return expr
