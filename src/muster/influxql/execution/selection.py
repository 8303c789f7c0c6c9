"""Answers a planned SELECT: reads, calls, puts side by side, and for subqueries does so within."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from muster.influxql.answers.tables import Scanned, Table, empty_table, table
from muster.influxql.execution.calls import call_stream, is_selector
from muster.influxql.execution.filtered import filtered_stream
from muster.influxql.execution.lastvalues import last_values
from muster.influxql.execution.nearest import read_near
from muster.influxql.execution.options import Limits, Options, outermost, within
from muster.influxql.execution.panels import Panels, fields_of
from muster.influxql.execution.partials import Parts, read_parts
from muster.influxql.execution.reading import read
from muster.influxql.planning.columnnames import column_fields, column_names
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.types import kind_of
from muster.influxql.source import Place, Source
from muster.influxql.syntax.ast import Call, DataType, Expr, Node, VarRef, walk
from muster.influxql.values.columns import Bools, Column, cast, empty, full
from muster.influxql.values.evaluation import truths
from muster.influxql.values.rewriting import extra_arguments, field_name, operands, rewrite
from muster.influxql.values.streams import Stream, joined, limited, ranks


class Shape(NamedTuple):
    """What is selected: columns, their names, calls, and variables beside."""

    exprs: list[Expr]
    names: list[str]
    calls: list[Call]
    aux: tuple[VarRef, ...]


class Selection:
    """One query being answered."""

    def __init__(self, source: Source, now_ns: int, limits: Limits) -> None:
        self.source = source
        self._now_ns = now_ns
        self._limits = limits

    def answer(self, plan: Plan) -> Table:
        """All rows. Errors: InfluxqlError for kinds that a function cannot take, and limits."""
        aux = shape_of(plan).aux
        return self._table(plan, outermost(plan, self._now_ns, self._limits, aux))

    def _table(self, plan: Plan, options: Options) -> Table:
        exprs, names, calls, aux = shape_of(plan)
        options = options.reading(aux)
        if plan.nothing:
            return empty_table(names)
        if (found := last_values(self.source, plan, options, exprs, names)) is not None:
            return found
        scanned = self._called(plan, options, calls) if calls else self._plain(plan, options)
        if not scanned:
            return empty_table(names)
        return table(scanned, exprs, names, options.fill, options.ascending)

    def _plain(self, plan: Plan, options: Options) -> list[Scanned]:
        """Fields and tags as they are.

        Of measurements with OFFSET alone each shard group gives one row more than that.
        """
        if all(ref.type is DataType.UNKNOWN for ref in options.aux):
            return []
        if any(isinstance(source, Plan) for source in plan.sources):
            stream = limited(self.points(plan, None, options), options.limit, options.offset)
        else:
            places = [
                place for each in plan.sources if not isinstance(each, Plan) for place in each
            ]
            if options.offset and not options.limit:
                some = replace(options.unlimited(), per_shard=options.offset + 1)
                stream = limited(read(self.source, places, None, some), 0, options.offset)
            else:
                stream = read_near(self.source, places, options, self._now_ns)
        kinds = (DataType.FLOAT, *(ref.type for ref in options.aux))
        return [Scanned(stream, (None, *options.aux), kinds)]

    def _called(self, plan: Plan, options: Options, calls: Sequence[Call]) -> list[Scanned]:
        selector = len(calls) == 1 and is_selector(calls[0])
        scanned = []
        points = _Points(self, plan, calls)
        for call, kind in zip(calls, kinds_of(plan, calls), strict=True):
            if kind is DataType.UNKNOWN:
                continue
            stream = call_stream(call, options, selector, points)
            stream = limited(stream, options.limit, options.offset)
            kinds = (kind, *(ref.type for ref in options.aux))
            scanned.append(Scanned(stream, (call, *options.aux), kinds))
        return scanned

    def points(
        self, plan: Plan, driver: VarRef | None, options: Options, parts: Parts | None = None
    ) -> Stream:
        """Points of all sources, or parts of what is made of them where these will do."""
        streams = []
        places = [
            place for source in plan.sources if not isinstance(source, Plan) for place in source
        ]
        if any(isinstance(source, Plan) for source in plan.sources):
            options = options.in_parts("")
        if places:
            streams.append(self._read(places, driver, options.within_query(), parts))
        for source in plan.sources:
            if isinstance(source, Plan):
                streams.extend(self._subquery(source, driver, options))
        streams = [stream for stream in streams if len(stream)] or streams[:1]
        if not streams:
            return read(self.source, [], driver, options)
        if len(streams) == 1:
            return streams[0]
        stream = joined(streams)
        outer = ranks([head.narrowed(frozenset(options.dimensions)) for head in stream.heads])
        rank, times = outer[stream.owner], stream.times
        if not options.ascending:
            rank, times = -rank, -times
        return stream.take(np.lexsort((np.arange(len(times)), times, rank)))

    def _read(
        self,
        places: Sequence[Place],
        driver: VarRef | None,
        options: Options,
        parts: Parts | None,
    ) -> Stream:
        """Of measurements."""
        if driver is not None and options.partial and parts is not None:
            found = read_parts(parts, places, driver, options)
            if found is not None:
                return found
        found = None if driver is None else filtered_stream(self.source, places, driver, options)
        return read(self.source, places, driver, options) if found is None else found

    def _subquery(self, plan: Plan, driver: VarRef | None, options: Options) -> list[Stream]:
        """A subquery's rows as points: its columns are fields, what it groups by are tags."""
        columns = _columns_of(plan)
        if driver is not None and not _has(plan, columns, driver.val):
            return []
        inner = within(plan, options, self._now_ns)
        found = self._table(plan, inner)
        if options.condition is not None:
            found = found.take(_fulfilled(options.condition, found, columns))
        wanted = options.aux if driver is None else (driver, *options.aux)
        named = {ref.val for ref in wanted}
        tags = _tags_of_rows(found, [key for key in inner.group_by if key in named])
        cells = tuple([_cell(plan, found, columns, tags, ref) for ref in wanted])
        if driver is not None and driver.type is DataType.TAG:
            cells = (cast(cells[0], DataType.STRING), *cells[1:])
        if driver is None:
            cells = (empty(DataType.FLOAT, len(found.times)), *cells)
        stream = Stream(found.heads, found.owner, found.times, cells[0], cells[1:])
        if len(options.group_by) != len(inner.group_by):
            stream = stream.narrowed(options.group_by)
        return [stream]


