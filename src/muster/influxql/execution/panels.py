"""Functions by window out of points that lie as matrices: what dashboards ask for most.

All functions of a SELECT have their points from one reading, and each is worked out for all series
and windows at once. What comes is the same stream that the ordinary way makes (calls.py): where
anything is not plain that way is gone instead. The last values of all are told likewise.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from muster.influxql.execution.options import Options
from muster.influxql.execution.panelrows import rows_of_cells
from muster.influxql.execution.reading import Group, groups_of, is_finer, remembered, tags_of
from muster.influxql.functions.panelsums import FUNCTIONS, cells_of_groups
from muster.influxql.source import Matrix, Place, Source, Wanted
from muster.influxql.syntax.ast import BooleanLiteral, Call, DataType, FillOption, VarRef
from muster.influxql.values.columns import MIN_TIME_NS, NUMERIC, Ints, dtype, full
from muster.influxql.values.streams import Head, Stream, Tags

_FILLS = (FillOption.NULL, FillOption.NONE, FillOption.NUMBER)
_OF_ALL = frozenset(("count", "sum", "mean", "min", "max"))
SHORT_NS = 7_200 * 1_000_000_000  # of a longer range blocks have sums
_LONG_NS = 15 * 60 * 1_000_000_000  # sums of longer windows are there already


class Layout(NamedTuple):
    """The series that are read, group by group.

    Shapes: `starts` is where each group begins; None: each is one series.
    """

    numbers: list[int]
    heads: list[Head]
    starts: Ints | None


class Panels:
    """Of one level of a query. `places` are what it reads, `fields` those of its functions."""

    def __init__(self, source: Source, places: Sequence[Place], fields: Sequence[Wanted]) -> None:
        self._source = source
        self._places = places
        self._fields = fields
        self._read: dict[tuple[int, int], Sequence[Matrix] | None] = {}
        self._latest: Sequence[tuple[int, Any] | None] | None = None

    def stream(self, call: Call, options: Options, selector: bool) -> Stream | None:
        """All rows of a function of a field. None: they have to be made of its points."""
        field = call.args[0]
        if not isinstance(field, VarRef) or not is_read(call):
            return None
        if len(self._places) != 1 or not has_all_rows(options):
            return None
        wanted = Wanted(field.val, field.type)
        if wanted not in self._fields:
            return None
        if is_one_row(call.name, options, selector):
            return self._whole(call.name, wanted, options)
        if is_finer(options):
            return None
        layout = self._layout(options)
        if layout is None:
            return None
        if options.interval.duration_ns:
            return self._windows(call.name, wanted, layout, options)
        return self._last(wanted, layout, options, selector) if call.name == "last" else None

    def _whole(self, name: str, wanted: Wanted, options: Options) -> Stream | None:
        """A row for each group of a short range, at its start; also of a query's finer groups."""
        layout = layout_of_finest(self._source, self._places[0], options)
        if layout is None or wanted.kind not in NUMERIC:
            return None
        matrices = self._matrices(layout, options)
        if matrices is None:
            return None
        window = options.start_ns, options.end_ns - options.start_ns + 1, 1
        return self._of_windows(name, wanted, layout, options, matrices, window)

    def _of_windows(
        self,
        name: str,
        wanted: Wanted,
        layout: Layout,
        options: Options,
        matrices: Sequence[Matrix],
        windows: tuple[int, int, int],
    ) -> Stream | None:
        start = self._fields.index(wanted) * len(layout.numbers)
        span = start, start + len(layout.numbers)
        kind = dtype(wanted.kind)
        cells = cells_of_groups(name, matrices, span, layout.starts, windows, kind)
        if cells is None:
            return None
        return rows_of_cells(name, wanted.kind, layout.heads, options.fill, cells, windows[:2])

    def _layout(self, options: Options) -> Layout | None:
        return layout_of(self._source, self._places[0], options)

    def _windows(
        self, name: str, wanted: Wanted, layout: Layout, options: Options
    ) -> Stream | None:
        if not has_few_windows(name, options) or wanted.kind not in NUMERIC:
            return None
        matrices = self._matrices(layout, options)
        if matrices is None:
            return None
        windows, length = options.windows, options.interval.duration_ns
        first = windows.start_of(options.start_ns)
        count = (windows.start_of(options.end_ns) - first) // length + 1
        if count < 1 or (options.max_windows and count * len(layout.heads) > options.max_windows):
            return None
        return self._of_windows(name, wanted, layout, options, matrices, (first, length, count))

    def _matrices(self, layout: Layout, options: Options) -> Sequence[Matrix] | None:
        key = options.start_ns, options.end_ns
        if key not in self._read:
            found = None
            if all(each.kind in NUMERIC for each in self._fields):
                place, numbers = self._places[0], layout.numbers
                found = self._source.matrices(place, numbers, self._fields, *key)
            self._read[key] = found
        return self._read[key]

    def _last(
        self, wanted: Wanted, layout: Layout, options: Options, selector: bool
    ) -> Stream | None:
        """Where each group is one series: the last points of several may share a time."""
        if layout.starts is not None:
            return None
        if self._latest is None:
            span = options.start_ns, options.end_ns
            self._latest = self._source.latest(self._places[0], layout.numbers, self._fields, *span)
            if self._latest is None:
                self._fields = []  # nor will it for others
                return None
        size = len(layout.numbers)
        start = self._fields.index(wanted) * size
        points = self._latest[start : start + size]
        held = [(at, point) for at, point in enumerate(points) if point is not None]
        if not held:
            return None
        owner = np.array([at for at, _ in held], np.int64)
        values = np.empty(len(held), dtype(wanted.kind))
        values[:] = [point[1] for _, point in held]
        if selector:
            times = np.array([point[0] for _, point in held], np.int64)
        else:
            start_ns = 0 if options.start_ns == MIN_TIME_NS else options.start_ns
            times = np.full(len(held), start_ns, np.int64)
        return Stream(layout.heads, owner, times, full(wanted.kind, values))


