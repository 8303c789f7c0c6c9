"""Answers statements that read: SELECT, and SHOW of what points consist of.

All other statements change or tell what a database's administration knows; they are answered by
`others`, which the caller brings.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from muster.influxql.answers.results import ResultSeries, SeriesOfTable, StatementResult, series_of
from muster.influxql.answers.tables import Table
from muster.influxql.checking.checks import check
from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.options import Limits
from muster.influxql.execution.selection import Selection
from muster.influxql.execution.writing import WrittenRows, written, written_rows
from muster.influxql.planning.columnnames import extra_columns
from muster.influxql.planning.expansion import Expansion
from muster.influxql.planning.naming import Naming
from muster.influxql.planning.plans import Plan
from muster.influxql.showing.explain import analyze, explain
from muster.influxql.showing.metadata import Metadata
from muster.influxql.source import Source
from muster.influxql.syntax.ast import SelectStatement, Statement
from muster.influxql.syntax.statements import ExplainStatement
from muster.influxql.values.columns import MAX_TIME_NS, MIN_TIME_NS

DEFAULT_LIMITS = Limits()
NOT_EXECUTED = "not executed"


class Request(msgspec.Struct, frozen=True):
    """Where a query is asked, and when.

    `others` answers all other statements, or raises an error of ours; `into` writes the points of
    SELECT INTO.
    """

    database: str
    policy: str
    now_ns: int
    limits: Limits = DEFAULT_LIMITS
    others: Callable[[Statement], Sequence[ResultSeries]] | None = None
    into: Callable[[Sequence[WrittenRows]], None] | None = None
    plan: Plan | None = None  # of the statement, where it is known


def execute(
    source: Source, statements: Sequence[Statement], request: Request
) -> list[StatementResult]:
    """An answer for each statement, in order; after one that fails none is executed."""
    results: list[StatementResult] = []
    failed = False
    for number, statement in enumerate(statements):
        if failed:
            results.append(StatementResult(number, error=NOT_EXECUTED))
            continue
        result = answer(source, statement, request)
        failed = bool(result.error)
        results.append(replace(result, statement_id=number))
    return results


def answer(source: Source, statement: Statement, request: Request) -> StatementResult:
    """The answer of one statement, or its error."""
    try:
        series = _series(source, statement, request)
        return StatementResult(0, series if isinstance(series, SeriesOfTable) else tuple(series))
    except InfluxqlError as error:
        return StatementResult(0, error=str(error))


def answer_planned(source: Source, plan: Plan, now_ns: int, limits: Limits) -> StatementResult:
    """The answer of a SELECT whose plan is known, and that writes nothing."""
    try:
        found = Selection(source, now_ns, limits).answer(plan)
    except InfluxqlError as error:
        return StatementResult(0, error=str(error))
    return result_of(found, plan)


def result_of(found: Table, plan: Plan) -> StatementResult:
    """Rows of a plan as its answer."""
    return StatementResult(0, series_of(found, plan.time_name, plan.zone))


def _series(source: Source, statement: Statement, request: Request) -> Sequence[ResultSeries]:
    naming = Naming(source, request.database, request.policy)
    match statement:
        case SelectStatement():
            plan = request.plan or prepare(source, naming.select(statement), naming, request)
            return _select(source, plan, request)
        case ExplainStatement():
            return [_explain(source, statement, naming, request)]
        case _:
            found = Metadata(source, naming, request.now_ns).answer(statement)
    if found is not None:
        return found
    if request.others is None:
        raise InfluxqlError(f"{type(statement).__name__} is not answered here")
    return request.others(statement)


def _select(source: Source, plan: Plan, request: Request) -> Sequence[ResultSeries]:
    found = Selection(source, request.now_ns, request.limits).answer(plan)
    series = series_of(found, plan.time_name, plan.zone)
    target = plan.statement.target
    if target is None:
        return series
    if request.into is None:
        raise InfluxqlError("SELECT INTO is not answered here")
    rows = written_rows(target.measurement, series, extra_columns(plan.fields))
    request.into(rows)
    return [written(sum(len(each.times) for each in rows))]


def _explain(
    source: Source, statement: ExplainStatement, naming: Naming, request: Request
) -> ResultSeries:
    asked = naming.select(statement.statement)
    if statement.analyze:
        return analyze(*select(source, asked, naming, request))
    return explain(source, prepare(source, asked, naming, request))


def plan_of(source: Source, statement: SelectStatement, request: Request) -> Plan:
    """The plan of a SELECT as it was asked. Errors: InfluxqlError."""
    naming = Naming(source, request.database, request.policy)
    return prepare(source, naming.select(statement), naming, request)


def prepare(source: Source, statement: SelectStatement, naming: Naming, request: Request) -> Plan:
    """The plan of a SELECT whose measurements have their databases. Errors: InfluxqlError."""
    checked = check(statement, request.now_ns)
    naming.require_policies(statement)
    least, most = checked.range
    start = MIN_TIME_NS if least is None else least
    return Expansion(source, start, MAX_TIME_NS if most is None else most).plan(checked)


def select(
    source: Source, statement: SelectStatement, naming: Naming, request: Request
) -> tuple[Plan, Table]:
    """The plan of a SELECT whose measurements have their databases, and its rows."""
    plan = prepare(source, statement, naming, request)
    return plan, Selection(source, request.now_ns, request.limits).answer(plan)
