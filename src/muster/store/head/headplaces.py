"""Where series are in the head: in which cohorts, and in which of their columns."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from muster.model.ids import NodeId
from muster.model.metric import Series, Value
from muster.ports.head import NewestRow
from muster.ports.series import I64
from muster.store.head.headrows import CohortRows


class Found(NamedTuple):
    """Some of the asked series in one cohort."""

    rows: CohortRows
    keys: I64
    columns: I64


def grouped(cohorts: list[Found]) -> list[tuple[I64, list[Found]]]:
    """Split the series of a node by the cohorts that hold them, each group read as one."""
    first = cohorts[0].keys
    keys = first if len(cohorts) == 1 else np.unique(np.concatenate([one.keys for one in cohorts]))
    if len(keys) == sum(len(found.keys) for found in cohorts):  # each series is in one alone
        return [(found.keys, [found]) for found in cohorts]
    columns = np.full((len(cohorts), len(keys)), -1)
    for place, found in enumerate(cohorts):
        columns[place, np.searchsorted(keys, found.keys)] = found.columns
    patterns, group_of = np.unique(columns >= 0, axis=1, return_inverse=True)
    groups = []
    for number in range(patterns.shape[1]):
        chosen = np.flatnonzero(group_of.ravel() == number)
        group = [
            Found(found.rows, keys[chosen], columns[place, chosen])
            for place, found in enumerate(cohorts)
            if patterns[place, number]
        ]
        groups.append((keys[chosen], group))
    return groups


def newest_of(
    located: list[Found],
    count: int,
    span: tuple[int, int],
    floor: Callable[[CohortRows], int],
) -> list[NewestRow] | None:
    """The newest rows of `count` series, none older than its cohort's floor. See ports/head.py."""
    seen = np.zeros(count, np.bool_)
    rows: list[NewestRow] = []
    for found in located:
        row = found.rows.newest_row(found.columns, *span)
        if row is None or row[0] < floor(found.rows) or seen[found.keys].any():
            return None
        seen[found.keys] = True
        rows.append(NewestRow(found.keys, *row))
    return rows if seen.all() else None


def last_of(located: list[Found], count: int) -> list[tuple[int, Value] | None]:
    """The newest value of each of `count` series. See ports/head.py."""
    newest: list[tuple[int, Value] | None] = [None] * count
    for rows, keys, columns in located:
        for key, value in zip(keys.tolist(), rows.last_values(columns), strict=True):
            known = newest[key]
            if value is not None and (known is None or value[0] >= known[0]):
                newest[key] = value
    return newest


def latest_of(
    located: list[Found],
    count: int,
    span: tuple[int, int],
    floor: Callable[[CohortRows], int],
) -> list[tuple[int, Value] | None]:
    """The same in a range, from the latest floor of a series' cohorts on."""
    start_ns, end_ns = span
    if len(located) == 1 and len(located[0].keys) == count:
        ((rows, _, columns),) = located
        first = max(start_ns, floor(rows))
        found = rows.last_values(columns)
        return [each if each and first <= each[0] < end_ns else None for each in found]
    firsts = [start_ns] * count
    for rows, keys, _ in located:
        first = floor(rows)
        for key in keys.tolist():
            firsts[key] = max(firsts[key], first)
    return [
        each if each and first <= each[0] < end_ns else None
        for each, first in zip(last_of(located, count), firsts, strict=True)
    ]


def node_of(series: Series) -> NodeId:
    """The node that the hub stamped on a series."""
    for key, value in series.tags:
        if key == "node":
            return NodeId(value)
    return NodeId("")
