"""Answers EXPLAIN: what a query would read.

Source: InfluxDB 1.6. What it calls cached values are here all values that are read; files and
blocks, which it counts too, are not what this source has.
"""

from collections.abc import Iterator, Sequence

from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.answers.tables import Table
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.tagfilter import TagFilter
from muster.influxql.printing.expressiontext import tell_expr
from muster.influxql.source import Place, SeriesInfo, Source, Wanted
from muster.influxql.syntax.ast import Call, DataType, Expr, VarRef
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS
from muster.influxql.values.rewriting import operands

_REDUCED_WHERE_READ = ("count", "min", "max", "sum", "first", "last", "mean")
_NO_FIELD = (DataType.TAG, DataType.UNKNOWN, DataType.ANY_FIELD)


def explain(source: Source, plan: Plan) -> ResultSeries:
    """One row for each line of the plan."""
    text = "\n".join(_nodes(source, plan)).strip()
    return listing("", ("QUERY PLAN",), [[line] for line in text.split("\n")])


def analyze(plan: Plan, table: Table) -> ResultSeries:
    """What was found: rows and series."""
    series = len({int(owner) for owner in table.owner})
    lines = [
        "select",
        f"  expression: {', '.join(tell_expr(field.expr) for field in plan.fields)}",
        f"  series: {series}",
        f"  rows: {len(table.times)}",
    ]
    return listing("", ("EXPLAIN ANALYZE",), [[line] for line in lines])


def _nodes(source: Source, plan: Plan) -> Iterator[str]:
    found = list(dict.fromkeys(node for field in plan.fields for node in operands(field.expr)))
    calls = [_innermost(node) for node in found if isinstance(node, Call)]
    refs = sorted((node for node in found if isinstance(node, VarRef)), key=lambda ref: ref.val)
    if not calls and all(ref.type is DataType.UNKNOWN for ref in refs):
        return
    exprs: list[Expr | None] = [*calls] or [None]
    for expr in exprs:
        for each in plan.sources:
            if isinstance(each, Plan):
                yield from _nodes(source, each)
                continue
            for place in each:
                yield _node(source, plan, place, expr, refs)


def _innermost(call: Call) -> Expr:
    """What is asked of a measurement: a call that is reduced while reading, or its field."""
    argument = call.args[0]
    if isinstance(argument, Call):
        return _innermost(argument)
    return call if call.name in _REDUCED_WHERE_READ else argument


def _node(source: Source, plan: Plan, place: Place, expr: Expr | None, refs: list[VarRef]) -> str:
    start = MIN_TIME_NS if plan.range.least_ns is None else plan.range.least_ns
    end = MAX_TIME_NS if plan.range.most_ns is None else plan.range.most_ns
    series = source.series(place, start, end)
    kept = _kept(plan.condition, series)
    infos = [series[number] for number in kept]
    wanted = [ref for ref in refs if ref.type not in _NO_FIELD]
    argument = expr.args[0] if isinstance(expr, Call) else expr
    if isinstance(argument, VarRef):
        wanted.insert(0, argument)
    fields = list(dict.fromkeys(Wanted(ref.val, ref.type) for ref in wanted))
    values = sum(
        int(column.valid.sum())
        for rows in (source.rows(place, kept, fields, start, end) if fields else ())
        for column in rows.columns
    )
    lines = [f"EXPRESSION: {'<nil>' if expr is None else tell_expr(expr)}"]
    if refs:
        lines.append(f"AUXILIARY FIELDS: {', '.join(tell_expr(ref) for ref in refs)}")
    lines += [
        f"NUMBER OF SHARDS: {len({shard for info in series for shard in info.shards})}",
        f"NUMBER OF SERIES: {sum(len(info.shards) for info in infos)}",
        f"CACHED VALUES: {values}",
        "NUMBER OF FILES: 0",
        "NUMBER OF BLOCKS: 0",
        "SIZE OF BLOCKS: 0",
    ]
    return "\n".join(lines) + "\n"


def _kept(condition: Expr | None, series: Sequence[SeriesInfo]) -> list[int]:
    test = TagFilter(condition)
    return [number for number, info in enumerate(series) if not test.excludes(info.tags)]
