"""Calls of functions: what is worked out before, and which function makes a value of it."""

from collections.abc import Callable, Sequence
from math import pi
from typing import Protocol

import numpy as np

from muster.promql import overtime, rates
from muster.promql.ast import Call, Expr, Subquery, Text, Type, VectorSelector, bare
from muster.promql.columns import Value, Vector, compact, constant, nothing, renamed
from muster.promql.errors import ExecutionError
from muster.promql.histograms import histogram_quantile
from muster.promql.instants import DATES, SIMPLE, greater, rounded, smaller
from muster.promql.labelfunctions import label_join, label_replace, labels_of_absent
from muster.promql.labels import NOTHING
from muster.promql.labelsets import all_nameless
from muster.promql.ranking import ordered
from muster.promql.selecting import Selected
from muster.promql.signatures import SIGNATURES
from muster.promql.source import F64, I64
from muster.promql.windows import Found, Windows

_OVER_WINDOWS: dict[str, Callable[[Windows, Sequence[F64]], Found]] = {
    "avg_over_time": overtime.mean,
    "changes": rates.changes,
    "count_over_time": overtime.count,
    "delta": rates.delta,
    "deriv": overtime.slope,
    "holt_winters": overtime.smoothed,
    "idelta": rates.instant_delta,
    "increase": rates.increase,
    "irate": rates.instant_rate,
    "last_over_time": overtime.last,
    "max_over_time": overtime.most,
    "min_over_time": overtime.least,
    "predict_linear": overtime.prediction,
    "present_over_time": overtime.present,
    "quantile_over_time": overtime.quantile,
    "rate": rates.rate,
    "resets": rates.resets,
    "stddev_over_time": overtime.deviation,
    "stdvar_over_time": overtime.variance,
    "sum_over_time": overtime.total,
}
_KEEPS_NAME = "last_over_time"


class Evaluates(Protocol):
    """evaluation.Evaluation, as far as functions need it."""

    def value(self, node: Expr, steps: I64) -> Value: ...
    def vector(self, node: Expr, steps: I64) -> Vector: ...
    def scalar(self, node: Expr, steps: I64) -> F64: ...
    def selected(self, node: VectorSelector, steps: I64) -> Selected: ...
    def windows(self, node: Expr, steps: I64) -> Windows: ...


def called(evaluation: Evaluates, node: Call, steps: I64) -> Value:
    """What a function gives. Errors: ExecutionError."""
    name = node.function
    if name in _OVER_WINDOWS:
        return _over_windows(evaluation, node, steps)
    if name in SIMPLE:
        vector = evaluation.vector(node.arguments[0], steps)
        return _nameless(vector, SIMPLE[name](vector.values))
    if name in DATES:
        return _date(evaluation, node, steps)
    return _SPECIAL[name](evaluation, node, steps)


def _nameless(vector: Vector, values: F64) -> Vector:
    return renamed(vector.with_values(values), all_nameless(vector.labels))


