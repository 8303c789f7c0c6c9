"""Selectors of a query, with what stands behind them: `[5m]`, `[1h:5m]`, `offset 1d`, `@ 100`."""

from muster.promql.ast import Expr, MatrixSelector, Shifted, Subquery, VectorSelector
from muster.promql.cursor import Cursor
from muster.promql.errors import PromqlError
from muster.promql.literals import duration, number, rounded
from muster.promql.matchers import Matcher, compile_pattern
from muster.promql.strings import unquote
from muster.promql.tokens import (
    DURATION,
    IDENTIFIER,
    LABEL_WORDS,
    METRIC,
    NUMBER,
    STRING,
    Token,
)

_MATCHES = ("=", "!=", "=~", "!~")
_SHIFTED = "an instant vector selector or range vector selector or a subquery"
_TIMES = float(1 << 63)
_FAR_MS = 1 << 53  # no sample is further away, and sums of such times are still whole


def label_names(cursor: Cursor) -> list[str]:
    if cursor.kind != "(":
        raise cursor.unexpected("grouping opts", '"("')
    cursor.take()
    names: list[str] = []
    while cursor.kind != ")":
        token = cursor.peek()
        if token.kind not in LABEL_WORDS and token.kind not in (IDENTIFIER, METRIC):
            raise cursor.unexpected("grouping opts", "label")
        cursor.take()
        if ":" in token.text:
            raise cursor.unexpected("grouping opts", "label", token)
        names.append(token.text)
        if cursor.kind == ",":
            cursor.take()
        elif cursor.kind != ")":
            raise cursor.unexpected("grouping opts", '"," or ")"')
    cursor.take()
    return names


def selector(cursor: Cursor) -> VectorSelector:
    if cursor.kind == "{":
        return _braced(cursor, None)
    return selector_of(cursor, cursor.take())


def selector_of(cursor: Cursor, name: Token) -> VectorSelector:
    if cursor.kind == "{":
        return _braced(cursor, name)
    return VectorSelector(name.text, [], start=name.position, end=name.end)


def _braced(cursor: Cursor, name: Token | None) -> VectorSelector:
    opening = cursor.take()
    matchers: list[Matcher] = []
    while cursor.kind != "}":
        matchers.append(_matcher(cursor))
        if cursor.kind == ",":
            cursor.take()
        elif cursor.kind != "}":
            raise cursor.unexpected("label matching", '"," or "}"')
    closing = cursor.take()
    start = name.position if name else opening.position
    return VectorSelector(name.text if name else "", matchers, start=start, end=closing.end)


def _matcher(cursor: Cursor) -> Matcher:
    label = cursor.peek()
    if label.kind != IDENTIFIER:
        raise cursor.unexpected("label matching", 'identifier or "}"')
    cursor.take()
    operator = cursor.kind
    if operator not in _MATCHES:
        raise cursor.unexpected("label matching", "label matching operator")
    cursor.take()
    text = cursor.peek()
    if text.kind != STRING:
        raise cursor.unexpected("label matching", "string")
    cursor.take()
    value = unquote(text.text)
    if operator in ("=~", "!~"):
        try:
            compile_pattern(value)
        except PromqlError as error:
            raise cursor.refused(label.position, str(error)) from error
    return Matcher(label.text, operator, value)


def bracketed(cursor: Cursor, node: Expr) -> Expr:
    opening = cursor.take()
    if cursor.kind != DURATION:
        raise cursor.unexpected("subquery selector", "duration")
    range_ms = duration(cursor)
    match cursor.kind:
        case "]":
            return _ranged(cursor, node, opening, range_ms)
        case ":":
            return _subquery(cursor, node, range_ms)
        case _:
            raise cursor.unexpected("subquery or range", '":" or "]"')


def _ranged(cursor: Cursor, node: Expr, opening: Token, range_ms: int) -> MatrixSelector:
    closing = cursor.take()
    if not isinstance(node, VectorSelector):
        raise cursor.refused(opening.position, "ranges only allowed for vector selectors")
    if node.offset_ms:
        raise cursor.refused(opening.position, "no offset modifiers allowed before range")
    if node.at_ms is not None:
        raise cursor.refused(opening.position, "no @ modifiers allowed before range")
    return MatrixSelector(node, range_ms, start=node.start, end=closing.end)


def _subquery(cursor: Cursor, node: Expr, range_ms: int) -> Subquery:
    cursor.take()
    step_ms = 0
    if cursor.kind == DURATION:
        step_ms = duration(cursor)
        if cursor.kind != "]":
            raise cursor.unexpected("subquery selector", '"]"')
    if cursor.kind != "]":
        raise cursor.unexpected("subquery selector", 'duration or "]"')
    closing = cursor.take()
    return Subquery(node, range_ms, step_ms, start=node.start, end=closing.end)


def offset(cursor: Cursor, node: Expr) -> None:
    cursor.take()
    sign = 1
    if cursor.kind == "-":
        cursor.take()
        sign = -1
    if cursor.kind != DURATION:
        raise cursor.unexpected("offset", "duration")
    end = cursor.peek().end
    offset_ms = sign * duration(cursor)
    target = _target(cursor, node, "offset")
    if target.offset_ms:
        raise cursor.refused(node.start, "offset may not be set multiple times")
    target.offset_ms = offset_ms
    node.end = end


def at(cursor: Cursor, node: Expr) -> None:
    cursor.take()
    edge = cursor.peek()
    if edge.kind in ("start", "end"):
        cursor.take()
        end = _edge_end(cursor)
        target = _free(cursor, node)
        target.at_edge = edge.kind
    else:
        value, end = _time(cursor)
        if not -_TIMES < value < _TIMES:  # also what is no number
            shown = f"{value:f}".replace("inf", "+Inf").replace("-+", "-").replace("nan", "NaN")
            text = f"timestamp out of bounds for @ modifier: {shown}"
            raise cursor.refused(node.start, text)
        target = _free(cursor, node)
        target.at_ms = rounded(min(max(value * 1000, -_FAR_MS), _FAR_MS))
    node.end = end


def _edge_end(cursor: Cursor) -> int:
    if cursor.kind == "(":
        cursor.take()
        if cursor.kind == ")":
            return cursor.take().end
    raise cursor.unexpected("@", "timestamp")


def _time(cursor: Cursor) -> tuple[float, int]:
    sign = 1
    if cursor.kind in ("+", "-"):
        sign = -1 if cursor.take().kind == "-" else 1
    token = cursor.peek()
    if token.kind != NUMBER:
        raise cursor.unexpected("@", "timestamp")
    cursor.take()
    return sign * number(cursor, token), token.end


def _free(cursor: Cursor, node: Expr) -> Shifted:
    target = _target(cursor, node, "@")
    if target.is_pinned:
        raise cursor.refused(node.start, "@ <timestamp> may not be set multiple times")
    return target


def _target(cursor: Cursor, node: Expr, what: str) -> Shifted:
    if isinstance(node, MatrixSelector):
        return node.vector
    if isinstance(node, VectorSelector | Subquery):
        return node
    raise cursor.refused(node.start, f"{what} modifier must be preceded by {_SHIFTED}")
