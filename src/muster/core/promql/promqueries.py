"""Questions of Prometheus' query API, answered out of the store, within the limits of `query`.

Who asks may read databases; without a name all of them are asked, and what agents send.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from muster.core.databases.databasebook import DatabaseNotFound, PolicyNotFound
from muster.core.databases.databases import Databases
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.loopcalls import LoopCalls
from muster.core.promql.promcolumns import ColumnReader
from muster.core.promql.promnames import MetricNames
from muster.core.promql.promselections import KeptSelections, Places
from muster.core.promql.promsource import PromSource, TagLabels
from muster.core.querying.pointreader import TakesLonger
from muster.core.querying.query import Queries, TooSlow
from muster.core.writes.stocks import Stocks
from muster.errors import Denied, Unavailable
from muster.model.influx import Database, Login, Privilege
from muster.promql.api import Data, Question
from muster.promql.errors import QueryTimeout
from muster.promql.limits import Limits
from muster.promql.source import Source

T = TypeVar("T")


class Asked(NamedTuple):
    """Who asks of which database; empty names: all of them, the default policy."""

    login: Login
    database: str = ""
    policy: str = ""
    text: str = ""  # of the query, for who lists what runs


class _Waiting:
    """Whether somebody waits for an answer; told to the thread that works for it."""

    def __init__(self) -> None:
        self.is_over = False

    def look(self) -> None:
        """Errors: Unavailable."""
        if self.is_over:
            raise Unavailable("nobody waits for this answer any more")


class PromQueries:
    """Used on the event loop's thread."""

    def __init__(
        self,
        *,
        queries: Queries,
        databases: Databases,
        stocks: Stocks,
        registry: QueryRegistry,
    ) -> None:
        self._queries = queries
        self._databases = databases
        self._stocks = stocks
        self._registry = registry
        self._names = MetricNames(queries.catalogue)
        self._labels = TagLabels()
        self._kept = KeptSelections()

    async def answer(self, asked: Asked, question: Question, *, is_tried: bool = False) -> Data:
        """The `data` of an answer; `is_tried`: `at_once` had none. Errors: as `work`."""
        if not is_tried:
            await self._queries.ready()
            if (known := self.at_once(asked, question)) is not None:
                return known
        return await self.work(asked, question.answer, question.timeout_ms)

    def at_once(self, asked: Asked, question: Question) -> Data | None:
        """What is little, of series that were asked for before, needs no thread and no wait.

        None: `answer` has it. Errors: as `work`.
        """
        if not question.steps or question.timeout_ms < 0 or not self._queries.is_ready:
            return None
        loop = LoopCalls(asyncio.get_running_loop(), 0)
        reader = self._reader(loop)
        reader.at_once(question.steps, question.looks)
        source = self._source(self._places(asked), loop, reader)
        try:
            return question.answer(source, Limits(renew=reader.renew))
        except TakesLonger:
            return None

    async def work(
        self, asked: Asked, answer: Callable[[Source, Limits], T], timeout_ms: int = 0
    ) -> T:
        """What an answer makes of the series that may be read, in a thread.

        Errors: DatabaseNotFound, PolicyNotFound, Denied; ExecutionError, LimitExceeded;
                QueryTimeout, Unavailable.
        """
        places = self._places(asked)
        await self._queries.ready()
        limits = self._queries.settings
        waiting = _Waiting()
        loop = LoopCalls(asyncio.get_running_loop(), limits.timeout.total_seconds())
        source = self._source(places, loop, self._reader(loop))
        bounds = Limits(look=waiting.look, renew=source.renew)
        try:
            with self._registry.running(
                asked.login.space, lambda: asked.text, asked.database
            ) as running:
                async with asyncio.timeout(timeout_ms / 1_000 or None):
                    async with running.interruptible():
                        return await self._queries.in_thread(lambda: answer(source, bounds))
        except (TimeoutError, TooSlow) as error:
            raise QueryTimeout from error
        finally:
            waiting.is_over = True
            loop.end()

    def readable(self, asked: Asked) -> list[Database]:
        """The databases that are asked. Errors: as `answer`."""
        login = asked.login
        if asked.database:
            found = self._databases.find(login.space, asked.database)
            if found is None:
                raise DatabaseNotFound(asked.database)
            if not login.may(Privilege.READ, found.name):
                raise Denied(f"{login.name} may not read the database {found.name!r}")
            return [found]
        return [each for each in self._every(login) if login.may(Privilege.READ, each.name)]

    def _every(self, login: Login) -> Iterable[Database]:
        own = self._databases.own(login.space)
        listed = [each for each in self._databases.listed(login.space) if each != own]
        return [*listed, own] if own is not None else listed

    def _places(self, asked: Asked) -> Places:
        stocks, own = set(), False
        for database in self.readable(asked):
            if self._databases.is_own(database):
                own = True
                continue
            policy = database.policy(asked.policy)
            if policy is None and asked.database:
                raise PolicyNotFound(asked.policy or database.default_policy)
            stock = self._stocks.find(database, policy.name) if policy is not None else None
            if stock is not None:
                stocks.add(str(stock.id))
        return Places(asked.login.space, frozenset(stocks), own, asked.login.nodes)

    def _reader(self, loop: LoopCalls) -> ColumnReader:
        return ColumnReader(
            head=self._queries.head,
            store=self._queries.store,
            on_loop=loop,
            most_values=self._queries.settings.max_rows,
        )

    def _source(self, places: Places, loop: LoopCalls, reader: ColumnReader) -> PromSource:
        return PromSource(
            places=places,
            names=self._names,
            labels=self._labels,
            kept=self._kept,
            catalogue=self._queries.catalogue,
            reader=reader,
            on_loop=loop,
            most_series=self._queries.settings.max_series,
        )
