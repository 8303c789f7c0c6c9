"""A tree as text: on one line, and broken into lines where it is long.

Source: Prometheus 2.42, promql/parser/printer.go and prettier.go
"""

from collections.abc import Callable
from math import inf

from muster.promql.ast import (
    Aggregation,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Number,
    Paren,
    Shifted,
    Subquery,
    Text,
    Unary,
    VectorSelector,
)
from muster.promql.durations import format_duration
from muster.promql.numbers import format_verb
from muster.promql.strings import quote
from muster.promql.tokens import SETS

_WIDTH = 100
_INDENT = "  "


def written(node: Expr) -> str:
    """On one line."""
    match node:
        case Number():
            return format_verb(node.value)
        case Text():
            return quote(node.value)
        case Paren():
            return f"({written(node.inner)})"
        case Unary():
            return f"{node.operator}{written(node.inner)}"
        case Call():
            return f"{node.function}({', '.join(map(written, node.arguments))})"
        case Binary():
            return f"{_base(node) or written(node.left)} {_operator(node)} {written(node.right)}"
        case Aggregation():
            parameter = f"{written(node.parameter)}, " if node.parameter is not None else ""
            return f"{_aggregator(node)}({parameter}{written(node.inner)})"
        case _:
            return _selector(node)


def _selector(node: VectorSelector | MatrixSelector | Subquery) -> str:
    match node:
        case VectorSelector():
            return _bare(node) + _shift(node)
        case MatrixSelector():
            return f"{_bare(node.vector)}[{format_duration(node.range_ms)}]{_shift(node.vector)}"
        case Subquery():
            return f"{written(node.inner)}{_suffix(node)}"


def _bare(node: VectorSelector) -> str:
    matchers = sorted(map(str, node.matchers))
    return f"{node.name}{{{','.join(matchers)}}}" if matchers else node.name


def _suffix(node: Subquery) -> str:
    step = format_duration(node.step_ms) if node.step_ms else ""
    return f"[{format_duration(node.range_ms)}:{step}]{_shift(node)}"


def _shift(node: Shifted) -> str:
    text = ""
    if node.at_ms is not None:
        text = f" @ {node.at_ms / 1_000:.3f}"
    elif node.at_edge:
        text = f" @ {node.at_edge}()"
    if node.offset_ms:
        sign = "-" if node.offset_ms < 0 else ""
        text += f" offset {sign}{format_duration(abs(node.offset_ms))}"
    return text


def _base(node: Binary) -> str:
    """What is raised to a power, where its sign would be read as one of the whole power.

    Prometheus writes it with the sign, so that reading and writing adds one more each time.
    """
    is_endless = isinstance(node.left, Number) and node.left.value == inf
    return "Inf" if node.operator == "^" and is_endless else ""


def _operator(node: Binary) -> str:
    matching = node.matching
    text = node.operator + (" bool" if node.is_bool else "")
    if matching.labels or matching.is_on:
        text += f" {'on' if matching.is_on else 'ignoring'} ({', '.join(matching.labels)})"
        if matching.many and node.operator not in SETS:
            text += f" group_{matching.many} ({', '.join(matching.include)})"
    return text


def _aggregator(node: Aggregation) -> str:
    if node.is_without:
        return f"{node.operator} without ({', '.join(node.grouping)}) "
    if node.grouping:
        return f"{node.operator} by ({', '.join(node.grouping)}) "
    return node.operator


def pretty(node: Expr, level: int = 0) -> str:
    """Broken where a part is longer than a line."""
    line = written(node)
    if isinstance(node, Unary):
        return f"{_INDENT * level}{node.operator}{pretty(node.inner, level).strip()}"
    if isinstance(node, Subquery):
        short = len(line.encode()) <= _WIDTH
        return line if short else f"{pretty(node.inner, level)}{_suffix(node)}"
    breaks = _BREAKS.get(type(node))
    if breaks is None or len(line.encode()) <= _WIDTH:
        return _INDENT * level + line
    return breaks(node, level)


def _pretty_binary(node: Binary, level: int) -> str:
    base = _INDENT * (level + 1) + _base(node) if _base(node) else ""
    left, right = base or pretty(node.left, level + 1), pretty(node.right, level + 1)
    return f"{left}\n{_INDENT * level}{_operator(node)}\n{right}"


def _pretty_aggregation(node: Aggregation, level: int) -> str:
    indent = _INDENT * level
    parameter = f"{pretty(node.parameter, level + 1)},\n" if node.parameter is not None else ""
    inner = pretty(node.inner, level + 1)
    return f"{indent}{_aggregator(node)}(\n{parameter}{inner}\n{indent})"


def _pretty_call(node: Call, level: int) -> str:
    indent = _INDENT * level
    arguments = ",\n".join(pretty(each, level + 1) for each in node.arguments)
    return f"{indent}{node.function}(\n{arguments}\n{indent})"


def _pretty_paren(node: Paren, level: int) -> str:
    indent = _INDENT * level
    return f"{indent}(\n{pretty(node.inner, level + 1)}\n{indent})"


_BREAKS: dict[type, Callable[..., str]] = {
    Binary: _pretty_binary,
    Aggregation: _pretty_aggregation,
    Call: _pretty_call,
    Paren: _pretty_paren,
}
