"""What a variable of a dashboard may ask in PromQL: values of a label, names, an answer's series.

    label_values(LABEL)   label_values(SELECTOR, LABEL)   label_names()   label_names(SELECTOR)
    metrics(PATTERN)      query_result(EXPRESSION)

Source: Grafana's query variables for Prometheus (specification, section 10.2)
"""

import re
from collections.abc import Callable, Sequence

from muster.promql.columns import Vector
from muster.promql.errors import PromqlError
from muster.promql.labels import NAME, Labels, nameless, value_of, written
from muster.promql.limits import Limits
from muster.promql.matchers import Matcher, compile_pattern
from muster.promql.numbers import format_sample
from muster.promql.parser import parse, parse_selector
from muster.promql.query import instant
from muster.promql.source import Source

Listing = Callable[[Source, Limits, int, int], list[str]]
"""Takes the ends of the range in ms; the answer is in the order it was found in."""

CALL = re.compile(r"\s*(label_values|label_names|metrics|query_result)\s*\((.*)\)\s*", re.DOTALL)
_VALUES = re.compile(r"(?:(.*),)?\s*([A-Za-z_][A-Za-z0-9_]*)\s*", re.DOTALL)
_FORMS = "label_values(SELECTOR, LABEL), label_names(), metrics(PATTERN), query_result(EXPRESSION)"


def parse_listing(text: str) -> Listing:
    """Errors: PromqlError."""
    found = CALL.fullmatch(text)
    if found is None:
        raise PromqlError(f"a variable asks one of {_FORMS}")
    inner = found[2].strip()
    match found[1]:
        case "label_values":
            return _label_values(inner)
        case "label_names":
            return _label_names(inner)
        case "metrics":
            return _metrics(inner)
        case _:
            return _query_result(inner)


def _label_values(inner: str) -> Listing:
    found = _VALUES.fullmatch(inner)
    if found is None:
        raise PromqlError("label_values(SELECTOR, LABEL): the label comes last")
    label = found[2]
    matchers = _selected(found[1] or "") or [Matcher(label, "!=", "")]

    def listed(source: Source, limits: Limits, from_ms: int, to_ms: int) -> list[str]:
        known = source.series(matchers, from_ms, to_ms)
        return sorted({value_of(labels, label) for labels in known} - {""})

    return listed


def _label_names(inner: str) -> Listing:
    matchers = _selected(inner) or [Matcher(NAME, "!=", "")]

    def listed(source: Source, limits: Limits, from_ms: int, to_ms: int) -> list[str]:
        known = source.series(matchers, from_ms, to_ms)
        return sorted({name for labels in known for name, _ in labels})

    return listed


def _metrics(inner: str) -> Listing:
    pattern = inner.strip("\"'`")
    compile_pattern(pattern)
    matcher = Matcher(NAME, "=~", f".*(?:{pattern}).*")

    def listed(source: Source, limits: Limits, from_ms: int, to_ms: int) -> list[str]:
        known = source.series([matcher], from_ms, to_ms)
        return sorted({value_of(labels, NAME) for labels in known})

    return listed


def _query_result(inner: str) -> Listing:
    node = parse(inner)

    def listed(source: Source, limits: Limits, from_ms: int, to_ms: int) -> list[str]:
        value = instant(source, node, to_ms, limits).value
        if not isinstance(value, Vector):
            return []
        return [
            f"{_series(labels)} {format_sample(number)} {to_ms}"
            for labels, (number,) in zip(value.labels, value.values.tolist(), strict=True)
        ]

    return listed


def _series(labels: Labels) -> str:
    rest = nameless(labels)
    return value_of(labels, NAME) + (written(rest).replace(", ", ",") if rest else "")


def _selected(text: str) -> Sequence[Matcher]:
    return parse_selector(text.strip()) if text.strip() else []
