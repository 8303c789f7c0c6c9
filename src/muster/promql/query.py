"""A query's text to its answer: at one moment, or at each step of a range."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.errors import LimitExceeded
from muster.promql.ast import Expr, Type
from muster.promql.checks import type_of
from muster.promql.columns import Value, Vector, compact, taken
from muster.promql.errors import PromqlError, TooMuch
from muster.promql.evaluation import Evaluation
from muster.promql.labels import Labels
from muster.promql.labelsets import order_of
from muster.promql.limits import Limits
from muster.promql.source import I64, Bools, Samples, Source
from muster.promql.strings import quote
from muster.promql.windows import Windows


class Answer(NamedTuple):
    """`type` says which of the others is set. Units: milliseconds."""

    type: Type
    steps: I64
    value: Value = ""  # a scalar or string, or an instant vector
    series: list[Samples] = []  # noqa: RUF012 - never written to

    def cut(self, most: int) -> "Answer":
        """With so many series at most; itself where it has no more."""
        if len(self.series) > most:
            return self._replace(series=self.series[:most])
        if isinstance(self.value, Vector) and len(self.value.labels) > most:
            return self._replace(value=taken(self.value, np.arange(most)))
        return self


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
    part = _Part(source, node, limits, (start_ms, end_ms))
    return Answer(Type.MATRIX, steps, series=part.answer(steps))


class _Part:
    """A range query, or a part of its steps: each step stands by itself.

    What would read or hold too much at once is worked out in halves.
    """

    def __init__(self, source: Source, node: Expr, limits: Limits, edges: tuple[int, int]) -> None:
        self._source = source
        self._node = node
        self._limits = limits
        self._edges = edges
        self._points = 0

    def answer(self, steps: I64) -> list[Samples]:
        self._limits.renew()
        try:
            found = self._whole(steps)
        except (TooMuch, LimitExceeded):
            if len(steps) == 1 or self._points > self._limits.cells:
                raise
            half = len(steps) // 2
            return _joined([*self.answer(steps[:half]), *self.answer(steps[half:])])
        self._points += sum(len(each.times) for each in found)
        if self._points > self._limits.cells:
            raise TooMuch
        return found

    def _whole(self, steps: I64) -> list[Samples]:
        evaluation = Evaluation(self._source, self._limits, *self._edges)
        with np.errstate(all="ignore"):
            value = evaluation.value(self._node, steps)
        if isinstance(value, Vector):
            return _sorted(value, steps)
        return [] if isinstance(value, str) else [Samples((), steps, value)]


def _joined(parts: Sequence[Samples]) -> list[Samples]:
    """Parts that follow each other, as whole series."""
    found: dict[Labels, list[Samples]] = {}
    for part in parts:
        found.setdefault(part.labels, []).append(part)
    return [
        Samples(
            labels,
            np.concatenate([each.times for each in found[labels]]),
            np.concatenate([each.values for each in found[labels]]),
        )
        for labels in sorted(found)
    ]


def _sorted(vector: Vector, steps: I64) -> list[Samples]:
    """In the order of labels; what is there at all steps shares their times."""
    vector = compact(vector)
    order = order_of(vector.labels)
    if len(order) > 1 and (np.diff(order) < 0).any():
        vector = taken(vector, order)
    whole: Bools = np.all(vector.there, axis=1)
    rows = zip(vector.labels, vector.values, vector.there, whole.tolist(), strict=True)
    return [
        Samples(labels, steps, values) if is_whole else Samples(labels, steps[there], values[there])
        for labels, values, there, is_whole in rows
    ]


def _raw(windows: Windows) -> list[Samples]:
    columns = windows.columns
    found = []
    for row, (labels, group) in enumerate(zip(windows.labels, columns.group.tolist(), strict=True)):
        first, end = int(windows.begun[group, 0]), int(windows.done[group, 0])
        if end > first:
            start = int(columns.value_from[row])
            values = windows.values[start + first : start + end]
            found.append(Samples(labels, columns.times_of(group)[first:end], values))
    return found
