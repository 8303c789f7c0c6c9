"""Functions of what a source has added up already, in place of single points.

A source hands over rows that each stand for some points of one series and step. Steps are such
that none lies in two windows, so what is made of the rows is what is made of the points.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import gcd

import numpy as np

from muster.influxql.execution.options import Options
from muster.influxql.execution.reading import Group, groups_of, is_finer, remembered, tags_of
from muster.influxql.execution.reducing import reduce_windows
from muster.influxql.functions.aggregates import mean, total
from muster.influxql.functions.selectors import SELECTORS
from muster.influxql.source import Partial, Place, Source, Wanted
from muster.influxql.syntax.ast import BooleanLiteral, Call, DataType, VarRef
from muster.influxql.values.columns import MIN_TIME_NS, NUMERIC, Column, Ints, concatenate, full
from muster.influxql.values.streams import Head, Stream, ranks, unite

_ANY_KIND = frozenset({*NUMERIC, DataType.STRING, DataType.BOOLEAN})
_KINDS = {
    "count": _ANY_KIND,
    "first": _ANY_KIND,
    "last": _ANY_KIND,
    "min": NUMERIC | {DataType.BOOLEAN},
    "max": NUMERIC | {DataType.BOOLEAN},
    "sum": NUMERIC,
    "mean": NUMERIC,
}
_MADE_OF = {"min": ("min", "spread"), "max": ("max", "spread")}  # calls that ask for a part
_MOST_ROWS = 250_000  # that are read ahead at a time
_FINEST = 256  # steps in a window: where more are needed, points are as quick


def can_be_in_parts(call: Call, options: Options, selector: bool) -> bool:
    """Whether the answer needs no more of the points than a source can add up.

    min and max of a whole range show the time of a point, which is not known.
    """
    if call.name not in _KINDS or options.aux or not isinstance(call.args[0], VarRef):
        return False
    shows_time = selector and not options.interval.duration_ns
    return not (shows_time and call.name in ("min", "max"))


def put_together(name: str, stream: Stream, options: Options) -> Stream:
    """The values of a function by window. `stream` is what `read_parts` gave for it."""
    counts = np.zeros(0, np.int64) if stream.counts is None else stream.counts
    counted = replace(stream, value=full(DataType.INTEGER, counts))
    match name:
        case "count":
            return reduce_windows(counted, options, total)
        case "sum":
            return reduce_windows(stream, options, total)
        case "mean":
            return reduce_windows(stream, options, mean)
        case _:
            return reduce_windows(stream, options, SELECTORS[name])


class Parts:
    """What the calls of one level of a query need of its measurements, read field by field.

    Fields of which the same is asked are read together: `mean(*)` reads once, not once for each.
    """

    def __init__(self, source: Source, calls: Sequence[Call]) -> None:
        self.source = source
        self._calls = [_innermost(call) for call in calls]
        self._ahead: dict[tuple[object, ...], Partial] = {}

    def read(
        self,
        place: Place,
        series: Sequence[int],
        field: VarRef,
        options: Options,
        step_ns: int,
    ) -> Partial | None:
        """Of one field; others that will be asked for are kept until they are."""
        asked = place, options.partial, options.start_ns, options.end_ns, step_ns
        found = self._ahead.pop((field, *asked), None)
        if found is not None:
            return found
        steps = (options.end_ns - options.start_ns) // step_ns + 1 if step_ns else 1
        most = max(_MOST_ROWS // max(len(series) * steps, 1), 1)
        fields = self._beside(field, options.partial)[:most]
        wanted = [Wanted(each.val, each.type) for each in fields]
        parts = self.source.partials(place, series, wanted, *asked[1:])
        if parts is None:
            return None
        for each, part in zip(fields[1:], parts[1:], strict=True):
            self._ahead[each, *asked] = part
        return parts[0]

    def _beside(self, field: VarRef, function: str) -> list[VarRef]:
        """`field`, and those of its kind whose turn comes behind it."""
        names = _MADE_OF.get(function, (function,))
        asked = [call.args[0] for call in self._calls if call.name in names]
        later = asked[asked.index(field) + 1 :] if field in asked else []
        refs = [ref for ref in later if isinstance(ref, VarRef) and ref.type is field.type]
        return list(dict.fromkeys([field, *refs]))


def _innermost(call: Call) -> Call:
    """The one that is called of a field."""
    while isinstance(call.args[0], Call):
        call = call.args[0]
    return call


def read_parts(
    parts: Parts, places: Sequence[Place], field: VarRef, options: Options
) -> Stream | None:
    """Rows of `options.partial`, in the order in which points are read; None: read the points."""
    step_ns = _step(options)
    if step_ns is None or field.type not in _KINDS[options.partial]:
        return None
    heads: list[Head] = []
    owners: list[Ints] = []
    found: list[Partial] = []
    for place in sorted(set(places)):
        groups = groups_of(parts.source, place, options)
        series = _series_of(place, groups, options)
        part = None if series is None else parts.read(place, series, field, options, step_ns)
        if part is None:
            return None
        if part.series.size:
            of_series = _numbers(place, groups, options, heads)
            owners.append(of_series[part.series])
            found.append(part)
    return _ordered(heads, owners, found, options) if found else None


def _series_of(place: Place, groups: Sequence[Group], options: Options) -> list[int] | None:
    """Those of groups; None where points have to fulfil a condition."""
    return remembered(options, ("numbers", place), groups, lambda: _whole(groups))


def _whole(groups: Sequence[Group]) -> list[int] | None:
    members = [member for group in groups for member in group.members]
    if any(rest is not None and rest != BooleanLiteral(True) for _, _, rest in members):
        return None
    return [number for number, _, _ in members]


def _numbers(place: Place, groups: Sequence[Group], options: Options, heads: list[Head]) -> Ints:
    """Which head each series has; those are added to `heads`."""
    key = "heads", place, options.group_by
    own, numbers = remembered(options, key, groups, lambda: _heads(place, groups, options))
    first = len(heads)
    heads += own
    return numbers + first if first else numbers


def _heads(place: Place, groups: Sequence[Group], options: Options) -> tuple[list[Head], Ints]:
    members = [member for group in groups for member in group.members]
    tags = [tags_of(info, options.group_by) for _, info, _ in members]
    own, numbers = unite([Head(place.measurement, each) for each in tags])
    of_series = np.zeros(max(number for number, _, _ in members) + 1, np.int64)
    of_series[[number for number, _, _ in members]] = numbers
    return own, of_series


def _ordered(
    heads: Sequence[Head], owners: Sequence[Ints], parts: Sequence[Partial], options: Options
) -> Stream | None:
    owner = np.concatenate(owners)
    times = np.concatenate([part.times for part in parts])
    outer = ranks([head.narrowed(frozenset(options.dimensions)) for head in heads])
    rank, at = outer[owner], times
    if not options.ascending:
        rank, at = -rank, -at
    order = np.lexsort((at, rank))
    if options.edge and _is_tied(options, owner if is_finer(options) else outer[owner], times):
        return None
    value: Column = concatenate([part.value for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    return Stream(heads, owner[order], times[order], value.take(order), (), counts[order])


def _is_tied(options: Options, group: Ints, times: Ints) -> bool:
    """Whether the first or last point of a group is not the only one at its time.

    Which one it is then depends on the order in which points are merged.
    """
    if options.edge == "last":
        times = -times
    nearest = np.full(int(group.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(nearest, group, times)
    there = np.bincount(group[times == nearest[group]])
    return bool((there > 1).any())


def _step(options: Options) -> int | None:
    """The longest step that fits all windows; 0 for one window. None: it would be too short."""
    duration, offset = options.interval
    if not duration:
        return 0
    step = gcd(duration, offset)
    if options.zone is not None:
        if options.start_ns == MIN_TIME_NS:
            return None
        span = options.start_ns - duration, options.end_ns + duration
        step = gcd(step, *options.zone.clocks(*span))
    return step if step * _FINEST >= duration else None
