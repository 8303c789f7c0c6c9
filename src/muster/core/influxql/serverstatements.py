"""Statements about this hub at work: what runs and is to end, what it counts, what it is.

Who may what is decided before, for a whole request (core/databases/databaseprivileges.py).
"""

from collections.abc import Callable
from typing import Any

from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.influxql.serverfigures import ServerFigures, of_module
from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.durations import spell_duration

_QUERIES = ("qid", "query", "database", "duration", "status")


class ServerStatements:
    """Runs one statement at a time."""

    def __init__(self, *, registry: QueryRegistry, figures: ServerFigures) -> None:
        self._registry = registry
        self._figures = figures
        self._runs: dict[type[Statement], Callable[[Asked, Any], list[ResultSeries]]] = {
            s.ShowQueriesStatement: self._show_queries,
            s.KillQueryStatement: self._kill,
            s.ShowStatsStatement: self._show_statistics,
            s.ShowDiagnosticsStatement: self._show_diagnostics,
        }

    def knows(self, statement: Statement) -> bool:
        """Whether a statement is one of these."""
        return type(statement) in self._runs

    def run(self, asked: Asked, statement: Statement) -> list[ResultSeries]:
        """What a statement answers. Errors: NotFound for a request that does not run."""
        return self._runs[type(statement)](asked, statement)

    def _show_queries(self, asked: Asked, _: s.ShowQueriesStatement) -> list[ResultSeries]:
        rows = [
            (each.number, each.text, each.database, spell_duration(lasted_ns), each.status)
            for each, lasted_ns in self._registry.listed(asked.login.space)
        ]
        return [listing("", _QUERIES, rows)]

    def _kill(self, asked: Asked, it: s.KillQueryStatement) -> list[ResultSeries]:
        self._registry.kill(asked.login.space, it.query_id)
        return []

    def _show_statistics(self, asked: Asked, it: s.ShowStatsStatement) -> list[ResultSeries]:
        return of_module(self._figures.statistics(asked.login.space), it.module)

    def _show_diagnostics(self, asked: Asked, it: s.ShowDiagnosticsStatement) -> list[ResultSeries]:
        return of_module(self._figures.diagnostics(), it.module)
