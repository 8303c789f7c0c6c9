"""The paths of the query API: parameters to a question, which any Source answers with `data`.

Reading parameters and text is done at once, so that a bad one is told before anything is read.
Source: Prometheus 2.42, web/api/v1/api.go
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from muster.promql.aggregation import is_label
from muster.promql.ast import Expr, MatrixSelector, Subquery, VectorSelector, children
from muster.promql.errors import ExecutionError, PromqlError
from muster.promql.labels import value_of
from muster.promql.limits import Limits
from muster.promql.matchers import Matcher, matches_empty
from muster.promql.parser import parse, parse_selector
from muster.promql.pointtexts import to_json
from muster.promql.printer import pretty
from muster.promql.query import Answer, check_range, instant, over_range
from muster.promql.render import data_of
from muster.promql.source import Source
from muster.promql.strings import quote
from muster.promql.times import MAX_MS, MIN_MS, parse_step, parse_time

Parameters = Mapping[str, Sequence[str]]
MAX_MATCHES = 100
_FEW_PARTS = 32  # of a query
_REMEMBERED = 256  # queries
_REMEMBERED_CHARS = 2_000  # of one
_NS_OF_MS = 1_000_000
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_CUT = "results truncated due to limit"
_TOO_FINE = (
    "exceeded maximum resolution of 11,000 points per timeseries."
    " Try decreasing the query resolution (?step=XX)"
)


class Data(NamedTuple):
    """The `data` of an answer, as JSON; empty for none."""

    text: bytes
    warnings: tuple[str, ...] = ()


class Question(NamedTuple):
    """What is asked, read and checked. `timeout_ms` 0: as the server has it; below: it is over.

    `steps`: at how many moments each selector is looked at, at most; 0: it may be any number.
    `looks`: in how many windows each sample is looked at, at most.
    """

    answer: Callable[[Source, Limits], Data]
    timeout_ms: int = 0
    steps: int = 0
    looks: int = 0


def first(parameters: Parameters, name: str) -> str:
    """The first value of a parameter, as Go's FormValue; empty where there is none."""
    values = parameters.get(name, ())
    return values[0] if values else ""


def query(parameters: Parameters, now_ms: int) -> Question:
    """A query at one moment. Errors: PromqlError."""
    time_ms = _time(parameters, "time", now_ms)
    timeout_ms = _timeout(parameters)
    node = _expression(parameters)
    most = limit_of(parameters)
    return Question(
        lambda source, limits: _shown(instant(source, node, time_ms, limits), most),
        timeout_ms,
        *_little(node, 1),
    )


