"""A body of line protocol on its way into a database.

Steps: 1 lines become columns  2 points that the policy does not keep are refused  3 fields that
have another kind in their shard too  4 what is left goes to disk, the last of equal points.
Rows of many series go through 2 to 4 as a whole; where something is to be refused, the body is
read once more, and each point looked at.
The database and the right to write to it are looked at before, by whoever is asked.

Golden: tests/golden/influx/golden_writes.json
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeVar

import msgspec

from muster.clock import Clock
from muster.core.databases import retention
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds, FieldTypeConflict, Wish
from muster.core.writes.lastpoints import KeptLayouts, last_points
from muster.core.writes.pointingest import Owner, PointIngest
from muster.core.writes.stocks import Stocks, owner_of
from muster.errors import LimitExceeded, MusterError, Unavailable
from muster.model.identity import Identity
from muster.model.ids import SpaceId
from muster.model.influx import Database, RetentionPolicy
from muster.model.metric import Block
from muster.wire.lineparsed import TIME, LineLimits, Parsed
from muster.wire.lineprotocol import LineParser, line_parser
from muster.wire.widerows import Body, WideRows
from muster.wire.writesieve import Part, Refusal, Sieve

T = TypeVar("T")
_PARSERS = 2  # at once; each remembers the layouts that it met
_THREAD_POINTS = 20_000  # of a body that is worked on off the event loop
_THREAD_BYTES = 65_536  # of a body whose columns are made off the event loop
_AT_ONCE_BYTES = 524_288  # that are read in as long as a thread would have to be waited for


class Writer(NamedTuple):
    """Who writes: a node by its certificate, with its name; or somebody who is none."""

    node: Identity | None = None
    host: str = ""


class Target(NamedTuple):
    """Where points go. An empty policy is the database's default."""

    space: SpaceId
    database: str
    policy: str
    precision_ns: int


class Written(NamedTuple):
    """What became of a body."""

    parsed: Body
    refusals: Sequence[Refusal]


class WriteCounts:
    """What SHOW STATS tells of the writes to a space's databases since the hub's start."""

    def __init__(self) -> None:
        self.requests = 0
        self.failed = 0  # of them, whole
        self.points = 0
        self.refused = 0  # of them, one by one


