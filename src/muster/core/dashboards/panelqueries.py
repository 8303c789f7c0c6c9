"""Queries of panels and of people who explore, answered as columns.

Whoever asks reads: SELECT without INTO, SHOW, EXPLAIN and PromQL run, nothing else, whatever
their role.
Queries of one request run one after the other; each has its own error.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np

from muster.clock import SECOND_NS, span_ns
from muster.config import parse_duration
from muster.core.dashboards.legends import columns_of, labels_of
from muster.core.dashboards.panelpromql import MAX_STEPS, PanelPromql, legend_of
from muster.core.databases.databasenames import Defaults
from muster.core.databases.databaseprivileges import OF_NODES, authorize
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.databasetables import Table
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.promql.promqueries import Asked as PromAsked
from muster.core.querying.query import Settings as QuerySettings
from muster.errors import Denied, InputError, LimitExceeded, MusterError
from muster.influxql.answers.results import ResultSeries, StatementResult
from muster.influxql.errors import InfluxqlError
from muster.influxql.planning.repeated import Repeated
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import DataType, SelectStatement, Statement
from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.templates import fill_in as fill_in_influxql
from muster.influxql.values.columns import Column
from muster.model.dashboard import Language, PanelQuery
from muster.model.filling import Range, interval_of, with_values
from muster.model.influx import Login, Privilege
from muster.model.panelanswer import AnswerColumn, AnswerSeries, PanelAnswer, QueryAnswer
from muster.promql.templates import fill_in as fill_in_promql

MAX_SERIES = 5_000  # in the answer to one query of a panel
_LATEST_NS = 1 << 62
_MS_NS = 1_000_000
_OPEN = Defaults()
_LEAST_NS = SECOND_NS
# What is done at once takes less than handing it to another thread and back.
_SHORT = 1_000  # characters of statements
_FEW_CELLS, _FEW_SERIES = 4_000, 50
_FILLING = {Language.INFLUXQL: fill_in_influxql, Language.PROMQL: fill_in_promql}
_READING = (*OF_NODES, s.ShowContinuousQueriesStatement)
_KINDS = {
    DataType.FLOAT: "float",
    DataType.INTEGER: "integer",
    DataType.UNSIGNED: "unsigned",
    DataType.BOOLEAN: "boolean",
    DataType.STRING: "string",
    DataType.TAG: "string",
}


class Known(Protocol):
    """core.influxql.databasestatements.DatabaseStatements: what is known of databases."""

    def knows(self, statement: Statement) -> bool: ...
    async def run(self, asked: Asked, statement: Statement) -> list[Table]: ...


class Evaluator(Protocol):
    """core.influxql.pointqueries.PointQueries: what is asked of points."""

    async def answer(self, asked: Asked, statement: Statement, number: int) -> StatementResult: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, of which time, with which values. Units: ns UTC, both ends in."""

    login: Login
    from_ns: int
    to_ns: int
    width_px: int
    variables: Mapping[str, Sequence[str]]
    defaults: Defaults = _OPEN
    tells_text: bool = True  # False: who asks may not see queries


