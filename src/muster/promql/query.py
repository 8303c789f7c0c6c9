"""A query's text to its answer: at one moment, or at each step of a range."""

from typing import NamedTuple

import numpy as np

from muster.promql.ast import Expr, Type
from muster.promql.checks import type_of
from muster.promql.columns import Value, Vector, compact
from muster.promql.errors import PromqlError
from muster.promql.evaluation import Evaluation
from muster.promql.limits import Limits
from muster.promql.source import I64, Samples, Source
from muster.promql.strings import quote
from muster.promql.windows import Windows


class Answer(NamedTuple):
    """`type` says which of the others is set. Units: milliseconds."""

    type: Type
    steps: I64
    value: Value = ""  # a scalar or string, or an instant vector
    series: list[Samples] = []  # noqa: RUF012 - never written to


def instant(
    source: Source,
    node: Expr,
    time_ms: int,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Answer:
    """The answer at one moment. Errors: ExecutionError, QueryTimeout and what a source raises."""
    steps = np.array([time_ms], np.int64)
    evaluation = Evaluation(source, limits, time_ms, time_ms)
    kind = type_of(node)
    with np.errstate(all="ignore"):
        if kind is Type.MATRIX:
            return Answer(kind, steps, series=_raw(evaluation.windows(node, steps)))
        value = evaluation.value(node, steps)
    return Answer(kind, steps, compact(value) if isinstance(value, Vector) else value)


def check_range(node: Expr) -> None:
    """Errors: PromqlError for what has no value at each step."""
    kind = type_of(node)
    if kind not in (Type.SCALAR, Type.VECTOR):
        text = f"invalid expression type {quote(kind)} for range query"
        raise PromqlError(f"{text}, must be Scalar or instant Vector")


def over_range(
    source: Source,
    node: Expr,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    limits: Limits = Limits(),  # noqa: B008
) -> Answer:
    """The answer at each step, always a matrix, sorted by labels. Errors: as `instant`."""
    check_range(node)
    steps = np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)
    evaluation = Evaluation(source, limits, start_ms, end_ms)
    with np.errstate(all="ignore"):
        value = evaluation.value(node, steps)
    if isinstance(value, str):
        value = Vector((), np.zeros((0, len(steps))), np.zeros((0, len(steps)), np.bool_))
    if not isinstance(value, Vector):
        return Answer(Type.MATRIX, steps, series=[Samples((), steps, value)])
    return Answer(Type.MATRIX, steps, series=_sorted(value, steps))


def _sorted(vector: Vector, steps: I64) -> list[Samples]:
    series = [
        Samples(labels, steps[there], values[there])
        for labels, values, there in zip(vector.labels, vector.values, vector.there, strict=True)
        if there.any()
    ]
    return sorted(series, key=lambda each: each.labels)


def _raw(windows: Windows) -> list[Samples]:
    return [
        Samples(labels, windows.times[first:end], windows.values[first:end])
        for labels, first, end in zip(
            windows.labels, windows.first[:, 0].tolist(), windows.end[:, 0].tolist(), strict=True
        )
        if end > first
    ]