def _over_windows(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    takes = SIGNATURES[node.function].takes
    windows: Windows | None = None
    others: list[F64] = []
    for argument, kind in zip(node.arguments, takes, strict=True):
        if kind is Type.MATRIX:
            windows = evaluation.windows(argument, steps)
        else:
            others.append(evaluation.scalar(argument, steps))
    if windows is None:
        raise ExecutionError(f"{node.function} is asked of no range vector")
    found = _OVER_WINDOWS[node.function](windows, others)
    labels = windows.labels
    if node.function != _KEEPS_NAME:
        labels = all_nameless(labels)
    return renamed(Vector(labels, found.values, found.there), labels, strict=True)


def _date(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    part = DATES[node.function]
    if not node.arguments:
        return constant(part(np.floor(steps / 1_000)))
    vector = evaluation.vector(node.arguments[0], steps)
    return _nameless(vector, part(vector.values))


def _absent(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    there = ~np.any(vector.there, axis=0)
    labels = labels_of_absent(bare(node.arguments[0]))
    return compact(Vector([labels], np.ones((1, len(steps))), there[None, :]))


def _absent_over_time(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    windows = evaluation.windows(node.arguments[0], steps)
    there = ~np.any(windows.counts > 0, axis=0)
    argument = bare(node.arguments[0])
    labels = NOTHING if isinstance(argument, Subquery) else labels_of_absent(argument)
    return compact(Vector([labels], np.ones((1, len(steps))), there[None, :]))


def _clamp(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    low, high = (evaluation.scalar(each, steps) for each in node.arguments[1:])
    values = greater(low, smaller(high, vector.values))
    return _nameless(Vector(vector.labels, vector.values, vector.there & ~(high < low)), values)


def _clamp_max(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    return _nameless(vector, smaller(evaluation.scalar(node.arguments[1], steps), vector.values))


def _clamp_min(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    return _nameless(vector, greater(evaluation.scalar(node.arguments[1], steps), vector.values))


def _round(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    nearest = np.ones(len(steps))
    if len(node.arguments) > 1:
        nearest = evaluation.scalar(node.arguments[1], steps)
    return _nameless(vector, rounded(vector.values, nearest))


def _histogram_quantile(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    shares = evaluation.scalar(node.arguments[0], steps)
    return histogram_quantile(shares, evaluation.vector(node.arguments[1], steps))


def _of_native_histograms(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    """Native histograms are not kept, so that there are none to tell of."""
    for argument in node.arguments:
        evaluation.value(argument, steps)
    return nothing(len(steps))


def _labelled(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    vector = evaluation.vector(node.arguments[0], steps)
    texts = [_text(each) for each in node.arguments[1:]]
    work = label_replace if node.function == "label_replace" else label_join
    return work(vector, texts)


def _text(node: Expr) -> str:
    node = bare(node)
    if not isinstance(node, Text):
        raise ExecutionError("a label's name is a string")
    return node.value


def _scalar(evaluation: Evaluates, node: Call, steps: I64) -> F64:
    vector = evaluation.vector(node.arguments[0], steps)
    values = np.where(vector.there, vector.values, 0.0).sum(axis=0)
    return np.where(vector.there.sum(axis=0) == 1, values, np.nan)


def _sorted(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    """Of a single step; an answer of several is sorted by labels."""
    vector = compact(evaluation.vector(node.arguments[0], steps))
    if len(steps) > 1:
        return vector
    return ordered(vector, highest=node.function == "sort_desc")


def _timestamp(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    """Of the samples themselves where a selector is asked, else of the steps."""
    argument = bare(node.arguments[0])
    if isinstance(argument, VectorSelector):
        vector, times = evaluation.selected(argument, steps)
        return _nameless(vector, times / 1_000)
    vector = evaluation.vector(argument, steps)
    return _nameless(vector, np.broadcast_to(steps / 1_000, vector.values.shape))


def _time(evaluation: Evaluates, node: Call, steps: I64) -> F64:
    seconds: F64 = steps / 1_000
    return seconds


def _pi(evaluation: Evaluates, node: Call, steps: I64) -> F64:
    return np.full(len(steps), pi)


def _vector(evaluation: Evaluates, node: Call, steps: I64) -> Vector:
    return constant(evaluation.scalar(node.arguments[0], steps))


_SPECIAL: dict[str, Callable[[Evaluates, Call, I64], Value]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "histogram_count": _of_native_histograms,
    "histogram_fraction": _of_native_histograms,
    "histogram_quantile": _histogram_quantile,
    "histogram_sum": _of_native_histograms,
    "label_join": _labelled,
    "label_replace": _labelled,
    "pi": _pi,
    "round": _round,
    "scalar": _scalar,
    "sort": _sorted,
    "sort_desc": _sorted,
    "time": _time,
    "timestamp": _timestamp,
    "vector": _vector,
}
KNOWN = frozenset((*_OVER_WINDOWS, *SIMPLE, *DATES, *_SPECIAL))
"""The functions that can be called."""
