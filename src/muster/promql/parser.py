"""A query's text to its tree, by recursive descent. Grammar: promql/parser/generated_parser.y.

Errors are the first that Prometheus 2.42 would tell.
"""

from muster.promql.ast import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    Number,
    Paren,
    Text,
    Unary,
    VectorSelector,
)
from muster.promql.checks import check
from muster.promql.cursor import Cursor
from muster.promql.labels import NAME
from muster.promql.literals import number
from muster.promql.matchers import Matcher
from muster.promql.selectorparser import at, bracketed, label_names, offset, selector, selector_of
from muster.promql.signatures import SIGNATURES
from muster.promql.strings import quote, unquote
from muster.promql.tokens import (
    AGGREGATORS,
    AT,
    END,
    IDENTIFIER,
    METRIC,
    METRIC_WORDS,
    NUMBER,
    STRING,
    WITH_PARAMETER,
    Token,
)

_PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_POWER = 6
_BEGINNINGS = frozenset(("(", "{", "+", "-", NUMBER, STRING))


def parse(text: str) -> Expr:
    """A query, checked. Errors: QueryParseError."""
    node = _Parser(text).whole()
    check(node, text)
    return node


def parse_selector(text: str) -> list[Matcher]:
    """What `match[]` says: a vector selector alone. Errors: QueryParseError."""
    return all_matchers(_Parser(text).selector())


def all_matchers(node: VectorSelector) -> list[Matcher]:
    """With that of the metric's name, last."""
    if not node.name:
        return node.matchers
    return [*node.matchers, Matcher(NAME, "=", node.name)]


class _Parser:
    def __init__(self, text: str) -> None:
        self._cursor = Cursor(text)
        self._levels = 0

    def whole(self) -> Expr:
        if self._cursor.kind == END:
            raise self._cursor.refused(0, "no expression found in input")
        node = self._expression(0)
        if self._cursor.kind != END:
            raise self._cursor.unexpected()
        return node

    def selector(self) -> VectorSelector:
        if not (_names_metric(self._cursor.kind) or self._cursor.kind == "{"):
            raise self._cursor.unexpected()
        node = selector(self._cursor)
        if self._cursor.kind != END:
            raise self._cursor.unexpected()
        return node

    def _expression(self, least: int) -> Expr:
        """Operators that bind at least so strongly."""
        self._levels += 1
        levels = self._levels
        self._cursor.check_depth(levels)
        left = self._unary()
        while (strength := _PRECEDENCE.get(self._cursor.kind, 0)) and strength >= least:
            levels += 1
            self._cursor.check_depth(levels)
            left = self._binary(left, strength)
        self._levels -= 1
        return left

    def _binary(self, left: Expr, strength: int) -> Binary:
        operator = self._cursor.take()
        is_bool, matching = self._modifiers()
        right = self._expression(strength if strength == _POWER else strength + 1)
        span = {"start": left.start, "end": right.end}
        return Binary(operator.kind, left, right, matching, is_bool, **span)

    def _modifiers(self) -> tuple[bool, Matching]:
        matching, cursor = Matching(), self._cursor
        is_bool = cursor.kind == "bool"
        if is_bool:
            cursor.take()
        if cursor.kind in ("on", "ignoring"):
            matching.is_on = cursor.take().kind == "on"
            matching.labels = label_names(cursor)
            if cursor.kind in ("group_left", "group_right"):
                matching.many = cursor.take().kind.removeprefix("group_")
                names = cursor.kind == "(" or not _begins(cursor.kind)
                matching.include = label_names(cursor) if names else []
        return is_bool, matching

    def _unary(self) -> Expr:
        sign = self._cursor.peek()
        if sign.kind not in ("+", "-"):
            return self._shifted(self._primary())
        self._cursor.take()
        inner = self._expression(_POWER)
        if isinstance(inner, Number):
            value = -inner.value if sign.kind == "-" else inner.value
            return Number(value, start=sign.position, end=inner.end)
        return Unary(sign.kind, inner, start=sign.position, end=inner.end)

    def _shifted(self, node: Expr) -> Expr:
        """With all that stands behind it."""
        levels = self._levels
        while True:
            levels += 1
            self._cursor.check_depth(levels)
            if self._cursor.kind == "[":
                node = bracketed(self._cursor, node)
            elif self._cursor.kind == "offset":
                offset(self._cursor, node)
            elif self._cursor.kind == AT:
                at(self._cursor, node)
            else:
                return node

    def _primary(self) -> Expr:
        token = self._cursor.peek()
        if token.kind == "(":
            return self._paren()
        if token.kind == "{":
            return selector(self._cursor)
        if _names_metric(token.kind):
            return self._named()
        span = {"start": token.position, "end": token.end}
        if token.kind == NUMBER:
            return Number(number(self._cursor, self._cursor.take()), **span)
        if token.kind == STRING:
            return Text(unquote(self._cursor.take().text), **span)
        raise self._cursor.unexpected()

    def _paren(self) -> Paren:
        opening = self._cursor.take()
        inner = self._expression(0)
        closing = self._cursor.expect(")")
        return Paren(inner, start=opening.position, end=closing.end)

    def _named(self) -> Expr:
        name = self._cursor.take()
        after = self._cursor.kind
        if name.kind in AGGREGATORS and after in ("(", "by", "without"):
            return self._aggregation(name)
        if name.kind == IDENTIFIER and after == "(":
            return self._call(name)
        return selector_of(self._cursor, name)

    def _call(self, name: Token) -> Call:
        arguments = self._arguments()
        if name.text not in SIGNATURES:
            text = f"unknown function with name {quote(name.text)}"
            raise self._cursor.refused(name.position, text)
        return Call(name.text, arguments, start=name.position, end=self._cursor.end)

    def _arguments(self) -> list[Expr]:
        cursor = self._cursor
        cursor.expect("(")
        arguments: list[Expr] = []
        if cursor.kind != ")":
            arguments.append(self._expression(0))
            while cursor.kind == ",":
                comma = cursor.take()
                if not _begins(cursor.kind):
                    text = "trailing commas not allowed in function call args"
                    raise cursor.refused(comma.position, text)
                arguments.append(self._expression(0))
        cursor.expect(")")
        return arguments

    def _aggregation(self, operator: Token) -> Aggregation:
        self._cursor.aggregations += 1
        before = self._grouping()
        arguments = self._arguments()
        self._cursor.aggregations -= 1
        grouping, is_without = before or self._grouping() or ([], False)
        self._count(operator, len(arguments))
        parameter = arguments[0] if len(arguments) > 1 else None
        node = Aggregation(operator.kind, arguments[-1], parameter, grouping, is_without)
        node.start, node.end = operator.position, self._cursor.end
        return node

    def _count(self, operator: Token, given: int) -> None:
        if not given:
            text = "no arguments for aggregate expression provided"
            raise self._cursor.refused(operator.position, text)
        wanted = 2 if operator.kind in WITH_PARAMETER else 1
        if given != wanted:
            text = "wrong number of arguments for aggregate expression provided"
            text = f"{text}, expected {wanted}, got {given}"
            raise self._cursor.refused(operator.position, text)

    def _grouping(self) -> tuple[list[str], bool] | None:
        if self._cursor.kind not in ("by", "without"):
            return None
        is_without = self._cursor.take().kind == "without"
        return label_names(self._cursor), is_without


def _begins(kind: str) -> bool:
    """Whether an expression may begin with it."""
    return kind in _BEGINNINGS or _names_metric(kind)


def _names_metric(kind: str) -> bool:
    return kind in (IDENTIFIER, METRIC) or kind in METRIC_WORDS
