"""Expressions back to text, in normal form: one space around operators, quotes where needed."""

from collections.abc import Callable

from muster.influxql.printing.celltexts import time_text
from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    Call,
    DataType,
    Distinct,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    ListLiteral,
    NumberLiteral,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    Wildcard,
)
from muster.influxql.syntax.durations import format_duration
from muster.influxql.syntax.literals import TimeLiteral
from muster.influxql.syntax.numbers import format_plain
from muster.influxql.syntax.quoting import quote_ident, quote_string
from muster.influxql.syntax.tokens import PRECEDENCE, Token


def format_expr(expr: Expr) -> str:
    """The text of an expression, which reads as the same expression again."""
    return _text(expr, _side, _leaf)


def tell_expr(expr: Expr) -> str:
    """The text in errors of InfluxDB 1.6: as written, with three digits behind the point."""
    return _text(expr, lambda parent, side: (side,), _told_leaf)


def _text(
    expr: Expr,
    operand: Callable[[BinaryExpr, Expr], tuple[Expr | str, ...]],
    leaf: Callable[[Expr], str],
) -> str:
    pieces: list[str] = []
    pending: list[Expr | str] = [expr]
    while pending:
        match piece := pending.pop():
            case str():
                pieces.append(piece)
            case BinaryExpr():
                pending.extend((*operand(piece, piece.rhs), f" {piece.op.value} "))
                pending.extend(operand(piece, piece.lhs))
            case ParenExpr():
                pending.extend((")", piece.expr, "("))
            case Call():
                pending.extend(reversed(_call(piece)))
            case _:
                pieces.append(leaf(piece))
    return "".join(pieces)


def _side(parent: BinaryExpr, side: Expr) -> tuple[Expr | str, ...]:
    """An operand, last piece first; in parentheses if it would be read apart without them.

    A product that stands for a minus comes to the right of `/`, `%` and `&` without any.
    """
    if not isinstance(side, BinaryExpr):
        return (side,)
    strength, own = PRECEDENCE[parent.op], PRECEDENCE[side.op]
    is_right = side is parent.rhs
    if own > strength or (own == strength and (not is_right or parent.op is Token.MUL is side.op)):
        return (side,)
    return (")", side, "(")


def _call(call: Call) -> list[Expr | str]:
    """Pieces in order. `distinct` is a keyword that is also a function."""
    name = call.name if call.name == "distinct" else quote_ident(call.name)
    pieces: list[Expr | str] = [f"{name}("]
    for number, argument in enumerate(call.args):
        pieces.extend((", ", argument) if number else (argument,))
    return [*pieces, ")"]


def _told_leaf(expr: Expr) -> str:
    return f"{expr.val:.3f}" if isinstance(expr, NumberLiteral) else _leaf(expr)


def _leaf(expr: Expr) -> str:
    match expr:
        case VarRef():
            return quote_ident(expr.val) + _typed(expr.type)
        case Wildcard():
            return "*" + _typed(expr.type)
        case Distinct():
            return f"DISTINCT {quote_ident(expr.val)}"
        case StringLiteral():
            return quote_string(expr.val)
        case RegexLiteral():
            return "/" + expr.val.replace("/", "\\/") + "/"
        case ListLiteral():
            return f"({', '.join(map(quote_ident, expr.vals))})"
        case _:
            return _number(expr)


def _number(expr: Expr) -> str:
    match expr:
        case NumberLiteral():
            text = format_plain(expr.val)
            return text if "." in text else f"{text}.0"  # without it, an integer
        case IntegerLiteral() | UnsignedLiteral():
            return str(expr.val)
        case BooleanLiteral():
            return "true" if expr.val else "false"
        case DurationLiteral():
            return format_duration(expr.val_ns)
        case TimeLiteral():
            return f"'{time_text(expr.val_ns)}'"
        case _:
            raise TypeError(f"no text for {type(expr).__name__}")


def _typed(kind: DataType) -> str:
    return f"::{kind.value}" if kind else ""
