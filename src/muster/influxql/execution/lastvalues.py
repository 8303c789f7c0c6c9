"""The last values of fields, of groups that are one series each: what tables of dashboards ask.

What comes is the table that calls, one by one, and rows side by side make (calls.py, tables.py):
where anything is not plain that way is gone instead.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from muster.influxql.answers.tables import NewestTable, Table
from muster.influxql.execution.options import Options
from muster.influxql.execution.panels import Layout, is_plain, layout_of
from muster.influxql.planning.plans import Plan
from muster.influxql.source import Source, Wanted
from muster.influxql.syntax.ast import Call, DataType, Expr, FillOption, VarRef
from muster.influxql.values.columns import (
    MIN_TIME_NS,
    Column,
    dtype,
    every_row,
    full,
)

_FILLS = (FillOption.NULL, FillOption.NONE)


def last_values(
    source: Source, plan: Plan, options: Options, exprs: Sequence[Expr], names: Sequence[str]
) -> Table | None:
    """All rows of a plan that selects last values and nothing else. None: ask call by call."""
    fields: Sequence[Wanted] | None = plan.memo.get("last")
    if fields is None:
        fields = plan.memo["last"] = last_fields(exprs)
    (first, *more) = plan.sources or ((),)
    if not fields or more or isinstance(first, Plan) or len(first) != 1:
        return None
    if not has_last_values(options):
        return None
    layout = layout_of(source, first[0], options)
    if layout is None or layout.starts is not None:
        return None
    points = source.latest(first[0], layout.numbers, fields, options.start_ns, options.end_ns)
    if points is None:
        plan.memo["last"] = ()  # they have to be looked for, as they will have to be next time
        return None
    return table_of_points(points, layout, fields, names, options.start_ns)


def has_last_values(options: Options) -> bool:
    """Whether rows are as they are shown here."""
    return not options.interval.duration_ns and options.fill.option in _FILLS and is_plain(options)


def table_of_points(
    points: Sequence[tuple[int, Any] | None],
    layout: Layout,
    fields: Sequence[Wanted],
    names: Sequence[str],
    start_ns: int,
) -> Table | None:
    """The newest points of series, field by field, as rows. None where there is none."""
    size = len(layout.numbers)
    starts = range(0, len(points), size)
    owner = every_row(size)
    if None in points:
        every = [points[at : at + size] for at in starts]
        held = [at for at in range(size) if any(each[at] is not None for each in every)]
        if not held:
            return None
        owner = np.array(held, np.int64)
        stamps = [point[0] for point in points if point is not None]
        columns = [
            _column(each, held, field.kind) for each, field in zip(every, fields, strict=True)
        ]
    else:
        stamps, cells = zip(*points, strict=True)
        columns = [
            full(field.kind, np.array(cells[at : at + size], dtype(field.kind)))
            for at, field in zip(starts, fields, strict=True)
        ]
    if len(fields) == 1:
        times = np.array(stamps, np.int64)
    else:
        times = np.empty(len(owner), np.int64)
        times.fill(0 if start_ns == MIN_TIME_NS else start_ns)
    return Table(layout.heads, owner, times, tuple(names), tuple(columns))


def rows_of_newest(
    layout: Layout, fields: Sequence[Wanted], names: tuple[str, ...]
) -> Callable[[tuple[int, bytes], int], Table]:
    """Likewise of the newest row of all, which are numbers; as long as it is that, one table."""
    heads, kinds = layout.heads, tuple(field.kind for field in fields)
    is_one = len(fields) == 1
    latest: tuple[int, bytes, Table] | None = None

    def table(newest: tuple[int, bytes], start_ns: int) -> Table:
        nonlocal latest
        time_ns, patterns = newest
        if not is_one:
            time_ns = 0 if start_ns == MIN_TIME_NS else start_ns
        if latest is not None and latest[0] == time_ns and latest[1] == patterns:
            return latest[2]
        found = NewestTable(heads, time_ns, patterns, names, kinds)
        latest = time_ns, patterns, found
        return found

    return table


def last_fields(exprs: Sequence[Expr]) -> Sequence[Wanted]:
    """What a SELECT of last values alone is made of. None of them where it is another."""
    found = []
    for expr in exprs:
        match expr:
            case Call(name="last", args=(VarRef() as field,)) if field.type is not DataType.UNKNOWN:
                found.append(Wanted(field.val, field.type))
            case _:
                return ()
    return found if len(set(found)) == len(found) else ()


def _column(
    points: Sequence[tuple[int, object] | None], held: Sequence[int], kind: DataType
) -> Column:
    chosen = [points[at] for at in held]
    values = np.zeros(len(held), dtype(kind))
    if None not in chosen:
        values[:] = [point[1] for point in chosen if point is not None]
        return full(kind, values)
    values[:] = [0 if point is None else point[1] for point in chosen]
    return Column(kind, values, np.array([point is not None for point in chosen], np.bool_))
