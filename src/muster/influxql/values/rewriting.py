"""Changes expressions from the leaves up."""

from collections.abc import Callable, Iterator

import msgspec

from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    Distinct,
    Expr,
    Field,
    Node,
    ParenExpr,
    VarRef,
    children,
    fold,
)
from muster.influxql.values.mathematics import MATH_FUNCTIONS


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with each node changed, after those beneath it."""

    def combine(node: Node, beneath: tuple[Expr, ...]) -> Expr:
        match node:
            case BinaryExpr():
                return change(msgspec.structs.replace(node, lhs=beneath[0], rhs=beneath[1]))
            case Call():
                return change(msgspec.structs.replace(node, args=beneath))
            case ParenExpr():
                return change(ParenExpr(beneath[0]))
            case Expr():
                return change(node)
            case _:
                raise TypeError(f"not an expression: {node!r}")

    return fold(expr, combine)


def with_distinct_calls(expr: Expr) -> Expr:
    """`DISTINCT name` as the call that it means."""

    def change(node: Expr) -> Expr:
        return Call("distinct", (VarRef(node.val),)) if isinstance(node, Distinct) else node

    return rewrite(expr, change)


def is_math(expr: Node) -> bool:
    """Whether this is a call that works on each row."""
    return isinstance(expr, Call) and expr.name in MATH_FUNCTIONS


def operands(expr: Expr) -> Iterator[Call | VarRef]:
    """What has to be read for an expression: calls over points, and variables outside of them."""
    pending: list[Node] = [expr]
    while pending:
        node = pending.pop()
        if isinstance(node, VarRef) or (isinstance(node, Call) and not is_math(node)):
            yield node
        else:
            pending.extend(reversed(children(node)))


def extra_arguments(expr: Expr) -> tuple[VarRef, ...]:
    """The tags and fields that top() and bottom() show in columns of their own."""
    if isinstance(expr, Call) and expr.name in ("top", "bottom"):
        return tuple(argument for argument in expr.args[1:-1] if isinstance(argument, VarRef))
    return ()


def field_name(field: Field) -> str:
    """What a field is called before it is told from others. Source: InfluxQL."""
    if field.alias:
        return field.alias
    expr = field.expr
    while isinstance(expr, ParenExpr):
        expr = expr.expr
    match expr:
        case Call():
            return expr.name
        case VarRef():
            return expr.val
        case BinaryExpr():
            return "_".join(_names(expr))
        case _:
            return ""


def _names(expr: Expr) -> Iterator[str]:
    pending: list[Node] = [expr]
    while pending:
        node = pending.pop()
        match node:
            case VarRef():
                yield node.val
            case Call():
                yield node.name
            case _:
                pending.extend(reversed(children(node)))
