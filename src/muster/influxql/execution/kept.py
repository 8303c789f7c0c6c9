"""A plan made ready to be answered for one range of times after the other.

What is the same each time is found out once: series, functions, kinds, heads. That is how
dashboards ask, and most of what a small answer costs. What comes is the table that Selection makes
of the plan for that range (selection.py); None: ask that. It is good as long as the plan is, for
ranges that touch the same shards.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from muster.influxql.answers.fill import Fill
from muster.influxql.answers.tables import MatrixTable, Scanned, Table, WindowTable, table
from muster.influxql.execution.calls import LOOKING_BACK, along_of
from muster.influxql.execution.lastvalues import (
    has_last_values,
    last_fields,
    rows_of_newest,
    table_of_points,
)
from muster.influxql.execution.options import Limits, Options, outermost
from muster.influxql.execution.panelrows import kind_of_cells, rows_of_cells
from muster.influxql.execution.panels import (
    Layout,
    fields_of,
    has_few_windows,
    is_plain,
    is_read,
    layout_of,
)
from muster.influxql.execution.rawmatrices import each_series
from muster.influxql.execution.reducing import transform
from muster.influxql.execution.selection import Shape, kinds_of, shape_of
from muster.influxql.functions.panelsums import Then, cells_of_groups, is_of_groups, whole_cells
from muster.influxql.functions.segments import Segments
from muster.influxql.functions.transformations import Along
from muster.influxql.planning.plans import Plan
from muster.influxql.source import Matrix, Place, Source, Wanted
from muster.influxql.syntax.ast import (
    BinaryExpr,
    Call,
    DataType,
    Expr,
    FillOption,
    IntegerLiteral,
    NumberLiteral,
    VarRef,
)
from muster.influxql.syntax.tokens import Token
from muster.influxql.values.columns import MIN_TIME_NS, NUMERIC, Column, dtype, full
from muster.influxql.values.streams import Stream
from muster.influxql.values.windows import Windows

Kept = Callable[[int, int], Table | None]
"""The rows of a range, both of whose ends belong to it."""


class Reads(Protocol):
    """The points of some fields of some series, field by field, for one range after the other."""

    def matrix(self, start_ns: int, end_ns: int, windows: int) -> Matrix | None:
        """All of them, where memory has them as one matrix of few, also for so many windows."""
        ...

    def newest(self, start_ns: int, end_ns: int) -> tuple[int, bytes] | None:
        """Time and 64-bit patterns of the last points of all, where they are one row of numbers.

        None where they are not, or it is not known: `latest` is asked.
        """
        ...

    def latest(self, start_ns: int, end_ns: int) -> Sequence[tuple[int, Any] | None] | None:
        """See Source.latest."""
        ...


_OPERATORS = {Token.ADD: "+", Token.SUB: "-", Token.MUL: "*", Token.DIV: "/"}

ReadsOf = Callable[[Place, Sequence[int], Sequence[Wanted]], Reads | None]


def kept(source: Source, plan: Plan, now_ns: int, limits: Limits, reads_of: ReadsOf) -> Kept | None:
    """None for what is not made of matrices or last values of one measurement in one step."""
    (first, *more) = plan.sources or ((),)
    if more or isinstance(first, Plan) or len(first) != 1 or plan.nothing:
        return None
    shape = shape_of(plan)
    options = outermost(plan, now_ns, limits, shape.aux)
    layout = layout_of(source, first[0], options)
    if layout is None:
        return None

    def reads(fields: Sequence[Wanted]) -> Reads | None:
        return reads_of(first[0], layout.numbers, fields)

    if not shape.calls:
        return _raw(shape, layout, options, reads)
    if options.interval.duration_ns:
        return _windowed(plan, shape, layout, options, reads)
    return _last(shape, layout, options, reads)


_Reading = Callable[[Sequence[Wanted]], Reads | None]


def _last(shape: Shape, layout: Layout, options: Options, reading: _Reading) -> Kept | None:
    fields = last_fields(shape.exprs)
    if not fields or layout.starts is not None or not has_last_values(options):
        return None
    reads, names = reading(fields), tuple(shape.names)
    if reads is None:
        return None

    is_all_numbers = all(each.kind in NUMERIC for each in fields)
    table_of_newest = rows_of_newest(layout, fields, names)

    def rows(start_ns: int, end_ns: int) -> Table | None:
        newest = reads.newest(start_ns, end_ns) if is_all_numbers else None
        if newest is not None:
            return table_of_newest(newest, start_ns)
        points = reads.latest(start_ns, end_ns)
        if points is None:
            return None
        return table_of_points(points, layout, fields, names, start_ns)

    return rows


def _raw(shape: Shape, layout: Layout, options: Options, reading: _Reading) -> Kept | None:
    fields = [Wanted(each.val, each.type) for each in shape.aux]
    is_all = is_plain(options.reading(())) and layout.starts is None
    if not is_all or not all(each.kind in NUMERIC for each in fields):
        return None
    reads = reading(fields)
    if reads is None:
        return None
    keys, kinds = (None, *shape.aux), (DataType.FLOAT, *(each.kind for each in fields))
    names, is_bare = tuple(shape.names), tuple(shape.exprs) == tuple(shape.aux)
    is_one = is_bare and len(layout.numbers) == 1 and len(set(kinds[1:])) == 1

    def rows(start_ns: int, end_ns: int) -> Table | None:
        found = reads.matrix(start_ns, end_ns, 1)
        if found is None:
            return None
        if is_one and len(found.values) == len(fields):
            return MatrixTable(layout.heads, found.times, found.values, names, kinds[1])
        stream = each_series(layout, [found], fields, options)
        if stream is None:
            return None
        if is_bare:
            return Table(stream.heads, stream.owner, stream.times, names, stream.aux)
        return table([Scanned(stream, keys, kinds)], shape.exprs, names, options.fill, True)

    return rows


class _Made(NamedTuple):
    """One call: the function of a field, and what goes along its rows."""

    name: str
    wanted: Wanted
    span: tuple[int, int]  # rows of the matrix
    key: tuple[Call]
    kinds: tuple[DataType]
    along: Callable[[Segments], Along] | None


class _Shown(NamedTuple):
    """A column of an answer: the function of a field, and what a number makes of it."""

    name: str
    span: tuple[int, int]  # rows of the matrix
    kind: DataType
    then: Then | None


def _windowed(
    plan: Plan, shape: Shape, layout: Layout, options: Options, reading: _Reading
) -> Kept | None:
    fields = fields_of(shape.calls)
    kinds = kinds_of(plan, shape.calls)
    every = [
        _made(call, kind, fields, layout, options)
        for call, kind in zip(shape.calls, kinds, strict=True)
    ]
    made = [each for each in every if each is not None]
    backs = {each.along is not None for each in made}
    if len(made) != len(every) or len(backs) != 1 or not is_plain(options):
        return None
    reads = reading(fields)
    if reads is None:
        return None
    length = options.interval.duration_ns
    back, most = length if True in backs else 0, options.max_windows
    start_of = Windows(0, 0, options.interval, None, True, 0).start_of
    exprs, names, fill = shape.exprs, tuple(shape.names), options.fill
    is_bare, has_gaps = tuple(exprs) == made[0].key, fill.option is not FillOption.NUMBER
    shown = _all_shown(exprs, made, layout)
    slots = len(layout.numbers) * len(fields)

    def rows(start_ns: int, end_ns: int) -> Table | None:
        start_ns = max(start_ns - back, MIN_TIME_NS)
        first = start_of(start_ns)
        count = (start_of(end_ns) - first) // length + 1
        if count < 1 or (most and count * len(layout.heads) > most):
            return None
        matrix = reads.matrix(start_ns, end_ns, count)
        if matrix is None:
            return None
        windows = first, length, count
        found = _whole(shown, matrix, slots, layout, windows, names, fill)
        if found is not None:
            return found
        scanned: list[Scanned] = []
        for each in made:
            stream = _stream(each, matrix, layout, windows, fill)
            if stream is None:
                return None
            if is_bare and (has_gaps or stream.value.is_full):
                return Table(stream.heads, stream.owner, stream.times, names, (stream.value,))
            scanned.append(Scanned(stream, each.key, each.kinds))
        return table(scanned, exprs, names, fill, True)

    return rows


def _whole(
    shown: Sequence[_Shown],
    matrix: Matrix,
    slots: int,
    layout: Layout,
    windows: tuple[int, int, int],
    names: tuple[str, ...],
    fill: Fill,
) -> WindowTable | None:
    """A whole answer. None where series are missing, or windows that do not show it."""
    times, values = matrix.times, matrix.values
    if not shown or len(values) != slots:
        return None
    columns = []
    for name, span, kind, then in shown:
        cells, there = whole_cells(name, values, span, times, layout.starts, windows, then)
        if there is None:
            columns.append(full(kind, cells))
        elif fill.option is FillOption.NULL and name != "count":
            columns.append(Column(kind, cells, there))
        else:
            return None
    return WindowTable(layout.heads, windows, names, tuple(columns))


def _all_shown(exprs: Sequence[Expr], made: Sequence[_Made], layout: Layout) -> list[_Shown]:
    """None of them where one is more than a function of a field, or such a one beside a number."""
    calls = {each.key[0]: each for each in made}
    found = []
    for expr in exprs:
        call, then = _parted(expr)
        each = calls.get(call) if isinstance(call, Call) else None
        if each is None or each.along or not is_of_groups(each.name, layout.starts):
            return []
        kind = kind_of_cells(each.name, each.wanted.kind)
        if then is not None and kind is not DataType.FLOAT:
            return []
        found.append(_Shown(each.name, each.span, kind, then))
    return found


def _parted(expr: Expr) -> tuple[Expr, Then | None]:
    """What a number stands beside, and what it does to that."""
    if not isinstance(expr, BinaryExpr) or expr.op not in _OPERATORS:
        return expr, None
    is_first = isinstance(expr.lhs, IntegerLiteral | NumberLiteral)
    number, other = (expr.lhs, expr.rhs) if is_first else (expr.rhs, expr.lhs)
    if not isinstance(number, IntegerLiteral | NumberLiteral):
        return expr, None
    return other, (_OPERATORS[expr.op], float(number.val), is_first)


def _stream(
    made: _Made, matrix: Matrix, layout: Layout, windows: tuple[int, int, int], fill: Fill
) -> Stream | None:
    name, wanted, span, _, _, along = made
    of = dtype(wanted.kind)
    cells = cells_of_groups(name, [matrix], span, layout.starts, windows, of)
    if cells is None:
        return None
    stream = rows_of_cells(name, wanted.kind, layout.heads, fill, cells, windows[:2])
    return stream if stream is None or along is None else transform(stream, along)


def _made(
    call: Call, kind: DataType, fields: Sequence[Wanted], layout: Layout, options: Options
) -> _Made | None:
    inner, along = call, None
    if call.name in LOOKING_BACK and call.args and isinstance(call.args[0], Call):
        inner, along = call.args[0], along_of(call, options)
    field = inner.args[0] if inner.args else None
    if not isinstance(field, VarRef) or not is_read(inner) or kind is DataType.UNKNOWN:
        return None
    wanted = Wanted(field.val, field.type)
    if wanted not in fields or wanted.kind not in NUMERIC:
        return None
    if not has_few_windows(inner.name, options):
        return None
    size = len(layout.numbers)
    at = fields.index(wanted) * size
    return _Made(inner.name, wanted, (at, at + size), (call,), (kind,), along)
