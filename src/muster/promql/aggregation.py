"""Aggregations over series: `sum by (job) (…)`, `topk(5, …)`.

Source: Prometheus 2.42, aggregation in promql/engine.go; values are added up in its order.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from muster.promql.ast import Aggregation
from muster.promql.columns import Vector, compact, renamed
from muster.promql.errors import ExecutionError
from muster.promql.labels import NAME, NOTHING, Labels, only, replaced, without
from muster.promql.labelsets import LabelSets, parted
from muster.promql.numbers import format_float, format_verb
from muster.promql.quantiles import quantiles, with_edges
from muster.promql.ranking import ranked
from muster.promql.source import F64, I64, Bools
from muster.promql.strings import quote
from muster.promql.sweeps import sums

_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_INT64 = float(1 << 63)


def aggregated(node: Aggregation, vector: Vector, parameter: F64 | str) -> Vector:
    """Errors: ExecutionError."""
    if isinstance(parameter, str):
        return _value_counts(node, vector, parameter)
    vector = compact(vector)
    if node.operator in ("topk", "bottomk"):
        return _ranked(node, vector, parameter)
    owners, groups = _groups(node, vector.labels)
    members = _Members(vector, owners, len(groups))
    values = _quantile(members, parameter) if node.operator == "quantile" else members.of(node)
    return renamed(Vector(groups, values, members.counts > 0), groups)


def is_label(name: str) -> bool:
    return bool(name) and name[0] in _LABEL and set(name) <= _LABEL | _DIGITS


def _groups(node: Aggregation, labels: Sequence[Labels]) -> tuple[I64, LabelSets]:
    if node.is_without:
        return parted(labels, {*node.grouping, NAME}, is_without=True)
    return parted(labels, node.grouping, is_without=False)


def _group(node: Aggregation, labels: Labels) -> Labels:
    if node.is_without:
        return without(labels, {*node.grouping, NAME})
    return only(labels, node.grouping) if node.grouping else NOTHING


class _Members:
    """The series of groups. `counts` is [group, step]."""

    def __init__(self, vector: Vector, owners: I64, groups: int) -> None:
        self.vector = vector
        self.owners = owners
        self.shape = (groups, vector.there.shape[1])
        self.sums, self.counts = sums(vector.values, vector.there, owners, groups)

    def of(self, node: Aggregation) -> F64:
        return _AGGREGATIONS[node.operator](self)

    def count(self) -> F64:
        return self.counts.astype(np.float64)

    def group(self) -> F64:
        return np.ones(self.shape)

    def total(self) -> F64:
        return self.sums

    def least(self) -> F64:
        values = np.full(self.shape, np.nan)
        np.fmin.at(values, self.owners, self._known())
        return values

    def most(self) -> F64:
        values = np.full(self.shape, np.nan)
        np.fmax.at(values, self.owners, self._known())
        return values

    def mean(self) -> F64:
        means, counts = np.zeros(self.shape), np.zeros(self.shape)
        for rows, there, values in self._rounds():
            number = counts[rows] + 1
            before = means[rows]
            after = before + (values / number - before / number)
            same = np.isinf(values) & ((before > 0) == (values > 0))
            kept = np.isinf(before) & (same | np.isfinite(values))
            after = np.where(kept, before, after)
            after = np.where(number == 1, values, after)
            means[rows] = np.where(there, after, before)
            counts[rows] += there
        return means

    def variance(self) -> F64:
        means, spread = np.zeros(self.shape), np.zeros(self.shape)
        counts = np.zeros(self.shape)
        for rows, there, values in self._rounds():
            number = counts[rows] + 1
            first = number == 1
            delta = values - means[rows]
            after = np.where(first, values, means[rows] + delta / number)
            more = np.where(first, 0.0, delta * (values - after))
            means[rows] = np.where(there, after, means[rows])
            spread[rows] += np.where(there, more, 0.0)
            counts[rows] += there
        return spread / counts

    def deviation(self) -> F64:
        return np.sqrt(self.variance())

    def _known(self) -> F64:
        return np.where(self.vector.there, self.vector.values, np.nan)

    def _rounds(self) -> Iterator[tuple[I64, Bools, F64]]:
        """The first series of each group, then the second: groups, what is there, values."""
        order = np.argsort(self.owners, kind="stable")
        owners = self.owners[order]
        starts = np.searchsorted(owners, owners, side="left")
        place = np.arange(len(owners)) - starts
        for number in range(int(place.max(initial=-1)) + 1):
            chosen = place == number
            rows = order[chosen]
            yield owners[chosen], self.vector.there[rows], self.vector.values[rows]


_AGGREGATIONS: dict[str, Callable[[_Members], F64]] = {
    "sum": _Members.total,
    "avg": _Members.mean,
    "count": _Members.count,
    "min": _Members.least,
    "max": _Members.most,
    "group": _Members.group,
    "stddev": _Members.deviation,
    "stdvar": _Members.variance,
}


def _quantile(members: _Members, shares: F64) -> F64:
    values = np.zeros(members.shape)
    for group in range(members.shape[0]):
        rows = members.owners == group
        cells, there = members.vector.values[rows].T, members.vector.there[rows].T
        values[group] = with_edges(quantiles(cells, there, shares), shares)
    return values


def _ranked(node: Aggregation, vector: Vector, parameter: F64) -> Vector:
    asked = parameter[vector.there.any(axis=0)] if len(vector.labels) else parameter
    for wanted in asked.tolist():
        if not -_INT64 <= wanted < _INT64:
            raise ExecutionError(f"Scalar value {format_verb(wanted)} overflows int64")
    owners, _ = _groups(node, vector.labels)
    most = np.clip(np.nan_to_num(parameter), 0, max(len(vector.labels), 1)).astype(np.int64)
    return ranked(vector, owners, most, highest=node.operator == "topk")


def _value_counts(node: Aggregation, vector: Vector, label: str) -> Vector:
    if not is_label(label):
        raise ExecutionError(f"invalid label name {quote(label)}")
    grouping = node.grouping if node.is_without else [*node.grouping, label]
    wanted = Aggregation(node.operator, node.inner, None, grouping, node.is_without)
    steps = vector.there.shape[1]
    counts: dict[Labels, F64] = {}
    bits = np.ascontiguousarray(vector.values).view(np.int64)  # zeros have two texts
    for labels, cells, there in zip(vector.labels, bits, vector.there, strict=True):
        for cell in np.unique(cells[there]):
            named = replaced(labels, [(label, format_float(float(cell.view(np.float64))))])
            found = counts.setdefault(_group(wanted, named), np.zeros(steps))
            found += there & (cells == cell)
    table = np.array(list(counts.values())).reshape(len(counts), steps)
    return Vector(list(counts), table, table > 0)
