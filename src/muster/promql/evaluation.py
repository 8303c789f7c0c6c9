"""A tree over columns: each part is worked out for all steps of the query at once.

Source: Prometheus 2.42, promql/engine.go
"""

import numpy as np

from muster.promql import calls
from muster.promql.aggregation import aggregated
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
    Type,
    Unary,
    VectorSelector,
    bare,
)
from muster.promql.checks import type_of
from muster.promql.columns import Value, Vector, compact, renamed
from muster.promql.errors import ExecutionError, TooMuch
from muster.promql.invariance import is_invariant
from muster.promql.labelsets import all_nameless
from muster.promql.limits import Limits
from muster.promql.matchers import Matcher
from muster.promql.matching import operated
from muster.promql.packing import no_columns, of_vector
from muster.promql.parser import all_matchers
from muster.promql.selecting import Selected, newest
from muster.promql.source import F64, I64, Columns, Source
from muster.promql.windows import Windows, windows_of


class Evaluation:
    """One query. Units: `start_ms` and `end_ms` are what `@ start()` and `@ end()` mean."""

    def __init__(self, source: Source, limits: Limits, start_ms: int, end_ms: int) -> None:
        self._source = source
        self.limits = limits
        self._edges = {"start": start_ms, "end": end_ms}
        self._read: dict[tuple[tuple[Matcher, ...], int, int], Columns] = {}

    def value(self, node: Expr, steps: I64) -> Value:
        """Errors: ExecutionError, and what the source and `limits.look` raise."""
        self.limits.look()
        if len(steps) > 1 and is_invariant(node) and type_of(node) is Type.VECTOR:
            return _repeated(self.vector(node, steps[:1]), len(steps))
        match node:
            case Paren():
                return self.value(node.inner, steps)
            case Number():
                return np.full(len(steps), node.value)
            case Text():
                return node.value
            case VectorSelector():
                return compact(self.selected(node, steps).vector)
            case Unary():
                return _signed(node, self.value(node.inner, steps))
            case Aggregation():
                return self._aggregation(node, steps)
            case Binary():
                left, right = self.value(node.left, steps), self.value(node.right, steps)
                return operated(node, left, right)
            case Call():
                return calls.called(self, node, steps)
            case _:
                raise ExecutionError("a range vector has no value at single steps")

    def vector(self, node: Expr, steps: I64) -> Vector:
        value = self.value(node, steps)
        if not isinstance(value, Vector):
            raise ExecutionError(f"expected type instant vector, got {type_of(node)}")
        return value

    def scalar(self, node: Expr, steps: I64) -> F64:
        value = self.value(node, steps)
        if isinstance(value, str | Vector):
            raise ExecutionError(f"expected type scalar, got {type_of(node)}")
        return value

    def selected(self, node: VectorSelector, steps: I64) -> Selected:
        """What a selector finds, with the times of the samples."""
        moments = self._moments(node, steps)
        start_ms = int(moments[0]) - self.limits.lookback_ms
        if len(steps) == 1:
            known = self._source.newest(all_matchers(node), start_ms, int(moments[0]))
            if known is not None:
                return Selected(Vector(known.labels, known.values, known.there), known.times)
        series = self._select(node, start_ms, int(moments[-1]))
        self._check(series, steps)
        return newest(series, moments, self.limits.lookback_ms)

    def windows(self, node: Expr, steps: I64) -> Windows:
        """What a range selector or subquery finds."""
        node = bare(node)
        if isinstance(node, MatrixSelector):
            ends = self._moments(node.vector, steps)
            start_ms = int(ends[0]) - node.range_ms
            series = self._select(node.vector, start_ms, int(ends[-1]))
            return self._windows(series, ends, steps, node.range_ms)
        if isinstance(node, Subquery):
            return self._subquery(node, steps)
        raise ExecutionError(f"expected type range vector, got {type_of(node)}")

    def _select(self, node: VectorSelector, start_ms: int, end_ms: int) -> Columns:
        """What is asked for twice is read once."""
        matchers = all_matchers(node)
        key = (tuple(matchers), start_ms, end_ms)
        if key not in self._read:
            self._read[key] = self._source.select(matchers, start_ms, end_ms)
        return self._read[key]

    def _windows(self, series: Columns, ends: I64, steps: I64, range_ms: int) -> Windows:
        self._check(series, steps)
        return windows_of(series, ends, steps, range_ms, self.limits.look)

    def _subquery(self, node: Subquery, steps: I64) -> Windows:
        """The inner query at multiples of the step."""
        ends = self._moments(node, steps)
        step_ms = node.step_ms or self.limits.subquery_step_ms
        start_ms = -(-(int(ends[0]) - node.range_ms) // step_ms) * step_ms
        count = max((int(ends[-1]) - start_ms) // step_ms + 1, 0)
        if count > self.limits.cells:
            raise TooMuch
        inner = start_ms + np.arange(count, dtype=np.int64) * step_ms
        series = no_columns()
        if count:
            series = of_vector(*compact(self.vector(node.inner, inner)), inner)
        return self._windows(series, ends, steps, node.range_ms)

    def _moments(self, node: Shifted, steps: I64) -> I64:
        """The steps as a selector sees them: none is before the one ahead of it."""
        at_ms = self._edges[node.at_edge] if node.at_edge else node.at_ms
        if at_ms is not None:
            steps = np.full(len(steps), at_ms, np.int64)
        moved: I64 = steps - node.offset_ms
        return moved

    def _aggregation(self, node: Aggregation, steps: I64) -> Vector:
        parameter: F64 | str = np.zeros(len(steps))
        if node.parameter is not None:
            given = self.value(node.parameter, steps)
            if isinstance(given, Vector):
                raise ExecutionError("an aggregation's parameter is no vector")
            parameter = given
        return aggregated(node, self.vector(node.inner, steps), parameter)

    def _check(self, series: Columns, steps: I64) -> None:
        is_few = len(series.labels) * len(steps) <= self.limits.cells
        if not is_few and series.held * len(steps) > self.limits.cells:
            raise TooMuch


def _signed(node: Unary, value: Value) -> Value:
    if isinstance(value, str) or node.operator == "+":
        return value
    if isinstance(value, Vector):
        negative = value.with_values(-value.values)
        return renamed(negative, all_nameless(value.labels), strict=True)
    return -value


def _repeated(vector: Vector, steps: int) -> Vector:
    shape = (len(vector.labels), steps)
    values = np.broadcast_to(vector.values, shape)
    return Vector(vector.labels, values, np.broadcast_to(vector.there, shape))