class PanelQueries:
    """`own` is the database of InfluxQL that names none."""

    def __init__(
        self,
        *,
        known: Known,
        evaluator: Evaluator,
        promql: PanelPromql,
        registry: QueryRegistry,
        settings: QuerySettings,
        own: str,
    ) -> None:
        self._known = known
        self._registry = registry
        self._evaluator = evaluator
        self._promql = promql
        self._settings = settings
        self._own = own
        self._repeated = Repeated()

    async def answer(self, asking: Asking, queries: Sequence[PanelQuery]) -> PanelAnswer:
        """The answers to all queries that are not hidden. Errors: InputError for the range."""
        self._check_range(asking)
        answers = [
            await self._answered(asking, place, query)
            for place, query in enumerate(queries)
            if not query.hide
        ]
        return PanelAnswer(answers=answers)

    async def rows(self, asking: Asking, query: PanelQuery) -> Sequence[ResultSeries]:
        """The series of one query as they are. Errors: those of core."""
        self._check_range(asking)
        span = self._span(asking, query)
        series, _ = await self._run(asking, query, filled_in(query, asking.variables, span), span)
        return series

    async def listed(self, asking: Asking, query: PanelQuery) -> Sequence[str]:
        """What a variable in PromQL offers. Errors: those of core."""
        self._check_range(asking)
        span = self._span(asking, query)
        text = filled_in(query, asking.variables, span)
        return await self._promql.listed(self._asked(asking, query, text), span)

    async def _answered(self, asking: Asking, place: int, query: PanelQuery) -> QueryAnswer:
        text, error, span = "", "", self._span(asking, query)
        messages: list[str] = []
        series: list[AnswerSeries] = []
        try:
            text = filled_in(query, asking.variables, span)
            found, messages = await self._run(asking, query, text, span)
            legend = _legend(query, asking)
            cells = sum(each.rows * len(each.cells) for each in found)
            if cells <= _FEW_CELLS and len(found) <= _FEW_SERIES:
                series = _shown(found, legend)
            else:
                series = await asyncio.to_thread(_shown, found, legend)
        except MusterError as fault:
            error = str(fault)
        return QueryAnswer(
            query=place,
            text=text if asking.tells_text else "",
            interval_ms=span.interval_ns / _MS_NS,
            series=series,
            messages=messages,
            error=error,
        )

    async def _parsed(self, text: str) -> list[Statement]:
        """Errors: InputError."""
        try:
            if len(text) <= _SHORT:
                return self._repeated.parse(text)
            return await asyncio.to_thread(parse_query, text)
        except InfluxqlError as error:
            raise InputError(f"error parsing query: {error}") from error

    async def _run(
        self, asking: Asking, query: PanelQuery, text: str, span: Range
    ) -> tuple[list[ResultSeries], list[str]]:
        if query.language is Language.PROMQL:
            asked = self._asked(asking, query, text)
            found = await self._promql.series(asked, span, MAX_SERIES, at_end=query.instant)
            return found, []
        statements = await self._parsed(text)
        defaults = self._defaults(asking, query)
        check_reading(statements)
        login = _reader(asking.login)
        authorize(login, statements, defaults.database)
        database = defaults.database
        with self._registry.running(login.space, lambda: text, database) as running:
            return await self._each(Asked(login, defaults, running), statements)

    async def _each(
        self, asked: Asked, statements: Sequence[Statement]
    ) -> tuple[list[ResultSeries], list[str]]:
        series: list[ResultSeries] = []
        messages: list[str] = []
        for number, statement in enumerate(statements):
            found = await self._one(asked, statement, number)
            series += found.series
            messages += [message.text for message in found.messages]
            if len(series) > MAX_SERIES:
                raise LimitExceeded(
                    f"the answer has {len(series)} series, a panel at most {MAX_SERIES}: choose"
                    " fewer values, or group by less",
                    too_large=True,
                )
        return series, messages

    async def _one(self, asked: Asked, statement: Statement, number: int) -> StatementResult:
        if self._known.knows(statement):
            tables = await self._known.run(asked, statement)
            return StatementResult(number, tuple(table.series() for table in tables))
        result = await self._evaluator.answer(asked, statement, number)
        if result.error:
            raise InputError(result.error)
        return result

    def _asked(self, asking: Asking, query: PanelQuery, text: str) -> PromAsked:
        """Without a database all that may be read, as Prometheus' query API has it."""
        database, policy = query.database, query.policy
        if not database:
            database, policy = asking.defaults.database, policy or asking.defaults.policy
        return PromAsked(_reader(asking.login), database, policy, text)

    def _defaults(self, asking: Asking, query: PanelQuery) -> Defaults:
        """The policy beside a database counts for that one alone."""
        if query.database:
            return Defaults(query.database, query.policy)
        database = asking.defaults.database or self._own
        return Defaults(database, query.policy or asking.defaults.policy)

    def _span(self, asking: Asking, query: PanelQuery) -> Range:
        least_ns = span_ns(parse_duration(query.min_interval)) if query.min_interval else _LEAST_NS
        width_px = asking.width_px
        if query.language is Language.PROMQL:
            width_px = min(width_px, MAX_STEPS - 1)
        interval_ns = interval_of(asking.from_ns, asking.to_ns, width_px, least_ns)
        return Range(asking.from_ns, asking.to_ns, interval_ns)

    def _check_range(self, asking: Asking) -> None:
        if not 0 <= asking.from_ns < asking.to_ns <= _LATEST_NS:
            raise InputError("the range is empty, or not in ns since 1970: from_ns < to_ns")
        longest = self._settings.max_range
        if asking.to_ns - asking.from_ns > span_ns(longest):
            raise LimitExceeded(f"a range has at most {longest.days} days", too_large=True)


def filled_in(query: PanelQuery, variables: Mapping[str, Sequence[str]], span: Range) -> str:
    """The text of a query with its values. Errors: InputError."""
    return _FILLING[query.language](query.text, variables, span)


def check_reading(statements: Sequence[Statement]) -> None:
    """Let by what reads. Errors: Denied."""
    for statement in statements:
        inner = statement.statement if isinstance(statement, s.ExplainStatement) else statement
        writes = isinstance(inner, SelectStatement) and inner.target is not None
        if writes or not isinstance(statement, _READING):
            raise Denied("here only SELECT without INTO, SHOW and EXPLAIN are run")


def _legend(query: PanelQuery, asking: Asking) -> str:
    legend = with_values(query.legend, asking.variables)
    return legend_of(legend) if query.language is Language.PROMQL else legend


def _reader(login: Login) -> Login:
    """The same without the right to write."""
    held = Privilege.READ if login.admin else login.everywhere & Privilege.READ
    return msgspec.structs.replace(login, admin=False, everywhere=held)


def _shown(found: Sequence[ResultSeries], legend: str) -> list[AnswerSeries]:
    labels = labels_of(found, legend)
    return [_series(each, own) for each, own in zip(found, labels, strict=True)]


def _series(series: ResultSeries, labels: Sequence[str]) -> AnswerSeries:
    named = zip(columns_of(series), labels, series.cells, strict=True)
    return AnswerSeries(
        name=series.name,
        tags=dict(series.tags),
        times=None if series.times is None else _milliseconds(series.times),
        columns=[_column(name, label, cells) for name, label, cells in named],
    )


def _milliseconds(times: Any) -> list[float]:  # noqa: ANN401 - an array of int64
    whole: list[float] = (
        times // _MS_NS if not (times % _MS_NS).any() else times / _MS_NS
    ).tolist()
    return whole


def _kind(cells: Sequence[Any]) -> str:
    kinds = {type(cell) for cell in cells if cell is not None}
    words = {frozenset((int,)): "integer", frozenset((bool,)): "boolean"}
    return words.get(frozenset(kinds), "string")


def _column(name: str, label: str, cells: Column | Sequence[Any]) -> AnswerColumn:
    if not isinstance(cells, Column):
        return AnswerColumn(name=name, label=label, kind=_kind(cells), values=list(cells))
    values = cells.cells()
    if cells.kind is DataType.FLOAT:
        for row in np.flatnonzero(~np.isfinite(cells.values)).tolist():
            values[row] = None
    kind = _KINDS.get(cells.kind, "unknown")
    return AnswerColumn(name=name, label=label, kind=kind, values=values)
