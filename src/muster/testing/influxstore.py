"""A hub's databases over a real journal, head and engine in a folder: written and asked alike."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from muster.core.databases.databasenames import Defaults
from muster.core.influxql.continuous import ContinuousQueries
from muster.core.influxql.continuous import Settings as ContinuousSettings
from muster.core.influxql.databasestatements import Asked, DatabaseStatements
from muster.core.influxql.pointnames import KnownNames, PointNames
from muster.core.influxql.pointqueries import PointQueries
from muster.core.influxql.pointremovals import PointRemovals
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.influxql.removalstatements import RemovalStatements
from muster.core.influxql.serverfigures import ServerFigures
from muster.core.influxql.serverstatements import ServerStatements
from muster.core.intake.ingest import Ingest, Settings
from muster.core.querying.pointreader import OnLoop
from muster.core.querying.query import Queries
from muster.core.writes.pointingest import PointIngest
from muster.core.writes.pointwrites import PointWrites, Target, Writer
from muster.core.writes.stocks import Stocks, StoredPoints
from muster.faces.influx.responses import VERSION
from muster.faces.influx.statements import Statements
from muster.influxql.answers.render import Style, error_json, to_json, to_json_chunks
from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.parser import parse_query
from muster.model.influx import Login
from muster.ports.influx import Points
from muster.store.dataplane import DataPlane
from muster.store.dataplane import Settings as StoreSettings
from muster.store.head.head import Head
from muster.store.records.database import MEMORY
from muster.store.writer import Engine
from muster.store.writer import Settings as WriterSettings
from muster.testing.house import House
from muster.wire.lineparsed import LineLimits

T = TypeVar("T")
_SETTLED_S = 60.0
_FOR_EVER = timedelta(days=200_000)  # what was recorded is old
_HUB = "6a8d1c3e-0000-4000-8000-000000000001"


def _here(work: Callable[[], T]) -> T:
    """For what is on the loop already."""
    return work()


class InfluxStore(House):
    """Use it as an async context. `head` and `engine` replace the real ones."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: Engine | None = None,
        head: Head | None = None,
        path: Path = MEMORY,
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._given_head = head
        self._stored = asyncio.Event()
        super().__init__(path=path)
        self.writes = PointWrites(
            databases=self.databases,
            kinds=self.field_kinds,
            stocks=self.stocks,
            ingest=self.point_ingest,
            clock=self.clock,
            limits=LineLimits(),
        )
        self.registry = QueryRegistry(clock=self.clock)
        self.queries = self.over(self.head)
        self.statements = self.asking(self.queries)

    def over(self, head: Head) -> Queries:
        """Questions to this head, and the engine."""
        return Queries(catalogue=self.plane.catalogue, head=head, store=self.plane.store)

    def names(
        self,
        known: KnownNames | None = None,
        on_loop: OnLoop = _here,
        most_series: int = 1_000,
    ) -> PointNames:
        """What is where in the space."""
        return PointNames(
            space=self.space.id,
            databases=self.databases,
            kinds=self.field_kinds,
            stocks=self.stocks,
            catalogue=self.plane.catalogue,
            on_loop=on_loop,
            most_series=most_series,
            known=known or KnownNames(),
        )

    def evaluator(self, queries: Queries) -> PointQueries:
        """What answers statements about points."""
        return PointQueries(
            queries=queries,
            databases=self.databases,
            kinds=self.field_kinds,
            stocks=self.stocks,
            writes=self.writes,
            removals=RemovalStatements(
                databases=self.databases,
                kinds=self.field_kinds,
                removals=self.removals,
                audit=self.records.audit,
                clock=self.clock,
            ),
            clock=self.clock,
        )

    def asking(self, queries: Queries) -> Statements:
        """What answers statements."""
        known = DatabaseStatements(
            databases=self.databases, users=self.influx_users, kinds=self.field_kinds
        )
        evaluator = self.evaluator(queries)
        continuous = ContinuousQueries(
            databases=self.databases,
            answers=evaluator,
            registry=self.registry,
            clock=self.clock,
            settings=ContinuousSettings(),
        )
        figures = ServerFigures(
            databases=self.databases,
            kinds=self.field_kinds,
            writes=self.writes,
            registry=self.registry,
            continuous=continuous,
            clock=self.clock,
            speaks=VERSION,
        )
        return Statements(
            known=known,
            evaluator=evaluator,
            takes_changes_by_get=True,
            server=ServerStatements(registry=self.registry, figures=figures),
        )

    def make_points(self) -> Points:
        self.head = self._given_head or Head(clock=self.clock)
        self.plane = DataPlane(
            data=self._folder,
            hub=_HUB,
            clock=self.clock,
            settings=StoreSettings(writer=WriterSettings(retention=_FOR_EVER)),
            stored=self._told,
            engine=self._engine,
        )
        self.ingest = Ingest(
            catalogue=self.plane.catalogue,
            journal=self.plane.journal,
            head=self.head,
            clock=self.clock,
            settings=Settings(),
        )
        self.point_ingest = PointIngest(
            ingest=self.ingest,
            catalogue=self.plane.catalogue,
            journal=self.plane.journal,
            clock=self.clock,
            strange_days=10_000,
        )
        self.stocks = Stocks(records=self.records.influx_stocks)
        self.removals = PointRemovals(
            erase=self.plane.erase,
            catalogue=self.plane.catalogue,
            head=self.head,
            store=self.plane.store,
            stocks=self.stocks,
            kinds=self.field_kinds,
            ingest=self.point_ingest,
        )
        return StoredPoints(
            stocks=self.stocks,
            ingest=self.point_ingest,
            forget=self.head.forget,
            remove_span=self.removals.remove_span,
            give_back=self.removals.give_back,
        )

    def _told(self, segment: int) -> None:
        self.head.stored(segment)
        self._stored.set()

    async def settle(self) -> None:
        """Let the engine have what was written since the last time. Errors: TimeoutError."""
        self._stored.clear()
        self.plane.journal.seal()
        async with asyncio.timeout(_SETTLED_S):
            await self._stored.wait()

    async def __aenter__(self) -> Self:
        self.open()
        await asyncio.to_thread(self.plane.open)
        self.head.begin(self.plane.newest)
        self.plane.start()
        self._jobs = asyncio.TaskGroup()
        await self._jobs.__aenter__()
        self._running = [self._jobs.create_task(self.removals.run())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for job in self._running:
            job.cancel()
        await self._jobs.__aexit__(None, None, None)
        self.queries.close()
        await asyncio.to_thread(self.plane.close)
        self.close()

    def beside(self, job: Coroutine[Any, Any, None]) -> None:
        """Run something as long as the store is open."""
        self._running.append(self._jobs.create_task(job))

    @property
    def login(self) -> Login:
        """Whoever reaches a listener without sign-in."""
        return self.influx_logins.login_of_nobody("")

    async def write(self, database: str, lines: bytes, policy: str = "") -> None:
        """Points with nanoseconds. Errors: ValueError for any that is refused."""
        parsed = await self.writes.parse(lines, 1)
        target = Target(self.space.id, database, policy, 1)
        written = await self.writes.store(parsed, target, Writer())
        if parsed.errors or written.refusals:
            raise ValueError(f"{parsed.errors[:1]} {written.refusals[:1]}")

    async def ask(
        self, query: str, params: Mapping[str, str], statements: Statements | None = None
    ) -> bytes:
        """The body of a request to `/query`, by `db`, `rp`, `epoch`, `params` and chunks."""
        style = Style(params.get("epoch", ""))
        try:
            parsed = parse_query(query, json.loads(params.get("params", "{}")))
        except InfluxqlError as error:
            return error_json(f"error parsing query: {error}", style)
        asked = Asked(self.login, Defaults(params.get("db", ""), params.get("rp", "")))
        results = await (statements or self.statements).run(asked, parsed, is_get=False)
        if params.get("chunked") == "true":
            rows = int(params.get("chunk_size", "10000"))
            return b"".join(to_json_chunks(results, rows, style))
        return to_json(results, style)
