"""Whether a tree makes sense: kinds of values, counts of arguments, matching.

Source: Prometheus 2.42, checkAST in promql/parser/parse.go; of several errors the first.
"""

from muster.promql.ast import (
    Aggregation,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Number,
    Paren,
    Subquery,
    Text,
    Type,
    Unary,
    VectorSelector,
)
from muster.promql.errors import QueryParseError
from muster.promql.labels import NAME
from muster.promql.matchers import matches_empty
from muster.promql.signatures import SIGNATURES, Signature
from muster.promql.strings import quote
from muster.promql.tokens import COMPARISONS, SETS

_API = {Type.VECTOR: "vector", Type.MATRIX: "matrix"}
_OPERANDS = (Type.SCALAR, Type.VECTOR)
_SPACE = " \t\n\r"


def type_of(node: Expr) -> Type:
    """What an expression gives."""
    match node:
        case Number():
            return Type.SCALAR
        case Text():
            return Type.STRING
        case Paren() | Unary():
            return type_of(node.inner)
        case MatrixSelector() | Subquery():
            return Type.MATRIX
        case Call():
            return SIGNATURES[node.function].gives
        case Binary():
            sides = type_of(node.left), type_of(node.right)
            return Type.SCALAR if sides == (Type.SCALAR, Type.SCALAR) else Type.VECTOR
        case _:
            return Type.VECTOR


def check(node: Expr, text: str) -> Type:
    """The type of a tree that makes sense. Errors: QueryParseError."""
    return _Check(text).type_of(node)


class _Check:
    def __init__(self, text: str) -> None:
        self._text = text

    def type_of(self, node: Expr) -> Type:
        match node:
            case Paren():
                return self.type_of(node.inner)
            case Unary():
                return self._unary(node)
            case Aggregation():
                self._aggregation(node)
            case Binary():
                return self._binary(node)
            case Call():
                self._call(node)
            case Subquery():
                self._subquery(node)
            case MatrixSelector():
                self._selector(node.vector)
            case VectorSelector():
                self._selector(node)
            case _:
                pass
        return type_of(node)

    def _expect(self, node: Expr, wanted: Type, where: str) -> None:
        found = self.type_of(node)
        if found is not wanted:
            raise self._refused(node.start, f"expected type {wanted} in {where}, got {found}")

    def _aggregation(self, node: Aggregation) -> None:
        self._expect(node.inner, Type.VECTOR, "aggregation expression")
        if node.parameter is not None:
            wanted = Type.STRING if node.operator == "count_values" else Type.SCALAR
            self._expect(node.parameter, wanted, "aggregation parameter")

    def _unary(self, node: Unary) -> Type:
        found = self.type_of(node.inner)
        if found not in _OPERANDS:
            raise self._refused(
                node.start,
                "unary expression only allowed on expressions of type scalar or instant vector,"
                f" got {quote(found)}",
            )
        return found

    def _subquery(self, node: Subquery) -> None:
        found = self.type_of(node.inner)
        if found is not Type.VECTOR:
            text = f"subquery is only allowed on instant vector, got {_API.get(found, found)}"
            raise self._refused(node.start, f"{text} instead")

    def _call(self, node: Call) -> None:
        signature = SIGNATURES[node.function]
        self._count(node, signature)
        for number, argument in enumerate(node.arguments):
            wanted = signature.takes[min(number, len(signature.takes) - 1)]
            self._expect(argument, wanted, f"call to function {quote(node.function)}")

    def _count(self, node: Call, signature: Signature) -> None:
        given, most = len(node.arguments), len(signature.takes)
        name = quote(node.function)
        if not signature.optional:
            if given != most:
                text = f"expected {most} argument(s) in call to {name}, got {given}"
                raise self._refused(node.start, text)
            return
        least = most - 1
        if given < least:
            text = f"expected at least {least} argument(s) in call to {name}, got {given}"
            raise self._refused(node.start, text)
        if 0 < signature.optional < given - least:
            most = least + signature.optional
            text = f"expected at most {most} argument(s) in call to {name}, got {given}"
            raise self._refused(node.start, text)

    def _binary(self, node: Binary) -> Type:
        left, right = self.type_of(node.left), self.type_of(node.right)
        both = (left, right)
        self._modifiers(node, both)
        for side, found in ((node.left, left), (node.right, right)):
            if found not in _OPERANDS:
                text = "binary expression must contain only scalar and instant vector types"
                raise self._refused(side.start, text)
        if both != (Type.VECTOR, Type.VECTOR):
            if node.matching.labels:
                text = "vector matching only allowed between instant vectors"
                raise self._refused(node.start, text)
            if node.operator in SETS:
                text = (
                    f"set operator {quote(node.operator)} not allowed in binary scalar expression"
                )
                raise self._refused(node.start, text)
        elif node.operator in SETS and node.matching.many:
            text = f"no grouping allowed for {quote(node.operator)} operation"
            raise self._refused(node.start, text)
        return Type.SCALAR if both == (Type.SCALAR, Type.SCALAR) else Type.VECTOR

    def _modifiers(self, node: Binary, both: tuple[Type, Type]) -> None:
        compares = node.operator in COMPARISONS
        if node.is_bool and not compares:
            text = "bool modifier can only be used on comparison operators"
            raise self._refused(self._operator(node), text)
        if compares and not node.is_bool and both == (Type.SCALAR, Type.SCALAR):
            text = "comparisons between scalars must use BOOL modifier"
            raise self._refused(self._operator(node), text)
        if node.matching.is_on:
            for label in node.matching.labels:
                if label in node.matching.include:
                    text = f"label {quote(label)} must not occur in ON and GROUP clause at once"
                    raise self._refused(self._operator(node), text)

    def _operator(self, node: Binary) -> int:
        at = node.left.end
        while self._text[at : at + 1] and self._text[at] in _SPACE:
            at += 1
        return at

    def _selector(self, node: VectorSelector) -> None:
        if node.name:
            for matcher in node.matchers:
                if matcher.name == NAME:
                    text = "metric name must not be set twice:"
                    names = f"{quote(node.name)} or {quote(matcher.value)}"
                    raise self._refused(node.start, f"{text} {names}")
        elif all(map(matches_empty, node.matchers)):
            text = "vector selector must contain at least one non-empty matcher"
            raise self._refused(node.start, text)

    def _refused(self, position: int, text: str) -> QueryParseError:
        return QueryParseError(self._text, position, text)