def kinds_of(plan: Plan, calls: Sequence[Call]) -> list[DataType]:
    """Of calls. Errors: InfluxqlError."""
    known: list[DataType] | None = plan.memo.get("kinds")
    if known is None:
        known = plan.memo["kinds"] = [kind_of(call, lambda ref: ref.type) for call in calls]
    return known


class _Points:
    """Those of a plan's sources, for its calls."""

    def __init__(self, selection: Selection, plan: Plan, calls: Sequence[Call]) -> None:
        self._selection = selection
        self._plan = plan
        self._parts = Parts(selection.source, calls)
        (first, *more) = plan.sources or ((),)
        self._panels = None
        if not more and not isinstance(first, Plan):
            fields = plan.memo.get("panels")
            if fields is None:
                fields = plan.memo["panels"] = fields_of(calls)
            self._panels = Panels(selection.source, first, fields)

    def __call__(self, field: VarRef, options: Options, /) -> Stream:
        return self._selection.points(self._plan, field, options, self._parts)

    def made(self, call: Call, options: Options, selector: bool) -> Stream | None:
        if self._panels is None or options.within_query() is not options:
            return None
        return self._panels.stream(call, options, selector)


def _operands(exprs: Sequence[Expr]) -> tuple[list[Call], list[VarRef]]:
    found = list(dict.fromkeys(node for expr in exprs for node in operands(expr)))
    calls = [node for node in found if isinstance(node, Call)]
    return calls, [node for node in found if isinstance(node, VarRef)]


def shape_of(plan: Plan) -> Shape:
    """The same for a plan that is used again."""
    known: Shape | None = plan.memo.get("shape")
    if known is None:
        fields = column_fields(plan.fields)
        exprs = [field.expr for field in fields]
        calls, refs = _operands(exprs)
        aux = tuple(sorted(refs, key=lambda ref: (ref.val, ref.type)))
        known = plan.memo["shape"] = Shape(exprs, column_names(fields), calls, aux)
    return known


def _columns_of(plan: Plan) -> dict[str, int]:
    """Which column each name of a subquery is: of equal names the first."""
    known: dict[str, int] | None = plan.memo.get("columns")
    if known is not None:
        return known
    columns: dict[str, int] = {}
    place = 0
    for field in plan.fields:
        columns.setdefault(field_name(field), place)
        place += 1
        for argument in extra_arguments(field.expr):
            columns.setdefault(argument.val, place)
            place += 1
    plan.memo["columns"] = columns
    return columns


def _has(plan: Plan, columns: dict[str, int], name: str) -> bool:
    return name in columns or name in plan.dimensions


def _tags_of_rows(found: Table, keys: Sequence[str]) -> dict[str, Column]:
    """Each tag's value for each row; one that a series does not have is empty."""
    tags = {}
    for key in keys:
        values = np.empty(len(found.heads), np.object_)
        values[:] = [dict(head.tags).get(key, "") for head in found.heads]
        cells = values[found.owner] if len(found.heads) else np.zeros(0, np.object_)
        tags[key] = full(DataType.STRING, cells)
    return tags


def _cell(
    plan: Plan,
    found: Table,
    columns: dict[str, int],
    tags: dict[str, Column],
    ref: VarRef,
) -> Column:
    if ref.val in columns:
        column = found.columns[columns[ref.val]]
        if column.kind is DataType.FLOAT and ref.type in (DataType.INTEGER, DataType.UNSIGNED):
            column = Column(column.kind, column.values, column.valid & ~np.isnan(column.values))
        return cast(column, ref.type)
    if ref.val in plan.dimensions and ref.val in tags:
        return tags[ref.val]
    return empty(ref.type, len(found.times))


def _without_math(expr: Expr) -> Expr:
    """As in InfluxDB math functions of a subquery's columns have no value in a condition."""
    return VarRef("") if isinstance(expr, Call) else expr


def _fulfilled(condition: Expr, found: Table, columns: dict[str, int]) -> Bools:
    rows = len(found.times)
    condition = rewrite(condition, _without_math)
    refs = [node for node in walk(condition) if isinstance(node, VarRef)]
    values: dict[Node, Column] = {}
    tags = _tags_of_rows(found, [ref.val for ref in refs])
    for ref in refs:
        if ref.val in columns:
            values[ref] = cast(found.columns[columns[ref.val]], ref.type)
        else:
            values[ref] = tags[ref.val]
    return truths(condition, values, rows)
