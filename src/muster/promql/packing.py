"""Series one by one as columns of many, and what is done with whole columns."""

from collections.abc import Sequence

import numpy as np

from muster.promql.labels import Labels
from muster.promql.source import F64, I64, STALE, Bools, Columns, Samples


def no_columns() -> Columns:
    """Without a series."""
    none = np.zeros(0, np.int64)
    return Columns((), none, np.zeros(0), none, none, none, none)


def columns_of(series: Sequence[Samples], labels: Sequence[Labels] | None = None) -> Columns:
    """The same samples; neighbours with the same times share them.

    `labels`: those of the series, where they are at hand as one sequence.
    """
    if not series:
        return no_columns()
    distinct: list[I64] = []
    group: list[int] = []
    for each in series:
        if not distinct or not _is_same(distinct[-1], each.times):
            distinct.append(each.times)
        group.append(len(distinct) - 1)
    counts = np.array([len(each) for each in distinct], np.int64)
    owners = np.array(group, np.int64)
    return Columns(
        labels if labels is not None else [each.labels for each in series],
        np.concatenate(distinct).astype(np.int64, copy=False),
        np.concatenate([each.values for each in series]).astype(np.float64, copy=False),
        places(counts),
        counts,
        owners,
        places(counts[owners]),
    )


def places(counts: I64) -> I64:
    """Where each of what lies one behind the other begins."""
    begins: I64 = np.cumsum(counts) - counts
    return begins


def of_vector(labels: Sequence[Labels], values: F64, there: Bools, steps: I64) -> Columns:
    """A vector's values as samples: what a subquery gives."""
    if there.all() and len(labels):
        counts = np.array([len(steps)], np.int64)
        owners = np.zeros(len(labels), np.int64)
        flat = np.ascontiguousarray(values).ravel()
        starts = np.arange(len(labels), dtype=np.int64) * len(steps)
        return Columns(labels, steps, flat, np.zeros(1, np.int64), counts, owners, starts)
    return columns_of(
        [
            Samples(name, steps[held], row[held])
            for name, row, held in zip(labels, values, there, strict=True)
        ],
        labels,
    )


def alive(columns: Columns) -> Columns:
    """Without the markers of a series' end, which are no samples."""
    marks = is_stale(columns.values)
    if not marks.any():
        return columns
    lengths = columns.counts[columns.group]
    held = np.flatnonzero(lengths)
    order = held[np.argsort(columns.value_from[held], kind="stable")]
    at = np.searchsorted(columns.value_from[order], np.flatnonzero(marks), side="right") - 1
    return _without(columns, marks, np.unique(order[at]), lengths)


def _without(columns: Columns, marks: Bools, rows: I64, lengths: I64) -> Columns:
    """What is left of some series goes behind all others, with times of its own."""
    times, values = [columns.times], [columns.values]
    group, value_from = columns.group.copy(), columns.value_from.copy()
    counts = columns.counts.tolist()
    time_from = columns.time_from.tolist()
    time_end, value_end = len(columns.times), len(columns.values)
    for row in rows.tolist():
        first = int(columns.value_from[row])
        kept = ~marks[first : first + int(lengths[row])]
        times.append(columns.times_of(int(columns.group[row]))[kept])
        values.append(columns.values[first : first + len(kept)][kept])
        group[row], value_from[row] = len(counts), value_end
        counts.append(len(times[-1]))
        time_from.append(time_end)
        time_end, value_end = time_end + len(times[-1]), value_end + len(times[-1])
    return Columns(
        columns.labels,
        np.concatenate(times),
        np.concatenate(values),
        np.array(time_from, np.int64),
        np.array(counts, np.int64),
        group,
        value_from,
    )


def is_stale(values: F64) -> Bools:
    stale: Bools = np.ascontiguousarray(values).view(np.uint64) == STALE
    return stale


def _is_same(known: I64, times: I64) -> bool:
    """Whether times are those of the series before: many are scraped together."""
    return known is times or (len(known) == len(times) and np.array_equal(known, times))
