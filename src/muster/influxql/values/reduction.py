"""Works out what an expression says by itself: literals, now(), times and durations.

Source: InfluxQL's own reduction, kind of operand by kind of operand.
"""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    Call,
    Expr,
    IntegerLiteral,
    Node,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    VarRef,
    fold,
)
from muster.influxql.syntax.literals import LITERALS, TimeLiteral, combine_literals, plain_value
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.mathematics import MATH_FUNCTIONS, evaluate_literals


class Context(NamedTuple):
    """What an expression is worked out by, besides itself."""

    now_ns: int | None = None  # None: now() stays a call
    zone: ZoneInfo | None = None
    functions: bool = False  # whether math functions of literals are worked out


NO_CONTEXT = Context()


def reduce(expr: Expr, context: Context = NO_CONTEXT) -> Expr:
    """The expression with everything worked out that can be, without parentheses around it."""
    reduced = reduce_inside(expr, context)
    return reduced.expr if isinstance(reduced, ParenExpr) else reduced


def reduce_inside(expr: Expr, context: Context = NO_CONTEXT) -> Expr:
    """The same, with parentheses kept around it."""

    def combine(node: Node, children: tuple[Expr, ...]) -> Expr:
        match node:
            case BinaryExpr(op=op):
                return join(op, children[0], children[1], context)
            case ParenExpr():
                return (
                    ParenExpr(children[0]) if isinstance(children[0], BinaryExpr) else children[0]
                )
            case Call(name=name):
                return _call(name, children, context)
            case Expr():
                return node
            case _:
                raise TypeError(f"not an expression: {node!r}")

    return fold(expr, combine)


def join(op: Token, left: Expr, right: Expr, context: Context = NO_CONTEXT) -> Expr:
    """Both sides under an operator, or what that is."""
    if op in (Token.AND, Token.OR):
        decides = op is Token.OR
        for side, other in ((left, right), (right, left)):
            if side == BooleanLiteral(decides):
                return side
            if side == BooleanLiteral(not decides):
                return other
    return combine_literals(op, left, right, context.zone) or BinaryExpr(op=op, lhs=left, rhs=right)


def _call(name: str, arguments: tuple[Expr, ...], context: Context) -> Expr:
    if name == "now" and not arguments and context.now_ns is not None:
        return TimeLiteral(context.now_ns)
    if context.functions and all(isinstance(argument, LITERALS) for argument in arguments):
        known, value = evaluate_literals(name, [plain_value(argument) for argument in arguments])
        if known:
            return _literal(value)
    if context.functions and name in MATH_FUNCTIONS and all(map(_is_pattern, arguments)):
        return _literal(None)
    return Call(name, arguments)


def _is_pattern(expr: Expr) -> bool:
    return isinstance(expr, RegexLiteral)


def _literal(value: float | int | None) -> Expr:
    if isinstance(value, float):
        return NumberLiteral(value)
    return IntegerLiteral(value) if value is not None else VarRef("")
