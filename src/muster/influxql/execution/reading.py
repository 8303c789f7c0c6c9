"""Points of measurements as a stream: filtered, grouped, in order."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.options import Options
from muster.influxql.execution.ordering import Part, edges, first_of_shards, ordered
from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.source import Place, Rows, SeriesInfo, Source, Wanted
from muster.influxql.syntax.ast import BooleanLiteral, DataType, Expr, Node, VarRef, walk
from muster.influxql.values.columns import NUMERIC, Bools, Column, empty
from muster.influxql.values.evaluation import truths
from muster.influxql.values.streams import (
    Head,
    Stream,
    Tags,
    limited,
)

T = TypeVar("T")
_REMEMBERED = 5_000  # series of a place
_NO_FIELD = (DataType.TAG, DataType.UNKNOWN, DataType.ANY_FIELD)


class Group(NamedTuple):
    """Series with the same tags of those that the whole query groups by."""

    tags: Tags
    members: list[tuple[int, SeriesInfo, Expr | None]]


def read(
    source: Source, places: Sequence[Place], driver: VarRef | None, options: Options
) -> Stream:
    """The points of one field, or without a driver of all of `aux`, with `aux` beside them.

    Rows of different series at one time come in the order of the series.
    """
    parts: list[Part] = []
    groups = [(place, groups_of(source, place, options)) for place in sorted(set(places))]
    is_tag = driver is not None and driver.type is DataType.TAG
    for place, found in [] if is_tag else groups:
        parts.extend(parts_of(source, place, found, driver, options))
    if not parts:
        kind = _kind_of_none(source, [place for place, found in groups if found], driver, options)
        none = np.zeros(0, np.int64)
        return Stream([], none, none, empty(kind, 0), tuple(empty(r.type, 0) for r in options.aux))
    keys, ascending = options.dimensions, options.ascending
    if options.edge:
        first, finer = options.edge == "first", is_finer(options)
        return edges(parts, keys, ascending=ascending, first=first, finer=finer)
    stream = ordered(parts, keys, ascending=ascending, merged=options.merged)
    if options.per_shard:
        return first_of_shards(stream, parts, options.per_shard)
    return limited(stream, options.limit, options.offset) if is_finer(options) else stream


def _kind_of_none(
    source: Source, places: Sequence[Place], driver: VarRef | None, options: Options
) -> DataType:
    """The field's, if it is stored as that or as another number; else floats, as in InfluxDB."""
    if driver is None:
        return DataType.FLOAT
    kinds = {
        kind
        for place in places
        for kind in source.fields(place, options.start_ns, options.end_ns).get(driver.val, ())
    }
    becomes = driver.type in NUMERIC and kinds & NUMERIC
    return driver.type if driver.type in kinds or becomes else DataType.FLOAT


def parts_of(
    source: Source,
    place: Place,
    groups: Sequence[Group],
    driver: VarRef | None,
    options: Options,
) -> Iterable[Part]:
    """The points of each series that has any."""
    for rows, info, rest in _rows(source, place, groups, driver, options):
        head = Head(place.measurement, tags_of(info, options.group_by))
        part = _part(head, info, rows, driver, options, rest)
        if options.limit and is_finer(options):
            # Finer groups than the query's are cut by themselves, one point late.
            part = part.ends(options.limit + options.offset + 1, options.ascending)
        if len(part.times):
            yield part


def is_finer(options: Options) -> bool:
    return set(options.dimensions) != set(options.group_by)


def tags_of(info: SeriesInfo, keys: Sequence[str]) -> Tags:
    values = dict(info.tags)
    return tuple((key, values.get(key, "")) for key in keys)


def groups_of(source: Source, place: Place, options: Options) -> list[Group]:
    """The series that a condition leaves, by the tags that the whole query groups by.

    Errors: InfluxqlError when they are too many.
    """
    series = source.series(place, options.start_ns, options.end_ns)
    key = "groups", place, options.dimensions
    if len(series) > _REMEMBERED:
        return _grouped(series, options)
    return remembered(options, key, series, lambda: _grouped(series, options))


def remembered(options: Options, key: Hashable, of: Sequence[object], make: Callable[[], T]) -> T:
    """What was made of a list before, in this or an earlier answer by the same plan."""
    known = options.memo.get(key)
    if known is not None and known[0] is of:
        found: T = known[1]
        return found
    found = make()
    options.memo[key] = of, found
    return found


