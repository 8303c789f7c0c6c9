"""Statements of InfluxQL about points, answered out of the store for the face that was asked.

What memory answers with little work is answered on the event loop, at once; all else runs in a
query's thread, within the limits of section `query`. Who may what is decided before, for a whole
request (core/databases/databaseprivileges.py).
"""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from muster.clock import Clock
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.influxsource import StoredSource
from muster.core.influxql.pointnames import KnownNames, PointNames
from muster.core.influxql.preparedstatements import (
    Asking,
    Bounds,
    Listed,
    Prepared,
    listed,
    prepared,
)
from muster.core.influxql.removalstatements import RemovalStatements
from muster.core.influxql.statementplans import StatementPlans, cells_at_once
from muster.core.influxql.writtenpoints import bodies
from muster.core.loopcalls import LoopCalls
from muster.core.querying.pointreader import PointReader, TakesLonger
from muster.core.querying.query import Queries, TooSlow
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.core.writes.stocks import Stocks
from muster.errors import InputError, MusterError
from muster.influxql.answers.results import ResultSeries, StatementResult, checked
from muster.influxql.errors import InfluxqlError
from muster.influxql.execution.execute import (
    DEFAULT_LIMITS,
    Request,
    answer,
    plan_of,
)
from muster.influxql.execution.options import Limits
from muster.influxql.execution.writing import WrittenRows
from muster.influxql.planning.plans import Plan
from muster.influxql.planning.replanning import depth_of_times
from muster.influxql.source import Place
from muster.influxql.syntax.ast import Measurement, SelectStatement, Statement, SubQuery
from muster.influxql.syntax.statements import (
    ExplainStatement,
    ShowMeasurementsStatement,
    ShowSeriesStatement,
    ShowStatement,
    ShowTagKeysStatement,
    ShowTagValuesStatement,
)
from muster.wire.influxwrite import answer_of

