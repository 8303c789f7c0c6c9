"""Whether a SELECT makes sense, before anything is read.

Source: InfluxDB 1.6 (its compiler), texts and order of the checks as there.
"""

from typing import NamedTuple

from muster.influxql.checking.argumentchecks import Facts
from muster.influxql.checking.callchecks import check_call, check_count_of_arguments
from muster.influxql.checking.conditions import TimeRange, split_condition
from muster.influxql.checking.dimensions import split_dimensions
from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    Dimension,
    Expr,
    Field,
    FillOption,
    Measurement,
    ParenExpr,
    RegexLiteral,
    SelectStatement,
    SubQuery,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.times import zone
from muster.influxql.values.mathematics import arguments_of
from muster.influxql.values.reduction import (
    Context,
    reduce,
)
from muster.influxql.values.rewriting import is_math, with_distinct_calls
from muster.influxql.values.windows import Interval
from muster.influxql.values.zones import Zone

_NOTHING = VarRef("")
_LITERALS = (Call, VarRef, Wildcard, RegexLiteral, BinaryExpr, ParenExpr)


class Checked(NamedTuple):
    """A statement that makes sense, with its parts worked out.

    `range` is what its own condition says. `dimensions` are all but time. With `nothing` there is
    no answer whatever the points. `before` are windows before the first that are looked at, too.
    """

    statement: SelectStatement
    fields: tuple[Field, ...]
    time_name: str
    sources: "tuple[Measurement | Checked, ...]"
    condition: Expr | None
    range: TimeRange
    interval: Interval
    dimensions: tuple[Dimension, ...]
    ascending: bool
    zone: Zone | None
    nothing: bool
    before: int


class _Outer(NamedTuple):
    """What a query passes on to a subquery."""

    now_ns: int
    interval: Interval = Interval()
    ascending: bool = True
    inner: bool = False


def check(statement: SelectStatement, now_ns: int) -> Checked:
    """The statement, checked. Errors: InfluxqlError, the first of what is wrong."""
    return _check(statement, _Outer(now_ns))


def _check(statement: SelectStatement, outer: _Outer) -> Checked:
    where = zone(statement.location) if statement.location else None
    context = Context(outer.now_ns, where, functions=outer.inner)
    ascending = not statement.sort_fields or statement.sort_fields[0].ascending
    condition, bounds = split_condition(statement.condition, context)
    if condition is not None:
        _check_condition(condition)
    interval, dimensions = split_dimensions(statement, context)
    if outer.inner and statement.sort_fields and ascending != outer.ascending:
        raise InfluxqlError("subqueries must be ordered in the same direction as the query itself")
    ascending = outer.ascending if outer.inner else ascending
    effective = interval if interval.duration_ns else outer.interval
    facts = Facts(
        windowed=bool(effective.duration_ns),
        inherited=not interval.duration_ns,
        limit=statement.limit,
    )
    fields, time_name = _fields(statement, facts)
    fill = statement.fill
    if outer.inner and interval.duration_ns and fill is FillOption.NULL:
        fill = FillOption.NONE
    _check_fields(len(fields), facts, fill)
    passed_on = _Outer(outer.now_ns, effective, ascending, inner=True)
    sources = tuple(
        _check(source.statement, passed_on) if isinstance(source, SubQuery) else source
        for source in statement.sources
        if isinstance(source, SubQuery | Measurement)
    )
    return Checked(
        statement=statement,
        fields=fields,
        time_name=time_name,
        sources=sources,
        condition=condition,
        range=_bounded(bounds, interval, outer.now_ns),
        interval=interval if interval.duration_ns > 0 else Interval(),
        dimensions=dimensions,
        ascending=ascending,
        zone=Zone(statement.location) if statement.location else None,
        nothing=not outer.inner and _begins_too_early(interval, bounds, facts, ascending),
        before=facts.before,
    )


def _begins_too_early(interval: Interval, bounds: TimeRange, facts: Facts, ascending: bool) -> bool:
    """InfluxDB finds no points from windows before the start of all time on."""
    windowed = interval.duration_ns > 0 and bounds.least_ns is None
    return windowed and ascending and bool(facts.before)