def _grouped(series: Sequence[SeriesInfo], options: Options) -> list[Group]:
    tag_filter = TagFilter(options.condition)
    keys = sorted(set(options.dimensions))
    groups: dict[Tags, Group] = {}
    count = 0
    for number, info in enumerate(series):
        rest = tag_filter.rest(info.tags)
        if rest == BooleanLiteral(False):
            continue
        count += 1
        if options.max_series and count > options.max_series:
            raise InfluxqlError(f"max-select-series limit exceeded: ({count}/{options.max_series})")
        tags = tags_of(info, keys)
        groups.setdefault(tags, Group(tags, [])).members.append((number, info, rest))
    if options.slimit or options.soffset:
        limited = sorted(groups, key=_series_key)[options.soffset :][: options.slimit]
        groups = {tags: groups[tags] for tags in limited}
    return [groups[tags] for tags in sorted(groups)]


def _series_key(tags: Tags) -> bytes:
    """What InfluxDB counts off series by: first the keys of tags that there are, then values."""
    there = [tag for tag in tags if tag[1]]
    return "|".join([key for key, _ in there] + [value for _, value in there]).encode()


def _rows(
    source: Source,
    place: Place,
    groups: Sequence[Group],
    driver: VarRef | None,
    options: Options,
) -> Iterable[tuple[Rows, SeriesInfo, Expr | None]]:
    """Points group by group; all that need the same fields are read at once."""
    members = {number: (info, rest) for group in groups for number, info, rest in group.members}
    # By identity: a tag filter gives the same object for the same tags, and hashing a long chain
    # goes as deep as it is long.
    known: dict[int, tuple[Wanted, ...]] = {}
    by_fields: dict[tuple[Wanted, ...], list[int]] = {}
    for number, (_, rest) in members.items():
        if id(rest) not in known:
            known[id(rest)] = tuple(_wanted(driver, options, rest))
        by_fields.setdefault(known[id(rest)], []).append(number)
    if len(by_fields) > 1:
        found = (
            rows
            for fields, numbers in by_fields.items()
            for rows in _read(source, place, numbers, fields, options)
        )
        order = {number: at for at, number in enumerate(members)}
        every: Iterable[Rows] = sorted(found, key=lambda rows: order[rows.series])
    else:
        every = _read(source, place, list(members), next(iter(by_fields), ()), options)
    for rows in every:
        yield rows, *members[rows.series]


def _read(
    source: Source,
    place: Place,
    numbers: Sequence[int],
    fields: Sequence[Wanted],
    options: Options,
) -> Iterable[Rows]:
    if not fields:
        return ()
    return source.rows(place, numbers, fields, options.start_ns, options.end_ns)


def _wanted(driver: VarRef | None, options: Options, rest: Expr | None) -> list[Wanted]:
    refs = [*((driver,) if driver else ()), *options.aux, *_variables(rest)]
    return list(
        dict.fromkeys(Wanted(ref.val, ref.type) for ref in refs if ref.type not in _NO_FIELD)
    )


def _variables(expr: Expr | None) -> list[VarRef]:
    return [node for node in walk(expr) if isinstance(node, VarRef)] if expr is not None else []


def _part(
    head: Head,
    info: SeriesInfo,
    rows: Rows,
    driver: VarRef | None,
    options: Options,
    rest: Expr | None,
) -> Part:
    wanted = _wanted(driver, options, rest)
    found = dict(zip(wanted, rows.columns, strict=True))
    values = dict(info.tags)
    count = len(rows.times)

    def column(ref: VarRef) -> Column:
        known = found.get(Wanted(ref.val, ref.type))
        return _constant(ref, values, count) if known is None else known

    aux = tuple(column(ref) for ref in options.aux)
    value = column(driver) if driver else empty(DataType.FLOAT, count)
    kept = value.valid if driver else _any_field(options.aux, aux, count)
    if rest is not None:
        columns: dict[Node, Column] = {ref: column(ref) for ref in _variables(rest)}
        kept = kept & truths(rest, columns, count, of_points=True)
    if kept.all():
        return Part(head, info.shards, rows.times, value, aux)
    return Part(head, info.shards, rows.times, value, aux).take(np.flatnonzero(kept))


def _any_field(refs: Sequence[VarRef], aux: Sequence[Column], count: int) -> Bools:
    there = np.zeros(count, np.bool_)
    for ref, column in zip(refs, aux, strict=True):
        if ref.type not in _NO_FIELD:
            there |= column.valid
    return there


def _constant(ref: VarRef, tags: dict[str, str], count: int) -> Column:
    """A tag's value for each row; gaps where the series has none."""
    value = tags.get(ref.val, "") if ref.type in (DataType.TAG, DataType.UNKNOWN) else ""
    if not value:
        return empty(DataType.STRING if ref.type is DataType.TAG else ref.type, count)
    values = np.empty(count, np.object_)
    values[:] = value
    return Column(DataType.STRING, values, np.ones(count, np.bool_))
