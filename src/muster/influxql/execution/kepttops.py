"""Who has most: the extremes of one number of each group, kept as kept.py does.

A panel asks so for the ten busiest machines:
SELECT top(m, host, 10) FROM (SELECT mean(v) AS m FROM cpu WHERE time > now() - 1h GROUP BY host).
"""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from muster.influxql.answers.fill import Fill
from muster.influxql.answers.tables import Table
from muster.influxql.execution.calls import is_selector
from muster.influxql.execution.kept import Kept, ReadsOf
from muster.influxql.execution.options import Limits, Options, outermost, within
from muster.influxql.execution.panelrows import kind_of_cells, owner_of_one
from muster.influxql.execution.panels import (
    SHORT_NS,
    has_all_rows,
    is_one_row,
    is_plain,
    is_read,
    layout_of_finest,
)
from muster.influxql.execution.selection import shape_of
from muster.influxql.functions.panelsums import whole_cells
from muster.influxql.planning.plans import Plan
from muster.influxql.source import Place, Source, Wanted
from muster.influxql.syntax.ast import Call, DataType, FillOption, IntegerLiteral, VarRef
from muster.influxql.values.columns import NUMERIC, Values, full
from muster.influxql.values.streams import Head


class _Asked(NamedTuple):
    """Of a field, by tags, the largest or the smallest so many."""

    is_most: bool
    field: VarRef
    tags: Sequence[str]
    limit: int


class _Number(NamedTuple):
    """What a function makes of a field of each group."""

    function: str
    wanted: Wanted
    kind: DataType


def kept_tops(
    source: Source, plan: Plan, now_ns: int, limits: Limits, reads_of: ReadsOf
) -> Kept | None:
    """None for what is not just such a question."""
    (beneath, *more) = plan.sources or ((),)
    if more or not isinstance(beneath, Plan):
        return None
    options = outermost(plan, now_ns, limits)
    asked, place = _asked(plan, options), _place(beneath)
    if asked is None or place is None or set(asked.tags) != set(beneath.dimensions):
        return None
    finer = replace(options, group_by=tuple(sorted(asked.tags)), fill=Fill(FillOption.NONE))
    inner = within(beneath, finer, now_ns)
    number = _number(beneath, inner)
    if number is None or asked.field != VarRef(shape_of(beneath).names[0], number.kind):
        return None
    layout = layout_of_finest(source, place, inner)
    reads = None if layout is None else reads_of(place, layout.numbers, [number.wanted])
    if layout is None or reads is None:
        return None
    names, heads = tuple(shape_of(plan).names), [Head(place.measurement, ())]
    labels = [_labels(layout.heads, tag) for tag in asked.tags]
    span = 0, len(layout.numbers)

    def rows(start_ns: int, end_ns: int) -> Table | None:
        length = end_ns - start_ns + 1
        found = reads.matrix(start_ns, end_ns, 1) if 0 < length <= SHORT_NS else None
        if found is None or len(found.values) != span[1]:
            return None
        window = start_ns, length, 1
        cells, there = whole_cells(
            number.function, found.values, span, found.times, layout.starts, window
        )
        if there is not None:  # some have no point
            return None
        numbers = cells.tolist()
        if not all(map(isfinite, numbers)):
            return None
        # Of equal ones the earlier comes first, as sorting is stable either way.
        ordered = sorted(range(len(numbers)), key=numbers.__getitem__, reverse=asked.is_most)
        best = np.array(ordered[: asked.limit])
        times = np.empty(len(best), np.int64)
        times.fill(start_ns)
        shown = [full(DataType.STRING, each[best]) for each in labels]
        columns = (full(number.kind, cells[best]), *shown)
        return Table(heads, owner_of_one(len(best)), times, names, columns)

    return rows


def _asked(plan: Plan, options: Options) -> _Asked | None:
    """Where all is asked for of a whole range, and nothing beside."""
    exprs, _, calls, _ = shape_of(plan)
    is_whole = not (options.interval.duration_ns or options.dimensions or options.condition)
    if not is_whole or not is_plain(options) or plan.nothing:
        return None
    match calls:
        case [Call("top" | "bottom" as name, (VarRef() as field, *tags, IntegerLiteral(limit)))]:
            keys = [tag.val for tag in tags if isinstance(tag, VarRef)]
            is_shown = exprs == [*calls, *tags] and len(set(keys)) == len(tags)
            return _Asked(name == "top", field, keys, limit) if is_shown else None
        case _:
            return None


def _place(plan: Plan) -> Place | None:
    """The only one that is read."""
    match plan.sources:
        case ((Place() as place,),) if not plan.nothing:
            return place
        case _:
            return None


def _number(plan: Plan, options: Options) -> _Number | None:
    exprs, _, calls, _ = shape_of(plan)
    if len(calls) != 1 or exprs != calls or not is_read(calls[0]) or not has_all_rows(options):
        return None
    (call,) = calls
    (field,) = call.args
    if not isinstance(field, VarRef) or field.type not in NUMERIC:
        return None
    if not is_one_row(call.name, options, is_selector(call)):
        return None
    return _Number(call.name, Wanted(field.val, field.type), kind_of_cells(call.name, field.type))


def _labels(heads: Sequence[Head], tag: str) -> Values:
    values = np.empty(len(heads), np.object_)
    values[:] = [dict(head.tags).get(tag, "") for head in heads]
    return values
