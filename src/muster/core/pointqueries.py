"""Statements of InfluxQL about points, answered out of the store for the face that was asked.

Each runs in a query's thread, within the limits of section `query`. Who may what is decided
before, for a whole request (core/databaseprivileges.py).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from muster.clock import Clock
from muster.core.databases import Databases
from muster.core.databasestatements import Asked
from muster.core.fieldkinds import FieldKinds
from muster.core.influxsource import StoredSource
from muster.core.loopcalls import LoopCalls
from muster.core.pointlines import KnownLines
from muster.core.pointreader import PointReader
from muster.core.pointwrites import PointWrites, Target, Writer
from muster.core.query import Queries, TooSlow
from muster.core.removalstatements import RemovalStatements
from muster.core.stocks import Stocks
from muster.core.writtenpoints import bodies
from muster.errors import InputError, MusterError
from muster.influxql.ast import Measurement, SelectStatement, Statement, SubQuery
from muster.influxql.errors import InfluxqlError
from muster.influxql.execute import DEFAULT_LIMITS, Request, answer
from muster.influxql.options import Limits
from muster.influxql.results import ResultSeries, StatementResult
from muster.influxql.source import Place
from muster.influxql.statements import (
    ShowMeasurementsStatement,
    ShowSeriesStatement,
    ShowTagKeysStatement,
    ShowTagValuesStatement,
)
from muster.influxql.writing import WrittenRows
from muster.wire.influxwrite import answer_of

_OF_NAMES = (
    ShowSeriesStatement,
    ShowTagKeysStatement,
    ShowTagValuesStatement,
    ShowMeasurementsStatement,
)


class PointQueries:
    """Implements the Evaluator of faces/influx; used on the event loop's thread."""

    def __init__(
        self,
        *,
        queries: Queries,
        databases: Databases,
        kinds: FieldKinds,
        stocks: Stocks,
        writes: PointWrites,
        removals: RemovalStatements,
        clock: Clock,
    ) -> None:
        self._queries = queries
        self._removals = removals
        self._databases = databases
        self._kinds = kinds
        self._stocks = stocks
        self._writes = writes
        self._clock = clock
        self._lines = KnownLines()

    async def answer(self, asked: Asked, statement: Statement, number: int) -> StatementResult:
        """The result of one statement; why there is none stands in its `error`."""
        try:
            await self._queries.ready()
            if self._removals.knows(statement):
                await self._removals.run(asked, statement)
                return StatementResult(number)
            rows: list[WrittenRows] = []
            result = await self._read(asked, statement, rows)
            if rows and not result.error:
                await self._write(asked, rows)
        except TooSlow as error:
            return StatementResult(number, error=f"query-timeout limit exceeded: {error}")
        except MusterError as error:
            return StatementResult(number, error=str(error))
        return replace(result, statement_id=number)

    async def _read(
        self, asked: Asked, statement: Statement, rows: list[WrittenRows]
    ) -> StatementResult:
        """What a statement answers; `rows` gets what is to be written."""
        limits = self._queries.settings
        request = Request(
            asked.defaults.database,
            asked.defaults.policy,
            self._clock.now_ns(),
            Limits(min(DEFAULT_LIMITS.windows, limits.max_values), limits.max_series),
            others=_refused,
            into=rows.extend,
        )
        loop = LoopCalls(asyncio.get_running_loop(), limits.timeout.total_seconds())
        source = self._source(asked, statement, loop)
        source.look_up(_places(asked, statement))
        try:
            async with asked.running.interruptible():
                return await self._queries.in_thread(
                    lambda: _checked(answer(source, statement, request), limits.max_values)
                )
        finally:
            loop.end()

    async def _write(self, asked: Asked, rows: Sequence[WrittenRows]) -> None:
        """What SELECT INTO found, on disk; all of it goes to one policy.

        Errors: InputError when points are refused: those of their piece that are not are kept,
                as are pieces before it.
        """
        place = rows[0].place
        target = Target(asked.login.space, place.database, place.policy, 1)
        parts = bodies(rows)
        while (body := await asyncio.to_thread(next, parts, None)) is not None:
            asked.running.check()
            written = await self._writes.store(body, target, Writer())
            if refused := answer_of(body, written.refusals).error:
                raise InputError(refused)

    def _source(self, asked: Asked, statement: Statement, loop: LoopCalls) -> StoredSource:
        limits = self._queries.settings
        reader = PointReader(
            head=self._queries.head,
            store=self._queries.store,
            on_loop=loop,
            most_values=limits.max_rows,
            threads=self._queries.engine().threads,
        )
        return StoredSource(
            space=asked.login.space,
            nodes=asked.login.nodes,
            databases=self._databases,
            kinds=self._kinds,
            stocks=self._stocks,
            catalogue=self._queries.catalogue,
            reader=reader,
            on_loop=loop,
            most_series=limits.max_series,
            exact=_is_exact(statement),
            by_shard=not isinstance(statement, _OF_NAMES),
            lines=self._lines,
        )


def _places(asked: Asked, statement: Statement) -> list[Place]:
    """The measurements that a statement names."""
    named: list[Place] = []
    waiting = list(getattr(statement, "sources", ()))
    while waiting:
        match waiting.pop():
            case SubQuery(statement=inner):
                waiting += inner.sources
            case Measurement(name=name, database=database, retention_policy=policy) if name:
                where = database or getattr(statement, "database", "") or asked.defaults.database
                named.append(Place(where, policy or asked.defaults.policy, name))
    return named


def _is_exact(statement: Statement) -> bool:
    """Whether an answer changes with series that have no points in a range."""
    if isinstance(statement, SelectStatement):
        return bool(statement.slimit or statement.soffset)
    return True


def _checked(result: StatementResult, most: int) -> StatementResult:
    cells = sum(series.rows * len(series.columns) for series in result.series)
    if cells <= most:
        return result
    text = f"the answer would have {cells} values, at most {most} are given: choose a shorter range"
    return StatementResult(result.statement_id, error=f"{text}, larger windows or LIMIT")


def _refused(statement: Statement) -> Sequence[ResultSeries]:
    raise InfluxqlError("this hub does not answer this statement")
