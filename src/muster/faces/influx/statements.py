"""Statements of one request, run one after the other.

The first that fails ends the request: those behind it are told as not executed. So does the end
of a request that was killed.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from muster.core.influxql.databasestatements import Asked, DatabaseStatements
from muster.core.influxql.databasetables import Table
from muster.core.influxql.mutations import is_mutation, warning, warns_of
from muster.core.influxql.preparedstatements import Listed, Prepared
from muster.core.influxql.queryregistry import QueryInterrupted
from muster.core.influxql.serverstatements import ServerStatements
from muster.errors import MusterError
from muster.faces.influx.evaluator import Evaluator
from muster.influxql.answers.results import Message, ResultSeries, StatementResult, listing
from muster.influxql.printing.printer import format
from muster.influxql.syntax.ast import Statement

NOT_EXECUTED = "not executed"


class Statements:
    """`takes_changes_by_get`: whether a GET may change something, with a warning."""

    def __init__(
        self,
        *,
        known: DatabaseStatements,
        evaluator: Evaluator,
        takes_changes_by_get: bool,
        server: ServerStatements | None = None,
    ) -> None:
        self._known = known
        self._server = server
        self._evaluator = evaluator
        self._takes_changes_by_get = takes_changes_by_get

    async def run(
        self, asked: Asked, statements: Sequence[Statement], *, is_get: bool
    ) -> list[StatementResult]:
        """What each statement answers."""
        results: list[StatementResult] = []
        failed = False
        for number, statement in enumerate(statements):
            if failed:
                results.append(StatementResult(number, error=NOT_EXECUTED))
                continue
            if asked.running.is_killed:
                result = StatementResult(number, error=str(QueryInterrupted()))
            else:
                result = await self._run(asked, statement, number, is_get=is_get)
            failed = bool(result.error)
            results.append(result)
        return results

    def at_once(
        self, asked: Asked, statements: Sequence[Statement]
    ) -> list[StatementResult] | None:
        """As `run`, where no statement has to wait or changes anything; None: run them."""
        results: list[StatementResult] = []
        for number, statement in enumerate(statements):
            if results and results[-1].error:
                results.append(StatementResult(number, error=NOT_EXECUTED))
                continue
            if self._is_of_others(statement) or is_mutation(statement):
                return None
            result = self._evaluator.at_once(asked, statement, number)
            if result is None:
                return None
            results.append(result)
        return results

    def prepared(self, asked: Asked, statements: Sequence[Statement]) -> Prepared | Listed | None:
        """What of a request that was answered at once is good when it is asked again."""
        return self._evaluator.prepared(asked, statements[0]) if len(statements) == 1 else None

    def _is_of_others(self, statement: Statement) -> bool:
        server = self._server
        return self._known.knows(statement) or (server is not None and server.knows(statement))

    async def _run(
        self, asked: Asked, statement: Statement, number: int, *, is_get: bool
    ) -> StatementResult:
        warns = is_get and warns_of(statement)
        if is_get and not self._takes_changes_by_get and is_mutation(statement):
            text = f"'{format(statement)}' changes something: please use a POST request"
            return StatementResult(number, error=text)
        if self._known.knows(statement):
            result = await self._known_one(asked, statement, number)
        elif self._server is not None and self._server.knows(statement):
            result = _of_server(self._server, asked, statement, number)
        else:
            result = await self._evaluator.answer(asked, statement, number)
        if warns and not result.error:
            text = warning(self._known.named(asked, statement))
            result = replace(result, messages=(Message("warning", text), *result.messages))
        return result

    async def _known_one(self, asked: Asked, statement: Statement, number: int) -> StatementResult:
        try:
            tables = await self._known.run(asked, statement)
        except MusterError as error:
            return StatementResult(number, error=str(error))
        return StatementResult(number, tuple(map(_series, tables)))


def _of_server(
    server: ServerStatements, asked: Asked, statement: Statement, number: int
) -> StatementResult:
    try:
        return StatementResult(number, tuple(server.run(asked, statement)))
    except MusterError as error:
        return StatementResult(number, error=str(error))


def _series(table: Table) -> ResultSeries:
    return listing(table.name, table.columns, table.rows)