class PointWrites:
    """One object for all writes; used on the event loop's thread."""

    def __init__(
        self,
        *,
        databases: Databases,
        kinds: FieldKinds,
        stocks: Stocks,
        ingest: PointIngest,
        clock: Clock,
        limits: LineLimits,
        new_parser: Callable[[LineLimits], LineParser] = line_parser,
    ) -> None:
        self._databases = databases
        self._kinds = kinds
        self._stocks = stocks
        self._ingest = ingest
        self._clock = clock
        self.limits = limits
        self._new_parser = new_parser
        self._idle: list[LineParser] = []
        self._turns = asyncio.Semaphore(_PARSERS)
        self._names = KeptLayouts()
        self._counts: dict[SpaceId, WriteCounts] = {}

    def counts(self, space: SpaceId) -> WriteCounts:
        """Those of one space."""
        return self._counts.setdefault(space, WriteCounts())

    async def parse(self, body: bytes, precision_ns: int) -> Parsed:
        """Step 1. Errors: LimitExceeded when the body as a whole is over a limit."""
        return await self._parsed(body, precision_ns, self._clock.now_ns())

    async def read(self, body: bytes, precision_ns: int) -> Body:
        """Step 1, for `store` alone. Errors: as `parse`."""
        now_ns = self._clock.now_ns()
        async with self._turns:
            with self._parser() as parser:
                work = partial(parser.read, body, precision_ns, now_ns)
                rows = await _beside(work, at_once=len(body) <= _AT_ONCE_BYTES)
                if rows is not None:
                    return rows
                return await _beside(parser.columns, at_once=len(body) < _THREAD_BYTES)

    async def _parsed(self, body: bytes, precision_ns: int, now_ns: int) -> Parsed:
        async with self._turns:
            with self._parser() as parser:
                work = partial(parser.parse, body, precision_ns, now_ns)
                return await _beside(work, at_once=len(body) < _THREAD_BYTES)

    async def store(self, parsed: Body, target: Target, writer: Writer) -> Written:
        """Steps 2 to 4 for points of a body.

        Errors: DatabaseNotFound, PolicyNotFound, Denied for the built-in database;
                Unavailable when the disk is full or the engine far behind.
        """
        counts = self.counts(target.space)
        counts.requests += 1
        counts.points += parsed.points_total
        try:
            written = await self._store(parsed, target, writer)
        except MusterError:
            counts.failed += 1
            raise
        counts.refused += sum(each.points for each in written.refusals)
        return written

    async def _store(self, parsed: Body, target: Target, writer: Writer) -> Written:
        database, _ = self._databases.target(target.space, target.database, target.policy)
        async with self._ingest.gates.of(database.number).passing():
            return await self._admitted(parsed, target, writer)

    async def _admitted(self, parsed: Body, target: Target, writer: Writer) -> Written:
        database, policy = self._databases.target(target.space, target.database, target.policy)
        if isinstance(parsed, WideRows):
            if await self._keep_wide(parsed, database, policy, writer):
                return Written(parsed, ())
            parsed = await self._parsed(parsed.body, parsed.precision_ns, parsed.now_ns)
        span_of = partial(self._kinds.span, database, policy)
        sieve = Sieve(parsed)
        # 2
        sieve.refuse_outside(*retention.writable(policy, self._clock.now_ns()))
        # 3
        await self._admit(sieve, parsed, database, policy)
        # 4
        kept = await _beside(sieve.kept, at_once=parsed.points_total < _THREAD_POINTS)
        if kept.points_total:
            reasons = await self._keep(kept, database, policy, writer)
            _refuse_unkept(sieve, parsed, kept, reasons)
        return Written(parsed, sieve.refusals(lambda time_ns: span_of(time_ns)[0]))

    async def _admit(
        self, sieve: Sieve, parsed: Parsed, database: Database, policy: RetentionPolicy
    ) -> None:
        parts = sieve.parts(partial(self._kinds.span, database, policy))
        numbers: dict[Wish, int] = {}  # many series have the same fields at the same time
        wished = [numbers.setdefault(_wish(part, parsed), len(numbers)) for part in parts]
        try:
            reasons = await self._kinds.admit(database, policy, list(numbers))
        except FieldTypeConflict:
            places = _places(parts, wished, parsed)
            in_order = sorted(numbers, key=lambda wish: places[numbers[wish]])
            settled = await self._kinds.settle(database, policy, in_order)
            reasons = [""] * len(numbers)
            for wish, reason in zip(in_order, settled, strict=True):
                reasons[numbers[wish]] = reason
        for part, number in zip(parts, wished, strict=True):
            if reasons[number]:
                sieve.refuse(part.rows, reasons[number])

    async def _keep_wide(
        self, rows: WideRows, database: Database, policy: RetentionPolicy, writer: Writer
    ) -> bool:
        """Whether all of it is on disk; if not, some point has to be refused."""
        first = min(block.times[0] for block in rows.blocks)
        last = max(block.times[-1] for block in rows.blocks)
        # 2
        earliest, latest = retention.writable(policy, self._clock.now_ns())
        if first < earliest or last > latest:
            return False
        # 3
        if last >= self._kinds.span(database, policy, first)[1]:
            return False
        wishes = [Wish(first, *fields) for fields in {*chain.from_iterable(rows.fields)}]
        try:
            if any(await self._kinds.admit(database, policy, wishes)):
                return False
        except FieldTypeConflict:
            return False
        # 4
        owner = await self._owner(database, policy, writer)
        return not any(await self._accept(owner, rows.blocks, wide=True))

    async def _keep(
        self, kept: Parsed, database: Database, policy: RetentionPolicy, writer: Writer
    ) -> list[str]:
        owner = await self._owner(database, policy, writer)
        last = await _beside(partial(last_points, kept), at_once=kept.points_total < _THREAD_POINTS)
        return await self._accept(owner, last)

    async def _owner(self, database: Database, policy: RetentionPolicy, writer: Writer) -> Owner:
        stock = await self._stocks.open(database, policy.name)
        return owner_of(stock, database, writer.node, writer.host)

    async def _accept(
        self, owner: Owner, blocks: Sequence[Block], *, wide: bool = False
    ) -> list[str]:
        named = [self._named(block) for block in blocks]
        try:
            return await self._ingest.accept(owner, named, wide=wide)
        except LimitExceeded as error:
            if error.status != LimitExceeded("", too_large=True).status:
                raise Unavailable(str(error), error.retry_after_s) from error
            raise

    def _named(self, block: Block) -> Block:
        layout = self._names.of(block.layout)
        return block if layout is block.layout else msgspec.structs.replace(block, layout=layout)

    @contextmanager
    def _parser(self) -> Iterator[LineParser]:
        parser = self._idle.pop() if self._idle else self._new_parser(self.limits)
        try:
            yield parser
        except asyncio.CancelledError:  # a thread may be at work with it still
            raise
        except BaseException:
            self._idle.append(parser)
            raise
        self._idle.append(parser)


async def _beside(work: Callable[[], T], *, at_once: bool) -> T:
    """Pure work, beside the event loop when it is much."""
    return work() if at_once else await asyncio.to_thread(work)


def _wish(part: Part, parsed: Parsed) -> Wish:
    series = parsed.layouts[part.layout].series
    fields = tuple((one.field, one.kind) for one in series if one.field != TIME)
    return Wish(part.time_ns, series[0].measurement, fields)


def _places(parts: Sequence[Part], wished: Sequence[int], parsed: Parsed) -> dict[int, int]:
    """Of the first point of each wish."""
    order, places = parsed.order, dict.fromkeys(wished, len(parsed.order))
    for part, number in zip(parts, wished, strict=True):
        places[number] = min(places[number], order[part.rows[0]])
    return places


def _refuse_unkept(sieve: Sieve, parsed: Parsed, kept: Parsed, reasons: Sequence[str]) -> None:
    """Tell the sieve of layouts there was no room for. Places name points in both bodies."""
    if not any(reasons):
        return
    row_of = {place: row for row, place in enumerate(parsed.order)}
    start = 0
    for count, reason in zip(kept.rows, reasons, strict=True):
        if reason:
            sieve.refuse((row_of[place] for place in kept.order[start : start + count]), reason)
        start += count
