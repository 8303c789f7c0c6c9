"""Decides by a series' tags what of a condition is left to decide by its points.

Source: InfluxDB 1.6 (its index): a tag that a series does not have is "".
"""

from collections.abc import Callable

from muster.influxql.syntax.ast import (
    BinaryExpr,
    BooleanLiteral,
    DataType,
    Expr,
    Node,
    ParenExpr,
    RegexLiteral,
    StringLiteral,
    VarRef,
    fold,
    walk,
)
from muster.influxql.syntax.regex import compile_pattern
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.reduction import join
from muster.influxql.values.streams import Tags

_TAG_KINDS = (DataType.TAG, DataType.UNKNOWN)
_TRUE, _FALSE = BooleanLiteral(True), BooleanLiteral(False)


class TagFilter:
    """A condition, for one series after the other."""

    def __init__(
        self,
        condition: Expr | None,
        is_tag: Callable[[VarRef], bool] | None = None,
        *,
        strict: bool = False,
    ) -> None:
        """With `strict` nothing holds for a tag that a series does not have."""
        self._strict = strict
        self._condition = condition
        self._is_tag = is_tag or (lambda ref: ref.type in _TAG_KINDS)
        self._keys = sorted(
            {
                node.val
                for node in (walk(condition) if condition is not None else ())
                if isinstance(node, VarRef) and self._is_tag(node)
            }
        )
        self._known: dict[tuple[str, ...], Expr | None] = {}

    def rest(self, tags: Tags) -> Expr | None:
        """What points must fulfil: None for nothing, a false literal if no point can."""
        if self._condition is None:
            return None
        values = dict(tags)
        key = tuple(values.get(name, "") for name in self._keys)
        if key not in self._known:
            found = self._decided(dict(zip(self._keys, key, strict=True)))
            self._known[key] = None if found == _TRUE else found
        return self._known[key]

    def excludes(self, tags: Tags) -> bool:
        """Whether no point of the series can fulfil it."""
        return self.rest(tags) == _FALSE

    def _decided(self, values: dict[str, str]) -> Expr:
        def combine(node: Node, beneath: tuple[Expr, ...]) -> Expr:
            match node:
                case BinaryExpr(op=Token.AND | Token.OR):
                    return join(node.op, beneath[0], beneath[1])
                case BinaryExpr():
                    found = self._compared(node, values)
                    return node if found is None else BooleanLiteral(found)
                case ParenExpr():
                    inner = beneath[0]
                    return ParenExpr(inner) if isinstance(inner, BinaryExpr) else inner
                case Expr():
                    return node
                case _:
                    raise TypeError(f"not an expression: {node!r}")

        if self._condition is None:
            return _TRUE
        found = fold(self._condition, combine)
        return found.expr if isinstance(found, ParenExpr) else found

    def _compared(self, node: BinaryExpr, values: dict[str, str]) -> bool | None:
        """Whether a comparison of a tag holds; None when it is not one of tags alone."""
        name, other = node.lhs, node.rhs
        if not isinstance(name, VarRef):
            name, other = other, name
        if not isinstance(name, VarRef) or not self._is_tag(name):
            return None
        value = values[name.val]
        if self._strict and not value:
            return False
        match other:
            case StringLiteral():
                return _equal(node.op, value, other.val)
            case RegexLiteral() if node.op in (Token.EQREGEX, Token.NEQREGEX):
                found = compile_pattern(other.val).found_in(value)
                return found == (node.op is Token.EQREGEX)
            case VarRef() if self._is_tag(other):
                return _equal(node.op, value, values[other.val])
            case _:
                return None


def _equal(op: Token, left: str, right: str) -> bool:
    if op is Token.EQ:
        return left == right
    return op is Token.NEQ and left != right