_FEW_SERIES = 5_000  # and fields: a statement about more has a thread from the start
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
        self._names = KnownNames()
        self._plans = StatementPlans()

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

    def at_once(self, asked: Asked, statement: Statement, number: int) -> StatementResult | None:
        """The same, where it needs no wait and changes nothing; None: ask `answer`."""
        if self._removals.knows(statement) or not self._queries.is_ready:
            return None
        limits = self._queries.settings
        loop = LoopCalls(asyncio.get_running_loop(), limits.timeout.total_seconds())
        request = self._request(asked, [])
        asking = self._asking(asked, statement, loop)
        _, result = self._at_once(asked, statement, asking, request)
        return (
            None
            if result is None
            else replace(checked(result, limits.max_values), statement_id=number)
        )

    def prepared(self, asked: Asked, statement: Statement) -> Prepared | Listed | None:
        """What of a statement that was answered at once is good when it is asked again."""
        if not self._queries.is_ready:
            return None
        loop = LoopCalls(asyncio.get_running_loop(), 0)  # nothing is asked in a thread
        request, asking = self._request(asked, []), self._asking(asked, statement, loop)
        if isinstance(statement, _OF_NAMES):
            return self._listed(asked, statement, asking, request)
        if not isinstance(statement, SelectStatement):
            return None
        scope = _scope(asked)
        plan = self._plans.known(scope, statement, asking.names, request.now_ns)
        depth = depth_of_times(statement)
        if plan is None or depth is None:
            return None
        size = cells_at_once(plan)
        if not size.cells:
            return None
        bounds = Bounds(self._clock, request.limits, self._queries.settings.max_values)
        return prepared(asking, plan, size, depth, bounds)

    def _listed(
        self, asked: Asked, statement: ShowStatement, asking: Asking, request: Request
    ) -> Listed | None:
        """Of a statement that is about one measurement and has no condition."""
        places, are_all = _places(asked, statement, asking.names)
        if statement.condition is not None or not are_all:
            return None
        _, result = self._at_once(asked, statement, asking, request)
        return None if result is None else listed(asking, places, result)

    async def _read(
        self, asked: Asked, statement: Statement, rows: list[WrittenRows]
    ) -> StatementResult:
        """What a statement answers; `rows` gets what is to be written."""
        limits = self._queries.settings
        request = self._request(asked, rows)
        loop = LoopCalls(asyncio.get_running_loop(), limits.timeout.total_seconds())
        asking = self._asking(asked, statement, loop)
        request, result = self._at_once(asked, statement, asking, request)
        if result is not None:
            return checked(result, limits.max_values)
        try:
            async with asked.running.interruptible():
                return await self._queries.in_thread(
                    lambda: checked(answer(asking.source, statement, request), limits.max_values)
                )
        finally:
            loop.end()

    def _request(self, asked: Asked, rows: list[WrittenRows]) -> Request:
        return Request(
            asked.defaults.database,
            asked.defaults.policy,
            self._clock.now_ns(),
            self._limits(),
            others=_refused,
            into=rows.extend,
        )

    def _limits(self) -> Limits:
        limits = self._queries.settings
        return Limits(min(DEFAULT_LIMITS.windows, limits.max_values), limits.max_series)

    def _at_once(
        self, asked: Asked, statement: Statement, asking: Asking, request: Request
    ) -> tuple[Request, StatementResult | None]:
        """What is answered without a wait, and what is known for a thread to go on from.

        Errors: those of core.
        """
        names, (places, are_all) = asking.names, _places(asked, statement, asking.names)
        size = names.size(places)  # looks names up on the loop, whoever needs them later
        is_small = are_all and size <= _FEW_SERIES
        windows = 1
        cells = _FEW_SERIES if is_small else 0
        if isinstance(statement, SelectStatement) and is_small:
            try:
                plan = self._planned(asked, statement, asking, request)
            except InfluxqlError as error:
                return request, StatementResult(0, error=str(error))
            request = replace(request, plan=plan)
            cells, windows = cells_at_once(plan)
        if not cells or isinstance(statement, ExplainStatement):
            return request, None
        asking.reader.at_once(cells, windows)
        try:
            return request, answer(asking.source, statement, request)
        except TakesLonger:
            return request, None
        finally:
            asking.reader.at_once(0)

    def _planned(
        self, asked: Asked, statement: SelectStatement, asking: Asking, request: Request
    ) -> Plan:
        """Errors: InfluxqlError."""
        scope = _scope(asked)
        plan = self._plans.known(scope, statement, asking.names, request.now_ns)
        if plan is None:
            plan = plan_of(asking.source, statement, request)
            self._plans.keep(scope, statement, asking.names, plan)
        return plan

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

    def _asking(self, asked: Asked, statement: Statement, loop: LoopCalls) -> Asking:
        limits = self._queries.settings
        reader = PointReader(
            head=self._queries.head,
            store=self._queries.store,
            on_loop=loop,
            most_values=limits.max_rows,
            threads=self._queries.engine().threads,
        )
        names = PointNames(
            space=asked.login.space,
            nodes=asked.login.nodes,
            databases=self._databases,
            kinds=self._kinds,
            stocks=self._stocks,
            catalogue=self._queries.catalogue,
            on_loop=loop,
            most_series=limits.max_series,
            known=self._names,
        )
        source = StoredSource(
            names=names,
            reader=reader,
            exact=_is_exact(statement),
            by_shard=not isinstance(statement, _OF_NAMES),
            lines=self._names.lines,
        )
        return Asking(names, reader, source)


def _scope(asked: Asked) -> tuple[object, ...]:
    login, names = asked.login, asked.defaults
    return login.space, login.nodes, names.database, names.policy


def _places(asked: Asked, statement: Statement, names: PointNames) -> tuple[list[Place], bool]:
    """The measurements that a statement names, and whether it is about nothing else."""
    named: list[Place] = []
    waiting = list(getattr(statement, "sources", ()))
    are_all = bool(waiting)
    while waiting:
        match waiting.pop():
            case SubQuery(statement=inner):
                waiting += inner.sources
            case Measurement(name=name, database=database, retention_policy=policy) if name:
                where = database or getattr(statement, "database", "") or asked.defaults.database
                place = names.whole(Place(where, policy or asked.defaults.policy, name))
                named += [] if place is None else [place]
            case _:
                are_all = False
    return named, are_all


def _is_exact(statement: Statement) -> bool:
    """Whether an answer changes with series that have no points in a range."""
    if isinstance(statement, SelectStatement):
        return bool(statement.slimit or statement.soffset)
    return True


def _refused(statement: Statement) -> Sequence[ResultSeries]:
    raise InfluxqlError("this hub does not answer this statement")
