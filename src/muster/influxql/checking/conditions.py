"""Takes the times out of a condition.

Source: InfluxQL: conditions on time narrow one range wherever they stand, also beside OR.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    Node,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    VarRef,
    fold,
)
from muster.influxql.syntax.literals import TimeLiteral, literal_time
from muster.influxql.syntax.times import looks_like_time
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.reduction import (
    Context,
    join,
    reduce,
    reduce_inside,
)

_SWAPPED = {Token.GT: Token.LT, Token.LT: Token.GT, Token.GTE: Token.LTE, Token.LTE: Token.GTE}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Span = tuple[int | None, int | None]
"""A TimeRange, or as plain a one as is soon made."""


class TimeRange(NamedTuple):
    """From `least_ns` to `most_ns`, both within; None is open."""

    least_ns: int | None = None
    most_ns: int | None = None

    def narrowed(self, other: "TimeRange") -> "TimeRange":
        """What lies in both."""
        least, most = other
        if self.least_ns is not None and (least is None or self.least_ns > least):
            least = self.least_ns
        if self.most_ns is not None and (most is None or self.most_ns < most):
            most = self.most_ns
        return TimeRange(least, most)


class Condition(NamedTuple):
    """A condition on tags and fields, None for none, and the range of times."""

    expr: Expr | None = None
    range: TimeRange = TimeRange()


def split_condition(expr: Expr | None, context: Context) -> Condition:
    """Both parts of a WHERE. Errors: InfluxqlError for what is no condition, or no time."""
    if expr is None:
        return Condition()

    def combine(
        node: Node, children: tuple[Condition | InfluxqlError, ...]
    ) -> Condition | InfluxqlError:
        try:
            return _split(node, children, context)
        except InfluxqlError as error:
            return error  # only an error if this stands where a condition does

    found = fold(expr, combine)
    if isinstance(found, InfluxqlError):
        raise found
    rest = found.expr.expr if isinstance(found.expr, ParenExpr) else found.expr
    return found._replace(expr=None if rest == BooleanLiteral(True) else rest)


def time_range(comparisons: Iterable[Expr], context: Context) -> TimeRange:
    """What some comparisons with time leave of all times. Errors: InfluxqlError."""
    found = TimeRange()
    for each in comparisons:
        found = found.narrowed(_split(each, (), context).range)
    return found


def _split(
    node: Node, children: tuple[Condition | InfluxqlError, ...], context: Context
) -> Condition:
    match node:
        case BinaryExpr(op=Token.AND | Token.OR):
            left, right = _condition(children[0]), _condition(children[1])
            both = left.range.narrowed(right.range)
            if left.expr is None or right.expr is None:
                return Condition(left.expr or right.expr, both)
            return Condition(join(node.op, left.expr, right.expr), both)
        case BinaryExpr(lhs=VarRef(val=name)) if name.lower() == "time":
            return Condition(None, _range(node.op, node.rhs, context))
        case BinaryExpr(rhs=VarRef(val=name)) if name.lower() == "time":
            return Condition(None, _range(_SWAPPED.get(node.op, node.op), node.lhs, context))
        case BinaryExpr():
            return Condition(reduce_inside(node, context))
        case ParenExpr():
            inner = _condition(children[0])
            if inner.expr is None:
                return inner
            kept = isinstance(inner.expr, BinaryExpr)
            return inner._replace(expr=ParenExpr(inner.expr) if kept else inner.expr)
        case BooleanLiteral():
            return Condition(node)
        case Expr():
            raise InfluxqlError(f"invalid condition expression: {tell_expr(node)}")
        case _:
            raise TypeError(f"not an expression: {node!r}")


def _condition(child: Condition | InfluxqlError) -> Condition:
    if isinstance(child, InfluxqlError):
        raise child
    return child


def _range(op: Token, expr: Expr, context: Context) -> TimeRange:
    if isinstance(expr, StringLiteral) and looks_like_time(expr.val):
        expr = literal_time(expr, context.zone)
    is_plain = isinstance(expr, IntegerLiteral | DurationLiteral)
    return _compared(op, _time(expr if is_plain else reduce(expr, context)))


def range_of(comparisons: Iterable[tuple[Token, int]]) -> TimeRange:
    """As `time_range`, of times in nanoseconds that are compared. Errors: InfluxqlError."""
    (found, *more) = [_compared(op, time_ns) for op, time_ns in comparisons] or [TimeRange()]
    for other in more:
        found = found.narrowed(other)
    return found


def _compared(op: Token, time: int) -> TimeRange:
    match op:
        case Token.GT:
            return TimeRange(time + 1, None)
        case Token.GTE:
            return TimeRange(time, None)
        case Token.LT:
            return TimeRange(None, time - 1)
        case Token.LTE:
            return TimeRange(None, time)
        case Token.EQ:
            return TimeRange(time, time)
        case _:
            raise InfluxqlError(f"invalid time comparison operator: {op}")


def _time(expr: Expr) -> int:
    match expr:
        case TimeLiteral():
            if expr.val_ns > MAX_TIME_NS:
                raise InfluxqlError(f"time {_second(expr.val_ns)} overflows time literal")
            if expr.val_ns < MIN_TIME_NS + 1:
                raise InfluxqlError(f"time {_second(expr.val_ns)} underflows time literal")
            return expr.val_ns
        case DurationLiteral():
            return expr.val_ns
        case NumberLiteral() | IntegerLiteral():
            return min(max(int(expr.val), -(1 << 63)), (1 << 63) - 1)
        case _:
            kind = type(expr).__name__
            raise InfluxqlError(f"invalid operation: time and *influxql.{kind} are not compatible")


def _second(time_ns: int) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=time_ns // 1_000_000_000)
    except OverflowError:
        return f"{time_ns} ns"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
