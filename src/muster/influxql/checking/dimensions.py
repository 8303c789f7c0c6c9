"""What GROUP BY says: how windows follow each other, and by which tags.

Source: InfluxDB 1.6 (its compiler), texts and order of the checks as there.
"""

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.syntax.ast import (
    Call,
    Dimension,
    DurationLiteral,
    Expr,
    RegexLiteral,
    SelectStatement,
    StringLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.literals import TimeLiteral
from muster.influxql.syntax.times import looks_like_time
from muster.influxql.values.reduction import NO_CONTEXT, Context, reduce
from muster.influxql.values.windows import Interval

_TRUNCATION_NS = -62_135_596_800_000_000_000  # Go truncates times from the year 1


def split_dimensions(
    statement: SelectStatement, context: Context
) -> tuple[Interval, tuple[Dimension, ...]]:
    """How windows follow each other, and the dimensions that are not time."""
    interval = Interval()
    others = []
    for dimension in statement.dimensions:
        expr = reduce(dimension.expr, NO_CONTEXT)
        match expr:
            case VarRef() if expr.val.lower() == "time":
                raise InfluxqlError("time() is a function and expects at least one argument")
            case Call():
                if interval.duration_ns and _is_duration(expr):
                    raise InfluxqlError("multiple time dimensions not allowed")
                interval = _interval(expr, context)
            case VarRef() | Wildcard() | RegexLiteral():
                others.append(Dimension(expr))
            case _:
                raise InfluxqlError("only time and tag dimensions allowed")
    return interval, tuple(others)


def _is_duration(call: Call) -> bool:
    return 1 <= len(call.args) <= 2 and isinstance(call.args[0], DurationLiteral)


def _interval(call: Call, context: Context) -> Interval:
    if call.name != "time":
        raise InfluxqlError("only time() calls allowed in dimensions")
    if not 1 <= len(call.args) <= 2:
        raise InfluxqlError("time dimension expected 1 or 2 arguments")
    every = call.args[0]
    if not isinstance(every, DurationLiteral):
        raise InfluxqlError("time dimension must have duration argument")
    duration = every.val_ns
    if duration <= 0 or len(call.args) == 1:
        return Interval(duration)
    return Interval(duration, _offset(call.args[1], duration, context))


def _offset(expr: Expr, duration_ns: int, context: Context) -> int:
    match expr:
        case DurationLiteral():
            rest = abs(expr.val_ns) % duration_ns
            return rest if expr.val_ns >= 0 else -rest
        case TimeLiteral():
            return _into(expr.val_ns, duration_ns)
        case Call(name="now", args=()):
            return _into(context.now_ns or 0, duration_ns)
        case Call(name="now"):
            raise InfluxqlError("time dimension offset now() function requires no arguments")
        case Call():
            raise InfluxqlError("time dimension offset function must be now()")
        case StringLiteral() if looks_like_time(expr.val):
            raise InfluxqlError(f"invalid time dimension offset: {tell_expr(expr)}")
        case _:
            raise InfluxqlError("time dimension offset must be duration or now()")


def _into(time_ns: int, duration_ns: int) -> int:
    """How far a time is from where Go cuts it off."""
    return (time_ns - _TRUNCATION_NS) % duration_ns