def query_range(parameters: Parameters, most_steps: int) -> Question:
    """A query at each step of a range. Errors: PromqlError."""
    start_ms, end_ms = (_moment(parameters, name) for name in ("start", "end"))
    if end_ms < start_ms:
        raise _invalid("end", "end timestamp must not be before start time")
    step_ns = _duration(parameters, "step")
    if step_ns <= 0:
        text = "zero or negative query resolution step widths are not accepted."
        raise _invalid("step", f"{text} Try a positive integer")
    if (end_ms - start_ms) * _NS_OF_MS // step_ns > most_steps:
        raise PromqlError(_TOO_FINE)
    timeout_ms = _timeout(parameters)
    node = _tree(first(parameters, "query"))
    check_range(node)
    step_ms = max(step_ns // _NS_OF_MS, 1)
    most = limit_of(parameters)

    def answer(source: Source, limits: Limits) -> Data:
        return _shown(over_range(source, node, start_ms, end_ms, step_ms, limits), most)

    return Question(answer, timeout_ms, *_little(node, (end_ms - start_ms) // step_ms + 1))


def series(parameters: Parameters) -> Question:
    """Series, by their labels. Errors: PromqlError."""
    if not parameters.get("match[]"):
        raise PromqlError("no match[] parameter provided")
    start_ms, end_ms = _span(parameters)
    try:
        selectors = _selectors(parameters)
    except PromqlError as error:
        raise _invalid("match[]", str(error)) from error
    most = limit_of(parameters)

    def answer(source: Source, limits: Limits) -> Data:
        found = {
            labels for matchers in selectors for labels in source.series(matchers, start_ms, end_ms)
        }
        if most is None and len(found) > limits.series:
            raise ExecutionError(f"{len(found)} series match, at most {limits.series} are listed")
        return _listed([dict(labels) for labels in sorted(found)], most)

    return Question(answer)


def label_names(parameters: Parameters) -> Question:
    """Names of labels. Errors: PromqlError."""
    start_ms, end_ms = _span(parameters)
    selectors = _selectors(parameters) or [[]]
    most = limit_of(parameters)

    def answer(source: Source, limits: Limits) -> Data:
        names = {
            name
            for matchers in selectors
            for labels in source.series(matchers, start_ms, end_ms)
            for name, _ in labels
        }
        return _listed(sorted(names), most)

    return Question(answer)


def label_values(name: str, parameters: Parameters) -> Question:
    """Values of one label. Errors: PromqlError."""
    if not is_label(name):
        raise PromqlError(f"invalid label name: {quote(name)}")
    start_ms, end_ms = _span(parameters)
    selectors = _selectors(parameters) or [[Matcher(name, "!=", "")]]
    most = limit_of(parameters)

    def answer(source: Source, limits: Limits) -> Data:
        values = {
            value_of(labels, name)
            for matchers in selectors
            for labels in source.series(matchers, start_ms, end_ms)
        }
        return _listed(sorted(values - {""}), most)

    return Question(answer)


def exemplars(parameters: Parameters) -> Question:
    """Exemplars: none are kept. Errors: PromqlError."""
    start_ms, end_ms = _span(parameters)
    if end_ms < start_ms:
        raise PromqlError("end timestamp must not be before start timestamp")
    node = _tree(first(parameters, "query"))
    data = Data(b"[]" if _has_selector(node) else b"")
    return Question(lambda source, limits: data)


def format_query(parameters: Parameters) -> Question:
    """A query in its usual form. Errors: PromqlError."""
    data = Data(to_json(pretty(_expression(parameters))).encode())
    return Question(lambda source, limits: data)


def _shown(answer: Answer, most: int | None) -> Data:
    cut = answer.cut(most) if most is not None else answer
    return Data(data_of(cut), () if cut is answer else (_CUT,))


def _listed(found: Sequence[object], most: int | None) -> Data:
    is_cut = most is not None and len(found) > most
    return Data(to_json(found[:most]).encode(), (_CUT,) if is_cut else ())


def _little(node: Expr, steps: int) -> tuple[int, int]:
    """Steps and looks of a query of few parts, each of which is worked out for them alone."""
    parts = [node]
    for each in parts:  # it grows meanwhile
        if isinstance(each, Subquery) or len(parts) > _FEW_PARTS:
            return 0, 0
        parts += children(each)
    has_windows = any(isinstance(each, MatrixSelector) for each in parts)
    return steps, steps if has_windows else 1


def _has_selector(node: Expr) -> bool:
    return isinstance(node, VectorSelector) or any(map(_has_selector, children(node)))


def _expression(parameters: Parameters) -> Expr:
    try:
        return _tree(first(parameters, "query"))
    except PromqlError as error:
        raise _invalid("query", str(error)) from error


def _tree(text: str) -> Expr:
    """Dashboards ask the same again and again. Errors: PromqlError."""
    return _known_tree(text) if len(text) <= _REMEMBERED_CHARS else parse(text)


_known_tree = lru_cache(_REMEMBERED)(parse)


def _selectors(parameters: Parameters) -> list[list[Matcher]]:
    texts = parameters.get("match[]", ())
    if len(texts) > MAX_MATCHES:
        raise PromqlError(f"at most {MAX_MATCHES} match[] are taken, not {len(texts)}")
    found = [parse_selector(text) for text in texts]
    if any(all(map(matches_empty, matchers)) for matchers in found):
        raise PromqlError("match[] must contain at least one non-empty matcher")
    return found


def _span(parameters: Parameters) -> tuple[int, int]:
    return _time(parameters, "start", MIN_MS), _time(parameters, "end", MAX_MS)


def _time(parameters: Parameters, name: str, default_ms: int) -> int:
    text = first(parameters, name)
    if not text:
        return default_ms
    try:
        return parse_time(text)
    except PromqlError as error:
        raise _invalid(name, f"Invalid time value for '{name}': {error}") from error


def _moment(parameters: Parameters, name: str) -> int:
    try:
        return parse_time(first(parameters, name))
    except PromqlError as error:
        raise _invalid(name, str(error)) from error


def _duration(parameters: Parameters, name: str) -> int:
    try:
        return parse_step(first(parameters, name))
    except PromqlError as error:
        raise _invalid(name, str(error)) from error


def _timeout(parameters: Parameters) -> int:
    if not first(parameters, "timeout"):
        return 0
    timeout_ns = _duration(parameters, "timeout")
    return max(timeout_ns // _NS_OF_MS, 1) if timeout_ns > 0 else -1


def limit_of(parameters: Parameters) -> int | None:
    """How many are wanted at most; None for all. Errors: PromqlError."""
    text = first(parameters, "limit")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _invalid("limit", f"cannot parse {quote(text[:40])} to a valid limit")
    return int(text) or None


def metric_limit_of(parameters: Parameters) -> int | None:
    """How many metrics to tell of; None for all, which what is below 0 asks for too.

    Errors: PromqlError.
    """
    text = first(parameters, "limit")
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise PromqlError("limit must be a number")
    return int(text) if int(text) >= 0 else None


def _invalid(name: str, text: str) -> PromqlError:
    return PromqlError(f"invalid parameter {quote(name)}: {text}")
