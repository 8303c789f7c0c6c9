"""Points that fulfil a condition, of series that share their times: found out for all at once.

What comes is the stream that points read series by series make (reading.py), for functions to
which the order of points at one time does not matter: where anything is not plain that way is
gone instead.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from muster.influxql.execution.options import Options
from muster.influxql.execution.panels import Layout, layout_of_groups
from muster.influxql.execution.rawmatrices import is_one, values_of_field
from muster.influxql.execution.reading import Group, groups_of, is_finer, remembered
from muster.influxql.source import Place, Source, Wanted
from muster.influxql.syntax.ast import BooleanLiteral, Expr, Node, VarRef, walk
from muster.influxql.values.columns import NUMERIC, Column, full
from muster.influxql.values.evaluation import truths
from muster.influxql.values.streams import Stream


class _Filter(NamedTuple):
    """The series of a place, and the one condition that points of all of them have to fulfil."""

    layout: Layout
    rest: Expr
    refs: Sequence[VarRef]


def filtered_stream(
    source: Source, places: Sequence[Place], driver: VarRef, options: Options
) -> Stream | None:
    """The points of a field. None: they have to be read series by series."""
    if len(places) != 1 or not _is_plain(options) or driver.type not in NUMERIC:
        return None
    place = places[0]
    groups = groups_of(source, place, options)
    found = remembered(options, ("filter", place), groups, lambda: _filter(place, groups))
    if found is None or (found.layout.starts is not None and options.interval.duration_ns):
        return None
    refs = list(dict.fromkeys((driver, *found.refs)))
    fields, numbers = [Wanted(ref.val, ref.type) for ref in refs], found.layout.numbers
    span = options.start_ns, options.end_ns
    matrices = source.matrices(place, numbers, fields, *span)
    if not matrices or not is_one(matrices, len(numbers) * len(fields)):
        return None
    size = len(numbers)
    columns: dict[Node, Column] = {
        ref: full(ref.type, values_of_field(matrices, at * size, size).ravel())
        for at, ref in enumerate(refs)
    }
    times = matrices[0].times
    kept = np.flatnonzero(truths(found.rest, columns, size * len(times)))
    if not len(kept):
        return None
    owner, at_time = np.divmod(kept, len(times))
    if found.layout.starts is not None:
        owner = np.searchsorted(found.layout.starts, owner, side="right") - 1
    value = columns[driver].values[kept]
    return Stream(found.layout.heads, owner, times[at_time], full(driver.type, value))


def _is_plain(options: Options) -> bool:
    return (
        options.ascending
        and not options.merged
        and not (options.edge or options.aux or options.slimit or options.soffset)
        and not is_finer(options)
    )


def _filter(place: Place, groups: Sequence[Group]) -> _Filter | None:
    """None without a condition, and where it is not the same of all or about more than numbers."""
    members = [member for group in groups for member in group.members]
    rest = members[0][2] if members else None
    if rest is None or rest == BooleanLiteral(True):
        return None
    refs = [node for node in walk(rest) if isinstance(node, VarRef)]
    if any(each is not rest for _, _, each in members) or any(
        ref.type not in NUMERIC for ref in refs
    ):
        return None
    whole = [Group(tags, [(at, info, None) for at, info, _ in some]) for tags, some in groups]
    layout = layout_of_groups(place, whole)
    return None if layout is None else _Filter(layout, rest, refs)