def layout_of(source: Source, place: Place, options: Options) -> Layout | None:
    """Of a place. None where points have to fulfil a condition, and where there is no series."""
    groups = groups_of(source, place, options)
    return remembered(options, ("panel", place), groups, lambda: layout_of_groups(place, groups))


def layout_of_finest(source: Source, place: Place, options: Options) -> Layout | None:
    """Likewise, in groups by all that points are grouped by at this level."""
    groups = groups_of(source, place, options)
    key = "whole", place, options.group_by
    finest = remembered(options, key, groups, lambda: _finest(groups, options))
    return remembered(options, (*key, "layout"), finest, lambda: layout_of_groups(place, finest))


def fields_of(calls: Sequence[Call]) -> list[Wanted]:
    """What functions are made of; what no point has, has no kind: nothing is read of it."""
    known = [each for each in map(_field, calls) if each is not None]
    found = [Wanted(each.val, each.type) for each in known if each.type is not DataType.UNKNOWN]
    return list(dict.fromkeys(found))


def _field(call: Call) -> VarRef | None:
    """What is read for a function, or for the one that it is a function of."""
    while call.args:
        inner = call.args[0]
        if isinstance(inner, VarRef):
            return inner if is_read(call) else None
        if not isinstance(inner, Call):
            break
        call = inner
    return None


def is_read(call: Call) -> bool:
    return call.name in FUNCTIONS and len(call.args) == 1


def is_plain(options: Options) -> bool:
    """Whether all rows are asked for, by time, with nothing beside what functions give."""
    return has_all_rows(options) and not is_finer(options)


def has_all_rows(options: Options) -> bool:
    """Likewise, of groups that may be finer than the query's."""
    return (
        options.ascending
        and options.zone is None
        and not options.aux
        and not (options.limit or options.offset or options.slimit or options.soffset)
    )


def is_one_row(name: str, options: Options, selector: bool) -> bool:
    """Whether each group gives one row, whose time is the range's, of points that are not many."""
    return (
        not options.interval.duration_ns
        and name in _OF_ALL
        and not (selector and name in ("min", "max"))
        and options.start_ns != MIN_TIME_NS
        and options.end_ns - options.start_ns < SHORT_NS
        and options.fill.option in _FILLS
    )


def _finest(groups: Sequence[Group], options: Options) -> Sequence[Group]:
    """Groups by all that points are grouped by at this level, in their order."""
    if not is_finer(options):
        return groups
    found: list[Group] = []
    for group in groups:
        parts: dict[Tags, Group] = {}
        for member in group.members:
            tags = tags_of(member[1], options.group_by)
            parts.setdefault(tags, Group(tags, [])).members.append(member)
        found += [parts[tags] for tags in sorted(parts)]
    return found


def has_few_windows(name: str, options: Options) -> bool:
    """Whether they have a begin, need their points, and are filled as most are."""
    return (
        options.start_ns != MIN_TIME_NS
        and (options.interval.duration_ns <= _LONG_NS or name == "median")
        and options.fill.option in _FILLS
    )


def layout_of_groups(place: Place, groups: Sequence[Group]) -> Layout | None:
    """Likewise."""
    numbers: list[int] = []
    starts: list[int] = []
    for group in groups:
        starts.append(len(numbers))
        for number, _, rest in group.members:
            if rest is not None and rest != BooleanLiteral(True):
                return None
            numbers.append(number)
    if not numbers:
        return None
    heads = [Head(place.measurement, group.tags) for group in groups]
    is_single = len(numbers) == len(groups)
    return Layout(numbers, heads, None if is_single else np.array(starts, np.int64))
