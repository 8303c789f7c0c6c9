"""Binary operators: which series of two sides belong together, and what comes of them.

Source: Prometheus 2.42, VectorBinop and its neighbours in promql/engine.go
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from muster.promql.ast import Binary, Matching
from muster.promql.columns import Value, Vector, compact, nothing, renamed
from muster.promql.errors import ExecutionError
from muster.promql.labels import NAME, Labels, nameless, only, replaced, value_of, without, written
from muster.promql.labelsets import LabelSets, all_nameless, made_of
from muster.promql.operators import combined, drops_name
from muster.promql.source import F64, I64, Bools
from muster.promql.tokens import COMPARISONS, SETS

_MANY = "multiple matches for labels: "
_EXPLICIT = f"{_MANY}many-to-one matching must be explicit (group_left/group_right)"
_UNIQUE = f"{_MANY}grouping labels must ensure unique matches"


def operated(node: Binary, left: Value, right: Value) -> Value:
    """What an operator makes of two sides. Errors: ExecutionError."""
    if isinstance(left, Vector) and isinstance(right, Vector):
        left, right = compact(left), compact(right)
        if node.operator in SETS:
            return _set(node, left, right)
        return _matched(node, left, right)
    if isinstance(left, Vector) and not isinstance(right, str | Vector):
        return _scaled(node, left, right, is_swapped=False)
    if isinstance(right, Vector) and not isinstance(left, str | Vector):
        return _scaled(node, right, left, is_swapped=True)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        values, kept = combined(node.operator, left, right)
        return kept.astype(np.float64) if node.operator in COMPARISONS else values
    raise ExecutionError("binary expression must contain only scalar and instant vector types")


def _scaled(node: Binary, vector: Vector, scalar: F64, *, is_swapped: bool) -> Vector:
    sides = (scalar[None, :], vector.values) if is_swapped else (vector.values, scalar[None, :])
    values, kept = combined(node.operator, *sides)
    if node.operator in COMPARISONS:
        values = vector.values
    if node.is_bool:
        values, kept = kept.astype(np.float64), np.ones(kept.shape, np.bool_)
    labels = vector.labels
    if drops_name(node.operator) or node.is_bool:
        labels = all_nameless(labels)
    return renamed(Vector(labels, values, vector.there & kept), labels)


class _Pairs(NamedTuple):
    """Series that belong together: rows of both sides, and the number of what they share."""

    many: I64
    one: I64
    keys: I64


class _Matched(NamedTuple):
    """What two sides have in common, whatever their values are.

    `shared`: rows of one that are matched by the same; `owners`: which pairs must not meet.
    """

    one: Sequence[Labels]  # held, so that nothing else is taken for it
    shared: list[list[int]]
    pairs: _Pairs
    labels: LabelSets
    owners: I64
    results: int


def _signature(matching: Matching) -> Callable[[Labels], Labels]:
    if matching.is_on:
        names = frozenset(matching.labels)
        return lambda labels: only(labels, names)
    others = frozenset((*matching.labels, NAME))
    return lambda labels: without(labels, others)


def _matched(node: Binary, left: Vector, right: Vector) -> Vector:
    matching = node.matching
    is_swapped = matching.many == "right"
    many, one = (right, left) if is_swapped else (left, right)
    found = _known_match(node, many.labels, one.labels)
    pairs = found.pairs
    if twice := _twice(one, found.shared, left, right):
        step = twice[0]
        if step:  # what is wrong before is told first
            _matched(node, _until(left, step), _until(right, step))
        raise ExecutionError(_of_twice(one, twice, matching))
    there = many.there[pairs.many] & one.there[pairs.one]
    sides = many.values[pairs.many], one.values[pairs.one]
    values, kept = combined(node.operator, *(sides[::-1] if is_swapped else sides))
    if node.is_bool:
        values = kept.astype(np.float64)
    else:
        there = there & kept
    _check_many(found, there, matching)
    return renamed(Vector(found.labels, values, there), found.labels)


def _known_match(node: Binary, many: Sequence[Labels], one: Sequence[Labels]) -> _Matched:
    """Kept where both sides are: dashboards ask the same of the same series."""
    if not isinstance(one, LabelSets):
        return _match(node, many, one)
    of = node.matching
    how = (*of.labels, None, *of.include), of.is_on, of.many
    key = "matched", drops_name(node.operator), node.is_bool, how, id(one)
    return made_of(many, key, lambda: _match(node, many, one))


def _match(node: Binary, many: Sequence[Labels], one: Sequence[Labels]) -> _Matched:
    signature = _signature(node.matching)
    rows: dict[Labels, list[int]] = {}
    for row, each in enumerate(one):
        rows.setdefault(signature(each), []).append(row)
    pairs = _pairs([signature(each) for each in many], rows)
    labels = LabelSets(
        _named(node, many[one_row], one[other])
        for one_row, other in zip(pairs.many.tolist(), pairs.one.tolist(), strict=True)
    )
    keys: dict[object, int] = {}
    owners = [
        keys.setdefault((key, name if node.matching.many else None), len(keys))
        for key, name in zip(pairs.keys.tolist(), labels, strict=True)
    ]
    shared = [chosen for chosen in rows.values() if len(chosen) > 1]
    return _Matched(one, shared, pairs, labels, np.array(owners, np.int64), len(keys))


def _pairs(signatures: Sequence[Labels], rows: dict[Labels, list[int]]) -> _Pairs:
    numbers = {signature: number for number, signature in enumerate(rows)}
    found = [
        (row, other, numbers[signature])
        for row, signature in enumerate(signatures)
        for other in rows.get(signature, ())
    ]
    table = np.array(found, np.int64).reshape(len(found), 3)
    return _Pairs(table[:, 0], table[:, 1], table[:, 2])


def _until(vector: Vector, step: int) -> Vector:
    return compact(Vector(vector.labels, vector.values[:, :step], vector.there[:, :step]))


def _twice(
    one: Vector, shared: Sequence[list[int]], left: Vector, right: Vector
) -> tuple[int, int, int] | None:
    """The first step at which two of the side of one share what is matched by: both rows."""
    if not shared:
        return None
    both: Bools = np.any(left.there, axis=0) & np.any(right.there, axis=0)
    found: list[tuple[int, int, int]] = []  # step, the latter row, the former
    for chosen in shared:
        twice = np.flatnonzero((one.there[chosen].sum(axis=0) > 1) & both)
        if len(twice):
            step = int(twice[0])
            former, latter = [row for row in chosen if one.there[row, step]][:2]
            found.append((step, latter, former))
    return min(found, default=None)


def _of_twice(one: Vector, twice: tuple[int, int, int], matching: Matching) -> str:
    _, latter, former = twice
    side = "left" if matching.many == "right" else "right"
    common = written(_shared(one.labels[latter], matching))
    names = f"{written(one.labels[latter])}, {written(one.labels[former])}"
    return (
        f"found duplicate series for the match group {common} on the {side} hand-side of the"
        f" operation: [{names}];many-to-many matching not allowed: matching labels must be"
        " unique on one side"
    )


def _shared(labels: Labels, matching: Matching) -> Labels:
    if matching.is_on:
        return only(labels, matching.labels)
    return without(labels, {*matching.labels, NAME})


def _check_many(found: _Matched, there: Bools, matching: Matching) -> None:
    """No step has two results for what is matched by, or for the labels that come of it."""
    if found.results == len(found.owners):
        return
    counts = np.zeros((found.results, there.shape[1]), np.int64)
    np.add.at(counts, found.owners, there)
    if (counts > 1).any():
        raise ExecutionError(_UNIQUE if matching.many else _EXPLICIT)


def _named(node: Binary, many: Labels, one: Labels) -> Labels:
    matching = node.matching
    labels = nameless(many) if drops_name(node.operator) else many
    if not matching.many:
        if matching.is_on:
            labels = only(labels, matching.labels)
        else:
            labels = without(labels, matching.labels)
    if matching.include:
        labels = replaced(labels, [(name, value_of(one, name)) for name in matching.include])
    return nameless(labels) if node.is_bool else labels


def _set(node: Binary, left: Vector, right: Vector) -> Vector:
    signature = _signature(node.matching)
    keys: dict[Labels, int] = {}
    owners = [
        np.array([keys.setdefault(signature(each), len(keys)) for each in side.labels], np.int64)
        for side in (left, right)
    ]
    seen = [
        _seen(side, owner, len(keys)) for side, owner in zip((left, right), owners, strict=True)
    ]
    if not keys:
        return nothing(left.there.shape[1])
    if node.operator == "and":
        return compact(Vector(left.labels, left.values, left.there & seen[1][owners[0]]))
    if node.operator == "unless":
        return compact(Vector(left.labels, left.values, left.there & ~seen[1][owners[0]]))
    there = np.concatenate([left.there, right.there & ~seen[0][owners[1]]])
    values = np.concatenate([left.values, right.values])
    labels = [*left.labels, *right.labels]
    return renamed(Vector(labels, values, there), labels)


def _seen(side: Vector, owners: I64, keys: int) -> Bools:
    """At which steps each key is there."""
    seen = np.zeros((keys, side.there.shape[1]), np.bool_)
    np.logical_or.at(seen, owners, side.there)
    return seen
