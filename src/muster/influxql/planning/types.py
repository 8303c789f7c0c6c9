"""Which kind of value an expression has.

Source: InfluxDB 1.6: of the kinds that a field has in different shards or sources the strongest.
"""

from collections.abc import Callable

from muster.influxql.errors import InfluxqlError
from muster.influxql.printing.expressiontext import tell_expr
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
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    fold,
)
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import NUMERIC, TEXTS
from muster.influxql.values.mathematics import MATH_FUNCTIONS

_UNKNOWN = DataType.UNKNOWN
_COMPARISONS = (Token.EQ, Token.NEQ, Token.LT, Token.LTE, Token.GT, Token.GTE)
_PATTERNS = (Token.EQREGEX, Token.NEQREGEX)
_BITS = (Token.BITWISE_AND, Token.BITWISE_OR, Token.BITWISE_XOR)
_WHOLE = ("count", "elapsed")
_FLOATS = frozenset(
    {
        "mean",
        "median",
        "integral",
        "stddev",
        "derivative",
        "non_negative_derivative",
        "moving_average",
        "exponential_moving_average",
        "double_exponential_moving_average",
        "triple_exponential_moving_average",
        "relative_strength_index",
        "triple_exponential_derivative",
        "kaufmans_efficiency_ratio",
        "kaufmans_adaptive_moving_average",
        "chande_momentum_oscillator",
        "holt_winters",
        "holt_winters_with_fit",
    }
)


def kind_of(expr: Expr, variable: Callable[[VarRef], DataType]) -> DataType:
    """The kind of an expression, of which `variable` tells that of each field and tag.

    Errors: InfluxqlError when an operator or a math function cannot take its operands.
    """

    def combine(node: Node, beneath: tuple[DataType, ...]) -> DataType:
        match node:
            case VarRef():
                known = node.type not in (_UNKNOWN, DataType.ANY_FIELD)
                return node.type if known else variable(node)
            case Call(name=name):
                return _call(name, beneath)
            case BinaryExpr():
                return _binary(node, beneath[0], beneath[1])
            case ParenExpr():
                return beneath[0]
            case _:
                return _literal(node)

    return fold(expr, combine)


def _literal(node: Node) -> DataType:
    match node:
        case NumberLiteral():
            return DataType.FLOAT
        case IntegerLiteral():
            return DataType.INTEGER
        case UnsignedLiteral():
            return DataType.UNSIGNED
        case StringLiteral():
            return DataType.STRING
        case BooleanLiteral():
            return DataType.BOOLEAN
        case _:
            return _UNKNOWN


def _call(name: str, arguments: tuple[DataType, ...]) -> DataType:
    if name in MATH_FUNCTIONS:
        # As in InfluxDB a math function has its argument's kind, whatever it gives.
        return DataType.FLOAT if arguments[0] is _UNKNOWN else arguments[0]
    if name in _WHOLE:
        return DataType.INTEGER
    if name in _FLOATS:
        return DataType.FLOAT
    return arguments[0] if arguments else _UNKNOWN


def _binary(expr: BinaryExpr, left: DataType, right: DataType) -> DataType:
    if {left, right} == {DataType.UNSIGNED, DataType.INTEGER}:
        _check_signs(expr, left)
    if left is _UNKNOWN or right is _UNKNOWN:
        return right if left is _UNKNOWN else left
    kind = _result(expr.op, left, right)
    if kind is _UNKNOWN:
        raise _type_error(expr, f"incompatible types: {left} and {right}")
    return kind


def _check_signs(expr: BinaryExpr, left: DataType) -> None:
    """Integers and unsigned ones go together only where the integer is a literal."""
    literals = (IntegerLiteral, UnsignedLiteral)
    unsigned, signed = expr.lhs, expr.rhs
    if left is DataType.INTEGER:
        unsigned, signed = signed, unsigned
    if isinstance(unsigned, literals):
        raise _type_error(expr, f"cannot use {expr.op} with an integer and unsigned literal")
    if not isinstance(signed, literals):
        raise _type_error(
            expr,
            f"cannot use {expr.op} between an integer and unsigned, an explicit cast is required",
        )


def _result(op: Token, left: DataType, right: DataType) -> DataType:
    if op in _COMPARISONS:
        return DataType.BOOLEAN
    if left is DataType.BOOLEAN:
        return DataType.BOOLEAN if op in (Token.AND, Token.OR, *_BITS) else _UNKNOWN
    if left in TEXTS and op in _PATTERNS:
        return DataType.BOOLEAN
    if left not in NUMERIC or right not in NUMERIC:
        return _UNKNOWN
    if DataType.FLOAT in (left, right):
        return _UNKNOWN if op in _BITS or op in (Token.AND, Token.OR) else DataType.FLOAT
    if op in (Token.AND, Token.OR):
        return _UNKNOWN
    return DataType.UNSIGNED if DataType.UNSIGNED in (left, right) else DataType.INTEGER


def _type_error(expr: BinaryExpr, text: str) -> InfluxqlError:
    return InfluxqlError(f"type error: {tell_expr(expr)}: {text}")