def _bounded(bounds: TimeRange, interval: Interval, now_ns: int) -> TimeRange:
    """Windows of a negative length are one window, which ends now."""
    if interval.duration_ns < 0 and bounds.most_ns is None:
        return bounds._replace(most_ns=now_ns)
    return bounds


def _fields(statement: SelectStatement, facts: Facts) -> tuple[tuple[Field, ...], str]:
    """All fields but `time`, and what that is called."""
    fields, time_name = [], "time"
    for field in statement.fields:
        if isinstance(field.expr, VarRef) and field.expr.val == "time":
            time_name = field.alias or time_name
            continue
        expr = reduce(with_distinct_calls(field.expr), Context(functions=True))
        if expr == _NOTHING != field.expr:  # what a math function makes of what is no number
            raise InfluxqlError("field must contain at least one variable")
        _check_expr(expr, facts)
        fields.append(Field(expr, field.alias))
    return tuple(fields), time_name


def _check_expr(expr: Expr, facts: Facts) -> None:
    """One field, from the outside in; what is in a binary expression may not be a wildcard."""
    pending = [(expr, True)]
    while pending:
        expr, wildcards = pending.pop()
        match expr:
            case VarRef():
                facts.has_plain_fields = True
            case Wildcard() | RegexLiteral():
                if not wildcards:
                    what = "wildcard" if isinstance(expr, Wildcard) else "regex"
                    raise InfluxqlError(f"unable to use {what} in a binary expression")
                facts.has_plain_fields = True
            case Call() if is_math(expr):
                check_count_of_arguments(expr)
                inner = [arg for arg in expr.args if isinstance(arg, _LITERALS)]
                pending.extend((arg, wildcards) for arg in reversed(inner))
            case Call():
                check_call(expr, facts, wildcards, lambda call: _check_expr(call, facts))
            case BinaryExpr():
                sides = [side for side in (expr.lhs, expr.rhs) if isinstance(side, _LITERALS)]
                if not sides:
                    raise InfluxqlError("cannot perform a binary expression on two literals")
                pending.extend((side, False) for side in reversed(sides))
            case ParenExpr():
                pending.append((expr.expr, wildcards))
            case _:
                raise InfluxqlError("field must contain at least one variable")


def _check_fields(count: int, facts: Facts, fill: FillOption) -> None:
    """Whether the fields go together."""
    if not count:
        raise InfluxqlError("at least 1 non-time field must be queried")
    if facts.calls > 1 and facts.extremes:
        raise InfluxqlError(
            f"selector function {facts.extremes}() cannot be combined with other functions"
        )
    if not facts.calls:
        _check_without_calls(facts, fill)
    if facts.has_distinct and (facts.calls != 1 or facts.has_plain_fields):
        raise InfluxqlError(
            "aggregate function distinct() cannot be combined with other functions or fields"
        )
    if facts.has_plain_fields:
        _check_plain_fields(facts)


def _check_without_calls(facts: Facts, fill: FillOption) -> None:
    if fill in (FillOption.NONE, FillOption.LINEAR):
        raise InfluxqlError(f"fill({fill.name.lower()}) must be used with a function")
    if facts.windowed and not facts.inherited:
        raise InfluxqlError("GROUP BY requires at least one aggregate function")


def _check_plain_fields(facts: Facts) -> None:
    if not facts.only_selectors:
        raise InfluxqlError("mixing aggregate and non-aggregate queries is not supported")
    if facts.calls > 1:
        raise InfluxqlError(
            "mixing multiple selector functions with tags or fields is not supported"
        )


def _check_condition(expr: Expr) -> None:
    """No calls but those of math."""
    pending: list[Expr] = [expr]
    while pending:
        expr = pending.pop()
        match expr:
            case BinaryExpr():
                pending.extend((expr.rhs, expr.lhs))
            case Call():
                if not is_math(expr):
                    text = tell_expr(expr)
                    raise InfluxqlError(f"invalid function call in condition: {text}")
                # As in InfluxDB, where log() of a condition then has no value.
                expected = 1 if expr.name == "log" else arguments_of(expr.name)
                if len(expr.args) != expected:
                    raise InfluxqlError(
                        f"invalid number of arguments for {expr.name}, "
                        f"expected {expected}, got {len(expr.args)}"
                    )
                pending.extend(reversed(expr.args))
            case _:
                pass
