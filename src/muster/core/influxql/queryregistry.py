"""Requests of InfluxQL that run: told by SHOW QUERIES, ended by KILL QUERY or when nobody waits.

What is ended stops at its next wait; what it has changed by then stays changed. What must not
stop halfway, as a deletion that has begun, ends by itself, and who would end it is told.
Everything here happens on the event loop's thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from muster.clock import SECOND_NS, Clock
from muster.errors import Conflict, MusterError, NotFound
from muster.model.ids import SpaceId

Text = Callable[[], str]  # made when somebody looks: most requests are over before
_MOST_CHARS = 10_000
_UNITS_NS = (SECOND_NS, SECOND_NS // 1_000, SECOND_NS // 1_000_000)


class QueryInterrupted(MusterError):
    """The request was ended by somebody else, or who asked is gone."""

    code = "query_interrupted"
    status = 503

    def __init__(self) -> None:
        super().__init__("query interrupted")


class RunningQuery:
    """One request."""

    def __init__(
        self, *, number: int, space: SpaceId, text: Text, database: str, started: float
    ) -> None:
        self.number = number
        self.space = space
        self._text = text
        self.database = database
        self.started = started  # monotonic
        self.is_killed = False
        self._waits: list[asyncio.Timeout] = []
        self.goes_on = ""  # why, although it is to end

    @property
    def text(self) -> str:
        """What was asked, cut where it is longer than anybody reads."""
        return self._text()[:_MOST_CHARS]

    @property
    def status(self) -> str:
        """In InfluxDB's words."""
        return "killed" if self.is_killed else "running"

    def kill(self) -> None:
        """End it: whatever it waits for within `interruptible` is given up."""
        self.is_killed = True
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())

    @contextmanager
    def finishing(self, why: str) -> Iterator[None]:
        """What is not given up halfway."""
        self.goes_on = why
        try:
            yield
        finally:
            self.goes_on = ""

    def check(self) -> None:
        """Errors: QueryInterrupted when it was ended."""
        if self.is_killed:
            raise QueryInterrupted

    @asynccontextmanager
    async def interruptible(self) -> AsyncIterator[None]:
        """What may be given up halfway. Errors: QueryInterrupted."""
        self.check()
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._waits.append(wait)
                try:
                    yield
                finally:
                    self._waits.remove(wait)
        except TimeoutError:
            self.check()
            raise


NOT_LISTED = RunningQuery(number=0, space=SpaceId(""), text=str, database="", started=0.0)
"""For statements that nobody can end."""


class QueryCounts:
    """What SHOW STATS tells of the requests of a space since the hub's start."""

    def __init__(self) -> None:
        self.executed = 0
        self.finished = 0
        self.duration_s = 0.0


class QueryRegistry:
    """All that runs."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[int, RunningQuery] = {}
        self._number = 0
        self._counts: dict[SpaceId, QueryCounts] = {}

    def counts(self, space: SpaceId) -> QueryCounts:
        """Those of one space."""
        found = self._counts.get(space)
        if found is None:
            found = self._counts[space] = QueryCounts()
        return found

    @contextmanager
    def running(self, space: SpaceId, text: Text, database: str) -> Iterator[RunningQuery]:
        """A request is listed as long as this lasts."""
        self._number += 1
        query = RunningQuery(
            number=self._number,
            space=space,
            text=text,
            database=database,
            started=self._clock.monotonic(),
        )
        self._running[query.number] = query
        counts = self.counts(space)
        counts.executed += 1
        try:
            yield query
        finally:
            del self._running[query.number]
            counts.finished += 1
            counts.duration_s += self._clock.monotonic() - query.started

    def ran(self, space: SpaceId, started: float) -> None:
        """Count a request that was over before anybody could list it; `started`: monotonic."""
        counts = self.counts(space)
        counts.executed += 1
        counts.finished += 1
        counts.duration_s += self._clock.monotonic() - started

    @property
    def now(self) -> float:
        """When a request starts."""
        return self._clock.monotonic()

    def kill(self, space: SpaceId, number: int) -> None:
        """End a request of a space. Errors: NotFound; Conflict where it goes on for now."""
        query = self._running.get(number)
        if query is None or query.space != space:
            raise NotFound(f"no such query id: {number}")
        query.kill()
        if query.goes_on:
            text = f"query {number} goes on: {query.goes_on}; what stands behind that is not run"
            raise Conflict(text)

    def listed(self, space: SpaceId) -> list[tuple[RunningQuery, int]]:
        """Those of a space, each with how long it has run: whole s, ms or µs, in nanoseconds."""
        return [
            (query, _rounded(self._lasted_ns(query)))
            for query in self._running.values()
            if query.space == space
        ]

    def _lasted_ns(self, query: RunningQuery) -> int:
        return round((self._clock.monotonic() - query.started) * SECOND_NS)


def _rounded(span_ns: int) -> int:
    unit_ns = next((unit for unit in _UNITS_NS if span_ns >= unit), 1)
    return span_ns // unit_ns * unit_ns
