"""Runs continuous queries: each at its times, one of a query at once, few of all at once.

A turn that was missed, because the hub was away or an earlier one still ran, is not made up for:
FOR says how far back a later one reaches. One that fails is told in the log and counted, and the
next one runs as if nothing had happened.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, NamedTuple, Protocol

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.databases.databasenames import Defaults
from muster.core.databases.databases import Databases
from muster.core.influxql.continuoustimes import Schedule, schedule_of
from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.queryregistry import QueryRegistry
from muster.errors import InputError
from muster.influxql.answers.results import StatementResult
from muster.influxql.printing.printer import format
from muster.influxql.syntax.ast import Statement
from muster.influxql.values.columns import Column
from muster.model.access import Actor
from muster.model.ids import SpaceId
from muster.model.influx import ContinuousQuery, Database, Login

log = logging.getLogger(__name__)

_LOOK_S = 1.0  # between looks at what is due: a query that was made since is seen then
_Key = tuple[int, str, str]  # number of the database, name and text of the query


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How continuous queries run, section `influx.continuous`."""

    enabled: bool = True  # whether continuous queries run
    # continuous queries that read at the same time; they share threads with people's
    at_once: Annotated[int, msgspec.Meta(ge=1)] = 1


class Answers(Protocol):
    """Who runs a statement; why it failed stands in the result."""

    async def answer(self, asked: Asked, statement: Statement, number: int) -> StatementResult: ...


class Counts:
    """What SHOW STATS tells of all turns since the hub's start."""

    def __init__(self) -> None:
        self.ran = 0
        self.failed = 0
        self.skipped = 0  # the turn before was not over
        self.written = 0  # points


class Due(NamedTuple):
    """A turn of one query."""

    database: Database
    query: ContinuousQuery
    schedule: Schedule
    turn_ns: int


class _Known:
    """What is remembered of a query while it is there. Without a schedule it cannot run."""

    def __init__(self, schedule: Schedule | None, next_ns: int) -> None:
        self.schedule = schedule
        self.next_ns = next_ns
        self.is_running = False


class ContinuousQueries:
    """One object for all; used on the event loop's thread."""

    def __init__(
        self,
        *,
        databases: Databases,
        answers: Answers,
        registry: QueryRegistry,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._databases = databases
        self._answers = answers
        self._registry = registry
        self._clock = clock
        self._settings = settings
        self._known: dict[_Key, _Known] = {}
        self._turns = asyncio.Semaphore(settings.at_once)
        self._counts: dict[SpaceId, Counts] = {}

    def counts(self, space: SpaceId) -> Counts:
        """Those of one space."""
        return self._counts.setdefault(space, Counts())

    async def run(self) -> None:
        """Run what is due until cancelled."""
        if not self._settings.enabled:
            return
        async with asyncio.TaskGroup() as jobs:
            while True:
                for due in self.due():
                    jobs.create_task(self.turn(due))
                await asyncio.sleep(self._wait_s())

    def due(self) -> list[Due]:
        """What is to run now; each is told once, and counts as running until `turn` is over."""
        now_ns = self._clock.now_ns()
        found: list[Due] = []
        seen: dict[_Key, _Known] = {}
        for key, database, query in self._queries():
            known = self._known.get(key) or self._first_seen(database, query, now_ns)
            seen[key] = known
            turn_ns = _turn(known, now_ns)
            if turn_ns is None or known.schedule is None:
                continue
            if known.is_running:
                self.counts(database.space).skipped += 1
                continue
            known.is_running = True
            found.append(Due(database, query, known.schedule, turn_ns))
        self._known = seen
        return found

    async def turn(self, due: Due) -> None:
        """Read and write once."""
        try:
            async with self._turns:
                await self._run(due)
        except Exception:  # a bug, which is no reason to end all others
            self.counts(due.database.space).failed += 1
            log.exception("a continuous query broke", extra=_told(due, "see the traceback"))
        finally:
            known = self._known.get(_key(due.database, due.query))
            if known is not None:
                known.is_running = False

    async def _run(self, due: Due) -> None:
        space = due.database.space
        counts = self.counts(space)
        start_ns, end_ns = due.schedule.range(due.turn_ns)
        statement = due.schedule.statement(start_ns, end_ns)
        with self._registry.running(
            space, partial(format, statement), due.database.name
        ) as running:
            asked = Asked(_login(due), Defaults(due.database.name), running)
            result = await self._answers.answer(asked, statement, 0)
        if result.error:
            counts.failed += 1
            log.warning("a continuous query failed", extra=_told(due, result.error))
            return
        counts.ran += 1
        counts.written += _written(result)

    def _first_seen(self, database: Database, query: ContinuousQuery, now_ns: int) -> _Known:
        try:
            schedule = schedule_of(query.query)
        except InputError as error:
            self.counts(database.space).failed += 1
            told = {"database": database.name, "query": query.name, "error": str(error)}
            log.warning("a continuous query cannot run", extra=told)
            return _Known(None, 0)
        return _Known(schedule, schedule.next_turn(now_ns))

    def _queries(self) -> Iterator[tuple[_Key, Database, ContinuousQuery]]:
        for database in self._databases.every():
            for query in database.queries:
                yield _key(database, query), database, query

    def _wait_s(self) -> float:
        """Until the next turn, or the next look."""
        now_ns = self._clock.now_ns()
        nexts: Sequence[int] = [
            known.next_ns - now_ns for known in self._known.values() if known.schedule
        ]
        return min([max(span, 0) / SECOND_NS for span in nexts] + [_LOOK_S])


def _turn(known: _Known, now_ns: int) -> int | None:
    """The turn that is to run, None for none; a clock that was set back begins anew."""
    schedule = known.schedule
    if schedule is None or 0 < known.next_ns - now_ns <= schedule.every_ns:
        return None
    due = now_ns >= known.next_ns
    known.next_ns = schedule.next_turn(now_ns)
    return schedule.start_of_turn(now_ns) if due else None


def _key(database: Database, query: ContinuousQuery) -> _Key:
    return database.number, query.name, query.query


def _login(due: Due) -> Login:
    """Whoever made it had the right to; it runs as the hub."""
    name = f"continuous query {due.query.name}"
    actor = Actor(name=name, operator=True)
    return Login(space=due.database.space, actor=actor, name=name, admin=True)


def _told(due: Due, error: str) -> dict[str, str]:
    return {"database": due.database.name, "query": due.query.name, "error": error}


def _written(result: StatementResult) -> int:
    """What SELECT INTO answers: one series of one cell."""
    columns = [cells for each in result.series for cells in each.cells]
    return sum(int(cell) for cells in columns if not isinstance(cells, Column) for cell in cells)
