"""Functions that change labels, and what `absent` tells of a selector."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from muster.promql.aggregation import is_label
from muster.promql.ast import Expr, MatrixSelector, VectorSelector
from muster.promql.columns import Vector, renamed
from muster.promql.errors import ExecutionError, PromqlError
from muster.promql.labels import NAME, NOTHING, Labels, labels_of, replaced, value_of
from muster.promql.matchers import compile_whole

_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")  # no pattern has more groups


def label_replace(vector: Vector, texts: Sequence[str]) -> Vector:
    """Errors: ExecutionError."""
    target, template, source, pattern = texts
    try:
        compiled = compile_whole(pattern)
    except PromqlError as error:
        text = f"invalid regular expression in label_replace(): {pattern}"
        raise ExecutionError(text) from error
    if not is_label(target):
        raise ExecutionError(f"invalid destination label name in label_replace(): {target}")

    def changed(labels: Labels) -> Labels:
        found = compiled.fullmatch(value_of(labels, source))
        if found is None:
            return labels
        return replaced(labels, [(target, expanded(template, found))])

    return renamed(vector, [changed(each) for each in vector.labels])


def label_join(vector: Vector, texts: Sequence[str]) -> Vector:
    """Errors: ExecutionError."""
    target, separator, *sources = texts
    for source in sources:
        if not is_label(source):
            raise ExecutionError(f"invalid source label name in label_join(): {source}")
    if not is_label(target):
        raise ExecutionError(f"invalid destination label name in label_join(): {target}")
    return renamed(
        vector,
        [
            replaced(each, [(target, separator.join(value_of(each, one) for one in sources))])
            for each in vector.labels
        ],
    )


def expanded(template: str, found: Any) -> str:  # noqa: ANN401 - a match of re2, which has no types
    """A template of Go's: `$1`, `${name}`, `$$`; what is not there is empty."""

    def part(reference: re.Match[str]) -> str:
        dollar, plain, braced = reference.groups()
        return "$" if dollar else _group(found, plain or braced)

    return _REFERENCE.sub(part, template)


def _group(found: Any, name: str) -> str:  # noqa: ANN401
    key: str | int = int(name) if _NUMBER.fullmatch(name) else name
    get: Callable[[str | int], str | None] = found.group
    try:
        return get(key) or ""
    except (IndexError, KeyError):
        return ""


def labels_of_absent(node: Expr) -> Labels:
    """The labels that a selector asks for by their whole value, each once."""
    if isinstance(node, MatrixSelector):
        node = node.vector
    if not isinstance(node, VectorSelector):
        return NOTHING
    values: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in node.matchers:
        if matcher.name == NAME:
            continue
        if matcher.operator == "=" and matcher.name not in seen:
            values[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            values.pop(matcher.name, None)
    return labels_of(values)
