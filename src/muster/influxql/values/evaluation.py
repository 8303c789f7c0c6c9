"""Works out expressions over columns, all rows at once.

Source: InfluxQL: integers wrap, division by zero is 0, what cannot be compared is not equal and
not unequal, and what cannot be calculated is a gap. A gap beside a boolean counts as false.
"""

from collections.abc import Mapping

import numpy as np

from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    Call,
    DataType,
    Expr,
    IntegerLiteral,
    Node,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    fold,
)
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.values.columns import Bools, Column, empty, full
from muster.influxql.values.mathematics import call
from muster.influxql.values.operators import Matcher, binary
from muster.influxql.values.rewriting import is_math


def evaluate(
    expr: Expr,
    columns: Mapping[Node, Column],
    rows: int,
    *,
    whole_division: bool = False,
    of_points: bool = False,
) -> Column:
    """The expression for each row.

    Shapes: `columns` has the values of calls and variables; those not in it are gaps.
    `whole_division` is how conditions divide integers; selected expressions make floats.
    `of_points` says that gaps are fields that stored points do not have.
    """
    if isinstance(expr, VarRef) or (isinstance(expr, Call) and not is_math(expr)):  # as is the rule
        known = columns.get(expr)
        if known is not None:
            return known
    if isinstance(expr, BinaryExpr):  # of a function and a number, mostly
        left, right = (_side(side, columns, rows) for side in (expr.lhs, expr.rhs))
        if left is not None and right is not None:
            return binary(expr.op, left, right, rows, whole_division, of_points)

    def combine(node: Node, children: tuple[Column | Matcher, ...]) -> Column | Matcher:
        # Other nodes are not looked up: a long chain would be hashed from top to bottom.
        if isinstance(node, VarRef) or (isinstance(node, Call) and not is_math(node)):
            known = columns.get(node)
            if known is not None:
                return known
        return _value(node, children, rows, whole_division, of_points)

    found = fold(expr, combine)
    return empty(DataType.UNKNOWN, rows) if isinstance(found, Matcher) else found


def _side(expr: Expr, columns: Mapping[Node, Column], rows: int) -> Column | None:
    """A side of an operator that is known or a number; None: it has to be worked out."""
    if isinstance(expr, IntegerLiteral | NumberLiteral):
        return _literal(expr, rows)
    if isinstance(expr, VarRef) or (isinstance(expr, Call) and not is_math(expr)):
        return columns.get(expr)
    return None


def truths(
    expr: Expr, columns: Mapping[Node, Column], rows: int, *, of_points: bool = False
) -> Bools:
    """Where the condition holds."""
    found = evaluate(expr, columns, rows, whole_division=True, of_points=of_points)
    if found.kind is not DataType.BOOLEAN:
        return np.zeros(rows, np.bool_)
    return found.valid & found.values


def _value(
    node: Node,
    children: tuple[Column | Matcher, ...],
    rows: int,
    whole_division: bool,
    of_points: bool,
) -> Column | Matcher:
    match node:
        case BinaryExpr(op=op):
            return binary(op, children[0], children[1], rows, whole_division, of_points)
        case ParenExpr():
            return children[0]
        case Call(name=name):
            arguments = [child for child in children if isinstance(child, Column)]
            return call(name, arguments) or empty(DataType.UNKNOWN, rows)
        case RegexLiteral():
            return Matcher(compile_pattern(node.val))
        case _:
            return _literal(node, rows)


def _literal(node: Node, rows: int) -> Column:
    match node:
        case BooleanLiteral():
            return full(DataType.BOOLEAN, np.full(rows, node.val, np.bool_))
        case IntegerLiteral():
            return full(DataType.INTEGER, np.full(rows, node.val, np.int64))
        case NumberLiteral():
            return full(DataType.FLOAT, np.full(rows, node.val, np.float64))
        case UnsignedLiteral():
            return full(DataType.UNSIGNED, np.full(rows, node.val, np.uint64))
        case StringLiteral():
            return full(DataType.STRING, np.full(rows, node.val, np.object_))
        case VarRef():
            return empty(node.type, rows)
        case _:
            return empty(DataType.UNKNOWN, rows)
